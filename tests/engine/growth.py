"""How the work grows with a text: a mail must not cost the square of its length."""

import time

REPEATS = 3
LARGER = 32
# Work that grows with the text takes 32 times as long, and with its square 1024 times.
MOST_LONGER = 80
# Below this nothing is worth a word, and clocks are not to be trusted.
SLACK_SECONDS = 0.05


def seconds(function, *arguments):
    """Return the processor time that a call takes when nobody disturbs it."""
    times = []
    for _ in range(REPEATS):
        started = time.process_time()
        function(*arguments)
        times.append(time.process_time() - started)
    return min(times)


def grows_with_text(function, piece, length):
    """Tell whether ``function`` takes a time that grows with its text only.

    :param piece: what the text repeats
    :param length: of the shorter text, in characters
    """
    short = piece * (length // len(piece))
    most = SLACK_SECONDS + MOST_LONGER * seconds(function, short)
    return seconds(function, short * LARGER) < most
