"""Programs in the foreground, and what happens on Ctrl-C."""

import functools
import signal
import subprocess
import sys
from contextlib import contextmanager

from .paths import ROOT

INTERRUPTED = 128 + signal.SIGINT


def clean_up_on_signals():
    """Make a signal end the command through its context managers, undisturbed."""
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGHUP, _end)


def call(command, env):
    """Run a program that deals with Ctrl-C itself; return its exit code."""
    with started(command, env) as wait:
        return wait()


@contextmanager
def started(command, env, output=None):
    """Start such a program; yield a function that waits for its exit code.

    :param output: file for what it says, if not everybody is to see that at once
    """
    both = {"stdout": output, "stderr": output and subprocess.STDOUT}
    with subprocess.Popen(command, cwd=ROOT, env=env, **both) as process:
        try:
            yield functools.partial(_wait, process)
        except BaseException:
            process.terminate()
            raise


def _wait(process):
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The terminal has sent it to the program, too, and that decides.
            continue


def _interrupt(number, frame):
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _end(number, frame):
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    sys.exit(128 + number)
