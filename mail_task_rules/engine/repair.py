"""Mending what Odoo's parser would stumble over, and nothing else.

The text of a healthy part, and the octets of any attachment, stay as they are.
"""

import re
from base64 import encodebytes
from collections import defaultdict

from . import charsets
from .attached import OPAQUE_TYPE, TYPE_HEADER
from .header_repair import CONTROL, repair_headers
from .limits import Finding

# What the standard library can make content of; others raise KeyError.
_MAIN_TYPES = frozenset("text multipart message application audio image video".split())
_SHOWN_TYPES = ("text/plain", "text/html")
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_ENCODINGS = frozenset(
    ("", "7bit", "8bit", "binary", "base64", "quoted-printable")
    + ("x-uuencode", "uuencode", "uue", "x-uue")
)
_ENCODING_SPELLINGS = (
    (re.compile("quot|^q$|^qp$"), "quoted-printable"),
    (re.compile("base.?64|^b$|^b64$"), "base64"),
)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=\s]")
_META_CHARSET = re.compile(
    rb"<meta[^<>]{0,200}charset\s{0,5}=\s{0,5}[\"']?([\w.:-]{1,40})", re.IGNORECASE
)
_WORD_CHARSET = re.compile(r"=\?([\w.:+-]{1,40})\?[bq]\?", re.IGNORECASE)
_LIKELY = 5
_LOOKED_AT = 4096


def repair(message):
    """Mend a parsed mail in place, for Odoo, and return a list of ``Finding``.

    :param email.message.EmailMessage message: of what ``guard`` returned
    """
    hints = _charsets(message)
    findings = []
    for part in message.walk():
        findings += repair_headers(part, hints)
        findings += repair_part(part, hints, is_mail=part is message)
    return findings


def repair_part(part, hints=(), is_mail=False):
    """Mend what one part contains, and return the findings.

    :param bool is_mail: the part is the whole mail: core shows any text then, and
        has no files
    """
    if part.is_multipart():
        return []
    findings = [*_repair_type(part), *_repair_file_name(part), *_repair_encoding(part)]
    if part.get_content_maintype() != "text":
        return findings
    if is_mail or (part.get_content_type() in _SHOWN_TYPES and not _is_file(part)):
        return findings + _repair_text(part, hints)
    return findings + list(_repair_text_file(part))


def _charsets(message):
    """Return the charsets that the mail names, but those that are tried anyway."""
    labels = [part.get_content_charset() for part in message.walk()]
    for _, value in message.raw_items():
        labels += _WORD_CHARSET.findall(str(value)[:_LOOKED_AT])
    names = filter(None, map(charsets.known, dict.fromkeys(filter(None, labels))))
    names = (name for name in names if name not in ("utf-8", "ascii"))
    return tuple(dict.fromkeys(names))[:_LIKELY]


def _is_file(part):
    disposition = part.get("content-disposition", "").strip()
    return bool(part.get_filename()) or disposition.startswith("attachment")


# ----------------------------------------------------------------------
# Headers of content
# ----------------------------------------------------------------------


def _repair_type(part):
    main_type = part.get_content_maintype()
    if main_type == "multipart":
        # None of its parts were found: core would show nothing.
        yield Finding("content_type", part.get_content_type())
        del part["Content-Type"]
        part["Content-Type"] = "text/plain"
    elif main_type not in _MAIN_TYPES:
        yield Finding("content_type", part.get_content_type())
        _make_file(part)


def _make_file(part):
    """Have core take a part for octets, as which everything can be kept."""
    name, content_type = part.get_filename(), part.get_content_type()
    del part["Content-Type"]
    part["Content-Type"] = OPAQUE_TYPE
    if _TYPE.fullmatch(content_type) and TYPE_HEADER not in part:
        part[TYPE_HEADER] = content_type
    if name:
        _set_file_name(part, name)


def _repair_file_name(part):
    name = part.get_filename()
    if name and CONTROL.search(name):
        yield Finding("control", "file name")
        _set_file_name(part, name)


def _set_file_name(part, name):
    del part["Content-Disposition"]
    name = " ".join(CONTROL.sub("", name).split())
    part.add_header("Content-Disposition", "attachment", filename=name)


def _repair_encoding(part):
    encoding = _encoding(part)
    if encoding in _ENCODINGS:
        return
    yield Finding("encoding", encoding[:100])
    likely = (name for like, name in _ENCODING_SPELLINGS if like.search(encoding))
    _set_encoding(part, next(likely, "8bit"))


def _encoding(part):
    return str(part.get("content-transfer-encoding", "")).lower()


def _set_encoding(part, encoding):
    del part["Content-Transfer-Encoding"]
    part["Content-Transfer-Encoding"] = encoding


# ----------------------------------------------------------------------
# Texts
# ----------------------------------------------------------------------


def _repair_text(part, hints):
    """Have core show readable text that can be stored."""
    findings = list(_repair_base64(part))
    octets = part.get_payload(decode=True)
    if part.get_content_type() == "text/html":
        hints = (*_meta_charsets(octets), *hints)
    text, is_guess = _decode(part, octets, hints)
    if is_guess:
        label = part.get_content_charset()
        findings.append(Finding("charset", label))
    if CONTROL.search(text):
        findings.append(Finding("control", part.get_content_type()))
        text = CONTROL.sub("", text)
    if findings:
        _set_text(part, text)
    return findings


def _decode(part, octets, hints):
    """Return the text, and whether that is a guess: core would not read it so."""
    label = part.get_param("charset")
    charset = charsets.known(part.get_content_charset())
    if label is not None and not charsets.is_plain(label):
        return charsets.guess(octets, filter(None, (charset, *hints)))[0], True
    try:
        return octets.decode(charset or "utf-8"), False
    except ValueError:
        return charsets.guess(octets, hints)[0], True


def _meta_charsets(octets):
    labels = _META_CHARSET.findall(octets[:_LOOKED_AT])
    return filter(None, (charsets.known(label.decode("latin-1")) for label in labels))


def _repair_base64(part):
    """Some programs name base64 and send text."""
    if _encoding(part) != "base64":
        return
    _set_encoding(part, "8bit")
    octets = part.get_payload(decode=True)
    if _is_base64(octets):
        _set_encoding(part, "base64")
    else:
        yield Finding("encoding", "base64")


def _is_base64(octets):
    """There are no spaces within it; lists add a line of text below it."""
    words = octets.split()
    lines = octets.count(b"\n") + octets.count(b"\r") + 1
    strange = len(_NOT_BASE64.findall(octets))
    return strange * 20 <= sum(map(len, words)) and len(words) <= 2 * lines


def _set_text(part, text):
    content_type = part.get_content_type()
    if not _TYPE.fullmatch(content_type):
        content_type = "text/plain"
    del part["Content-Type"]
    part["Content-Type"] = content_type + '; charset="utf-8"'
    part.set_payload(encodebytes(text.encode("utf-8")).decode("ascii"))
    _set_encoding(part, "base64")


def _repair_text_file(part):
    """Core raises on charsets that nobody knows."""
    if not charsets.is_plain(part.get_param("charset", "utf-8")):
        yield Finding("text_file", part.get_content_type())
        _make_file(part)


def text_files(message):
    """Return the names of the attached texts of a mail, each with the octets of all
    that have it. Core decodes them and encodes them again; not all survive that."""
    found = defaultdict(list)
    for part in message.walk():
        if part.get_content_maintype() == "text" and _is_file(part):
            name = part.get_filename() or "attachment"
            found[name].append(part.get_payload(decode=True))
    return found
