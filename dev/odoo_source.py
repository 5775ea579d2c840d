"""Find Odoo 19: the user's own, or Debian's package unpacked into our folder."""

import hashlib
import importlib.util
import json
import os
import re
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from . import debian_odoo
from .console import Problem, say
from .paths import STATE
from .python_env import ODOO_ENV

SERIES = "19.0"
NOTE = STATE / "odoo.json"


@dataclass
class OdooSource:
    home: str  # the folder on sys.path that holds the package `odoo`
    origin: str
    version: str
    sha256: str = ""  # of the package it came from, when there is one
    commit: str = ""  # of the git checkout, when it is one

    def key(self):
        """Tell this Odoo from others, so that a template fits its code."""
        identity = f"{self.home} {self.version} {self.sha256} {self.commit}"
        return hashlib.sha256(identity.encode()).hexdigest()[:12]


def ensure():
    """Find or fetch Odoo and make it importable in the virtual environment."""
    source = _from_odoo_home() or _from_running_python() or _from_debian()
    note = json.dumps(asdict(source), indent=2)
    if not NOTE.is_file() or NOTE.read_text() != note:
        say(f"Odoo: {source.version} from {source.origin}")
        NOTE.write_text(note)
    _make_importable(source)


def current():
    """Return the Odoo that the last setup chose."""
    return OdooSource(**json.loads(NOTE.read_text()))


def _from_odoo_home():
    home = os.environ.get("ODOO_HOME")
    if not home:
        return None
    version = _series(Path(home) / "odoo")
    if version != SERIES:
        raise Problem(
            f"ODOO_HOME must name a folder with Odoo {SERIES} (a git checkout or an "
            f"unpacked release), but {home} has {version or 'no odoo/release.py'}."
        )
    home = str(Path(home).resolve())
    return OdooSource(home, "ODOO_HOME", version, commit=_commit(home))


def _from_running_python():
    if ODOO_ENV.is_running():
        return None
    spec = importlib.util.find_spec("odoo")
    for package in (spec and spec.submodule_search_locations) or []:
        if _series(Path(package)) == SERIES:
            return OdooSource(str(Path(package).parent), "the running Python", SERIES)
    return None


def _from_debian():
    package = debian_odoo.ensure()
    if _series(package.home / "odoo") != SERIES:
        raise Problem(f"Debian's odoo-19 {package.version} is not Odoo {SERIES}.")
    origin = "Debian's package odoo-19"
    return OdooSource(str(package.home), origin, package.version, package.sha256)


def _series(package):
    """Read the series from release.py; importing it could run anything."""
    release = package / "release.py"
    if not release.is_file():
        return ""
    pattern = r"^version_info = \((\d+), (\d+)"
    found = re.search(pattern, release.read_text(), re.MULTILINE)
    return ".".join(found.groups()) if found else ""


def _commit(home):
    command = ["git", "-C", home, "rev-parse", "HEAD"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:  # no git, so no checkout that could change
        return ""
    return result.stdout.strip()


def _make_importable(source):
    path_file = ODOO_ENV.site_packages() / "odoo-source.pth"
    line = f"{source.home}\n"
    if not path_file.is_file() or path_file.read_text() != line:
        path_file.write_text(line)
