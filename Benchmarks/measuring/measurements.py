# SPDX-License-Identifier: Apache-2.0
"""The rows of the table, each measured in this run."""

import os
import socket
import statistics

from .load import fetch, new_prefix, rsa_cost, upload
from .processes import free_port
from .scene import run

CORES = os.cpu_count()
# Answered uploads as the store keeps them, which expire in a week.
MILLION_NUMBERS = """
PRAGMA synchronous = OFF;
BEGIN;
WITH RECURSIVE counter(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < 1000000)
INSERT INTO request_number (key, state, start, fingerprint, expires_at, status, recovered,
  content_type, upstream_request_id, body)
SELECT randomblob(32), 4, 1, randomblob(32), unixepoch() * 1000 + 604800000 - n, 200, 0,
  'application/json', '08F7A3B5C20610', CAST(printf('%0250d', n) AS BLOB) FROM counter;
UPDATE store SET answered = answered + 1000000;
COMMIT;
"""

NOT_MEASURED = {
    "CPU per request, nginx with Lua that signs": "needs OpenResty's Lua module and OpenSSL bindings",
    "CPU per request, Python with wechatpayv3": "needs packages from outside of Debian",
    "memory with 1,000,000 merchants' rate-limit state": "a start with so many keys takes too long",
    "CPU per request, 100,000 merchants ÷ 1": "a start with so many keys takes too long",
}


class Plan:
    """How long and how often."""

    def __init__(self, quick):
        self.is_quick = quick
        self.rounds = 2 if quick else 3
        self.seconds = 3 if quick else 8
        self.short_seconds = 2 if quick else 5


def measure(scene, plan, table):
    upstream = scene.upstream()
    gateway = scene.gateway(upstream)
    idle = gateway.resident_megabytes()
    signature, rate = cost_of_a_request(scene, plan, table, gateway, upstream)
    added_latency(scene, plan, table, gateway, upstream, signature, rate / 2)
    scene.stop(gateway)
    replays(scene, plan, table, upstream)
    table.add("memory, idle", [idle], "MB", at_most=25)
    many_connections(scene, plan, table, upstream)
    many_merchants(scene, plan, table, upstream)
    scene.stop(upstream)
    if not plan.is_quick:
        growth(scene, plan, table)
        floor(scene, plan, table)
        http2(scene, plan, table)
        for what, why in NOT_MEASURED.items():
            table.not_measured(what, why)


def check_every_request_went_out(outcome):
    if outcome.upstream_requests < outcome.requests:
        raise RuntimeError(f"requests were answered without the upstream: {outcome}")


def cost_of_a_request(scene, plan, table, gateway, upstream):
    """CPU per request beside CPU per signature, measured right before and right after each load."""
    upload(scene, gateway.port, 2, 1)
    signatures, verifications = [], []

    def rsa():
        signature, verification = rsa_cost()
        signatures.append(signature)
        verifications.append(verification)

    two, many, rest, ceiling, quiet_ceiling, rates = [], [], [], [], [], []
    rsa()
    for _ in range(plan.rounds):
        small = upload(scene, gateway.port, 2, plan.seconds, server=gateway, upstream=upstream)
        check_every_request_went_out(small)
        rsa()
        signature = statistics.mean(signatures[-2:])
        verification = statistics.mean(verifications[-2:])
        two.append(small.microseconds_each() / signature)
        rest.append(small.microseconds_each() - signature - verification)
        rates.append(small.per_second)
        ours = CORES - (small.load_cpu + small.upstream_cpu) / small.seconds
        ceiling.append(small.per_second / (ours * 1e6 / signature))
        left = ours - small.other_cpu / small.seconds
        quiet_ceiling.append(small.per_second / (left * 1e6 / signature))
        large = upload(
            scene, gateway.port, 200, plan.seconds, server=gateway, upstream=upstream)
        check_every_request_went_out(large)
        rsa()
        many.append(large.microseconds_each() / statistics.mean(signatures[-2:]))
    table.add("CPU of one RSA-2048 signature (openssl speed)", signatures, "µs")
    table.add("CPU of one RSA-2048 verification (openssl speed)", verifications, "µs")
    table.add("CPU per request ÷ signature, 2 codes", two, at_most=1.15)
    table.add("CPU per request ÷ signature, 200 codes", many, at_most=1.20)
    table.add("CPU per request less signature and verification, 2 codes", rest, "µs", at_most=80)
    table.add("throughput, 64 connections ÷ what the cores could sign", ceiling, at_least=0.9)
    table.add("  the same, less what other processes of the machine used", quiet_ceiling)
    return statistics.median(signatures), statistics.median(rates)


def added_latency(scene, plan, table, gateway, upstream, signature, rate):
    """At `rate` per second: what the gateway adds to the upstream's own latency and one signature."""
    connections = 16
    # Each connection pauses, then waits some milliseconds for its answer.
    pause = 1000 * connections / rate - 3
    p50, p99, each = [], [], []
    for _ in range(1 if plan.is_quick else plan.rounds):
        direct = upload(scene, upstream.port, 2, plan.short_seconds, connections, pause=pause,
                        scheme="https")
        through = upload(scene, gateway.port, 2, plan.short_seconds + 1, connections, pause=pause,
                         server=gateway, upstream=upstream)
        check_every_request_went_out(through)
        signing = signature / 1000
        p50.append(through.p50_milliseconds - direct.p50_milliseconds - signing)
        p99.append(through.p99_milliseconds - direct.p99_milliseconds - signing)
        each.append(through.microseconds_each() / signature)
    table.add("added latency at half load, p50", p50, "ms", at_most=0.3)
    table.add("added latency at half load, p99", p99, "ms", at_most=2)
    table.add("CPU per request ÷ signature at half load, 2 codes", each)


def replays(scene, plan, table, upstream):
    """Requests answered from the store, beside nginx with a static file, each on core 0."""
    folder = scene.new_folder("static")
    os.makedirs(folder)
    os.chmod(scene.folder, 0o755)
    with open(os.path.join(folder, "file"), "wb") as file:
        file.write(b"x" * 300)
    port = free_port()
    static = scene.nginx("nginx", f"""
  open_file_cache max=10; sendfile on;
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
""", port, core=0)
    gateway = scene.gateway(upstream, core=0)
    prefix, numbers = new_prefix(), 500
    upload(scene, gateway.port, 2, 2, numbers=numbers, prefix=prefix)
    ratios, rates, files = [], [], []
    for _ in range(plan.rounds):
        plain = fetch(f"http://127.0.0.1:{port}/file", plan.short_seconds, core=1, server=static)
        replayed = upload(scene, gateway.port, 2, plan.short_seconds, numbers=numbers,
                          prefix=prefix, core=1, server=gateway, upstream=upstream)
        if replayed.upstream_requests:
            raise RuntimeError(f"replays went to the upstream: {replayed}")
        # Per second of the core that each had: other processes take some of it.
        rates.append(replayed.requests / replayed.server_cpu)
        files.append(plain.requests / plain.server_cpu)
        ratios.append(rates[-1] / files[-1])
    table.add("replays per second of one core ÷ nginx, static file", ratios, at_least=0.5)
    table.add("  replays per second of one core", rates, "/s")
    table.add("  nginx, static file of 300 bytes, per second of one core", files, "/s")
    scene.stop(gateway, static)


def many_connections(scene, plan, table, upstream):
    """Resident memory with idle connections, each of which has had one request answered."""
    count = 2_000 if plan.is_quick else 10_000
    gateway = scene.gateway(upstream, max_connections=count + 100)
    request = b"GET /none HTTP/1.1\r\nHost: a\r\n\r\n"
    sockets = []
    try:
        for _ in range(count):
            sockets.append(socket.create_connection(("127.0.0.1", gateway.port), 10))
        for connection in sockets:
            connection.sendall(request)
        for connection in sockets:
            connection.recv(4096)
        megabytes = gateway.resident_megabytes()
    finally:
        for connection in sockets:
            connection.close()
        scene.stop(gateway)
    if plan.is_quick:
        table.add(f"memory with {count} connections", [megabytes], "MB")
    else:
        table.add(f"memory with {count} connections", [megabytes], "MB", at_most=150)


def many_merchants(scene, plan, table, upstream):
    starts, memory = [], []
    for _ in range(1 if plan.is_quick else 3):
        gateway = scene.gateway(upstream, merchants=1_000)
        starts.append(gateway.start_seconds)
        memory.append(gateway.resident_megabytes())
        scene.stop(gateway)
    table.add("start to ready with 1000 merchants", starts, "s", at_most=1.5)
    table.add("  memory then", memory, "MB")


def growth(scene, plan, table):
    """The cost of a request with an empty store and with a million numbers in it."""
    upstream = scene.upstream()
    ratios, memory = [], []
    empty = scene.gateway(upstream)
    full = scene.gateway(upstream)
    scene.stop(full)
    run("sqlite3", full.store, MILLION_NUMBERS)
    full = scene.gateway(upstream, store=full.store)
    upload(scene, empty.port, 2, 1)
    upload(scene, full.port, 2, 1)
    for _ in range(plan.rounds):
        costs = []
        for gateway in (empty, full):
            outcome = upload(scene, gateway.port, 2, plan.short_seconds, server=gateway,
                             upstream=upstream)
            costs.append(outcome.microseconds_each())
        ratios.append(costs[1] / costs[0])
        memory.append(full.resident_megabytes())
    table.add("CPU per request, 1,000,000 stored numbers ÷ none", ratios, at_most=1.1)
    table.add("memory with 1,000,000 stored numbers", memory, "MB", at_most=60)
    scene.stop(empty, full, upstream)


def floor(scene, plan, table):
    """nginx as a proxy with the same upstream: no validation, limits, deduplication or signature."""
    upstream = scene.upstream()
    port = free_port()
    proxy = scene.nginx("proxy", f"""
  upstream pay {{ server 127.0.0.1:{upstream.port}; keepalive 64; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass https://pay; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_ssl_trusted_certificate {scene.keys.folder}/tls_cert.pem; proxy_ssl_verify on;
      proxy_ssl_protocols TLSv1.3; proxy_ssl_name upstream; proxy_ssl_session_reuse on;
    }}
  }}
""", port)
    costs = [
        upload(scene, port, 2, plan.short_seconds, server=proxy, upstream=upstream)
        .microseconds_each() for _ in range(plan.rounds)]
    table.add("CPU per request, nginx proxy_pass, which signs and checks nothing", costs, "µs")
    scene.stop(proxy, upstream)


def http2(scene, plan, table):
    """The same upload over HTTP/2 to the upstream."""
    upstream = scene.upstream(http2=True)
    gateway = scene.gateway(upstream)
    upload(scene, gateway.port, 2, 1)
    costs = []
    for _ in range(plan.rounds):
        signature, _ = rsa_cost()
        outcome = upload(scene, gateway.port, 2, plan.short_seconds, server=gateway,
                         upstream=upstream)
        costs.append(outcome.microseconds_each() / signature)
    table.add("CPU per request ÷ signature, 2 codes, HTTP/2 upstream", costs)
    scene.stop(gateway, upstream)
