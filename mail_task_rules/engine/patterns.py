"""What users look for in a text: a phrase, words or a regular expression.

Case and accents do not matter unless asked for. Regular expressions run on RE2, whose
time grows with the text and never with its square.
"""

from collections import defaultdict
from dataclasses import dataclass, field

import re2

from . import pattern_syntax
from .searchable import Searchable

# One pattern may take what RE2 gives it; a thousand in one set need more.
SET_MEMORY = 64 << 20
# Phrases grow no set out of hand; what a thousand times ".*" may be in the middle of
# takes longer together than one by one.
PHRASES_TOGETHER = 10_000
PATTERNS_TOGETHER = 32
PATTERN_LIMIT = 10_000
# RE2 would find single octets with it, and no text is made of these.
OCTET = r"\C"


class PatternError(ValueError):
    """What a user wrote cannot be looked for.

    :ivar str code: ``empty``, ``syntax``, ``word_boundary``, ``too_long``, or one of
        those of ``extraction``
    :ivar str reason: what is wrong in RE2's or the JSONPath parser's words, or empty
    :ivar int position: of the character that is wrong, from 0, or ``None``
    """

    def __init__(self, reason="", position=None, code="syntax"):
        super().__init__(reason or code)
        self.code = code
        self.reason = reason
        self.position = position


@dataclass(frozen=True)
class Match:
    """What a pattern found, as it was written in the mail.

    :ivar str text: all of it
    :ivar tuple values: of the groups in their order; empty for those without
    :ivar dict groups: of the named groups
    """

    text: str
    values: tuple
    groups: dict


@dataclass(frozen=True)
class Phrase:
    """A piece of text, whatever white space stands between its words."""

    text: str
    case_sensitive: bool = False
    set_size = PHRASES_TOGETHER

    @property
    def place(self):
        return "phrase" if self.case_sensitive else "folded_phrase"

    @property
    def regex(self):
        return re2.escape(self.text)

    def is_in(self, searchable):
        return self.text in getattr(searchable, self.place)


@dataclass(frozen=True)
class Words:
    """Words that must all be there, in any order."""

    words: frozenset
    case_sensitive: bool = False

    def is_in(self, searchable):
        return self.words <= _words(searchable, self.case_sensitive)


@dataclass(frozen=True)
class Pattern:
    """A regular expression; ``^`` and ``$`` stand for the ends of a line.

    :ivar str text: as the user wrote it
    :ivar str regex: as RE2 gets it
    """

    text: str
    regex: str
    case_sensitive: bool = False
    _compiled: object = field(default=None, repr=False, compare=False)
    set_size = PATTERNS_TOGETHER

    @property
    def place(self):
        return "text" if self.case_sensitive else "folded"

    @property
    def group_names(self):
        """The names of its groups, in their order."""
        return tuple(self._compiled.groupindex)

    def is_in(self, searchable):
        return self._compiled.search(getattr(searchable, self.place)) is not None

    def matches(self, searchable):
        """Yield a ``Match`` for each place that does not overlap another one."""
        for found in self._compiled.finditer(getattr(searchable, self.place)):
            yield self._match(searchable, found)

    def _match(self, searchable, found):
        count = self._compiled.groups
        values = tuple(
            self._written(searchable, *found.span(group)) for group in range(count + 1)
        )
        names = self._compiled.groupindex
        groups = {name: values[group] for name, group in names.items()}
        return Match(values[0], values[1:], groups)

    def _written(self, searchable, start, end):
        if self.case_sensitive:
            return searchable.text[max(start, 0) : max(end, 0)]
        return searchable.original(start, end)


def compile_phrase(text, case_sensitive=False):
    """Return the ``Phrase`` that a user means. Raise PatternError if it is blank."""
    searchable = Searchable(text)
    phrase = searchable.phrase if case_sensitive else searchable.folded_phrase
    if not phrase:
        raise PatternError(code="empty")
    return Phrase(phrase, case_sensitive)


def compile_words(text, case_sensitive=False):
    """Return the ``Words`` of a text. Raise PatternError if it has none."""
    words = _words(Searchable(text), case_sensitive)
    if not words:
        raise PatternError(code="empty")
    return Words(words, case_sensitive)


def compile_pattern(text, case_sensitive=False):
    """Return the ``Pattern`` of a regular expression.

    Raise PatternError with RE2's reason and the position if it is refused.
    """
    if not text.strip():
        raise PatternError(code="empty")
    if len(text) > PATTERN_LIMIT:
        raise PatternError(code="too_long", position=PATTERN_LIMIT)
    # As it was written first, so that the reason quotes what the user knows.
    _compile(text, case_sensitive)
    _refuse_octets(text)
    boundary = pattern_syntax.latin_boundary(text)
    if boundary is not None:
        raise PatternError(code="word_boundary", position=boundary)
    regex = text if case_sensitive else pattern_syntax.folded(text)
    return of_regex(pattern_syntax.for_unicode(regex), case_sensitive, text)


def of_regex(regex, case_sensitive=False, text=""):
    """Return the ``Pattern`` of a regular expression that is ready for RE2.

    :param str text: what it was made from
    """
    regex = f"(?m:{regex})"
    try:
        return Pattern(text, regex, case_sensitive, _compile(regex, case_sensitive))
    except PatternError as error:
        # the place is one in our text, not in the user's
        raise PatternError(error.reason) from error


COMPILERS = {
    "phrase": compile_phrase,
    "words": compile_words,
    "regex": compile_pattern,
}


class PatternSet:
    """Many phrases, words and patterns that are looked for together."""

    def __init__(self, patterns):
        self._patterns = tuple(patterns)
        self._singles = []
        together = defaultdict(list)
        for index, pattern in enumerate(self._patterns):
            if isinstance(pattern, Words):
                self._singles.append(index)
            else:
                together[pattern.place, pattern.set_size].append(index)
        self._sets = [
            (place, part, self._compiled(part))
            for (place, size), indexes in together.items()
            for part in _parts(indexes, size)
        ]

    def matches(self, searchable):
        """Return the indexes of the patterns that are in the text, as a set."""
        found = set(self._among(self._singles, searchable))
        for place, indexes, compiled in self._sets:
            matched = compiled.Match(getattr(searchable, place)) if compiled else None
            if matched:
                found.update(indexes[number - 1] for number in matched if number)
            else:
                found.update(self._among(indexes, searchable))
        return found

    def _among(self, indexes, searchable):
        return (index for index in indexes if self._patterns[index].is_in(searchable))

    def _compiled(self, indexes):
        """Return a set, or ``None`` if they are too large for one."""
        compiled = re2.Set.SearchSet(
            _options(self._patterns[indexes[0]].case_sensitive, SET_MEMORY)
        )
        # This one is everywhere: RE2 ran out of memory if it was not found.
        compiled.Add("")
        for index in indexes:
            compiled.Add(self._patterns[index].regex)
        try:
            compiled.Compile()
        except re2.error:
            return None
        return compiled


def _parts(indexes, size):
    return [indexes[start : start + size] for start in range(0, len(indexes), size)]


def _words(searchable, case_sensitive):
    return searchable.words if case_sensitive else searchable.folded_words


def _options(case_sensitive, memory=None):
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = case_sensitive
    if memory:
        options.max_mem = memory
    return options


def _compile(regex, case_sensitive):
    try:
        return re2.compile(regex, _options(case_sensitive))
    except re2.error as error:
        reason = error.args[0]
        reason = reason.decode() if isinstance(reason, bytes) else str(reason)
        raise PatternError(reason, _position(regex, reason)) from error


def _refuse_octets(text):
    for position, token, _ in pattern_syntax.tokens(text):
        if token == OCTET:
            raise PatternError(f"invalid escape sequence: {OCTET}", position)


def _position(regex, reason):
    """Return where RE2 stumbled: it tells the piece, but not where that stands."""
    problem, _, piece = reason.partition(": ")
    if problem in ("missing )", "unexpected )"):
        return pattern_syntax.unbalanced(regex)
    if not piece:
        return len(regex) - 1
    position = regex.find(piece)
    while position >= 0:
        if _reason(regex[: position + len(piece)]) == reason:
            return position
        position = regex.find(piece, position + 1)
    return None


def _reason(regex):
    try:
        re2.compile(regex, _options(True))
    except re2.error as error:
        return error.args[0].decode()
    return None
