# SPDX-License-Identifier: Apache-2.0
"""Load, and what it cost."""

import itertools
import json
import os
import re
import subprocess
import time
from dataclasses import dataclass

from .keys import MERCHANT
from .processes import machine_busy_seconds

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PATH = "/v3/marketing/busifavor/stocks/98065001/couponcodes"
_prefixes = itertools.count(1)


@dataclass
class Outcome:
    """What wrk saw, and the CPU that the server, the upstream and wrk itself used meanwhile."""

    requests: int
    seconds: float
    refused: int
    broken: int
    p50_milliseconds: float
    p99_milliseconds: float
    server_cpu: float = 0
    upstream_cpu: float = 0
    load_cpu: float = 0
    other_cpu: float = 0
    upstream_requests: int = 0

    @property
    def per_second(self):
        return self.requests / self.seconds

    def microseconds_each(self):
        """The server's CPU for one request. Requests that wrk cut off at its end count too, where
        the upstream knows of them."""
        return 1e6 * self.server_cpu / (self.upstream_requests or self.requests)


def new_prefix():
    """What the request numbers of one load begin with, so that no load repeats another's."""
    return f"{os.getpid():07d}{next(_prefixes):04d}"


def upload(scene, port, codes, seconds, connections=64, numbers=0, pause=0, prefix=None,
           scheme="http", merchants=1, **accounts):
    """Uploads coupon codes; see load.lua."""
    return _load(
        ["-s", os.path.join(SCRIPTS, "load.lua"), f"{scheme}://127.0.0.1:{port}{PATH}", "--",
         str(codes), prefix or new_prefix(), str(numbers), str(pause), scene.token, MERCHANT,
         str(merchants)],
        seconds, connections, **accounts)


def fetch(url, seconds, connections=64, **accounts):
    return _load(
        ["-s", os.path.join(SCRIPTS, "get.lua"), url], seconds, connections, **accounts)


def _load(arguments, seconds, connections, server=None, upstream=None, core=None):
    pin = ["taskset", "-c", str(core)] if core is not None else []
    def used(program):
        return program.cpu_seconds() if program else 0.0
    asked = upstream.requests() if upstream else 0
    before = [used(server), used(upstream), _children_cpu(), machine_busy_seconds()]
    output = subprocess.run(
        pin + ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"] + arguments,
        capture_output=True, text=True, check=True).stdout
    time.sleep(0.05)
    after = [used(server), used(upstream), _children_cpu(), machine_busy_seconds()]
    result = json.loads(re.search(r"^RESULT (.*)$", output, re.MULTILINE)[1])
    server_cpu, upstream_cpu, load_cpu, busy = (b - a for a, b in zip(before, after))
    outcome = Outcome(
        result["requests"], result["microseconds"] / 1e6, result["refused"], result["broken"],
        result["p50"] / 1e3, result["p99"] / 1e3, server_cpu, upstream_cpu, load_cpu,
        max(0.0, busy - server_cpu - upstream_cpu - load_cpu),
        upstream.requests() - asked if upstream else 0)
    if outcome.refused or outcome.broken or not outcome.requests:
        raise RuntimeError(f"not every request was answered with 200: {outcome}\n{output}")
    return outcome


def _children_cpu():
    """CPU of this program's children that have ended: a load generator, once it is done."""
    times = os.times()
    return times.children_user + times.children_system


def rsa_cost(seconds=1):
    """(CPU microseconds of one RSA-2048 signature, of one verification) by `openssl speed`."""
    output = subprocess.run(
        ["openssl", "speed", "-seconds", str(seconds), "-mr", "rsa2048"],
        capture_output=True, text=True, check=True).stdout
    # With -mr: "+F2:index:bits:signatures per second of CPU:verifications per second of CPU".
    fields = re.search(r"^\+F2:(.*)$", output, re.MULTILINE)[1].split(":")
    return 1e6 / float(fields[2]), 1e6 / float(fields[3])
