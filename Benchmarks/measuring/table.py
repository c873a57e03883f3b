# SPDX-License-Identifier: Apache-2.0
"""The result: one row a target, with the figures behind it."""

import statistics
from dataclasses import asdict, dataclass, field


@dataclass
class Row:
    what: str
    # The median of `samples`, in `unit`.
    value: float | None
    unit: str = ""
    target: str = ""
    # None: there is no target, or nothing was measured.
    is_met: bool | None = None
    samples: list = field(default_factory=list)
    note: str = ""


class Table:
    def __init__(self):
        self.rows = []

    def add(self, what, samples, unit="", at_most=None, at_least=None, note=""):
        """Adds a row; more than one sample gives their median."""
        value = statistics.median(samples)
        target, is_met = "", None
        if at_most is not None:
            target, is_met = f"≤ {at_most:g}", value <= at_most
        if at_least is not None:
            target, is_met = f"≥ {at_least:g}", value >= at_least
        self._show(Row(what, value, unit, target, is_met, [round(s, 4) for s in samples], note))

    def not_measured(self, what, why, target=""):
        self._show(Row(what, None, target=target, note=why))

    def _show(self, row):
        self.rows.append(row)
        print(self.line(row), flush=True)

    @staticmethod
    def line(row):
        verdict = {True: "met", False: "MISSED", None: ""}[row.is_met]
        if row.value is None:
            figures = f"{'':>9} {'not measured':>12} {'':>9}"
        else:
            several = len(row.samples) > 1
            least, most = (
                (f"{f(row.samples):.4g}" if several else "") for f in (min, max))
            figures = f"{least:>9} {f'{row.value:.4g} {row.unit}'.strip():>12} {most:>9}"
        line = f"{row.what:<62} {figures} {row.target:>8} {verdict}".rstrip()
        return line + (f"\n    {row.note}" if row.note else "")

    @classmethod
    def heading(cls):
        return f"{'what':<62} {'least':>9} {'median':>12} {'most':>9} {'target':>8}"

    def as_values(self):
        return [asdict(row) for row in self.rows]
