"""The numbers as text."""

from statistics import median

from .mails import KINDS
from .measure import p95
from .variants import RULE_COUNTS

RATIO_AIM = 1.25
RULES_AIM = 0.10
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
)
TEXT_COLUMNS = 2


class Report:
    """:param samples: by kind and number of rules, as ``Measurement`` makes them"""

    def __init__(self, samples):
        self._samples = samples

    def text(self):
        return "\n".join([*self._table(), "", *self._aims()])

    def _table(self):
        rows = [row for kind in KINDS for row in self._rows(kind)]
        widths = [max(map(len, column)) for column in zip(HEADER, *rows, strict=True)]
        for row in (HEADER, ["-" * width for width in widths], *rows):
            yield _line(row, widths)

    def _rows(self, kind):
        stock = [t for count in RULE_COUNTS for t in self._samples[kind, count].stock]
        yield kind.name, "stock Odoo", *_cells(stock), "1.000", ""
        for count in RULE_COUNTS:
            sample = self._samples[kind, count]
            yield "", f"{count:,} rules", *_cells(sample.ours), *_ratio_cells(sample)

    def _aims(self):
        fewest, most = min(RULE_COUNTS), max(RULE_COUNTS)
        yield _aim(
            f"{most:,} rules / stock",
            {kind: self._ratio(kind, most) for kind in KINDS},
            RATIO_AIM,
        )
        yield _aim(
            f"the rules' share = ({most:,} rules - {fewest} rules) / stock",
            {
                kind: self._ratio(kind, most) - self._ratio(kind, fewest)
                for kind in KINDS
            },
            RULES_AIM,
        )

    def _ratio(self, kind, count):
        return self._samples[kind, count].ratio()


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
    )


def _aim(name, values, limit):
    verdict = "met" if max(values.values()) <= limit else "missed"
    each = ", ".join(f"{kind.name} {value:.3f}" for kind, value in values.items())
    return f"{verdict}: {name} <= {limit:.2f} ({each})"
