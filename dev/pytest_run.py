"""`make test`: pytest over all tests, on a fresh database without demo data."""

import os
import sys

from . import database, odoo_process, postgres, programs


def main(arguments):
    with postgres.running(), database.fresh("test") as db:
        database.speed_up(db)
        command = [sys.executable, "-m", "pytest", *_odoo_arguments(db), *arguments]
        return programs.call(command, env=_environment())


def _odoo_arguments(db):
    """Hand Odoo's options through pytest-odoo, which renames them."""
    renamed = [f"--odoo-extra={option[2:]}" for option in odoo_process.options(db)]
    return [f"--odoo-database={db}", "--odoo-log-level=warn", "--odoo-http", *renamed]


def _environment():
    # With pytest-xdist, pytest-odoo copies the database with PostgreSQL's programs.
    path = os.pathsep.join([os.environ["PATH"], str(postgres.BINARIES)])
    return odoo_process.environment({"PATH": path})
