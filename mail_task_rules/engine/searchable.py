"""A text that is searched many times, folded once."""

import re
import unicodedata
from functools import cached_property, lru_cache

_COMBINING = re.compile("[\u0300-\u036f]+")
_WORD = re.compile(r"\w+")


@lru_cache(maxsize=4096)
def fold_character(character):
    """Return a character without case and accents: none, one or several."""
    decomposed = unicodedata.normalize("NFKD", character)
    return _COMBINING.sub("", decomposed).casefold()


class Searchable:
    """A text in the forms that people search for.

    :ivar str text: as it was written
    """

    def __init__(self, text):
        self.text = text

    @cached_property
    def folded(self):
        """The text without case and accents; ``original`` leads back."""
        if self.text.isascii():
            return self.text.lower()
        return "".join(map(fold_character, self.text))

    @cached_property
    def folded_phrase(self):
        """The same with one space wherever there was white space."""
        return " ".join(self.folded.split())

    @cached_property
    def phrase(self):
        """The text with one space wherever there was white space."""
        return " ".join(self.text.split())

    @cached_property
    def folded_words(self):
        return frozenset(_WORD.findall(self.folded))

    @cached_property
    def words(self):
        return frozenset(_WORD.findall(self.text))

    def original(self, start, end):
        """Return what was written where ``folded[start:end]`` stands now."""
        if start >= end:
            return ""
        if self.text.isascii():
            return self.text[start:end]
        return self.text[self._origins[start] : self._end(end)]

    def _end(self, end):
        """Accents, which folding dropped, belong to the letter before them; what
        folding made several characters of stays whole."""
        last = self._origins[end - 1]
        following = self._origins[end]
        return following if following > last else last + 1

    @cached_property
    def _origins(self):
        """For each folded character, and for the end, where it comes from."""
        origins = [
            index
            for index, character in enumerate(self.text)
            for _ in fold_character(character)
        ]
        return [*origins, len(self.text)]
