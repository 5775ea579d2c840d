"""What people search a mail for: a phrase, words or a regular expression."""

from collections import defaultdict
from dataclasses import dataclass, field

from .patterns import COMPILERS, PatternSet


@dataclass(frozen=True)
class Keyword:
    """A text that has to be somewhere in the mail. Making one raises PatternError if
    nothing could match it.

    :ivar str text: as the user wrote it
    :ivar str place: a text fact of ``MailFacts``, or ``anywhere``
    :ivar str mode: ``phrase``, ``words`` (all of them, whole, in any order) or
        ``regex``
    """

    text: str
    place: str = "subject"
    mode: str = "phrase"
    case_sensitive: bool = False
    pattern: object = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        pattern = COMPILERS[self.mode](self.text, self.case_sensitive)
        object.__setattr__(self, "pattern", pattern)

    def is_in(self, facts):
        """Tell whether the mail has it."""
        return self.pattern.is_in(facts.searchable(self.place))


class KeywordIndex:
    """Many keywords, looked for in one pass over each place of the mail."""

    def __init__(self, keywords):
        self._keywords = frozenset(keywords)
        by_place = defaultdict(list)
        for keyword in self._keywords:
            by_place[keyword.place].append(keyword)
        self._places = {
            place: (tuple(found), PatternSet(keyword.pattern for keyword in found))
            for place, found in by_place.items()
        }

    def __contains__(self, keyword):
        return keyword in self._keywords

    def found_in(self, facts, place):
        """Return the keywords of a place that the mail has, as a set."""
        keywords, patterns = self._places[place]
        numbers = patterns.matches(facts.searchable(place))
        return {keywords[number] for number in numbers}
