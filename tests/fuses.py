"""Where the server shall die: a file for each point, with a marker of the mail.

A test's process writes it, the server's process reads it in the addon crash_points.
"""

import errno
import os
import signal
from pathlib import Path

from dev.paths import ROOT

FOLDER_VARIABLE = "CRASH_POINTS_FUSES"

# Names of the points, in the order in which a mail passes them.
BEFORE_KEEP = "before-keep"
KEPT = "kept"
WORKED = "worked"
COMMITTED = "committed"
CLOSED = "closed"


class Fuses:
    def __init__(self, folder):
        self._folder = Path(folder)

    def environment(self):
        """Return what a server needs to find them, and this module."""
        return {FOLDER_VARIABLE: str(self._folder), "PYTHONPATH": str(ROOT)}

    def arm(self, point, marker):
        self._fuse(point).write_text(marker)

    def disarm(self, point):
        self._fuse(point).unlink()

    def disarm_all(self):
        for fuse in self._folder.iterdir():
            fuse.unlink()

    def are_burned(self):
        return not any(self._folder.iterdir())

    def kill_once(self, point, raw):
        """End this process as kill -9 does, if a mail has the point's marker."""
        if self._concerns(point, raw):
            self.disarm(point)
            os.kill(os.getpid(), signal.SIGKILL)

    def fail(self, point, raw):
        """Fail as a full disk does, as long as the fuse is armed."""
        if self._concerns(point, raw):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _concerns(self, point, raw):
        fuse = self._fuse(point)
        return fuse.exists() and fuse.read_bytes() in raw

    def _fuse(self, point):
        return self._folder / point


def of_this_process():
    return Fuses(os.environ[FOLDER_VARIABLE])
