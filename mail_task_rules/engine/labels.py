"""Values that stand beside a label, as people and web forms write them.

``Name: Ann``, ``Name - Ann``, ``Name = Ann``, ``*Name* (required): Ann``, and the
cells ``Name`` and ``Ann`` of a table.
"""

import re2

from .patterns import PatternError, of_regex
from .searchable import Searchable

# RE2's \b knows ASCII letters only.
_BEFORE = r"(?:^|[^\p{L}\p{N}])"
_AFTER = r"(?:$|[^\p{L}\p{N}])"
_SEPARATOR = r"(?:[ \t]*[:=|\x{FF1A}]|[ \t]*[-\x{2013}\x{2014}][ \t]|[ \t]*\t)"
# Bold in plain text, the star and the remark of a mandatory field.
_ORNAMENTS = r"[ \t]*(?:[*_]{0,3}[ \t]*\([^()\n]{0,40}\))?[*_]{0,3}"
_GAP = r"[ \t*_|]*"
_SEPARATORS = " \t:=|-\u2013\u2014\uff1a"


def after(label, case_sensitive=False):
    """Return the ``Pattern`` of what follows a label on its line, or in the next
    cell of its row. Its only group is the value."""
    name, separator = _name(label, case_sensitive), _SEPARATOR
    if not _ends_in_word(name):
        separator += "?"
    value = r"([^\s*_][^\t\n]*)"
    return of_regex(
        f"{_BEFORE}{name}{_ORNAMENTS}{separator}{_GAP}{value}", case_sensitive, label
    )


def below(label, case_sensitive=False):
    """Return the ``Pattern`` of the line that follows a line with only a label."""
    name = _name(label, case_sensitive)
    end = rf"{_ORNAMENTS}[ \t:=|\x{{FF1A}}-]*{_GAP}\n"
    return of_regex(
        rf"^[^\p{{L}}\p{{N}}\n]*{name}{end}\s*([^\s][^\n]*)", case_sensitive, label
    )


def between(label, label_end, case_sensitive=False):
    """Return the ``Pattern`` of all between two labels, over any number of lines."""
    start = _name(label, case_sensitive)
    if _ends_in_word(start):
        start += f"(?:{_ORNAMENTS}{_SEPARATOR}|{_AFTER})"
    end = _name(label_end, case_sensitive)
    if _ends_in_word(end):
        end += _AFTER
    return of_regex(
        f"{_BEFORE}{start}{_GAP}((?s:.*?)){_BEFORE}{end}", case_sensitive, label
    )


def _name(label, case_sensitive):
    """Return the regular expression of a label, however its words are spaced."""
    searchable = Searchable(label)
    phrase = searchable.phrase if case_sensitive else searchable.folded_phrase
    words = (phrase.rstrip(_SEPARATORS) or phrase).split()
    if not words:
        raise PatternError(code="label_missing")
    return r"\s+".join(map(re2.escape, words))


def _ends_in_word(name):
    return name[-1].isalnum()
