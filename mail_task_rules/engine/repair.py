"""Mending what Odoo's parser would stumble over, and nothing else."""

from .text import decode

# What the standard library can make content of; others raise KeyError.
_MAIN_TYPES = frozenset(
    ("text", "image", "audio", "video", "application", "multipart", "message")
)
# Octets that no text needs and PostgreSQL refuses.
_NUL = "\x00"


def repair(message):
    """Mend the parts of a parsed mail in place.

    Parts of an unknown type become octets, texts of an unknown charset are
    decoded by a guess, and their NUL octets are removed. Healthy parts and
    attachments stay as they are.

    :param email.message.EmailMessage message: the mail
    :return: the labels of the charsets that had to be guessed
    """
    guessed = []
    for part in message.walk():
        main_type = part.get_content_maintype()
        if main_type not in _MAIN_TYPES:
            _become_octets(part)
        elif main_type == "text":
            guessed += _repair_text(part)
    return guessed


def _become_octets(part):
    name = part.get_filename()
    del part["Content-Type"]
    part["Content-Type"] = "application/octet-stream"
    if name:
        part.set_param("name", name)


def _repair_text(part):
    charset = str(part.get_param("charset", "us-ascii"))
    is_known = _is_known(charset)
    if part.get_filename() or part.get_content_disposition() == "attachment":
        if not is_known:
            _become_octets(part)
        return []
    octets = part.get_payload(decode=True) or b""
    text = octets.decode(charset, "replace") if is_known else decode(octets)
    if is_known and _NUL not in text:
        return []
    del part["Content-Transfer-Encoding"]
    part.set_payload(text.replace(_NUL, ""), "utf-8")
    return [] if is_known else [charset]


def _is_known(charset):
    """Tell whether Python decodes text by this label, as Odoo asks it to."""
    try:
        b"a".decode(charset, "replace")
    except (LookupError, UnicodeError, ValueError):
        return False
    return True
