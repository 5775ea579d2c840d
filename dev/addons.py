"""The addons of this repository."""

from hashlib import sha256

from .paths import ROOT

IGNORED = {"__pycache__", "tests"}


def names():
    return sorted(manifest.parent.name for manifest in ROOT.glob("*/__manifest__.py"))


def digest():
    """Summarise what `odoo -u` would load, to tell when it has to run again."""
    summary = sha256()
    for path in _files():
        summary.update(f"{path.relative_to(ROOT)}\0".encode())
        summary.update(path.read_bytes())
    return summary.hexdigest()


def _files():
    for name in names():
        folder = ROOT / name
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder).parts
            if path.is_file() and not IGNORED.intersection(inside):
                yield path
