# SPDX-License-Identifier: Apache-2.0
"""The program that is measured."""

import os
import time

from .keys import MERCHANT, PUBLIC_KEY_ID
from .processes import Program, free_port, get, wait_for


class Gateway(Program):
    """`wxpay-gateway serve` with the default chain and a SQLite store."""

    def __init__(self, scene, folder, upstream_url, merchants=1, core=None, max_connections=4096,
                 store=None, store_url=None):
        """merchants: how many there are; all of them sign with the same key.
        store: the SQLite file, one of its own when absent; store_url: another store."""
        os.makedirs(folder, exist_ok=True)
        self.port, self.admin_port = free_port(), free_port()
        self.store = store or os.path.join(folder, "gateway.db")
        self.store_url = store_url or f"sqlite:{self.store}"
        path = os.path.join(folder, "gateway.conf")
        with open(path, "w") as file:
            file.write(self._configuration(scene, upstream_url, merchants, max_connections))
        self.started = time.monotonic()
        super().__init__(
            [scene.program, "serve", "--config", path], os.path.join(folder, "log"), core)
        wait_for(lambda: self._is_ready() or not self.is_running(), f"the gateway in {folder}", 300)
        self.start_seconds = time.monotonic() - self.started
        if not self.is_running():
            raise RuntimeError(f"the gateway did not start: {self.last_words()}")

    def _is_ready(self):
        return get(self.admin_port, "/readyz")[0] == 200

    def _configuration(self, scene, upstream_url, merchants, max_connections):
        keys = scene.keys.folder
        parts = [f"""
[server]
listen = "127.0.0.1:{self.port}"
max_connections = {max_connections}
[admin]
listen = "127.0.0.1:{self.admin_port}"
[api]
documents = ["{scene.repository}/apis/busifavor.openapi.yaml"]
[upstream]
url = "{upstream_url}"
ca_file = "file:{keys}/tls_cert.pem"
[store]
url = "{self.store_url}"
[policies]
chain = ["authenticate", "validate", "rate_limit", "deduplicate"]
[policies.rate_limit]
rate = 1000000
burst = 1000000
[[caller]]
name = "load"
token = "sha256:{scene.token_digest}"
merchants = ["*"]
operations = ["*"]
"""]
        parts += [f"""
[[merchant]]
id = "{int(MERCHANT) + index}"
certificate = "file:{keys}/apiclient_cert.pem"
private_key = "file:{keys}/apiclient_key.pem"
wechatpay_public_key = {{ id = "{PUBLIC_KEY_ID}", file = "file:{keys}/pub_key.pem" }}
""" for index in range(merchants)]
        return "".join(parts)
