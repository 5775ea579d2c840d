"""The commands, each in a few lines; the work is in the other modules.

Modules that need packages are imported only in the commands that run inside
the virtual environment.
"""

import argparse
import functools
import os
import shutil
import sys

from . import bootstrap, lint, lock_files, programs
from .console import Problem, say
from .paths import STATE
from .python_env import ODOO_ENV


def main(arguments):
    programs.clean_up_on_signals()
    parser = _parser()
    options, options.rest = parser.parse_known_args(arguments)
    if options.rest and options.command not in (test, bench, fuzz):
        parser.error(f"unknown arguments: {' '.join(options.rest)}")
    try:
        return options.command(options)
    except Problem as problem:
        say(problem)
        return 1
    except KeyboardInterrupt:
        return programs.INTERRUPTED


def _parser():
    parser = argparse.ArgumentParser(prog="make", usage="make COMMAND [NAME=value…]")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name, function, **options):
        command = commands.add_parser(name, help=function.__doc__, **options)
        command.set_defaults(command=function)
        return command

    add("setup", setup)
    add("run", run)
    # Their own options, also --help, belong to what they run.
    add("test", test, add_help=False)
    add("bench", bench, add_help=False)
    add("fuzz", fuzz, add_help=False)
    add("lint", check_style)
    add("format", mend_style)
    odoo_suites = add("test-odoo", test_odoo)
    odoo_suites.add_argument("--stock", action="store_true")
    odoo_suites.add_argument("--tests", metavar="TAGS")
    add("shell", shell).add_argument("--db", required=True)
    add("screenshots", screenshots)
    add("i18n", i18n)
    add("readme", readme)
    add("lock", lock)
    add("clean", clean)
    return parser


def needs_odoo(command):
    """Run a command in the virtual environment, after `setup`."""

    @functools.wraps(command)
    def inside(options):
        bootstrap.ensure()
        if not ODOO_ENV.is_running():
            arguments = [ODOO_ENV.python, "-m", "dev", *sys.argv[1:]]
            os.execv(ODOO_ENV.python, arguments)
        return command(options)

    return inside


def setup(options):
    """make everything the others need, in .dev/ (DEV_DIR, ODOO_HOME, PGHOST…)"""
    bootstrap.ensure()


@needs_odoo
def run(options):
    """Odoo with both addons, demo data and sample mails (PORT=, SMTP_PORT=)"""
    from . import run

    run.main()


@needs_odoo
def test(options):
    """all tests (ARGS= for pytest)"""
    from . import pytest_run

    return pytest_run.main(options.rest)


@needs_odoo
def bench(options):
    """measure against stock Odoo (ARGS= for the benchmarks)"""
    from . import odoo_process, postgres

    with postgres.running():
        command = [sys.executable, "-m", "benchmarks", *options.rest]
        return programs.call(command, env=odoo_process.environment())


@needs_odoo
def fuzz(options):
    """damaged mails until Ctrl-C (ARGS="--minutes 5", "--seed 1 --mails 1")"""
    from . import odoo_process

    command = [sys.executable, "-m", "tests.fuzz", *options.rest]
    return programs.call(command, env=odoo_process.environment())


@needs_odoo
def test_odoo(options):
    """Odoo's own suites of what we extend (STOCK=1 without us, TESTS=tags)"""
    from . import odoo_suites

    return odoo_suites.main(options.tests, options.stock)


@needs_odoo
def shell(options):
    """Odoo shell on the database DB=, or run the script on standard input"""
    from . import database, odoo_process, postgres

    if not options.db:
        raise Problem("Name the database: make shell DB=name")
    with postgres.running():
        database.ensure(options.db)
        command = odoo_process.command(
            options.db, "shell", "--no-http", "--log-level=warn"
        )
        return programs.call(command, env=odoo_process.environment())


@needs_odoo
def screenshots(options):
    """take the pictures in docs/images/ anew"""
    from . import screenshots

    screenshots.main()


@needs_odoo
def i18n(options):
    """collect the addons' texts for translators, and merge them into ru.po"""
    from . import i18n

    i18n.main()


@needs_odoo
def readme(options):
    """write the addons' README.rst and index.html from readme/"""
    from . import readme

    readme.main()


def check_style(options):
    """check style and code"""
    return lint.check()


def mend_style(options):
    """mend what the checks can mend by themselves"""
    lint.mend()


def lock(options):
    """look for newer Python packages and write the lock files"""
    lock_files.refresh()


def clean(options):
    """delete everything that was made"""
    shutil.rmtree(STATE, ignore_errors=True)
