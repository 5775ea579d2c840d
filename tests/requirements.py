"""What a test needs from the machine: skip with a sentence that says how to get it.

In CI such a skip is a failure (see conftest.py).
"""

import os
import shutil

import pytest

from dev.paths import SHARED

# Debian keeps servers where an ordinary user's PATH does not look.
SYSTEM_PATH = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])


def program(name, packages):
    """Return the path of a program that Debian's ``packages`` provide."""
    path = shutil.which(name, path=SYSTEM_PATH)
    if not path:
        pytest.skip(f"{name} is missing: install it (apt-get install {packages})")
    return path


def shared(*parts):
    """Return a path below the shared folder beside the repository."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{path} is missing: put it there or set SHARED_DIR")
    return path
