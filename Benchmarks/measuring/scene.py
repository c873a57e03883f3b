# SPDX-License-Identifier: Apache-2.0
"""The stage: throw-away keys, a cheap upstream, the gateway and its peers, all on loopback."""

import base64
import http.client
import os
import subprocess
import time

from .processes import Program, accepts, free_port, wait_for

MERCHANT = "1900000001"
PUBLIC_KEY_ID = "PUB_KEY_ID_0119000000012025010100000001"
ANSWER = (
    '{"stock_id":"98065001","total_count":2,"success_count":2,'
    '"success_codes":["ABC9588200001","ABC9588200002"],'
    '"success_time":"2015-05-20T13:29:35.120+08:00","fail_count":0}'
)


def run(*command, input=None):
    return subprocess.run(command, input=input, check=True, capture_output=True).stdout


def get(port, path):
    """(status, body) of a plain HTTP GET; (0, b"") when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except OSError:
        return 0, b""
    finally:
        connection.close()


class Keys:
    """A merchant's credentials, WeChat Pay's signing key, and the upstream's TLS certificate."""

    def __init__(self, repository, folder):
        self.folder = folder
        run(os.path.join(repository, "scripts/make-test-credentials"), folder, MERCHANT)
        self.wechatpay = self._path("wechatpay_key.pem")
        run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
            "-out", self.wechatpay)
        run("openssl", "pkey", "-in", self.wechatpay, "-pubout", "-out", self._path("pub_key.pem"))
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", "/CN=upstream", "-addext",
            "subjectAltName=IP:127.0.0.1,DNS:upstream", "-keyout", self._path("tls_key.pem"),
            "-out", self._path("tls_cert.pem"))

    def _path(self, name):
        return os.path.join(self.folder, name)

    def sign_answer(self, body):
        """The headers that sign an answer now; good for 300 s."""
        timestamp, nonce = str(int(time.time())), os.urandom(16).hex()
        message = f"{timestamp}\n{nonce}\n{body}\n".encode()
        signature = run("openssl", "dgst", "-sha256", "-sign", self.wechatpay, input=message)
        return {
            "Wechatpay-Timestamp": timestamp, "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": PUBLIC_KEY_ID,
            "Wechatpay-Signature": base64.b64encode(signature).decode(),
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
            "Request-ID": "08F7A3B5C20610",
        }


class Nginx(Program):
    """An nginx with one worker, made from the inside of its `http` block."""

    COMMON = """
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

    def __init__(self, folder, inside, port, core=None):
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "nginx.conf")
        user = "user root;" if os.geteuid() == 0 else ""
        with open(path, "w") as file:
            file.write(self.COMMON.format(folder=folder, user=user, inside=inside))
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
        self.asked = 0

    def requests(self):
        """How many requests it has answered, without those that ask for this number."""
        self.asked += 1
        _, page = get(self.status_port, "/")
        return int(page.split(b"\n")[2].split()[2]) - self.asked


class Gateway(Program):
    """`wxpay-gateway serve` with the default chain and a SQLite store."""

    def __init__(self, scene, name, upstream, merchants=1, core=None, max_connections=4096,
                 store=None):
        folder = os.path.join(scene.folder, name)
        os.makedirs(folder, exist_ok=True)
        self.port, self.admin_port = free_port(), free_port()
        self.store = store or os.path.join(folder, "gateway.db")
        path = os.path.join(folder, "gateway.conf")
        with open(path, "w") as file:
            file.write(self._configuration(scene, upstream, merchants, max_connections))
        self.started = time.monotonic()
        super().__init__(
            [scene.program, "serve", "--config", path], os.path.join(folder, "log"), core)
        wait_for(lambda: self._is_ready() or not self.is_running(), f"the gateway in {folder}", 120)
        self.start_seconds = time.monotonic() - self.started
        if not self.is_running():
            raise RuntimeError(f"the gateway did not start: {self.last_words()}")

    def _is_ready(self):
        return get(self.admin_port, "/readyz")[0] == 200

    def _configuration(self, scene, upstream, merchants, max_connections):
        keys = scene.keys.folder
        text = f"""
[server]
listen = "127.0.0.1:{self.port}"
max_connections = {max_connections}
[admin]
listen = "127.0.0.1:{self.admin_port}"
[api]
documents = ["{scene.repository}/apis/busifavor.openapi.yaml"]
[upstream]
url = "https://127.0.0.1:{upstream.port}"
ca_file = "file:{keys}/tls_cert.pem"
[store]
url = "sqlite:{self.store}"
[policies]
chain = ["authenticate", "validate", "rate_limit", "deduplicate"]
[policies.rate_limit]
rate = 1000000
burst = 1000000
[[caller]]
name = "load"
token = "sha256:{scene.token_digest}"
merchants = ["{MERCHANT}"]
operations = ["*"]
"""
        for index in range(merchants):
            text += f"""
[[merchant]]
id = "{int(MERCHANT) + index}"
certificate = "file:{keys}/apiclient_cert.pem"
private_key = "file:{keys}/apiclient_key.pem"
wechatpay_public_key = {{ id = "{PUBLIC_KEY_ID}", file = "file:{keys}/pub_key.pem" }}
"""
        return text


class Scene:
    """Everything that one run needs, in a folder that is deleted at its end."""

    def __init__(self, repository, program, folder):
        self.repository, self.program, self.folder = repository, program, folder
        self.keys = Keys(repository, os.path.join(folder, "keys"))
        self.token = os.urandom(24).hex()
        self.token_digest = run(
            "openssl", "dgst", "-sha256", "-r", input=self.token.encode()).split()[0].decode()
        self.programs = []
        self._made = 0

    def keep(self, program):
        self.programs.append(program)
        return program

    def new_folder(self, name):
        self._made += 1
        return os.path.join(self.folder, f"{self._made}-{name}")

    def upstream(self, http2=False):
        return self.keep(Upstream(self.new_folder("upstream"), self.keys, http2))

    def gateway(self, upstream, **options):
        return self.keep(Gateway(self, self.new_folder("gateway"), upstream, **options))

    def nginx(self, name, inside, port, core=None):
        return self.keep(Nginx(self.new_folder(name), inside, port, core))

    def stop(self, *programs):
        for program in programs or list(reversed(self.programs)):
            program.stop()
            self.programs.remove(program)
