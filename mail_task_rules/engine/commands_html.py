"""What ``commands`` does, for texts in HTML: lines are blocks and what ``br`` ends."""

import lxml.etree

from .commands import read_commands
from .quoted_html import HTML_LIMIT, inner_html, is_foreign
from .text import BLOCKS, html_to_text, parse_html

# Without any text, these show something nevertheless.
_SHOWN = ("img", "hr", "table", "input", "video", "svg")


def cut_html_commands(html, names):
    """Return the commands at the start of an HTML, and the HTML without those that
    are known; the HTML as it was if there are none.

    Quotes, signatures and tables have none, wherever they stand.

    :param dict names: see ``read_commands``
    """
    root = parse_html(html) if len(html) <= HTML_LIMIT else None
    if root is None:
        return [], html
    lines = []
    found = read_commands(_noted(_lines(root), lines), names)
    if not found:
        return [], html
    unknown = {number for number, command in found.items() if not command.key}
    # from below: what comes after a line moves when it is removed
    for number in reversed(range(len(lines))):
        if number in found.keys() - unknown or (not unknown and lines[number].is_blank):
            lines[number].remove()
    rest = inner_html(root)
    is_empty = not html_to_text(rest) and not _is_shown(root)
    return list(found.values()), "" if is_empty else rest


def _noted(lines, noted):
    for line in lines:
        noted.append(line)
        yield line.text


class _Line:
    """A line as a reader sees it, and the places in the HTML that it is made of."""

    def __init__(self):
        self._pieces = []
        self.end = None

    def __bool__(self):
        return any(text.strip(" \t\r\n\f") for *_, text in self._pieces)

    @property
    def text(self):
        return " ".join("".join(text for *_, text in self._pieces).split())

    @property
    def is_blank(self):
        return not self.text

    def add(self, element, place, start, text):
        if text:
            self._pieces.append((element, place, start, text))

    def remove(self):
        for element, place, start, text in reversed(self._pieces):
            whole = getattr(element, place)
            setattr(element, place, whole[:start] + whole[start + len(text) :])
        if self.end is not None and self.end.getparent() is not None:
            self._pieces.append((self.end.getparent(), "", 0, ""))
            self.end.drop_tree()
        for element, *_ in reversed(self._pieces):
            _drop_empty(element)


def _lines(root):
    """Yield the lines up to the first place where others may have written them."""
    line, preformatted = _Line(), 0
    for event, element in lxml.etree.iterwalk(root, ("start", "end")):
        is_start = event == "start"
        if is_start and (element.tag == "table" or is_foreign(element)):
            break
        if element.tag == "pre":
            preformatted += 1 if is_start else -1
        if line and (element.tag in BLOCKS or element.tag == "pre"):
            yield line
            line = _Line()
        if element.tag == "br" and is_start:
            line.end = element
            yield line
            line = _Line()
        place = "text" if is_start else "tail"
        for ended, start, text in _split(getattr(element, place), preformatted):
            line.add(element, place, start, text)
            if ended:
                yield line
                line = _Line()
    yield line


def _split(text, preformatted):
    """Yield the lines of a text: whether it ends there, where it starts, and itself."""
    start = 0
    for piece in (text or "").splitlines(True) if preformatted else [text or ""]:
        yield preformatted and piece.endswith("\n"), start, piece
        start += len(piece)


def _drop_empty(element):
    """Remove an element that shows nothing any more, and those around it."""
    while element.getparent() is not None and element.tag not in ("br", "body", "html"):
        if _is_shown(element):
            return
        parent = element.getparent()
        element.drop_tree()
        element = parent


def _is_shown(element):
    return any(map(str.strip, element.itertext())) or any(
        element.find(f".//{tag}") is not None for tag in _SHOWN
    )
