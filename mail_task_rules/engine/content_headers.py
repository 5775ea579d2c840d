"""The headers that say what a part contains, in a form that nobody stumbles over."""

import re
from email.parser import BytesHeaderParser
from email.policy import SMTP

from .header_fields import CONTENT, is_light

# What most mails have, which needs no parser
_USUAL_TYPE = re.compile(
    rb"(text/plain|text/html|multipart/\w{1,20})"
    rb"((?:;\s{0,9}(?:charset|format|boundary|delsp|type)="
    rb'(?:"[^"\\?\s]{1,98}"|[\w./+-]{1,98}))*);?',
    re.IGNORECASE | re.ASCII,
)
_USUAL_BOUNDARY = re.compile(rb'boundary="?([!#-:<-~]+)', re.IGNORECASE)
_PLAIN = re.compile(rb"<?[\w.+@$-]{1,150}>?", re.ASCII)
_CUT_BOUNDARY = re.compile(
    rb"boundary=([\w'()+,./:=?-]{1,70})\s*(?:;|\Z)", re.IGNORECASE | re.ASCII
)
_TYPE = re.compile(rb"\s*([\w.+-]{1,60}/[\w.+-]{1,60})", re.ASCII)
_WORD = re.compile(rb"\s*([\w.+-]{1,60})", re.ASCII)
_CONTENT_ID = re.compile(rb"<[^<>\s]{1,200}>")
_PARAMETER = re.compile(
    rb"(?<![\w*-])(boundary|charset|name|filename|report-type)"
    rb"(?:\*\d{0,2}\*?)?\s{0,20}=\s{0,20}"
    rb'(?:"([^"\r\n]{1,200})"|([^\s;"(),]{1,200}))',
    re.IGNORECASE,
)
_UNUSUAL = re.compile(rb'[^\x20-\x7e]|["\\]')
_parser = BytesHeaderParser(policy=SMTP)


class ContentHeaders:
    """What the headers of one part say about its content.

    :ivar str type: what core will take it for, such as ``text/plain``
    :ivar bytes boundary: what separates its parts, without dashes, or ``None``
    :ivar str file_name: empty if it has none
    :ivar bool is_file: whether core makes a file of it, although it is text
    :ivar list edits: start, end and new octets, where a header is not readable
    """

    def __init__(self, raw, fields, default_type):
        self.fields = [field for field in fields if field.name in CONTENT]
        self.edits = []
        self.type, self.boundary = default_type, None
        self.file_name, self.is_file = "", False
        if not self._read_usual(raw):
            self._parse(raw, default_type)

    def _read_usual(self, raw):
        """Read a lone, plain Content-Type; tell whether that was all there is."""
        types = []
        for field in self.fields:
            value = field.value(raw)
            if field.name == "content-type":
                types.append(value)
            elif field.name == "content-disposition" or not _PLAIN.fullmatch(value):
                return False
        if len(types) != 1:
            return not types
        usual = _USUAL_TYPE.fullmatch(types[0])
        if not usual or usual[2].lower().count(b"boundary") > 1:
            return False
        self.type = usual[1].decode().lower()
        boundary = _USUAL_BOUNDARY.search(usual[2])
        self.boundary = boundary[1] if boundary else None
        return True

    def _parse(self, raw, default_type):
        message = _read(raw, self.fields)
        if message is None or self._is_boundary_cut(raw, message):
            self.edits = [_plain_edit(raw, field) for field in self.fields]
            message = _parser.parsebytes(b"".join(new for *_, new in self.edits))
        message.set_default_type(default_type)
        self.type = message.get_content_type()
        self.file_name = message.get_filename() or ""
        disposition = message.get("content-disposition", "").strip()
        self.is_file = bool(self.file_name) or disposition.startswith("attachment")
        try:
            self.boundary = (message.get_boundary() or "").encode("ascii") or None
        except UnicodeEncodeError:
            # No line can be equal to it: the parser reads other octets as no text.
            self.boundary = None

    def _is_boundary_cut(self, raw, message):
        """The parser stops at an equals sign that many forget to quote."""
        if message.get_content_maintype() != "multipart":
            return False
        read = (message.get_boundary() or "").encode("ascii", "replace")
        for field in self.fields:
            plain = _CUT_BOUNDARY.search(field.value(raw))
            if plain and field.name == "content-type":
                return plain[1] != read and plain[1].startswith(read)
        return False


def _read(raw, fields):
    """Return a message with these headers that answers any question, or ``None``."""
    if not all(is_light(field.name, field.value(raw), 0) for field in fields):
        return None
    head = b"".join(raw[field.start : field.end].rstrip() + b"\r\n" for field in fields)
    try:
        message = _parser.parsebytes(head)
        message.get_content_type()
        message.get_boundary()
        message.get_content_charset()
        message.get_filename()
        for name in CONTENT:
            message.get_all(name)
    except Exception:
        # The header parser raises many things, in the middle of parsing a mail.
        return None
    return message


def _plain_edit(raw, field):
    value = _plain_value(field.name, field.value(raw))
    line = field.name.title().encode() + b": " + value + b"\r\n"
    return field.start, field.end, line


def _plain_value(name, value):
    """Return as much of a content header as can be read without a parser."""
    if name == "content-type":
        kind = _first(_TYPE, value, b"application/octet-stream").lower()
        return kind + _plain_parameters(value)
    if name == "content-disposition":
        return _first(_WORD, value, b"attachment") + _plain_parameters(value)
    if name == "content-id":
        return (_CONTENT_ID.findall(value[:2000]) or [b""])[0]
    if name == "mime-version":
        return b"1.0"
    return _first(_WORD, value, b"8bit")


def _plain_parameters(value):
    found = {}
    for name, quoted, word in _PARAMETER.findall(value[:20_000]):
        found.setdefault(name.lower(), _UNUSUAL.sub(b"_", quoted or word))
    return b"".join(b'; %s="%s"' % parameter for parameter in found.items())


def _first(pattern, value, default):
    found = pattern.match(value)
    return found[1] if found else default
