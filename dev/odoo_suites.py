"""`make test-odoo`: Odoo's own suites of what we extend, with our addons.

Stock Odoo from a Debian package does not pass all of its own tests; what it
fails by itself is in a list, and only other failures are ours.
"""

import os
import subprocess
import sys

from . import addons, database, odoo_process, postgres
from .console import say
from .paths import ROOT, STATE

MODULES = ("test_mail",)
TAGS = ",".join(
    (
        "/test_mail/tests/test_mail_alias.py",
        "/test_mail/tests/test_mail_gateway.py",
        "/mail/tests/test_fetchmail.py",
        "/project",
        "/hr",
    )
)
KNOWN_FAILURES = ROOT / "dev" / "odoo-suites-known-failures.txt"


def main(tags=None, stock=False):
    """Run the suites; return 0 if nothing failed that stock Odoo passes."""
    failures = STATE / "odoo-suites-failures.txt"
    failures.unlink(missing_ok=True)
    with postgres.running():
        with database.fresh("suites", modules=MODULES, stock=stock) as db:
            database.speed_up(db)
            code = subprocess.call(
                [sys.executable, "-m", "dev.odoo_suites_process", failures]
                + odoo_process.options(db)
                + [f"--test-tags={tags or TAGS}"],
                cwd=ROOT,
                env=odoo_process.environment({"ODOO_TEST_MAX_FAILED_TESTS": "10000"}),
            )
    if not failures.is_file():
        say(f"The suites ended early with code {code}.")
        return 1
    return _compare(failures.read_text().splitlines())


def _compare(failed):
    known = _known_failures()
    ours = sorted(set(failed) - known)
    for name in ours:
        say(f"Fails here, but not in stock Odoo: {name}")
    say(f"{len(failed)} failures, {len(failed) - len(ours)} of them also in stock Odoo")
    return 1 if ours else 0


def _known_failures():
    lines = KNOWN_FAILURES.read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}
