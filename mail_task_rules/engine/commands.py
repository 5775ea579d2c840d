"""Orders at the start of a mail, such as ``Stage: Done``.

A mail begins with commands if its first line that is not blank is ``Name: value``
with a name that is known. They go on to the first line that is not of that form, or
blank. An unknown name among them is a command, too: its line stays in the text, and
its writer is told. Anywhere else ``Name: value`` is just text.
"""

import re
from dataclasses import dataclass, field
from itertools import islice

from .searchable import Searchable

# Nobody writes more of them, or longer ones.
COMMANDS_LIMIT = 50
LINE_LIMIT = 1000
NAME_LIMIT = 60
_SIGNS = "*_ \t\xa0"
_LINE = re.compile(r"[\s*_]*([^\W\d_][^:：\n*]*?)[*_\s]*[:：][*_]*\s*(\S[^\n]*)")


@dataclass
class Command:
    """One order of a mail, and what came of it.

    :ivar str name: as it was written
    :ivar str value: never empty
    :ivar str key: what the name stands for; empty if nobody knows
    :ivar str state: ``done``, ``unclear`` (its value), ``refused`` or ``unknown``;
        empty as long as it is open
    :ivar str words: what to tell its writer about that
    :ivar dict values: what it sets in a task
    """

    name: str
    value: str
    key: str = ""
    state: str = ""
    words: str = ""
    values: dict = field(default_factory=dict)

    @property
    def line(self):
        return f"{self.name}: {self.value}"

    def as_told(self):
        """Return what people are told about it, JSON-able."""
        return {"line": self.line, "state": self.state, "words": self.words}

    def settle(self, state, words):
        self.state, self.words = state, words


def read_commands(lines, names):
    """Return the commands at the start of a mail, by the numbers of their lines.

    :param lines: an iterable of texts, read no further than needed
    :param dict names: keys of the known commands, by their names without case and
        accents
    """
    found = {}
    for number, line in enumerate(islice(lines, COMMANDS_LIMIT)):
        if not line.strip():
            if found:
                break
            continue
        command = _command(line, names)
        if not command or not (found or command.key):
            break
        found[number] = command
    return found


def cut_commands(text, names):
    """Return the commands at the start of a plain text, and the text without those
    that are known; the text as it was if there are none."""
    lines = text.split("\n")
    found = read_commands(lines, names)
    if not found:
        return [], text
    known = {number for number, command in found.items() if command.key}
    kept = [line for number, line in enumerate(lines) if number not in known]
    return list(found.values()), "\n".join(_without_blank_start(kept))


def render_commands(commands):
    """Return the text that ``cut_commands`` reads as these commands."""
    return "".join(f"{command.line}\n" for command in commands)


def _without_blank_start(lines):
    start = next((i for i, line in enumerate(lines) if line.strip()), len(lines))
    return lines[start:]


def _command(line, names):
    match = _LINE.fullmatch(line.rstrip()) if len(line) <= LINE_LIMIT else None
    if not match or len(match[1]) > NAME_LIMIT or match[2].startswith("//"):
        return None
    name, value = match[1].strip(_SIGNS), match[2].strip()
    return Command(name, value, names.get(Searchable(name).folded_phrase, ""))
