"""`python -m benchmarks`, or `make bench ARGS=…`."""

import argparse
import os
import sys

from dev import database, odoo_process, postgres

SECONDS = 140
QUICK_SECONDS = 25


def main(arguments):
    options = _parser().parse_args(arguments)
    os.environ.update(odoo_process.environment())
    with postgres.running(), database.fresh("bench") as db:
        # Odoo takes its settings from the environment when it is imported.
        from . import newsletters, newsletters_oca, run

        if options.newsletters:
            newsletters.compare(db, options.seed)
        elif options.oca:
            newsletters_oca.compare(db, options.oca)
        elif options.costs:
            run.show_costs(db, options.seed)
        else:
            seconds = QUICK_SECONDS if options.quick else SECONDS
            run.compare(db, options.seed, seconds)


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Compare our gateway with stock Odoo."
    )
    parser.add_argument("--quick", action="store_true", help="short, rough numbers")
    parser.add_argument(
        "--costs",
        action="store_true",
        help="show which of our functions and queries take the time, instead",
    )
    parser.add_argument(
        "--newsletters", action="store_true", help="measure newsletter_sync, instead"
    )
    parser.add_argument(
        "--oca",
        metavar="FOLDER",
        help="measure it beside OCA's mass_mailing_list_dynamic, which is in FOLDER",
    )
    parser.add_argument("--seed", type=int, default=1, help="of the mails and order")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
