# SPDX-License-Identifier: Apache-2.0
"""Throw-away keys: a merchant's, WeChat Pay's, and its TLS certificate."""

import base64
import os
import time

from .processes import run

MERCHANT = "1900000001"
PUBLIC_KEY_ID = "PUB_KEY_ID_0119000000012025010100000001"
ANSWER = (
    '{"stock_id":"98065001","total_count":2,"success_count":2,'
    '"success_codes":["ABC9588200001","ABC9588200002"],'
    '"success_time":"2015-05-20T13:29:35.120+08:00","fail_count":0}'
)


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
        # Of the merchant's certificate; WeChat Pay's `serial_no`.
        self.serial = run(
            "openssl", "x509", "-in", self._path("apiclient_cert.pem"), "-noout", "-serial"
        ).decode().strip().partition("=")[2]

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
