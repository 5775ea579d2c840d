"""The parts of a mail, found in its octets before a parser may look for them.

Python's parser recurses into parts, compares each line with the boundaries of all
levels and takes apart attached mails that nobody will read. This walks over the
same parts in the same way, delimiter by delimiter, and stops at a limit.
"""

import re
from dataclasses import dataclass

from .attached import is_attached, opaque_headers
from .content_headers import ContentHeaders
from .header_fields import read_fields
from .limits import Finding

_DASHES = re.compile(rb"--[^\r\n]*(?:\r\n|\r|\n|\Z)")
# So much of an attached mail tells its subject.
_LOOKED_AT = 64 * 1024


@dataclass
class Part:
    """One part, containers included.

    :ivar int start: where its headers start
    :ivar int body: where its content starts
    :ivar int end: where the delimiter behind it starts
    :ivar bool is_opened: it is a multipart whose parts were found
    """

    start: int
    body: int
    fields: list
    headers: ContentHeaders
    end: int = 0
    is_opened: bool = False

    @property
    def type(self):
        return self.headers.type

    @property
    def is_shown(self):
        """Tell whether Odoo shows its text, rather than make a file of it."""
        if self.is_opened:
            return False
        if not self.start:
            return self.type.startswith(("text/", "multipart/"))
        is_text = self.type in ("text/plain", "text/html")
        is_torn = self.type.startswith("multipart/")
        return is_torn or (is_text and not self.headers.is_file)


class _Stop(Exception):
    """The mail exceeds a limit: looking further would take too long."""


class Structure:
    """The parts of a mail.

    :ivar list parts: in their order, up to the limit; the first is the mail itself
    :ivar list findings: the limits that the structure exceeds
    :ivar list repairs: what ``edited`` does
    """

    def __init__(self, raw, limits):
        self.raw = raw
        self.limits = limits
        self.parts, self.findings, self.repairs = [], [], []
        self.nesting = 0
        self._edits = {}
        self._levels, self._by_boundary, self._leaf = [], {}, None
        self._position = 0
        try:
            self._walk()
        except _Stop as stop:
            self.findings += stop.args
        self._leave(0, len(raw))

    @property
    def mail(self):
        return self.parts[0]

    def edited(self, start=0, end=None):
        """Return the octets of the mail, or of a part of it, that a parser reads
        without stumbling: ``raw`` itself if there is nothing in its way."""
        end = len(self.raw) if end is None else end
        edits = sorted(
            (*span, new) for span, new in self._edits.items() if start <= span[0] < end
        )
        pieces, position = [], start
        for edit_start, edit_end, new in edits:
            pieces += [self.raw[position:edit_start], new]
            position = edit_end
        return b"".join([*pieces, self.raw[position:end]])

    # ------------------------------------------------------------------
    # The way through the mail
    # ------------------------------------------------------------------

    def _walk(self):
        self._enter("text/plain")
        while found := self._next_delimiter():
            start, index, closes = found
            self._leave(index + 1, start)
            if closes:
                self._pop().end = self._position
            else:
                self._levels[index][0].is_opened = True
                self._skip_repetitions(index)
                self._enter(self._default_type())

    def _enter(self, default_type):
        """Read the headers of the part that starts here."""
        if len(self.parts) == self.limits.parts:
            count = len(self.parts) + self._count_delimiters()
            raise _Stop(Finding("parts", count, self.limits.parts))
        start = self._position
        fields, self._position = read_fields(
            self.raw, start, self.limits.header_block, self._find_level
        )
        headers = ContentHeaders(self.raw, fields, default_type)
        part = Part(start, self._position, fields, headers)
        self.parts.append(part)
        if headers.edits:
            self._edits |= {(start, end): new for start, end, new in headers.edits}
            self.repairs.append(Finding("content_type", headers.type))
        self._check_headers(part)
        if is_attached(part.type):
            self._make_file(part)
        if part.type.startswith("multipart/") and part.headers.boundary:
            self._open(part)
        else:
            self._leaf = part

    def _check_headers(self, part):
        size = part.body - part.start
        if size > self.limits.header_block:
            finding = Finding("header_block", size, self.limits.header_block)
            if part.start:
                raise _Stop(finding)
            self.findings.append(finding)

    def _open(self, part):
        if len(self._levels) == self.limits.nesting:
            count = len(self._levels) + 1
            raise _Stop(Finding("nesting", count, self.limits.nesting))
        boundary = part.headers.boundary
        self._levels.append((part, boundary))
        self.nesting = max(self.nesting, len(self._levels))
        # Of two levels with one boundary, the parser sees the outer one's.
        self._by_boundary.setdefault(boundary, len(self._levels) - 1)

    def _leave(self, depth, at):
        """End what is deeper than ``depth`` levels at a delimiter."""
        if self._leaf:
            self._leaf.end, self._leaf = at, None
        while len(self._levels) > depth:
            self._pop().end = at

    def _pop(self):
        part, boundary = self._levels.pop()
        if self._by_boundary[boundary] == len(self._levels):
            del self._by_boundary[boundary]
        return part

    def _default_type(self):
        """RFC 2046 5.1.5"""
        is_digest = self._levels[-1][0].type == "multipart/digest"
        return "message/rfc822" if is_digest else "text/plain"

    def _make_file(self, part):
        """Have a parser see the octets of an attached mail, and nothing else."""
        self.repairs.append(Finding("attached", part.type))
        headers = part.headers.fields
        # In a digest, many forget the empty line before the attached mail.
        start = part.body if headers or not part.fields else part.start
        content = self.raw[start : start + _LOOKED_AT]
        new = opaque_headers(part.type, part.headers.file_name, content)
        if not headers:
            self._edits[part.start, start] = new + b"\r\n"
            return
        names = ("content-type", "content-disposition")
        spans = [(field.start, field.end) for field in headers if field.name in names]
        for span in spans or [(part.start, part.start)]:
            self._edits[span] = new
            new = b""

    # ------------------------------------------------------------------
    # Delimiters
    # ------------------------------------------------------------------

    def _next_delimiter(self):
        """Go behind the next delimiter; return where it starts, its level, and
        whether it is the level's last."""
        while self._by_boundary:
            line = _DASHES.search(self.raw, self._position)
            if not line:
                return None
            self._position = line.end()
            is_line = not line.start() or self.raw[line.start() - 1] in b"\r\n"
            level = self._find_level(line[0]) if is_line else None
            if level:
                return line.start(), *level
        return None

    def _find_level(self, line):
        """Return the level that a line delimits, and whether it ends it (RFC 2046
        5.1.1), or ``None``."""
        boundary = line.rstrip(b"\r\n").rstrip(b" \t")[2:]
        found = []
        if boundary in self._by_boundary:
            found.append((self._by_boundary[boundary], False))
        if boundary.endswith(b"--") and boundary[:-2] in self._by_boundary:
            found.append((self._by_boundary[boundary[:-2]], True))
        return min(found, default=None)

    def _skip_repetitions(self, index):
        while line := _DASHES.match(self.raw, self._position):
            level = self._find_level(line[0])
            if not level or level[0] != index:
                break
            self._position = line.end()

    def _count_delimiters(self):
        return sum(
            self.raw.count(b"\n--" + boundary, self._position)
            for boundary in self._by_boundary
        )
