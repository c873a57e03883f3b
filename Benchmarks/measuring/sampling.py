# SPDX-License-Identifier: Apache-2.0
"""Where a program's CPU goes: samples of perf, and the system calls that strace counts."""

import collections
import os
import re
import signal
import subprocess
import threading
import time

from .components import component

HERTZ = 1999


def while_running(work, tool):
    """Calls `tool` in another thread while `work` runs; returns what `work` did."""
    failures = []

    def guarded():
        try:
            tool()
        except (OSError, subprocess.SubprocessError, RuntimeError) as error:
            failures.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    result = work()
    thread.join()
    if failures:
        raise failures[0]
    return result


def record(pid, seconds, path):
    """Samples by the CPU clock, which virtual machines have too."""
    subprocess.run(
        ["perf", "record", "-q", "-e", "cpu-clock", "-F", str(HERTZ), "-p", str(pid), "-o", path,
         "--", "sleep", str(seconds)], check=True, capture_output=True)


class Samples:
    """By thread name and component, and by function."""

    # "curl 1234 ffffffff81 name+0x1 (/usr/lib/libc.so.6)"
    LINE = re.compile(r"^\s*(.+?)\s+(\d+)\s+[0-9a-f]+\s+(.*?)\s+\(([^()]*)\)\s*$")

    def __init__(self, path):
        self.total = 0
        self.threads = collections.defaultdict(collections.Counter)
        self.members = collections.defaultdict(set)
        self.functions = collections.Counter()
        output = subprocess.run(
            ["perf", "script", "-i", path, "-F", "comm,tid,ip,sym,dso"],
            capture_output=True, text=True, check=True).stdout
        for line in output.splitlines():
            if not (match := self.LINE.match(line)):
                continue
            name, thread, function, library = match.groups()
            function = function.partition("+0x")[0]
            self.total += 1
            self.threads[name][component(library, function)] += 1
            self.members[name].add(thread)
            self.functions[(function, os.path.basename(library))] += 1


def system_calls(pid, seconds):
    """How often each was made by all threads of the process meanwhile."""
    strace = subprocess.Popen(
        ["strace", "-c", "-f", "-q", "-U", "calls,errors,name", "-p", str(pid)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    time.sleep(seconds)
    strace.send_signal(signal.SIGINT)
    output = strace.communicate(timeout=30)[0]
    calls = {}
    for line in output.splitlines():
        if match := re.match(r"^\s*(\d+)(?:\s+(\d+))?\s+([a-z_0-9]+)$", line):
            if match[3] != "total":
                calls[match[3]] = (int(match[1]), int(match[2] or 0))
    if not calls:
        raise RuntimeError(f"strace counted nothing: {output[:500]}")
    return calls


def demangled(names):
    """Swift's names as people read them, where its toolchain is here."""
    try:
        done = subprocess.run(
            ["swift", "demangle", "-simplified", "-compact"], input="\n".join(names),
            capture_output=True, text=True, check=True)
        return done.stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return list(names)
