"""`make lint` and `make format`."""

import os
import shutil
import subprocess
from hashlib import sha256

from . import addons, old_idioms
from .console import Problem, say
from .locks import exclusive
from .paths import ROOT, STATE
from .python_env import LINT_ENV

PROGRAMS = LINT_ENV.path / "bin"
PRETTIER = STATE / "prettier"
PRETTIER_LOCK = ROOT / "dev" / "prettier"


def check():
    """Run every check, also after one failed; return the exit code."""
    _ensure_tools()
    _run("pylint", "--rcfile=.pylintrc", "--exit-zero", *addons.names())
    passed = [
        _run("ruff", "check", "."),
        _run("ruff", "format", "--check", "."),
        _run("pylint", "--rcfile=.pylintrc-mandatory", *addons.names()),
        _prettier("--check"),
        _no_old_idioms(),
    ]
    return 0 if all(passed) else 1


def mend():
    _ensure_tools()
    _run("ruff", "check", "--fix", ".")
    _run("ruff", "format", ".")
    _prettier("--write")


def _ensure_tools():
    with exclusive("lint-tools"):
        LINT_ENV.ensure()
        _ensure_prettier()


def _ensure_prettier():
    lock = (PRETTIER_LOCK / "package-lock.json").read_bytes()
    stamp = PRETTIER / "complete"
    digest = sha256(lock).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return
    say(f"prettier: installing it into {PRETTIER}")
    shutil.rmtree(PRETTIER, ignore_errors=True)
    shutil.copytree(PRETTIER_LOCK, PRETTIER)
    npm = ["npm", "ci", "--silent", "--no-audit", "--no-fund", f"--prefix={PRETTIER}"]
    if not _run(*npm):
        raise Problem("npm could not install prettier (its reason is above).")
    stamp.write_text(digest)


def _prettier(mode):
    modules = PRETTIER / "node_modules"
    return _run(
        "node",
        modules / "prettier/bin/prettier.cjs",
        mode,
        "--log-level=warn",
        f"--plugin={modules}/@prettier/plugin-xml/src/plugin.js",
        "--no-error-on-unmatched-pattern",
        *(f"{name}/**/*.{{js,xml}}" for name in addons.names()),
    )


def _no_old_idioms():
    found = old_idioms.findings(addons.names())
    for finding in found:
        print(finding)
    return not found


def _run(program, *arguments):
    path = os.pathsep.join([str(PROGRAMS), os.environ["PATH"]])
    command = [PROGRAMS / program, *arguments]
    code = subprocess.call(command, cwd=ROOT, env={**os.environ, "PATH": path})
    return code == 0
