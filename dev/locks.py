"""File locks: the kernel lets go of them also after kill -9."""

import fcntl
from contextlib import contextmanager

from .console import say
from .paths import STATE


@contextmanager
def exclusive(name):
    """Let one process at a time do what is called ``name``."""
    with open_lock(f"{name}.lock") as file:
        if not try_lock(file, fcntl.LOCK_EX):
            say(f"Waiting for another command to finish: {name}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def open_lock(file_name):
    STATE.mkdir(parents=True, exist_ok=True)
    return (STATE / file_name).open("a")


def try_lock(file, mode):
    try:
        fcntl.flock(file, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
