"""The numbers as text."""

from collections import defaultdict
from itertools import chain
from statistics import median

from .measure import p95
from .workloads import NO_RULES, WORKLOADS, WORST_CASES

# how far a share may be from the true one
SHARE_NOISE = 0.03
HEADER = (
    "mail",
    "variant",
    "mails",
    "median ms",
    "p95 ms",
    "CPU ms",
    "SQL",
    "ratio",
    "95 % sure",
    "rules' share",
)
TEXT_COLUMNS = 2
EXPLANATION = """\
ratio: the time of ours / stock's.
rules' share: what the rules add, (with them - with 0 rules) / stock, in CPU time:
rules wait for nothing. "<= 1.1 x stock" is a share of 0.10."""


class Report:
    """:param samples: by kind and workload, as ``Measurement`` makes them"""

    def __init__(self, samples):
        self._samples = samples

    def text(self):
        verdicts = chain(self._aims(), self._growths(), self._queries())
        return "\n".join([*self._table(), "", EXPLANATION, "", *verdicts])

    # ------------------------------------------------------------------
    # Table
    # ------------------------------------------------------------------

    def _table(self):
        rows = [row for kind in NO_RULES.kinds for row in self._rows(kind)]
        widths = [max(map(len, column)) for column in zip(HEADER, *rows, strict=True)]
        for row in (HEADER, ["-" * width for width in widths], *rows):
            yield _line(row, widths)

    def _rows(self, kind):
        workloads = [workload for workload in WORKLOADS if kind in workload.kinds]
        stock = [t for each in workloads for t in self._samples[kind, each].stock]
        yield kind.name, "stock Odoo", *_cells(stock), "1.000", "", ""
        for workload in workloads:
            sample = self._samples[kind, workload]
            share = f"{self._share(kind, workload):.3f}" if workload.count else ""
            yield "", str(workload), *_cells(sample.ours), *_ratio_cells(sample), share

    # ------------------------------------------------------------------
    # Verdicts
    # ------------------------------------------------------------------

    def _aims(self):
        for workload in WORKLOADS:
            if workload.ratio_aim:
                ratios = {k: self._samples[k, workload].ratio() for k in workload.kinds}
                yield _aim(f"ratio of {workload}", ratios, workload.ratio_aim)
            if workload.share_aim:
                shares = {kind: self._share(kind, workload) for kind in workload.kinds}
                yield _aim(f"share of {workload}", shares, workload.share_aim)

    def _growths(self):
        """Yield whether the worst cases cost no more a rule when there are more."""
        for few, many in _groups(WORST_CASES):
            factor = many.count / few.count
            pairs = [
                (kind, self._share(kind, few), self._share(kind, many))
                for kind in many.kinds
            ]
            linear = all(b <= factor * (a + SHARE_NOISE) for _, a, b in pairs)
            each = ", ".join(f"{kind.name} {a:.3f} to {b:.3f}" for kind, a, b in pairs)
            yield (
                f"{_verdict(linear)}: share of {many} <= {factor:.0f} x (share of "
                f"{few.count:,} + {SHARE_NOISE}) ({each})"
            )

    def _queries(self):
        """Yield whether a rule costs no query."""
        for group in _groups(WORKLOADS):
            found = {
                kind: {self._samples[kind, workload].queries() for workload in group}
                for kind in group[-1].kinds
            }
            counts = ", ".join(f"{workload.count:,}" for workload in group)
            each = ", ".join(
                f"{kind.name} {' or '.join(map(str, sorted(numbers)))}"
                for kind, numbers in found.items()
            )
            same = all(len(numbers) == 1 for numbers in found.values())
            yield (
                f"{_verdict(same)}: as many queries with {counts} {group[0].name} "
                f"({each})"
            )

    def _share(self, kind, workload):
        without = self._samples[kind, NO_RULES].cpu_ratio()
        return self._samples[kind, workload].cpu_ratio() - without


def _groups(workloads):
    """Return the workloads that differ in the number of their rules only, few first."""
    groups = defaultdict(list)
    for workload in workloads:
        groups[workload.name].append(workload)
    return [group for group in groups.values() if len(group) > 1]


def _cells(timings):
    wall = [timing.wall for timing in timings]
    return (
        str(len(timings)),
        f"{median(wall):.1f}",
        f"{p95(wall):.1f}",
        f"{median(timing.cpu for timing in timings):.1f}",
        f"{median(timing.queries for timing in timings):.0f}",
    )


def _ratio_cells(sample):
    low, high = sample.ratio_interval()
    return f"{sample.ratio():.3f}", f"{low:.2f} - {high:.2f}"


def _line(row, widths):
    return "  ".join(
        cell.ljust(width) if number < TEXT_COLUMNS else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(row, widths, strict=True))
    ).rstrip()


def _aim(name, values, limit):
    each = ", ".join(f"{kind.name} {value:.3f}" for kind, value in values.items())
    verdict = _verdict(max(values.values()) <= limit)
    return f"{verdict}: {name} <= {limit:.2f} ({each})"


def _verdict(is_met):
    return "met" if is_met else "missed"
