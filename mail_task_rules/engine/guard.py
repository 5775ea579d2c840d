"""A mail as it was delivered, made fit for parsers, whatever it is."""

from base64 import encodebytes
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import SMTP
from math import ceil

from .header_fields import CONTENT, harmless, measure
from .html_cost import weigh
from .limits import Finding, Limits
from .repair import repair_part
from .structure import Structure
from .text import decode, rough_text

# As much of a text as is shown in place of a mail, and what it is looked for in
_TEXT_LENGTH = 20_000
_LOOKED_AT = 500_000
# What takes Odoo no time, whatever it is
_SMALL = 8_000
_FEW_ELEMENTS = 200


@dataclass(frozen=True)
class Guarded:
    """What may be handed to a parser in place of a mail.

    :ivar bytes raw: the mail itself, the same object, if there are no findings
    :ivar list findings: one ``Finding`` for each thing that is not as it came
    :ivar bool is_replaced: ``raw`` says less than the mail did: the original should
        be attached to what becomes of it
    """

    raw: bytes
    findings: list = field(default_factory=list)
    is_replaced: bool = False


def guard(raw, limits=None):
    """Return a mail that is read in a few seconds and without recursion, and says as
    much as possible of what the original said. Takes any octets, raises nothing.

    :param bytes raw: the mail as it was delivered
    :param Limits limits:
    """
    limits = limits or Limits()
    findings = list(_too_long(raw, limits))
    structure = Structure(raw[:_LOOKED_AT] if findings else raw, limits)
    findings += structure.findings
    if not findings:
        findings += _too_slow(structure, limits)
    heavy_headers = measure(structure.raw, structure.mail.fields, limits)
    if {finding.code for finding in findings} - {"header_block"}:
        body = _text_part(_readable_text(structure))
        raw = harmless(structure.raw, structure.mail.fields, limits) + body
        return Guarded(raw, findings + heavy_headers, is_replaced=True)
    findings += heavy_headers
    if findings:
        raw = _with_harmless_headers(structure, limits)
        return Guarded(raw, findings + structure.repairs, is_replaced=True)
    if structure.repairs:
        return Guarded(structure.edited(), structure.repairs)
    return Guarded(raw)


def _too_long(raw, limits):
    megabytes = ceil(len(raw) / 1_000_000)
    if megabytes > limits.megabytes:
        yield Finding("megabytes", megabytes, limits.megabytes)
    yield from _too_many_lines(raw, 1, limits)


def _too_many_lines(raw, times, limits):
    """Each line is read for each multipart that it is in."""
    lines = times * raw.count(b"\n")
    if lines <= limits.lines:
        lines = times * (raw.count(b"\r") - raw.count(b"\r\n")) + lines
    if lines > limits.lines:
        yield Finding("lines", lines, limits.lines)


def _too_slow(structure, limits):
    """Return what would take the parser, or Odoo, too long to read."""
    raw = structure.raw
    findings = list(_too_many_lines(raw, structure.nesting, limits))
    if findings or _is_small(raw):
        return findings
    parts = [part for part in structure.parts if part.is_shown]
    texts = [
        (part.type != "text/plain", _text(structure, part, part.end)) for part in parts
    ]
    return weigh(texts, limits)


def _is_small(raw):
    return (
        len(raw) < _SMALL
        and raw.count(b"<") < _FEW_ELEMENTS
        and b"base64" not in raw.lower()
    )


def _text(structure, part, end):
    octets = structure.edited(part.start, end)
    message = message_from_bytes(octets, policy=SMTP)
    repair_part(message, is_mail=True)
    content = message.get_content()
    # of a text that was made a file
    return content if isinstance(content, str) else decode(content)


# ----------------------------------------------------------------------
# Replacements
# ----------------------------------------------------------------------


def _with_harmless_headers(structure, limits):
    """Return the mail with its own body."""
    headers = harmless(structure.raw, structure.mail.fields, limits)
    edited = structure.edited()
    start = Structure(edited, limits).mail
    content = b"".join(
        edited[field.start : field.end].rstrip() + b"\r\n"
        for field in start.fields
        if field.name in CONTENT or field.name == "x-mail-task-type"
    )
    return headers + content + b"\r\n" + edited[start.body :]


def _text_part(text):
    head = (
        b"MIME-Version: 1.0\r\n"
        b'Content-Type: text/plain; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head + encodebytes(text.encode("utf-8", "replace"))


def _readable_text(structure):
    """Return the beginning of the first text that somebody can read."""
    for part in structure.parts:
        if part.is_shown:
            text = _text(structure, part, min(part.end, part.start + _LOOKED_AT))
            if part.type != "text/plain":
                text = rough_text(text)
            if text.strip():
                return text[:_TEXT_LENGTH].strip()
    return ""
