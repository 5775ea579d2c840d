"""`make fuzz`: damaged mails, one after the other, until somebody stops it."""

import argparse

import odoo
from odoo.modules.registry import Registry

from dev import database, odoo_process, postgres


def main():
    options = _options()
    with postgres.running(), database.fresh("fuzz") as db:
        database.speed_up(db)
        odoo.tools.config.parse_config([*odoo_process.options(db), "--log-level=error"])
        # Before that, Odoo does not find our addons.
        from tests import fuzzing

        failed = fuzzing.hunt(
            Registry(db), options.seed, options.mails, options.minutes
        )
    return 1 if failed else 0


def _options():
    parser = argparse.ArgumentParser(prog="make fuzz", usage="make fuzz ARGS='…'")
    parser.add_argument("--seed", type=int, help="of the first mail")
    parser.add_argument("--mails", type=int, help="how many (default: no end)")
    parser.add_argument("--minutes", type=float, help="how long (default: no end)")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
