"""Virtual environments that hold exactly what a lock file says."""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from .console import Problem, say
from .paths import ROOT, STATE


class PythonEnv:
    def __init__(self, name, lock_file):
        self.path = STATE / name
        self.lock_file = ROOT / lock_file
        self.python = self.path / "bin" / "python"
        self._stamp_file = self.path / "complete"

    def ensure(self):
        if not self.is_complete():
            self._create()

    def is_complete(self):
        # A virtual environment cannot be made elsewhere and renamed (its
        # scripts name their folder), so a stamp written last marks a whole one.
        # Its Python is a link to the machine's, which may be gone.
        return (
            self.python.exists()
            and self._stamp_file.is_file()
            and self._stamp_file.read_text() == self._stamp()
        )

    def is_running(self):
        return Path(sys.prefix) == self.path

    def site_packages(self):
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        return self.path / "lib" / version / "site-packages"

    def _stamp(self):
        locked = hashlib.sha256(self.lock_file.read_bytes()).hexdigest()
        version = ".".join(map(str, sys.version_info[:2]))
        return f"Python {version}, {self.lock_file.name} {locked}\n"

    def _create(self):
        if not importlib.util.find_spec("ensurepip"):
            raise Problem(
                "This Python cannot make virtual environments: install python3-venv "
                "(as root: apt-get install python3-venv) and run the command again."
            )
        say(f"Python packages: installing {self.lock_file.name} into {self.path}")
        shutil.rmtree(self.path, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", self.path], check=True)
        self._install()
        self._stamp_file.write_text(self._stamp())

    def _install(self):
        options = ["-qq", "--disable-pip-version-check", "--no-deps", "--use-pep517"]
        pip = [self.python, "-m", "pip", "install", *options, "-r", self.lock_file]
        if subprocess.run(pip, check=False).returncode:
            raise Problem(
                "pip could not install the Python packages (its reason is above); "
                "run the command again when that is mended."
            )


ODOO_ENV = PythonEnv("venv", "dev/requirements.lock")
LINT_ENV = PythonEnv("lint-venv", "dev/lint.lock")
