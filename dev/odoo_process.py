"""How an Odoo process is started: its command line and its own data folder."""

import os
import subprocess
import sys
from hashlib import sha256

from .console import Problem
from .paths import LOGS, ROOT, STATE

PROGRAM = ROOT / "dev" / "bin" / "odoo"


def command(db, *arguments):
    """Return the command line of Odoo's ``arguments`` on a database.

    Arguments may begin with a subcommand such as ``shell``.
    """
    subcommand = [a for a in arguments[:1] if not a.startswith("-")]
    rest = arguments[len(subcommand) :]
    return [sys.executable, PROGRAM, *subcommand, *options(db), *rest]


def options(db):
    return [
        f"--database={db}",
        f"--db-filter=^{db}$",
        f"--data-dir={data_dir(db)}",
        "--http-interface=127.0.0.1",
        f"--addons-path={ROOT}",  # Odoo finds its own by itself
    ]


def data_dir(db):
    """Each database has its own, so that servers do not share sessions."""
    # Another PostgreSQL may have a database of the same name.
    address = f"{os.environ['PGHOST']}:{os.environ.get('PGPORT')}"
    return STATE / "data" / sha256(address.encode()).hexdigest()[:8] / db


def run(db, *arguments):
    """Run Odoo until it ends; raise with its last lines when that is no success."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{db}.log"
    with log.open("w") as file:
        code = subprocess.call(
            command(db, "--no-http", "--stop-after-init", *arguments),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment(),
        )
    if code:
        raise Problem(f"Odoo stopped with code {code} (log: {log}):\n{tail(log)}")


def environment(extra=None):
    # A configuration file of the user's own installation would get in our way.
    return {**os.environ, "ODOO_RC": os.devnull, **(extra or {})}


def tail(log, lines=30):
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
