# SPDX-License-Identifier: Apache-2.0
"""The stage of one run: keys, a token, and the programs on it, all on loopback."""

import os

from .gateway import Gateway
from .keys import Keys
from .nginx import Nginx, Upstream
from .processes import run


class Scene:
    """Everything that one run needs, in a folder that is deleted at its end."""

    def __init__(self, repository, program, folder):
        """program: the gateway that is measured; the other programs of its build lie beside it."""
        self.repository, self.program, self.folder = repository, program, folder
        self.keys = Keys(repository, os.path.join(folder, "keys"))
        self.token = os.urandom(24).hex()
        self.token_digest = run(
            "openssl", "dgst", "-sha256", "-r", input=self.token.encode()).split()[0].decode()
        self.programs = []
        self._made = 0

    def keep(self, program):
        self.programs.append(program)
        return program

    def new_folder(self, name):
        self._made += 1
        return os.path.join(self.folder, f"{self._made}-{name}")

    def beside(self, name):
        """The path of another program of the same build."""
        return os.path.join(os.path.dirname(self.program), name)

    def upstream(self, http2=False):
        return self.keep(Upstream(self.new_folder("upstream"), self.keys, http2))

    def gateway(self, upstream, **options):
        return self.keep(Gateway(self, self.new_folder("gateway"), upstream.url, **options))

    def nginx(self, name, inside, port, core=None, modules=()):
        return self.keep(Nginx(self.new_folder(name), inside, port, core, modules))

    def stop(self, *programs):
        for program in programs or list(reversed(self.programs)):
            program.stop()
            self.programs.remove(program)
