"""Users' regular expressions, rewritten for what RE2 lacks."""

import re

import re2

from .searchable import fold_character

_TOKEN = re.compile(
    r"""
    \\Q .*? (?:\\E|\Z)          # literal text
    | \\[pPx] (?:\{[^}]*\}|.)   # class or number of a character
    | \\.                       # escaped character
    | \(\?P?<[^>]*>             # start of a named group
    | \[:\^?\w+:\]              # named class
    | \[\^?\]?                  # start of a class
    | .
    """,
    re.DOTALL | re.VERBOSE,
)
# RE2 knows these for ASCII only: what they are outside of a class and inside.
_UNICODE = {
    r"\w": (r"[\p{L}\p{M}\p{N}_]", r"\p{L}\p{M}\p{N}_"),
    r"\W": (r"[^\p{L}\p{M}\p{N}_]", r"\W"),
    r"\d": (r"\p{Nd}", r"\p{Nd}"),
    r"\D": (r"\P{Nd}", r"\P{Nd}"),
    r"\s": (r"[\s\p{Z}]", r"\s\p{Z}"),
    r"\S": (r"[^\s\p{Z}]", r"\S"),
}
_BOUNDARIES = (r"\b", r"\B")


def tokens(pattern):
    """Yield each element of a pattern: its position, its text and whether it stands
    inside a class."""
    in_class = False
    for match in _TOKEN.finditer(pattern):
        text = match[0]
        if in_class and text[0] == "[" and not text.startswith("[:"):
            # a bracket like any other character; what follows it counts again
            yield from _opened_again(match)
            in_class = not text.endswith("]")
            continue
        yield match.start(), text, in_class
        if text == "]":
            in_class = False
        elif text[0] == "[" and not in_class:
            in_class = True


def _opened_again(match):
    for offset, character in enumerate(match[0]):
        yield match.start() + offset, character, True


def for_unicode(pattern):
    """Return the pattern with ``\\w``, ``\\d`` and ``\\s`` for all languages."""
    return "".join(
        _UNICODE[text][in_class] if text in _UNICODE else text
        for _, text, in_class in tokens(pattern)
    )


def folded(pattern):
    """Return the pattern for a text without accents; its case is left to RE2."""
    return "".join(_folded(text, in_class) for _, text, in_class in tokens(pattern))


def _folded(token, in_class):
    if token.startswith("\\Q"):
        literal = token[2:].removesuffix("\\E")
        return re2.escape("".join(map(fold_character, literal)))
    character = token[1:] if token[0] == "\\" else token
    if character.isascii() or len(character) > 1:
        return token
    plain = re2.escape(fold_character(character))
    return plain if in_class or len(plain) == 1 else f"(?:{plain})"


def latin_boundary(pattern):
    """Return where a word boundary stands that RE2 would not see, or ``None``: it
    looks for ASCII letters only."""
    if folded(pattern).isascii():
        return None
    found = (
        position
        for position, text, in_class in tokens(pattern)
        if text in _BOUNDARIES and not in_class
    )
    return next(found, None)


def unbalanced(pattern):
    """Return where a parenthesis stands that has no counterpart, or ``None``."""
    waiting = []
    for position, text, in_class in tokens(pattern):
        if in_class:
            continue
        if text[0] == "(":
            waiting.append(position)
        elif text == ")":
            if not waiting:
                return position
            waiting.pop()
    return waiting[-1] if waiting else None
