"""Headers as octets: found without a parser, measured, and made harmless.

Python takes structured headers apart in quadratic time and recurses into their
comments. So what they are made of is counted before it may.
"""

import re
from collections import defaultdict
from typing import NamedTuple

from .findings import Finding

# As Python's parser sees it: whatever ends in a line that is none of these,
# blank or not, is a header block.
_LINE = re.compile(
    rb"(?:(?P<name>[\x21-\x39\x3b-\x7e]+):|[\t ]|From |:)[^\r\n]*(?:\r\n|\r|\n|\Z)"
)
_END_OF_LINE = re.compile(rb"\r\n|\r|\n")

RECIPIENTS = frozenset(
    "to cc bcc resent-to resent-cc resent-bcc delivered-to x-original-to "
    "envelope-to".split()
)
ADDRESSES = RECIPIENTS | frozenset(
    "from sender reply-to resent-from resent-sender return-path".split()
)
CONTENT = frozenset(
    "content-type content-disposition content-transfer-encoding content-id".split()
)
_IDS = frozenset("references in-reply-to message-id resent-message-id".split())
# Taken apart by Odoo or by us. Others are only text, unless somebody asks.
READ = (
    ADDRESSES
    | CONTENT
    | _IDS
    | frozenset("subject date resent-date orig-date mime-version".split())
)
# For all of these Python's parser looks for comments, quotes and parameters.
_STRUCTURED = READ - RECIPIENTS - frozenset("subject references in-reply-to".split())

# What the parser takes in one go counts once: a word, or any other character.
_TOKEN = re.compile(rb"(?:[\w=+*%'!?/~$&-]|[.@](?=\w))+|.", re.DOTALL)
_STRUCTURED_LENGTH = 2_000
_STRUCTURED_TOKENS = 200
_COMMENTS_IN_COMMENTS = 20
# One item of an address list, up to a comma that is not quoted.
_ITEM = re.compile(rb'(?:"(?:[^"\\]|\\.)*"|[^,"]|"(?=[^"]*\Z))+|,', re.DOTALL)
_ITEM_LENGTH = 1_000
_ITEM_TOKENS = 100
_ADDRESS = re.compile(rb"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,255}", re.ASCII)
_ID = re.compile(rb"<[^<>\s]{1,500}>")
# RFC 5322 2.1.1
_LINE_LENGTH = 998
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


def read_fields(raw, start, is_delimiter, limit):
    """Return the fields of the header block at ``start`` and where its body begins.

    :param is_delimiter: tells whether a line, which starts with ``--``, ends it
    :param int limit: in bytes; beyond it only the fields that are ``READ`` count
    """
    fields, position, is_field = [], start, False
    while line := _LINE.match(raw, position):
        if raw.startswith(b"--", position) and is_delimiter(line[0]):
            return fields, position
        name = line["name"]
        if name:
            is_field = position - start < limit or name.lower().decode() in READ
            if is_field:
                fields.append(Field(name.lower().decode(), position, line.end()))
        elif is_field and raw[position] in b" \t":
            fields[-1] = fields[-1]._replace(end=line.end())
        else:
            is_field = False
        position = line.end()
    blank = _END_OF_LINE.match(raw, position)
    return fields, blank.end() if blank else position


def measure(raw, fields, limits):
    """Return the findings about the headers of a whole mail, the same sum for each
    name that occurs more than once."""
    values = defaultdict(list)
    for field in fields:
        if field.name in READ:
            values[field.name].append(field.value(raw))
    joined = {name: b",".join(found) for name, found in values.items()}
    recipients = sum(
        len(items(joined[name])) for name in joined.keys() & RECIPIENTS
    )
    findings = []
    if recipients > limits.recipients:
        findings.append(Finding("recipients", recipients, limits.recipients))
    findings += [
        Finding("header", name, limits.header)
        for name, value in joined.items()
        if not is_light(name, value, limits)
    ]
    return findings


def is_light(name, value, limits):
    """Tell whether a parser reads the header in no time."""
    if name in ADDRESSES:
        return len(value) <= 4 * limits.header and all(map(is_light_item, items(value)))
    if name in _STRUCTURED:
        return _is_light_structure(value)
    return len(value) <= limits.header


def items(value):
    """Return the items of an address list, empty ones included."""
    found = _ITEM.findall(value[:1_000_000])
    return [item for item in found if item != b","] or found[1:]


def is_light_item(item):
    return (
        len(item) <= _ITEM_LENGTH
        and _comments_in_comments(item) <= _COMMENTS_IN_COMMENTS
        and len(_TOKEN.findall(item)) <= _ITEM_TOKENS
    )


def _is_light_structure(value):
    return (
        len(value) <= _STRUCTURED_LENGTH
        and _comments_in_comments(value) <= _COMMENTS_IN_COMMENTS
        and len(_TOKEN.findall(value)) <= _STRUCTURED_TOKENS
    )


def _comments_in_comments(value):
    depth = deepest = 0
    for bracket in re.findall(rb"[()]", value):
        depth += 1 if bracket == b"(" else -1
        deepest = max(deepest, depth)
    return deepest
