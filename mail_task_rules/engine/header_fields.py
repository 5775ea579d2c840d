"""Headers as octets: found without a parser, measured, and made harmless.

Python takes structured headers apart in quadratic time and recurses into their
comments. So what they are made of is counted before it may.
"""

import re
from collections import defaultdict
from typing import NamedTuple

from .limits import Finding

# As Python's parser sees it, the first line that is none of these ends the
# headers, blank or not.
_HEADER_LINE = rb"(?:[\x21-\x39\x3b-\x7e]*:|[\t ]|From )"
_BLOCK_START = re.compile(_HEADER_LINE)
_BLOCK_END = re.compile(rb"(?:\r\n|\r(?!\n)|\n)(?!" + _HEADER_LINE + rb")")
_BLANK_LINE = re.compile(rb"\r\n|\r|\n")
_FIELD_START = re.compile(rb"(?<![^\r\n])([\x21-\x39\x3b-\x7e]+):")
_DASHES = re.compile(rb"(?<![^\r\n])--[^\r\n]*")

RECIPIENTS = frozenset(
    "to cc bcc resent-to resent-cc resent-bcc delivered-to x-original-to "
    "envelope-to".split()
)
ADDRESSES = RECIPIENTS | frozenset(
    "from sender reply-to resent-from resent-sender return-path".split()
)
CONTENT = frozenset(
    "content-type content-disposition content-transfer-encoding content-id "
    "mime-version".split()
)
IDS = frozenset("references in-reply-to message-id resent-message-id".split())
DATES = frozenset("date resent-date orig-date".split())
# Taken apart by Odoo or by us. Others are only text.
READ = ADDRESSES | CONTENT | IDS | DATES | frozenset(("subject",))
_TEXTS = frozenset("subject references in-reply-to".split())

# What the parser takes in one go counts once: a word, or any other character.
_TOKEN = re.compile(rb"(?:[\w=+*%'!?/~$&-]|[.@](?=\w))+|.", re.DOTALL)
_ALWAYS_LIGHT = 200
_STRUCTURE_LENGTH = 2_000
_STRUCTURE_TOKENS = 200
_ITEM_LENGTH = 1_000
_ITEM_TOKENS = 100
_COMMENTS_IN_COMMENTS = 20
# Each may stand for ten people; together they are read quickly.
_LIST_LENGTH = 128 * 1024
_LIST_TOKENS = 12_000

_ITEM_MARK = re.compile(rb'\\.|[",]', re.DOTALL)
_ADDRESS = re.compile(rb"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,255}", re.ASCII)
_ID = re.compile(rb"<[^<>()\s]{1,500}>")
# RFC 5322 2.1.1
_LINE_LENGTH = 998
_NAME_LENGTH = 100
_SEARCH_LENGTH = 1024 * 1024
_SENDERS_KEPT = 10
_IDS_KEPT = 20
_FIELDS_KEPT = 200


class Field(NamedTuple):
    """One header: its lower-case name and where it is, line end included."""

    name: str
    start: int
    end: int

    def value(self, raw):
        """Return what stands behind the colon, without the line end."""
        return raw[self.start + len(self.name) + 1 : self.end].strip()


def read_fields(raw, start, limit, is_delimiter=lambda line: False):
    """Return the fields of the header block at ``start``, and where the body begins.

    :param int limit: in bytes; beyond it only the fields that are ``READ`` count
    :param is_delimiter: tells of a line that starts with ``--`` whether it ends the
        part, headers or not
    """
    end = _block_end(raw, start, is_delimiter)
    names = list(_FIELD_START.finditer(raw, start, end))
    ends = [name.start() for name in names[1:]] + [end]
    fields = [
        Field(name[1].decode().lower(), name.start(), field_end)
        for name, field_end in zip(names, ends, strict=False)
        if name.start() - start < limit or name[1].decode().lower() in READ
    ]
    blank = _BLANK_LINE.match(raw, end)
    return fields, blank.end() if blank else end


def _block_end(raw, start, is_delimiter):
    if not _BLOCK_START.match(raw, start):
        return start
    found = _BLOCK_END.search(raw, start)
    end = found.end() if found else len(raw)
    for line in _DASHES.finditer(raw, start, end):
        if is_delimiter(line[0]):
            return line.start()
    return end


def measure(raw, fields, limits):
    """Return the findings about the headers of a whole mail.

    Those of one name count together: Odoo joins them.
    """
    joined = {name: b",".join(found) for name, found in _values(raw, fields).items()}
    findings = [
        Finding("header", name, limits.header)
        for name, value in joined.items()
        if name not in CONTENT and not is_light(name, value, limits.header)
    ]
    count = sum(len(items(joined[name])) for name in joined.keys() & RECIPIENTS)
    if count > limits.recipients:
        findings.append(Finding("recipients", count, limits.recipients))
    return findings


def is_light(name, value, limit):
    """Tell whether a parser reads the header in no time.

    :param int limit: the length of headers that are only text, in bytes
    """
    if len(value) <= _ALWAYS_LIGHT and value.count(b"(") <= _COMMENTS_IN_COMMENTS:
        return True
    if name in _TEXTS or name not in READ:
        return len(value) <= limit
    if name not in ADDRESSES:
        return _is_light(value, _STRUCTURE_LENGTH, _STRUCTURE_TOKENS)
    return _is_light_list(value)


def items(value):
    """Return the items of an address list, empty ones included."""
    found, start, is_quoted = [], 0, False
    for mark in _ITEM_MARK.finditer(value):
        if mark[0] == b'"':
            is_quoted = not is_quoted
        elif mark[0] == b"," and not is_quoted:
            found.append(value[start : mark.start()])
            start = mark.end()
    return [*found, value[start:]]


def _is_light_list(value):
    return (
        len(value) <= _LIST_LENGTH
        and _count_tokens(value) <= _LIST_TOKENS
        and all(map(_is_light_item, items(value)))
    )


def _is_light_item(item):
    return _is_light(item, _ITEM_LENGTH, _ITEM_TOKENS)


def _is_light(value, length, tokens):
    return (
        len(value) <= length
        and _count_tokens(value) <= tokens
        and value.count(b"(") <= _COMMENTS_IN_COMMENTS
    )


def _count_tokens(value):
    return sum(1 for _ in _TOKEN.finditer(value))


# ----------------------------------------------------------------------
# Harmless headers
# ----------------------------------------------------------------------


def harmless(raw, fields, limits):
    """Return headers, without those that describe the content, that say as much of
    the mail as can be said without harm."""
    left = limits.recipients
    read, others = [], []
    for name, values in _values(raw, fields).items():
        if name in CONTENT:
            continue
        if name not in READ:
            others += [(name, _cut(value)) for value in values]
            continue
        value = _harmless_value(name, values, left, limits)
        left -= len(items(value)) if name in RECIPIENTS else 0
        read.append((name, value))
    return b"".join(
        name.title().encode() + b": " + b" ".join(value.split()) + b"\r\n"
        for name, value in (read + others)[:_FIELDS_KEPT]
        if len(name) <= _NAME_LENGTH
    )


def _values(raw, fields):
    values = defaultdict(list)
    for field in fields:
        values[field.name].append(field.value(raw))
    return values


def _harmless_value(name, values, recipients, limits):
    """Return one value for all headers of a name, as Odoo would join them."""
    if name in ADDRESSES:
        count = recipients if name in RECIPIENTS else _SENDERS_KEPT
        value = b",".join(values)[:_SEARCH_LENGTH]
        return _harmless_list(value, count, limits.domains)
    if name in IDS:
        ids = _ID.findall(b" ".join(values)[-_SEARCH_LENGTH:])
        value = b" ".join(ids[-_IDS_KEPT:])
    else:
        value = _cut(b" ".join(values))
    return value if is_light(name, value, limits.header) else b""


def _harmless_list(value, count, domains):
    kept = [item.strip() for item in items(value) if _is_light_item(item)]
    for found in (kept, _ADDRESS.findall(value)):
        joined = b", ".join(sorted(filter(None, found), key=_stranger(domains))[:count])
        if joined and _is_light_list(joined):
            return joined
    return b""


def _stranger(domains):
    """Return a key that sorts the addresses in our domains first."""
    own = tuple(domain.lower().encode() for domain in domains)
    return lambda item: not item.lower().rstrip(b"> ").endswith(own)


def _cut(value):
    """Cut where a word ends: half an encoded word is rubbish (RFC 2047 2)."""
    if len(value) <= _LINE_LENGTH:
        return value
    return value[:_LINE_LENGTH].rpartition(b" ")[0] or value[:_LINE_LENGTH]
