"""`python -m benchmarks`, or `make bench ARGS=…`."""

import argparse
import os
import sys

from dev import database, odoo_process, postgres

# with the preparation, without making the database
SECONDS = 250
QUICK_SECONDS = 60


def main(arguments):
    options = _parser().parse_args(arguments)
    os.environ.update(odoo_process.environment())
    with postgres.running(), database.fresh("bench") as db:
        # Odoo takes its settings from the environment when it is imported.
        from . import newsletters, newsletters_oca, run

        if options.newsletters:
            newsletters.compare(db, options.seed, options.contacts)
        elif options.oca:
            newsletters_oca.compare(db, options.oca)
        elif options.costs:
            run.show_costs(db, options.seed, options.costs)
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
        nargs="?",
        const="1,000 rules by sender",
        metavar="RULES",
        help="show which of our functions and queries take the time, instead; "
        "RULES is a line of the table",
    )
    parser.add_argument(
        "--newsletters", action="store_true", help="measure newsletter_sync, instead"
    )
    parser.add_argument(
        "--contacts", type=int, default=200_000, help="of --newsletters"
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
