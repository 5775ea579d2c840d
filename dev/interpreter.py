"""Choose a Python that Odoo 19 supports.

This module is also read by Pythons that are too old for the others.
"""

import os
import shutil
import subprocess
import sys

SUPPORTED = ((3, 10), (3, 11), (3, 12), (3, 13))


def use_supported_python():
    """Continue in a supported Python: this one, or the newest on PATH."""
    if sys.version_info[:2] in SUPPORTED:
        return
    for version in reversed(SUPPORTED):
        python = shutil.which("python%d.%d" % version)
        # Version managers put stand-ins on PATH that refuse to start.
        if python and _starts(python):
            os.execv(python, [python, "-m", "dev"] + sys.argv[1:])
    sys.exit(
        "Odoo 19 needs Python 3.10 to 3.13 and this is %d.%d: install one of them "
        "(with its venv module) so that it is on PATH, for example python3.12."
        % sys.version_info[:2]
    )


def _starts(python):
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.call([python, "-c", ""], **quiet) == 0
