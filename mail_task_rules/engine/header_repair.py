"""Headers of a parsed mail that Odoo cannot read or PostgreSQL cannot store."""

import binascii
import re
from base64 import b64encode

from dateutil import parser as date_parser

from . import charsets
from .header_fields import ADDRESSES, CONTENT, READ
from .limits import Finding

# lxml or PostgreSQL refuse them.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
# RFC 2047 2; neighbours share a character at times, although they must not.
_WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,60})?\?([bBqQ])\?([^?]*)\?=")
_WORDS = re.compile(rf"{_WORD.pattern}(?:\s*=\?\1\?\2\?[^?]*\?=)*")
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,255}")
# Better none of these than one that stops everything
_DROPPED = frozenset(
    "date resent-date orig-date message-id resent-message-id mime-version".split()
)
# Most addresses and Message-IDs: no parser stumbles over them.
_USUAL = re.compile(
    r"(?:[\w ]{1,50} |\"[\w ]{1,50}\" )?<?[\w+=%-][\w.+=%-]{0,98}@[\w.-]{1,98}>?",
    re.ASCII,
)
_YEARS = range(1900, 2200)


def repair_headers(message, hints=()):
    """Mend the headers of a mail, or of a part of it, and return the findings.

    :param hints: charsets that the mail uses, likely ones first
    """
    findings, headers = [], []
    for name, value in message.raw_items():
        new, found = _repaired(message.policy, name, str(value), hints)
        findings += found
        headers.append((name, new if found else value))
    if findings:
        for name in set(message.keys()):
            del message[name]
        for name, value in headers:
            if value is not None:
                message.set_raw(name, value)
    return findings


def _repaired(policy, name, value, hints):
    """Return the value, ``None`` for a header to be dropped, and the findings."""
    name = name.lower()
    text, findings = _decoded(name, value, hints)
    if name not in READ - CONTENT or _USUAL.fullmatch(text):
        return text, findings
    if "=?" in text and not _is_readable(policy, name, text):
        text = _WORDS.sub(lambda words: _mend_words(words, hints, findings), text)
    if CONTROL.search(text):
        findings.append(Finding("control", name))
        text = CONTROL.sub("", text)
    if not _is_readable(policy, name, text):
        findings.append(Finding("header_syntax", name))
        return _plain(policy, name, text), findings
    if name == "date" and not _is_possible(text):
        findings.append(Finding("date", text[:100]))
        return None, findings
    return text, findings


def _decoded(name, value, hints):
    """Return the text of a header that may hold raw octets; UTF-8 ones are right
    there (RFC 6532)."""
    if not _SURROGATES.search(value):
        return value, []
    octets = value.encode("utf-8", "surrogateescape")
    text, charset = charsets.guess(octets, hints)
    return text, [] if charset == "utf-8" else [Finding("charset")]


def _mend_words(words, hints, findings):
    """Write encoded words anew, in UTF-8."""
    label = words[1]
    octets = b"".join(_word_octets(*word) for _, *word in _WORD.findall(words[0]))
    declared = charsets.known(label)
    text, charset = charsets.guess(octets, (declared, *hints) if declared else hints)
    is_guess = not charsets.is_plain(label) or charset != declared
    findings.append(Finding("charset" if is_guess else "control", label))
    text = CONTROL.sub("", text)
    return f"=?utf-8?b?{b64encode(text.encode()).decode()}?="


def _word_octets(encoding, text):
    octets = text.encode("utf-8", "surrogateescape")
    if encoding in "qQ":
        return binascii.a2b_qp(octets, header=True)
    try:
        return binascii.a2b_base64(octets + b"==")
    except ValueError:
        return octets


def _is_readable(policy, name, text):
    try:
        read = str(policy.header_fetch_parse(name, text))
    except Exception:
        # The header parser raises many things on what is no header.
        return False
    is_whole = "\ufffd" not in read or "\ufffd" in text
    return is_whole and not CONTROL.search(read)


def _plain(policy, name, text):
    """Return what can be saved of a header that the parser fails on, or ``None``."""
    if name in _DROPPED:
        return None
    if name in ADDRESSES:
        text = ", ".join(_ADDRESS.findall(text))
    else:
        text = " ".join(text.replace("=?", " ").split())
    return text if _is_readable(policy, name, text) else None


def _is_possible(date):
    """Tell whether core makes a date of it that PostgreSQL accepts. What core cannot
    read at all, it takes for now."""
    try:
        return date_parser.parse(date, fuzzy=True).year in _YEARS
    except Exception:
        # It raises many things, and core does the same.
        return True
