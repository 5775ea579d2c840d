"""Unpack Debian's odoo-19 into our folder: no root needed, nothing installed.

Debian takes fonts and JavaScript libraries out of the package and leaves
relative links to their own packages, so these are unpacked beside it.
"""

import json
import shutil
import subprocess
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from .console import Problem, say
from .paths import STATE

FOLDER = STATE / "odoo"
PARTIAL = STATE / "odoo.partial"
NOTE = "package.json"

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
NEWEST, STABLE = "sid", "trixie"
ODOO = "odoo-19"
LINKED = (
    "fonts-glyphicons-halflings",
    "fonts-inconsolata",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    "gsfonts",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
)
# Odoo links to the file names of version 4.7; NEWEST has version 7 with others.
FONT_AWESOME = "fonts-font-awesome"

# Debian drops this minified library and every page's JavaScript bundle logs an
# error about it; nothing that we use needs more than the file to be there.
MISSING = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"

NO_ODOO = (
    "No Odoo 19 found: set ODOO_HOME to a git checkout (branch 19.0) or an unpacked "
    "release; only on Debian (with apt-get, dpkg and debian-archive-keyring) it is "
    "downloaded without that."
)


@dataclass
class DebianOdoo:
    version: str
    sha256: str

    @property
    def home(self):
        return FOLDER / "usr/lib/python3/dist-packages"


def ensure():
    if not (FOLDER / NOTE).is_file():
        _require_debian()
        _unpack_into_partial()
        shutil.rmtree(FOLDER, ignore_errors=True)
        PARTIAL.rename(FOLDER)
    return DebianOdoo(**json.loads((FOLDER / NOTE).read_text()))


def _require_debian():
    if shutil.which("apt-get") and shutil.which("dpkg") and KEYRING.is_file():
        return
    raise Problem(NO_ODOO)


def _unpack_into_partial():
    archive = AptArchive(STATE / "apt")
    archive.open()
    shutil.rmtree(PARTIAL, ignore_errors=True)
    PARTIAL.mkdir(parents=True)
    say(f"Odoo: downloading {ODOO} and what it links to")
    for package in LINKED:
        _unpack(archive.download(package))
    _unpack(archive.download(FONT_AWESOME, STABLE))
    deb = archive.download(ODOO)
    _unpack(deb)
    empty = PARTIAL / "usr/lib/python3/dist-packages/odoo/addons" / MISSING
    empty.parent.mkdir(parents=True, exist_ok=True)
    empty.touch()
    _note(deb)
    shutil.rmtree(archive.folder)


def _unpack(deb):
    subprocess.run(["dpkg", "-x", deb, PARTIAL], check=True)


def _note(deb):
    query = ["dpkg-deb", "--field", deb, "Version"]
    version = subprocess.check_output(query, text=True).strip()
    package = DebianOdoo(version, sha256(deb.read_bytes()).hexdigest())
    say(f"Odoo: unpacked {ODOO} {version}, sha256 {package.sha256}")
    (PARTIAL / NOTE).write_text(json.dumps(asdict(package)))


class AptArchive:
    """The Debian archive that the machine itself uses, through an apt state of our own.

    An ordinary user may not update the machine's package lists, and a fresh
    machine may have none.
    """

    def __init__(self, folder):
        self.folder = folder
        for name in ("lists/partial", "cache/archives/partial", "debs"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._options = {
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "Dir::Cache": folder / "cache",
            "Dir::State::Lists": folder / "lists",
        }

    def open(self):
        """Add the suites we need to those of the machine."""
        say("Odoo: reading Debian's package lists")
        self._apt("update")
        address = self._address()
        (self.folder / "status").touch()
        (self.folder / "sources.list").write_text(
            "".join(
                f"deb [signed-by={KEYRING}] {address} {suite} main\n"
                for suite in (NEWEST, STABLE)
            )
        )
        self._options |= {
            "Dir::State::status": self.folder / "status",
            "Dir::Etc::SourceList": self.folder / "sources.list",
            "Dir::Etc::SourceParts": "/nonexistent",
        }
        self._apt("update")

    def download(self, package, suite=NEWEST):
        self._apt("download", f"{package}/{suite}")
        return next((self.folder / "debs").glob(f"{package}_*.deb"))

    def _address(self):
        form = "$(ORIGIN) $(REPO_URI) $(CODENAME)"
        for target in self._apt("indextargets", "--format", form).splitlines():
            origin, _, rest = target.partition(" ")
            address, _, codename = rest.partition(" ")
            # The updates and security suites may live at other addresses.
            if origin == "Debian" and "-" not in codename:
                return address
        raise Problem(NO_ODOO)

    def _apt(self, *arguments):
        command = ["apt-get", "--quiet", "--quiet"]
        for name, value in self._options.items():
            command += ["--option", f"{name}={value}"]
        try:
            return subprocess.check_output(
                [*command, *arguments], cwd=self.folder / "debs", text=True
            )
        except subprocess.CalledProcessError as error:
            raise Problem(
                f"apt-get {arguments[0]} failed (its reason is above); run the "
                "command again when that is mended."
            ) from error
