# SPDX-License-Identifier: Apache-2.0
"""A Python service that uploads coupon codes with the wechatpayv3 package: it checks the body
against the schema, signs, forwards, and verifies the answer.

It does not authenticate its callers, limit a rate, remember request numbers, repeat what failed,
or normalize answers. Settings come from the environment: KEYS, MERCHANT, SERIAL, PUBLIC_KEY_ID,
SCHEMA, UPSTREAM, KEEP_ALIVE.
"""

import json
import os
import re
import threading

import requests
import wechatpayv3.core
from jsonschema import Draft202012Validator
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.type import RequestType

ROUTE = re.compile(r"/v3/marketing/busifavor/stocks/([^/]{1,20})/couponcodes")


def text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class KeepAlive:
    """`requests`, as the package calls it, with a connection that each thread keeps."""

    def __init__(self):
        self._local = threading.local()

    def post(self, **arguments):
        session = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            # The environment is looked at for proxies and certificates once, not for every request.
            session.trust_env = False
            session.verify = os.environ["REQUESTS_CA_BUNDLE"]
        return session.post(**arguments)


keys = os.environ["KEYS"]
pay = WeChatPay(
    wechatpay_type=WeChatPayType.NATIVE, mchid=os.environ["MERCHANT"],
    private_key=text(f"{keys}/apiclient_key.pem"), cert_serial_no=os.environ["SERIAL"],
    apiv3_key=text(f"{keys}/api_v3_key"), appid="wx0000000000000000",
    notify_url="https://127.0.0.1/", public_key=text(f"{keys}/pub_key.pem"),
    public_key_id=os.environ["PUBLIC_KEY_ID"])
# The package knows one host only, and opens a new connection for every request.
core = pay._core
core._gate_way = os.environ["UPSTREAM"]
if os.environ.get("KEEP_ALIVE") == "1":
    wechatpayv3.core.requests = KeepAlive()
validator = Draft202012Validator(json.loads(text(os.environ["SCHEMA"])))


def answer(environ):
    match = ROUTE.fullmatch(environ["PATH_INFO"])
    if environ["REQUEST_METHOD"] != "POST" or not match:
        return 404, json.dumps({"code": "ROUTE_NOT_FOUND"})
    try:
        body = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0)))
    except ValueError:
        return 400, json.dumps({"code": "MALFORMED_JSON"})
    violations = [error.message for error in validator.iter_errors(body)]
    if violations:
        return 400, json.dumps({"code": "PARAM_ERROR", "errors": violations})
    return core.request(match[0], method=RequestType.POST, data=body)


def application(environ, start_response):
    status, content = answer(environ)
    body = content.encode() if isinstance(content, str) else content
    start_response(
        f"{status} ", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
