"""Where a mail shall meet an accident, and which: a file for each such place.

A test's process writes it, the server's process reads it in the addon crash_points.
"""

import os
import signal
from hashlib import sha256
from pathlib import Path

from odoo.sql_db import db_connect

from dev.paths import ROOT

FOLDER_VARIABLE = "CRASH_POINTS_FUSES"

# The points, in the order in which a mail passes them.
KEEP = "keep"
KEPT = "kept"
PARSE = "parse"
FACTS = "facts"
ADDRESS = "address"
DECIDE = "decide"
ROUTE = "route"
APPLY = "apply"
OUTCOME = "outcome"
WORKED = "worked"
COMMIT = "commit"
COMMITTED = "committed"
CLOSE = "close"
CLOSED = "closed"

# What happens there.
KILL = "kill"
RAISE = "raise"
CONFLICT = "conflict"


class Accident(Exception):
    """What nobody has thought of."""


class Fuses:
    """Each burns once for each mail, so that the next attempt gets through."""

    def __init__(self, folder):
        self._folder = Path(folder)

    def environment(self):
        """Return what a server needs to find them, and this module."""
        return {FOLDER_VARIABLE: str(self._folder), "PYTHONPATH": str(ROOT)}

    def arm(self, point, marker, accident=KILL):
        """Let an accident happen to each mail that has the marker in it."""
        self._fuse(point).write_text(f"{accident} {marker}")

    def disarm_all(self):
        for file in self._folder.iterdir():
            file.unlink()

    def burned(self):
        """Return how many mails had their accident since all were disarmed."""
        return len(list(self._folder.glob("*.burned")))

    def burn(self, point, raw, cr=None):
        """Do to a mail what the point's fuse says, if that is armed for it.

        :param cr: the cursor that a conflict shall happen to
        """
        fuse = self._fuse(point)
        if not fuse.exists():
            return
        accident, marker = fuse.read_text().split(" ", 1)
        burned = fuse.with_name(f"{point}-{sha256(raw).hexdigest()[:8]}.burned")
        if marker.encode() not in raw or burned.exists():
            return
        burned.touch()
        if accident == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        if accident == RAISE:
            raise Accident(point)
        _conflict(cr)

    def _fuse(self, point):
        return self._folder / point


def _conflict(cr):
    """Write a row that another transaction has written since this one began."""
    change = (
        "UPDATE ir_config_parameter SET value = value WHERE key = 'database.secret'"
    )
    with db_connect(cr.dbname).cursor() as other:
        other.execute(change)
    cr.execute(change)


def of_this_process():
    return Fuses(os.environ[FOLDER_VARIABLE])
