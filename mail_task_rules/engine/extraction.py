"""What a rule takes out of a mail."""

import re
from dataclasses import dataclass, field
from itertools import islice

from . import json_values, labels
from .patterns import PatternError, compile_pattern
from .tables import label as name_of
from .tables import spread

SOURCES = ("subject", "body", "html")
# More rows than that in one mail are no list for people to work through.
FOUND_LIMIT = 200
_CELL = " / "
_NUMBERED_CELL = re.compile(r"\s*(\d{1,4})\s*:\s*(\d{1,4})\s*")


@dataclass(frozen=True)
class Found:
    """One value found in a mail.

    :ivar str text: the value as it was written, never empty
    :ivar dict groups: what belongs to it, name → text: the named groups of a
        regular expression, the columns of a table's row, the members of a JSON
        object; empty for the other methods
    """

    text: str
    groups: dict = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Extraction:
    """How to find a value in a mail. Making one raises PatternError if its settings
    cannot work; whatever the mail, ``find`` raises nothing.

    :ivar str source: ``subject``, ``body`` or ``html``. Of ``html`` the methods
        ``regex`` and ``whole`` see the code, the others what a reader sees of it.
        Tables and JSON are looked for in the whole mail unless it is ``subject``.
    :ivar str method: ``after_label``, ``between_labels``, ``next_line``, ``regex``,
        ``table``, ``json`` or ``whole``
    :ivar str pattern: of ``regex``. The value is the group named ``value``, else the
        first group, else all that matches.
    :ivar str table_column: of ``table``. ``Price`` is the cell below that header in
        each row; ``Total / Price`` the cell in the row that begins with "Total";
        ``2:3`` the third cell of the second row.
    :ivar str repeat: ``first`` value or ``all``
    """

    id: int
    name: str
    source: str = "body"
    method: str = "after_label"
    label: str = ""
    label_end: str = ""
    pattern: str = ""
    table_column: str = ""
    json_path: str = ""
    required: bool = False
    repeat: str = "first"
    case_sensitive: bool = False
    _finder: object = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        object.__setattr__(self, "_finder", _FINDERS[self.method](self))

    @property
    def group_names(self):
        """The names of the groups that are known before a mail is seen."""
        return self._finder.group_names

    def find(self, facts):
        """Return what is in the mail: a list of ``Found``, of one at most unless
        ``repeat`` is ``all``.

        :param MailFacts facts:
        """
        found = (
            Found(text.strip(), {name: value.strip() for name, value in groups.items()})
            for text, groups in self._finder.find(facts)
            if text.strip()
        )
        return list(islice(found, FOUND_LIMIT if self.repeat == "all" else 1))


class _PatternFinder:
    """:ivar str place: the text fact to search"""

    def __init__(self, pattern, place):
        self._pattern = pattern
        self._place = place

    @property
    def group_names(self):
        return self._pattern.group_names

    def find(self, facts):
        for match in self._pattern.matches(facts.searchable(self._place)):
            yield self._value(match), match.groups

    def _value(self, match):
        if "value" in match.groups:
            return match.groups["value"]
        return match.values[0] if match.values else match.text


class _WholeFinder:
    group_names = ()

    def __init__(self, extraction):
        self._place = extraction.source

    def find(self, facts):
        yield getattr(facts, self._place), {}


class _ColumnFinder:
    """Each row below a header, with all its columns as groups."""

    group_names = ()

    def __init__(self, column):
        self._column = column

    def find(self, facts):
        for table in facts.tables:
            header = table.header(self._column)
            if header:
                yield from self._rows(table, *header)
                return

    def _rows(self, table, number, column):
        names = spread(table.rows[number])
        for texts in table.records(number):
            groups = {name: text for name, text in zip(names, texts, strict=True)}
            groups.pop("", None)
            yield texts[column], groups


class _NamedCellFinder:
    group_names = ()

    def __init__(self, row, column):
        self._row = row
        self._column = column

    def find(self, facts):
        for table in facts.tables:
            header = table.header(self._column)
            if header:
                yield from self._cells(table, *header)

    def _cells(self, table, number, column):
        for row in table.rows[number + 1 :]:
            texts = spread(row)
            if column < len(texts) and name_of(texts[0]) == self._row:
                yield texts[column], {}


class _NumberedCellFinder:
    group_names = ()

    def __init__(self, row, column):
        self._row = row
        self._column = column

    def find(self, facts):
        for table in facts.tables:
            for row in table.rows[self._row - 1 : self._row]:
                for text in spread(row)[self._column - 1 : self._column]:
                    yield text, {}


class _JsonFinder:
    group_names = ()

    def __init__(self, extraction):
        self._path = json_values.compile_path(extraction.json_path)
        self._place = extraction.source

    def find(self, facts):
        for document in self._documents(facts):
            for value in json_values.find(self._path, document):
                yield json_values.as_text(value), json_values.members(value)

    def _documents(self, facts):
        if self._place == "subject":
            return json_values.documents("", facts.subject)
        return json_values.documents(facts.html, facts.body)


def _label_finder(compile_label):
    def make(extraction):
        pattern = compile_label(extraction)
        place = "subject" if extraction.source == "subject" else "body"
        return _PatternFinder(pattern, place)

    return make


def _regex_finder(extraction):
    pattern = compile_pattern(extraction.pattern, extraction.case_sensitive)
    return _PatternFinder(pattern, extraction.source)


def _table_finder(extraction):
    numbered = _NUMBERED_CELL.fullmatch(extraction.table_column)
    if numbered:
        return _numbered_cell_finder(*map(int, numbered.groups()))
    row, is_cell, column = extraction.table_column.rpartition(_CELL)
    if not name_of(column) or (is_cell and not name_of(row)):
        raise PatternError(code="table_column_missing")
    if is_cell:
        return _NamedCellFinder(name_of(row), name_of(column))
    return _ColumnFinder(name_of(column))


def _numbered_cell_finder(row, column):
    if not (row and column):
        raise PatternError(code="table_counts_from_one")
    return _NumberedCellFinder(row, column)


_FINDERS = {
    "after_label": _label_finder(lambda it: labels.after(it.label, it.case_sensitive)),
    "between_labels": _label_finder(
        lambda it: labels.between(it.label, it.label_end, it.case_sensitive)
    ),
    "next_line": _label_finder(lambda it: labels.below(it.label, it.case_sensitive)),
    "regex": _regex_finder,
    "table": _table_finder,
    "json": _JsonFinder,
    "whole": _WholeFinder,
}
METHODS = tuple(_FINDERS)
