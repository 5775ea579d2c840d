"""`make test`: pytest over all tests, on fresh databases without demo data."""

import sys
import tempfile
from contextlib import ExitStack

from . import database, odoo_process, postgres, programs

# The tests of one database run one after the other. Those of mails and those of
# newsletters take about as long, and run at the same time.
HALVES = ("mail", "newsletters")


def main(arguments):
    """Run what pytest's arguments choose, else all; return the exit code."""
    with postgres.running(), ExitStack() as databases:
        env = odoo_process.environment()
        if arguments:
            return programs.call(_command(databases, *arguments), env)
        halves = [_command(databases, f"--half={half}") for half in HALVES]
        return _run_both(*halves, env)


def _command(databases, *arguments):
    db = databases.enter_context(database.fresh("test"))
    database.speed_up(db)
    return [sys.executable, "-m", "pytest", *_odoo_arguments(db), *arguments]


def _odoo_arguments(db):
    """Hand Odoo's options through pytest-odoo, which renames them."""
    renamed = [f"--odoo-extra={option[2:]}" for option in odoo_process.options(db)]
    return [f"--odoo-database={db}", "--odoo-log-level=warn", "--odoo-http", *renamed]


def _run_both(shown, hidden, env):
    """Run one command for all to see, and show afterwards what the other one said."""
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        with programs.started(hidden, env, output) as wait:
            codes = programs.call(shown, env), wait()
        output.seek(0)
        lines = output.readlines()
    # Of a success the closing line is enough.
    sys.stdout.writelines(lines if codes[1] else lines[-1:])
    # One that a signal has ended has a negative code.
    return codes[0] or codes[1]
