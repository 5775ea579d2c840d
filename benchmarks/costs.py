"""Which functions of ours and which queries make the difference to stock."""

import cProfile
import pstats
import re
import sys
import threading
from collections import Counter, defaultdict

from dev import addons
from dev.paths import ROOT

from . import workloads
from .mails import PLAIN, MailFactory
from .surroundings import ADDRESS

WARM_UP_MAILS = 3
MAILS = 20
LINES = 25
QUERY_LENGTH = 150
OUR_FOLDERS = tuple(f"{ROOT / name}/" for name in addons.names())
LITERAL = re.compile(r"'[^']*'|\b\d+\b|%s(, %s)+")


class QueryLog:
    """Counts queries by their text, and their time, while the block runs.

    :ivar origins: for each text, the functions of ours that were the last on
        the way to it
    """

    def __init__(self):
        self.counts = Counter()
        self.milliseconds = defaultdict(float)
        self.origins = defaultdict(set)

    def __enter__(self):
        threading.current_thread().query_hooks = [self._note]
        return self

    def __exit__(self, *exception):
        del threading.current_thread().query_hooks

    def _note(self, cr, query, params, start, delay):
        key = " ".join(LITERAL.sub("?", str(query)).split())
        self.counts[key] += 1
        self.milliseconds[key] += delay * 1000
        self.origins[key].add(_last_function_of_ours())


def show(stock, ours, seed, workload):
    mails = MailFactory(seed, ADDRESS)
    ours.activate()
    workloads.activate(ours.env, workload)
    print(f"With {workload}:")
    _show_queries(_queries(stock, mails), _queries(ours, mails))
    for kind in workload.kinds:
        _show_functions(ours, kind, [mails.make(kind) for _ in range(MAILS)])


def _process(side, raws):
    for raw in raws:
        side.process(raw)


def _queries(side, mails):
    side.activate()
    _process(side, [mails.make(PLAIN) for _ in range(WARM_UP_MAILS)])
    raws = [mails.make(PLAIN) for _ in range(MAILS)]
    with QueryLog() as log:
        _process(side, raws)
    return log


def _last_function_of_ours():
    frame = sys._getframe()
    while frame and not frame.f_code.co_filename.startswith(OUR_FOLDERS):
        frame = frame.f_back
    return frame.f_code.co_name if frame else ""


def _show_queries(stock, ours):
    print(f"\nQueries a mail of {PLAIN.name}, more or fewer than stock")
    print("(how many, time, after which functions of ours, text):")
    more = Counter(ours.counts)
    more.subtract(stock.counts)
    for query, count in more.most_common():
        if count:
            spent = ours.milliseconds[query] - stock.milliseconds[query]
            origins = ", ".join(sorted(ours.origins[query]))
            print(
                f"{count / MAILS:+6.2f}  {spent / MAILS:+6.2f} ms  {origins or '-'}  "
                f"{query[:QUERY_LENGTH]}"
            )


def _show_functions(side, kind, raws):
    profile = cProfile.Profile()
    profile.runcall(_process, side, raws)
    stats = pstats.Stats(profile).stats
    ours = [
        (cumulative, calls, function)
        for function, (_, calls, _, cumulative, _) in stats.items()
        if function[0].startswith(OUR_FOLDERS)
    ]
    print(f"\n{kind.name}: ms a mail in our functions and what they call (profiled)")
    for cumulative, calls, (path, line, name) in sorted(ours, reverse=True)[:LINES]:
        where = f"{path.removeprefix(f'{ROOT}/')}:{line} {name}"
        spent = cumulative * 1000 / len(raws)
        print(f"{spent:8.2f}  {calls / len(raws):6.1f} calls  {where}")
