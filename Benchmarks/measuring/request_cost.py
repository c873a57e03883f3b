# SPDX-License-Identifier: Apache-2.0
"""What a request costs, and how long it takes, beside a signature."""

import os
import statistics

from .load import fetch, new_prefix, rsa_cost, upload
from .processes import free_port

CORES = os.cpu_count()


def check_every_request_went_out(outcome):
    if outcome.upstream_requests < outcome.requests:
        raise RuntimeError(f"requests were answered without the upstream: {outcome}")


def cost_of_a_request(scene, plan, table, gateway, upstream):
    """CPU per request beside CPU per signature, measured right before and right after each load.

    Returns a signature's microseconds and the requests per second.
    """
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
