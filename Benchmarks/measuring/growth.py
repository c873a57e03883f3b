# SPDX-License-Identifier: Apache-2.0
"""The cost of a request as the work around it grows. Small and large take turns, so that what
else the machine does weighs on both."""

from .load import upload
from .processes import run

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


def more_numbers(scene, plan, table):
    """An empty store, and one with a million numbers in it."""
    upstream = scene.upstream()
    empty = scene.gateway(upstream)
    full = scene.gateway(upstream)
    scene.stop(full)
    run("sqlite3", full.store, MILLION_NUMBERS)
    full = scene.gateway(upstream, store=full.store)
    memory = []
    ratios = _ratios(
        scene, plan, upstream, (empty, 1), (full, 1),
        after=lambda: memory.append(full.resident_megabytes()))
    table.add("CPU per request, 1,000,000 stored numbers ÷ none", ratios, at_most=1.1)
    table.add("memory with 1,000,000 stored numbers", memory, "MB", at_most=60)
    scene.stop(empty, full, upstream)


def more_merchants(scene, plan, table):
    """One merchant, and 100,000 that are called in turn."""
    count = 100_000
    upstream = scene.upstream()
    one = scene.gateway(upstream)
    many = scene.gateway(upstream, merchants=count)
    ratios = _ratios(scene, plan, upstream, (one, 1), (many, count))
    table.add("CPU per request, 100,000 merchants ÷ 1", ratios, at_most=1.1)
    table.add("  start to ready then", [many.start_seconds], "s")
    table.add("  memory then", [many.resident_megabytes()], "MB")
    scene.stop(one, many, upstream)


def _ratios(scene, plan, upstream, *small_and_large, after=lambda: None):
    for gateway, merchants in small_and_large:
        upload(scene, gateway.port, 2, 1, merchants=merchants)
    ratios = []
    for _ in range(plan.rounds):
        small, large = (
            upload(scene, gateway.port, 2, plan.short_seconds, merchants=merchants, server=gateway,
                   upstream=upstream).microseconds_each()
            for gateway, merchants in small_and_large)
        ratios.append(large / small)
        after()
    return ratios
