# SPDX-License-Identifier: Apache-2.0
"""Instructions of a program, counted by valgrind: the same whatever else the machine does."""

import collections
import os
import re
import subprocess
import tempfile

from .components import component


def count(program, *arguments):
    """Instructions between `countingBegins` and `countingEnds`, by component."""
    with tempfile.TemporaryDirectory(prefix="wxpay-callgrind-") as folder:
        # Valgrind 3.19 cannot read Swift's debug information, and needs none.
        bare, out = os.path.join(folder, "program"), os.path.join(folder, "out")
        subprocess.run(["strip", "--strip-debug", "-o", bare, program], check=True)
        done = subprocess.run(
            ["valgrind", "--quiet", "--tool=callgrind", "--dump-before=*countingBegins*",
             "--dump-before=*countingEnds*", f"--callgrind-out-file={out}", bare, *arguments],
            capture_output=True, text=True,
            # Dictionaries hash the same in every run.
            env={**os.environ, "SWIFT_DETERMINISTIC_HASHING": "1"})
        if done.returncode != 0:
            raise RuntimeError(f"{program} {' '.join(arguments)} failed: {done.stderr[-2000:]}")
        # The first dump is what came before, which it also sets back to nothing.
        return _self_cost(f"{out}.2")


# https://valgrind.org/docs/manual/cl-format.html
_NAME = re.compile(r"(c?)(fn|ob)=\((\d+)\)(?: (.*))?$")


def _self_cost(path):
    costs, names = collections.Counter(), {"fn": {}, "ob": {}}
    function = library = ""
    follows_call = False
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            if named := _NAME.match(line):
                called, kind, number, name = named.groups()
                if name is not None:
                    names[kind][number] = name
                if not called:
                    if kind == "fn":
                        function = names["fn"][number]
                    else:
                        library = names["ob"][number]
            elif line.startswith("calls="):
                follows_call = True
            elif line[0].isdigit() or line[0] in "+-*":
                # The line after a call is what the call cost, which its function counts itself.
                if not follows_call:
                    costs[component(library, function)] += int(line.split()[-1])
                follows_call = False
    return costs
