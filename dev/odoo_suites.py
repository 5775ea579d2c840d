"""`make test-odoo`: Odoo's own suites of what we extend, with our addons.

Stock Odoo from a Debian package does not pass all of its own tests; what it
fails by itself is in a list, and only other failures are ours.
"""

import sys

from . import database, odoo_process, postgres, programs
from .console import Problem, say
from .paths import LOGS, ROOT, STATE

LOG = LOGS / "odoo-suites.log"
FAILURES = STATE / "odoo-suites-failures.txt"

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
    FAILURES.unlink(missing_ok=True)
    LOG.unlink(missing_ok=True)
    with postgres.running():
        with database.fresh("suites", modules=MODULES, stock=stock) as db:
            database.speed_up(db)
            say(f"Running Odoo's own suites (log: {LOG})")
            code = _run(db, tags or TAGS)
    if not FAILURES.is_file():
        raise Problem(f"The suites ended early with code {code} (log: {LOG}).")
    return _judge(FAILURES.read_text().splitlines())


def _run(db, tags):
    LOG.parent.mkdir(parents=True, exist_ok=True)
    process = [sys.executable, "-m", "dev.odoo_suites_process", FAILURES]
    options = [*odoo_process.options(db), f"--test-tags={tags}", f"--logfile={LOG}"]
    environment = odoo_process.environment({"ODOO_TEST_MAX_FAILED_TESTS": "10000"})
    return programs.call([*process, *options], env=environment)


def _judge(failed):
    known = _known_failures()
    new = [name for name in failed if name not in known]
    for name in failed:
        also = "also in stock Odoo" if name in known else "not in stock Odoo"
        say(f"Failed, {also}: {name}")
    say(f"{len(new)} failures that stock Odoo does not have")
    return 1 if new else 0


def _known_failures():
    lines = KNOWN_FAILURES.read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}
