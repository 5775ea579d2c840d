"""`make lock`: newer versions, the same ones for all supported Pythons."""

import subprocess

from .interpreter import SUPPORTED
from .paths import ROOT
from .python_env import LINT_ENV, ODOO_ENV


def refresh():
    LINT_ENV.ensure()
    for env in (ODOO_ENV, LINT_ENV):
        _compile(env.lock_file)


def _compile(lock_file):
    oldest = ".".join(map(str, SUPPORTED[0]))
    command = [
        *(LINT_ENV.path / "bin" / "uv", "pip", "compile", "--quiet", "--upgrade"),
        *("--universal", "--python-version", oldest, "--fork-strategy", "fewest"),
        *("--no-header", "--no-annotate", "--output-file", lock_file),
        lock_file.with_suffix(".in"),
    ]
    subprocess.run(command, cwd=ROOT, check=True)
