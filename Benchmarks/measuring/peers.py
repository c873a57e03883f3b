# SPDX-License-Identifier: Apache-2.0
"""What else could stand between a service and WeChat Pay, and what it does and does not do."""

import hashlib
import json
import os
from dataclasses import dataclass
from typing import Callable

from .keys import MERCHANT, PUBLIC_KEY_ID
from .processes import Program, accepts, free_port, run, wait_for


@dataclass
class Peer:
    name: str
    note: str
    # Starts it before an upstream, given by its URL.
    start: Callable
    signs: bool = True


def peers(scene):
    """All but the gateway; what cannot be had here is left out by `ready`."""
    return [
        Peer("nginx proxy_pass, without signing",
             "the floor: TLS kept alive; no schema, limits, store, signature or verification",
             lambda url: _nginx(scene, url), signs=False),
        Peer("nginx with Lua that signs (FFI to OpenSSL)",
             "signs; no schema, callers, limits, store, verification, repetition or problem details",
             lambda url: _nginx(scene, url, lua=True)),
        Peer("Python, wechatpayv3, connection kept by the service",
             "schema, signs, verifies; no callers, limits, store, repetition or normalizing",
             lambda url: PythonService(scene, url, keep_alive=True)),
        Peer("Python, wechatpayv3 as it comes",
             "the same; the package opens a new TLS connection for every request",
             lambda url: PythonService(scene, url, keep_alive=False)),
    ]


def _nginx(scene, url, lua=False):
    port, (scheme, address) = free_port(), url.split("://")
    keys = scene.keys
    prepare = sign = ""
    if lua:
        prepare = f"""
  lua_package_path "{scene.repository}/Benchmarks/peers/?.lua;;";
  init_by_lua_block {{
    require("sign").prepare("{keys.folder}/apiclient_key.pem", "{MERCHANT}", "{keys.serial}")
  }}"""
        sign = f"""
      set $signed ""; rewrite_by_lua_block {{ require("sign").sign() }}
      proxy_pass_request_headers off; proxy_set_header Authorization $signed;
      proxy_set_header Accept application/json; proxy_set_header Content-Type application/json;
      proxy_set_header Wechatpay-Serial {PUBLIC_KEY_ID}; proxy_set_header User-Agent nginx-lua;"""
    return scene.nginx("proxy", f"""{prepare}
  upstream pay {{ server {address}; keepalive 64; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{{sign}
      proxy_pass {scheme}://pay; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_ssl_trusted_certificate {keys.folder}/tls_cert.pem; proxy_ssl_verify on;
      proxy_ssl_protocols TLSv1.3; proxy_ssl_name upstream; proxy_ssl_session_reuse on;
    }}
  }}
""", port, modules=("ndk_http_module", "ngx_http_lua_module") if lua else ())


class PythonService(Program):
    """gunicorn with a process for each core, and enough threads for every connection."""

    def __init__(self, scene, url, keep_alive):
        self.port = free_port()
        folder = scene.new_folder("python")
        os.makedirs(folder)
        keys, sources = scene.keys, os.path.join(scene.repository, "Benchmarks")
        environment = {
            "PATH": os.environ["PATH"], "KEYS": keys.folder, "MERCHANT": MERCHANT,
            "SERIAL": keys.serial, "PUBLIC_KEY_ID": PUBLIC_KEY_ID, "UPSTREAM": url,
            "SCHEMA": f"{sources}/json/upload.schema.json", "KEEP_ALIVE": str(int(keep_alive)),
            "REQUESTS_CA_BUNDLE": f"{keys.folder}/tls_cert.pem", "PYTHONDONTWRITEBYTECODE": "1",
        }
        super().__init__(
            [os.path.join(python_environment(scene.repository), "bin/gunicorn"),
             "--chdir", f"{sources}/peers", "--bind", f"127.0.0.1:{self.port}",
             "--workers", str(os.cpu_count()), "--worker-class", "gthread", "--threads", "32",
             "--keep-alive", "3600", "--worker-tmp-dir", folder, "service:application"],
            os.path.join(folder, "log"), environment=environment)
        wait_for(lambda: accepts(self.port) or not self.is_running(), "the Python service", 60)
        if not self.is_running():
            raise RuntimeError(f"the Python service did not start: {self.last_words()}")
        scene.keep(self)


def python_environment(repository):
    """A folder with the packages of `peers/requirements.txt`, made when they have changed."""
    requirements = os.path.join(repository, "Benchmarks/peers/requirements.txt")
    with open(requirements, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    folder = os.path.join(repository, ".build/python-peer")
    mark = os.path.join(folder, "made-from")
    if not os.path.exists(mark) or open(mark).read() != digest:
        # Debian's interpreter is built with all optimizations, which others often are not.
        python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else "python3"
        run(python, "-m", "venv", "--clear", folder)
        run(f"{folder}/bin/pip", "install", "-q", "--disable-pip-version-check", "-r", requirements)
        with open(mark, "w") as file:
            file.write(digest)
    return folder


class Simulator(Program):
    """`wxpay-simulator`, which checks signatures as WeChat Pay does."""

    def __init__(self, scene):
        folder, keys = scene.new_folder("simulator"), scene.keys
        os.makedirs(f"{folder}/platform")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        with open(keys.wechatpay) as key, open(f"{folder}/platform/pub_key_private.pem", "w") as to:
            to.write(key.read())
        with open(f"{folder}/simulator.json", "w") as file:
            json.dump({
                "listen": f"127.0.0.1:{port}", "control": "127.0.0.1:0",
                "merchants": [{
                    "mchid": MERCHANT, "certificate": f"{keys.folder}/apiclient_cert.pem",
                    "api_v3_key": f"file:{keys.folder}/api_v3_key"}],
                "platform": {
                    "folder": f"{folder}/platform", "certificates": False,
                    "public_key_id": PUBLIC_KEY_ID},
                "batches": [{"stock_id": "98065001", "merchant": MERCHANT}],
            }, file)
        super().__init__(
            [scene.beside("wxpay-simulator"), "--config", f"{folder}/simulator.json"],
            f"{folder}/log")
        wait_for(lambda: accepts(port) or not self.is_running(), "the simulator")
        if not self.is_running():
            raise RuntimeError(f"the simulator did not start: {self.last_words()}")
        scene.keep(self)
