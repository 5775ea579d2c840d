"""Timing mails, with the variants interleaved.

In each round every workload has one turn, in random order: its rules are made
active, unmeasured mails fill the caches that this emptied, then mails of each
kind are timed in random order, always a pair: one mail in stock Odoo and one in
ours, whichever comes first. A ratio is taken within such a pair, so
a slow moment of the machine spoils few of them, and the median of the ratios
none.

What is timed is `message_process` and the commit after it, with the hooks that
run at commit; making the mail is not.
"""

import gc
import math
import random
import time
from collections import defaultdict
from dataclasses import dataclass
from statistics import median, quantiles

from odoo import sql_db

from . import workloads
from .mails import PLAIN, MailFactory
from .surroundings import ADDRESS
from .workloads import NO_RULES, WORKLOADS

WARM_UP_PAIRS = 2
PAIRS_OF_A_KIND = 2


@dataclass(frozen=True)
class Timing:
    """One mail: ``wall`` and ``cpu`` (of Odoo's process) in ms, ``queries``."""

    wall: float
    cpu: float
    queries: int


class Sample:
    """The timings of one kind of mail, with the rules of one workload, in pairs."""

    def __init__(self):
        self.stock = []
        self.ours = []

    def ratio(self):
        return median(self._ratios("wall"))

    def cpu_ratio(self):
        return median(self._ratios("cpu"))

    def queries(self):
        return int(median(timing.queries for timing in self.ours))

    def ratio_interval(self):
        """Return the bounds between which the true median is, 95 % sure.

        As many ratios are below the median as are above it, give or take what
        tossing a coin for each gives or takes; nothing else is assumed.
        """
        ratios = sorted(self._ratios("wall"))
        half, margin = len(ratios) / 2, 0.98 * math.sqrt(len(ratios))
        low = max(0, math.floor(half - margin))
        high = min(len(ratios), math.ceil(half + margin)) - 1
        return ratios[low], ratios[high]

    def _ratios(self, clock):
        return [
            getattr(ours, clock) / getattr(stock, clock)
            for stock, ours in zip(self.stock, self.ours, strict=True)
        ]


class Measurement:
    """:ivar samples: ``Sample`` by kind and workload"""

    def __init__(self, stock, ours, seed):
        self.samples = defaultdict(Sample)
        self._stock = stock
        self._ours = ours
        self._random = random.Random(seed)
        self._mails = MailFactory(seed, ADDRESS)

    def run(self, end):
        """Run one round, and more of them while they fit in before ``end``.

        :param float end: in seconds of ``time.monotonic()``
        """
        self._take_turn(NO_RULES)
        self.samples.clear()  # the first mails of a process are no typical ones
        round_seconds = 0
        while not round_seconds or time.monotonic() + round_seconds < end:
            start = time.monotonic()
            self._run_round()
            round_seconds = time.monotonic() - start

    def _run_round(self):
        for workload in self._shuffled(WORKLOADS):
            self._take_turn(workload)

    def _take_turn(self, workload):
        self._ours.activate()
        workloads.activate(self._ours.env, workload)
        for _ in range(WARM_UP_PAIRS):
            self._run_pair(PLAIN)
        # What is loaded stays: no mail shall pay for looking through it.
        gc.collect()
        gc.freeze()
        for kind in self._shuffled(workload.kinds * PAIRS_OF_A_KIND):
            timings = self._run_pair(kind)
            sample = self.samples[kind, workload]
            sample.stock.append(timings[self._stock])
            sample.ours.append(timings[self._ours])
        self._ours.activate()
        workloads.check_active(self._ours.env, workload)

    def _run_pair(self, kind):
        sides = self._shuffled((self._stock, self._ours))
        return {side: self._process(side, kind) for side in sides}

    def _process(self, side, kind):
        raw = self._mails.make(kind)
        side.activate()
        queries = sql_db.sql_counter
        cpu, wall = time.process_time(), time.perf_counter()
        task_id = side.process(raw)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        if not task_id:
            raise AssertionError(f"A mail of {kind.name} became no task")
        return Timing(wall * 1000, cpu * 1000, sql_db.sql_counter - queries)

    def _shuffled(self, items):
        return self._random.sample(items, len(items))


def p95(values):
    return quantiles(values, n=20, method="inclusive")[-1]
