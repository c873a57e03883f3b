# SPDX-License-Identifier: Apache-2.0
"""What it costs that request numbers survive the death of the process."""

from .load import upload


def durability(scene, plan, table):
    """The store on this disk, and the one in memory. They take turns, so that what else the machine
    does weighs on both."""
    upstream = scene.upstream()
    gateways = (scene.gateway(upstream), scene.gateway(upstream, store_url="memory:"))
    for gateway in gateways:
        upload(scene, gateway.port, 2, 1)
    throughput, costs = [], []
    for _ in range(2 * plan.rounds):
        disk, memory = (
            upload(scene, gateway.port, 2, plan.short_seconds, server=gateway, upstream=upstream)
            for gateway in gateways)
        throughput.append(disk.per_second / memory.per_second)
        costs.append(disk.microseconds_each() / memory.microseconds_each())
    table.add("throughput, 64 connections, store on disk ÷ in memory", throughput, at_least=0.9)
    table.add("CPU per request, store on disk ÷ in memory", costs)
    scene.stop(*gateways, upstream)
