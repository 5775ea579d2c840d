"""The commands, each in a few lines; the work is in the other modules."""

import argparse
import os
import shutil
import subprocess
import sys

from . import bootstrap
from .console import Problem, say
from .paths import ROOT, STATE
from .python_env import ODOO_ENV


def main(arguments):
    options, options.rest = _parser().parse_known_args(arguments)
    try:
        return options.command(options)
    except Problem as problem:
        say(problem)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser():
    parser = argparse.ArgumentParser(prog="python3 -m dev")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("setup").set_defaults(command=setup)
    commands.add_parser("clean").set_defaults(command=clean)
    commands.add_parser("test", add_help=False).set_defaults(command=test)
    shell_parser = commands.add_parser("shell")
    shell_parser.add_argument("--db", required=True)
    shell_parser.set_defaults(command=shell)
    return parser


def needs_odoo(command):
    """Run a command after `setup`, in the virtual environment."""

    def run(options):
        bootstrap.ensure()
        if not ODOO_ENV.is_running():
            arguments = [ODOO_ENV.python, "-m", "dev", *sys.argv[1:]]
            os.execv(ODOO_ENV.python, arguments)
        return command(options)

    return run


def setup(options):
    bootstrap.ensure()


def clean(options):
    shutil.rmtree(STATE, ignore_errors=True)


@needs_odoo
def shell(options):
    from . import database, odoo_process, postgres

    with postgres.running():
        database.ensure(options.db)
        return subprocess.call(
            odoo_process.command(options.db, "shell", "--no-http"),
            env=odoo_process.environment(),
        )


@needs_odoo
def test(options):
    from . import pytest_run

    return pytest_run.main(options.rest)
