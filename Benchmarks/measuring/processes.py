# SPDX-License-Identifier: Apache-2.0
"""Programs that a measurement starts, what they cost, and their end."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def run(*command, input=None):
    return subprocess.run(command, input=input, check=True, capture_output=True).stdout


def get(port, path):
    """(status, body) of a plain HTTP GET; (0, b"") when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except OSError:
        return 0, b""
    finally:
        connection.close()


def free_port():
    """A port of 127.0.0.1 that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, what, seconds=20.0, interval=0.005):
    """Asks until the condition holds; raises TimeoutError, which names `what`, when it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(interval)


def accepts(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


class Program:
    """A child process with its own children."""

    def __init__(self, command, log, core=None, environment=None):
        """core: the only CPU that it may use; None: all. log: file for what it prints."""
        self.log = log
        pin = ["taskset", "-c", str(core)] if core is not None else []
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                pin + command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=environment)

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        return self.process.poll() is None

    def pids(self):
        """Its own and its children's."""
        with open(f"/proc/{self.pid}/task/{self.pid}/children") as file:
            return [self.pid] + [int(word) for word in file.read().split()]

    def cpu_seconds(self):
        """User and system time of all its threads and children so far."""
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS_PER_SECOND

    def resident_megabytes(self):
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/status") as file:
                for line in file:
                    if line.startswith("VmRSS:"):
                        total += int(line.split()[1])
        return total / 1024

    def stop(self):
        if self.is_running():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def last_words(self):
        with open(self.log, "rb") as file:
            return file.read()[-2000:].decode(errors="replace")


def machine_busy_seconds():
    """CPU time that all processes of the machine used so far, and what the host took away."""
    with open("/proc/stat") as file:
        fields = [int(word) for word in file.readline().split()[1:]]
    user, nice, system, _, _, interrupt, soft_interrupt, steal = fields[:8]
    return (user + nice + system + interrupt + soft_interrupt + steal) / TICKS_PER_SECOND
