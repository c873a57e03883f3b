# SPDX-License-Identifier: Apache-2.0
"""nginx: in WeChat Pay's place, and as the measure of what others do."""

import os

from .keys import ANSWER
from .processes import Program, accepts, free_port, get, wait_for

# Where Debian's packages put them.
MODULES = "/usr/lib/nginx/modules"


class Nginx(Program):
    """An nginx with one worker, made from the inside of its `http` block."""

    COMMON = """
{modules}
daemon off; worker_processes 1; worker_rlimit_nofile 16384; pid {folder}/nginx.pid; {user}
error_log {folder}/error.log crit;
events {{ worker_connections 12000; }}
http {{
  access_log off; default_type application/json;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  keepalive_requests 1000000000; keepalive_timeout 1h; client_body_buffer_size 64k;
{inside}
}}
"""

    def __init__(self, folder, inside, port, core=None, modules=()):
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "nginx.conf")
        user = "user root;" if os.geteuid() == 0 else ""
        loaded = "".join(f"load_module {MODULES}/{name}.so; " for name in modules)
        with open(path, "w") as file:
            file.write(
                self.COMMON.format(folder=folder, user=user, inside=inside, modules=loaded))
        super().__init__(["nginx", "-p", folder, "-c", path], os.path.join(folder, "out"), core)
        self.port = port
        wait_for(lambda: accepts(port) or not self.is_running(), f"nginx in {folder}")
        if not self.is_running():
            raise RuntimeError(f"nginx did not start: {self.last_words()}")


class Upstream(Nginx):
    """Stands in for WeChat Pay as cheaply as possible: one answer, signed when it starts."""

    def __init__(self, folder, keys, http2=False):
        port, self.status_port = free_port(), free_port()
        headers = "".join(
            f"      add_header {name} '{value}';\n" for name, value in
            keys.sign_answer(ANSWER).items())
        inside = f"""
  server {{
    listen 127.0.0.1:{port} ssl{' http2' if http2 else ''};
    ssl_certificate {keys.folder}/tls_cert.pem; ssl_certificate_key {keys.folder}/tls_key.pem;
    ssl_protocols TLSv1.3;
    location / {{
{headers}      return 200 '{ANSWER}';
    }}
  }}
  server {{ listen 127.0.0.1:{self.status_port}; location / {{ stub_status; }} }}
"""
        super().__init__(folder, inside, port)
        self.url = f"https://127.0.0.1:{port}"
        self.asked = 0

    def requests(self):
        """How many requests it has answered, without those that ask for this number."""
        self.asked += 1
        _, page = get(self.status_port, "/")
        return int(page.split(b"\n")[2].split()[2]) - self.asked
