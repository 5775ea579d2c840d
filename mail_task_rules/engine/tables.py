"""The tables of an HTML mail."""

from dataclasses import dataclass, field

import lxml.etree

from .searchable import Searchable
from .text import parse_html

# Wider tables are no tables for people.
SPAN_LIMIT = 50
# What follows the name of a column or row: "Total:"
_ORNAMENTS = " \t:*"


@dataclass
class Cell:
    """:ivar int span: how many columns it takes"""

    text: str
    span: int = 1


@dataclass
class Table:
    """A table, or one inside a cell of another one: each has its own rows.

    :ivar list rows: lists of ``Cell``
    """

    rows: list = field(default_factory=list)

    def header(self, name):
        """Return the index of the first row with a cell called so, and the column."""
        for number, row in enumerate(self.rows):
            names = [label(text) for text in spread(row)]
            if name in names:
                return number, names.index(name)
        return None

    def records(self, number):
        """Yield the rows below the header row ``number`` as lists of texts.

        Sums and remarks are left out: they have other cells than the header.
        """
        spans = [cell.span for cell in self.rows[number]]
        for row in self.rows[number + 1 :]:
            if [cell.span for cell in row] == spans:
                yield spread(row)


def tables_of(html):
    """Return each ``Table`` in the order in which they begin."""
    root = parse_html(html) if "<" in html else None
    if root is None:
        return []
    return _Reader().tables(root)


def spread(row):
    """Return the texts of a row, one for each column that its cells take."""
    return [text for cell in row for text in [cell.text, *[""] * (cell.span - 1)]]


def label(text):
    """Return the name of a column or row as it is compared."""
    return Searchable(text).folded_phrase.strip(_ORNAMENTS)


class _Reader:
    """Gives each text to the innermost cell around it, in one walk."""

    def __init__(self):
        self._tables = []
        self._open_tables = []
        self._open_cells = []

    def tables(self, root):
        for event, element in lxml.etree.iterwalk(root, ("start", "end")):
            if event == "start":
                self._enter(element)
                self._add(element.text)
            else:
                self._leave(element)
                self._add(element.tail)
        return self._tables

    def _enter(self, element):
        if element.tag == "table":
            self._open_tables.append(Table())
            self._tables.append(self._open_tables[-1])
        elif element.tag == "tr" and self._open_tables:
            self._open_tables[-1].rows.append([])
        elif element.tag in ("td", "th"):
            self._open_cells.append([])
        else:
            self._add(" ")

    def _leave(self, element):
        if element.tag == "table":
            self._open_tables.pop()
        elif element.tag in ("td", "th"):
            text = " ".join("".join(self._open_cells.pop()).split())
            if self._open_tables and self._open_tables[-1].rows:
                self._open_tables[-1].rows[-1].append(Cell(text, _span(element)))

    def _add(self, text):
        if text and self._open_cells:
            self._open_cells[-1].append(text)


def _span(element):
    digits = (element.get("colspan") or "1").strip()
    if not (digits.isdecimal() and len(digits) < 4):
        return 1
    return min(max(int(digits), 1), SPAN_LIMIT)
