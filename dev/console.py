"""What the commands tell their user."""

import sys


class Problem(Exception):
    """Something the user can mend; its text is the one sentence they see."""


def say(text):
    # Standard output belongs to the command's own result (a shell script's
    # output, pytest's closing line).
    print(text, file=sys.stderr, flush=True)
