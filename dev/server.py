"""Real Odoo processes for tests, benchmarks and `make run`."""

import os
import signal
import socket
import subprocess
import time
import xmlrpc.client
from contextlib import suppress

from . import odoo_process
from .console import Problem
from .paths import LOGS

START_SECONDS = 120
STOP_SECONDS = 20


class OdooServer:
    """An Odoo server on a free port of localhost, as a context manager."""

    def __init__(self, db, workers=0, extra_args=(), env=None, port=None):
        self.db = db
        self.port = port or free_port()
        self.url = f"http://localhost:{self.port}"
        self.log_path = LOGS / f"{db}-{self.port}.log"
        self._environment = odoo_process.environment(env)
        self._command = odoo_process.command(
            db,
            f"--http-port={self.port}",
            f"--gevent-port={free_port()}",
            f"--workers={workers}",
            *extra_args,
        )
        self._process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.stop()

    @property
    def pid(self):
        return self._process.pid

    def start(self):
        LOGS.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                # A group of its own: killed as one, and deaf to our Ctrl-C.
                start_new_session=True,
            )
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.kill()
            raise

    def stop(self):
        """End the server as an administrator would, and for sure."""
        self._process.terminate()
        try:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        finally:
            self.kill()

    def kill(self):
        """Kill -9 the server with all its workers."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def wait(self):
        """Wait until the server ends, which is a failure of its own."""
        code = self._process.wait()
        last_lines = odoo_process.tail(self.log_path)
        raise Problem(f"Odoo ended with code {code}:\n{last_lines}")

    def rpc(self, login="admin", password="admin"):
        return RpcClient(self.url, self.db, login, password)

    def _wait_until_it_answers(self):
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                last_lines = odoo_process.tail(self.log_path)
                raise Problem(f"Odoo did not start:\n{last_lines}")
            time.sleep(0.1)

    def _answers(self):
        common = xmlrpc.client.ServerProxy(f"{self.url}/xmlrpc/2/common")
        try:
            # Nobody's login: it fails, but only after the registry was loaded.
            common.authenticate(self.db, "", "", {})
        except (OSError, xmlrpc.client.Error):
            return False
        return True


class RpcClient:
    """Odoo's external API with one user's rights."""

    def __init__(self, url, db, login, password):
        self._db, self._password = db, password
        common = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/common")
        self._user = common.authenticate(db, login, password, {})
        if not self._user:
            raise Problem(f"{login} may not log in to {db}.")
        self._models = xmlrpc.client.ServerProxy(
            f"{url}/xmlrpc/2/object", allow_none=True
        )

    def call(self, model, method, *args, **kwargs):
        return self._models.execute_kw(
            self._db, self._user, self._password, model, method, args, kwargs
        )


def shell(db, script):
    """Run a script in an Odoo shell; return what it printed."""
    result = subprocess.run(
        odoo_process.command(db, "shell", "--no-http"),
        input=script,
        capture_output=True,
        text=True,
        env=odoo_process.environment(),
        check=False,
    )
    if result.returncode:
        raise Problem(f"The script failed:\n{result.stderr}")
    return result.stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]
