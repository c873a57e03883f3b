# SPDX-License-Identifier: Apache-2.0
"""Resident memory, and the start with many merchants."""

import json
import os
import socket

from .processes import run


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
    what = f"memory with {count:,} open connections"
    table.add(what, [megabytes], "MB", at_most=None if plan.is_quick else 150)


def rate_limit_state(scene, plan, table, idle):
    """An idle gateway and what the state grows by, in a program that holds nothing else: so many
    merchants in a configuration would each need a key pair."""
    what = "memory with the rate-limit state of 1,000,000 merchants"
    program = scene.beside("RateLimitBenchmark")
    if not os.access(program, os.X_OK):
        table.not_measured(what, f"there is no {program}; `make bench` builds it", "≤ 120")
        return
    state = json.loads(run(program, "1000000"))
    table.add(what, [idle + state["megabytes"]], "MB", at_most=120)
    table.add("  of which the state", [state["megabytes"]], "MB")
    table.add("  CPU of a decision", [state["microseconds_each"]], "µs")


def many_merchants(scene, plan, table, upstream):
    starts, memory = [], []
    for _ in range(1 if plan.is_quick else plan.rounds):
        gateway = scene.gateway(upstream, merchants=1_000)
        starts.append(gateway.start_seconds)
        memory.append(gateway.resident_megabytes())
        scene.stop(gateway)
    table.add("start to ready with 1,000 merchants", starts, "s", at_most=1.5)
    table.add("  memory then", memory, "MB")
