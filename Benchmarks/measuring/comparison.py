# SPDX-License-Identifier: Apache-2.0
"""The gateway beside what else could do its work, with the same upload and the same upstream."""

import http.client
import subprocess

from .gateway import Gateway
from .load import PATH, new_prefix, rsa_cost, upload
from .peers import Peer, Simulator, peers


def compare_with_peers(scene, plan, table):
    gateway = Peer(
        "wxpay-gateway", "everything: callers, schema, limits, durable store, signature, "
        "verification, repetition, normalizing",
        lambda url: scene.keep(Gateway(scene, scene.new_folder("gateway"), url)))
    running = []
    upstream = scene.upstream()
    for peer in [gateway, *peers(scene)]:
        what = f"CPU per request, {peer.name}"
        try:
            check_signature(scene, peer)
            running.append((peer, peer.start(upstream.url)))
        except (subprocess.CalledProcessError, RuntimeError) as error:
            table.not_measured(what, f"{error}")
    for _, program in running:
        upload(scene, program.port, 2, 1)
    costs = {peer.name: [] for peer, _ in running}
    ratios = {peer.name: [] for peer, _ in running}
    rates = {peer.name: [] for peer, _ in running}
    for _ in range(plan.rounds):
        for peer, program in running:
            signature, _ = rsa_cost()
            outcome = upload(
                scene, program.port, 2, plan.short_seconds, server=program, upstream=upstream)
            costs[peer.name].append(outcome.microseconds_each())
            ratios[peer.name].append(outcome.microseconds_each() / signature)
            rates[peer.name].append(outcome.per_second)
    for peer, program in running:
        name = peer.name
        table.add(f"CPU per request, {name}", costs[name], "µs", note=peer.note)
        if peer.signs:
            table.add("  ÷ signature", ratios[name])
        table.add("  requests per second, 64 connections", rates[name], "/s")
        scene.stop(program)
    scene.stop(upstream)


def check_signature(scene, peer):
    """One upload to the simulator, which refuses a wrong signature: a peer that does not sign what
    it sends would be compared for something else."""
    simulator = Simulator(scene)
    program = peer.start(simulator.url)
    connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=10)
    try:
        connection.request(
            "POST", PATH, f'{{"upload_request_no":"{new_prefix()}","coupon_code_list":["A1","A2"]}}',
            {"Content-Type": "application/json", "Authorization": f"Bearer {scene.token}",
             "Accept": "application/json", "User-Agent": "bench"})
        response = connection.getresponse()
        status, body = response.status, response.read()
    finally:
        connection.close()
        scene.stop(program, simulator)
    if status != (200 if peer.signs else 401):
        raise RuntimeError(f"{peer.name}: the simulator answered {status}: {body[:300]!r}")
