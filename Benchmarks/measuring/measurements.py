# SPDX-License-Identifier: Apache-2.0
"""The order of the rows."""

import time

from .comparison import compare_with_peers
from .durability import durability
from .growth import more_merchants, more_numbers
from .memory import many_connections, many_merchants, rate_limit_state
from .request_cost import added_latency, cost_of_a_request, http2, replays


class Plan:
    """How long and how often."""

    def __init__(self, is_quick=False, rounds=None):
        self.is_quick = is_quick
        self.rounds = rounds or (2 if is_quick else 3)
        self.seconds = 3 if is_quick else 8
        self.short_seconds = 2 if is_quick else 5


def measure(scene, plan, table):
    upstream = scene.upstream()
    gateway = scene.gateway(upstream)
    # Ready comes a moment before the code of the start is let go of.
    time.sleep(1)
    idle = gateway.resident_megabytes()
    signature, rate = cost_of_a_request(scene, plan, table, gateway, upstream)
    added_latency(scene, plan, table, gateway, upstream, signature, rate / 2)
    scene.stop(gateway)
    replays(scene, plan, table, upstream)
    table.add("memory, idle", [idle], "MB", at_most=25)
    many_connections(scene, plan, table, upstream)
    rate_limit_state(scene, plan, table, idle)
    many_merchants(scene, plan, table, upstream)
    scene.stop(upstream)
    if plan.is_quick:
        return
    for rest in (durability, more_numbers, more_merchants, http2, compare_with_peers):
        rest(scene, plan, table)
