"""Mails in mails: files to everybody but to the detection of bounces.

Python's parser takes attached mails apart, and Odoo shows their text as if it were
that of the mail and writes the file anew. Here the part keeps its octets and gets a
type that nobody looks into; the real type is kept in a header of ours.
"""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

from .header_fields import read_fields
from .text import header_text, storable

# What a part was before its type was changed
TYPE_HEADER = "X-Mail-Task-Type"
OPAQUE_TYPE = "application/octet-stream"

_NAMES = {
    "message/delivery-status": "delivery-status.txt",
    "message/disposition-notification": "disposition-notification.txt",
    "text/rfc822-headers": "headers.txt",
}
_NAME_LENGTH = 100
_NO_NAME = re.compile(r'[\x00-\x1f\x7f"*/:<>?\\|]+')
# What core reads of a mail that came back (RFC 3464), and how much of it
_MESSAGE_IDS = ("message-id", "x-microsoft-original-message-id")
_USUAL_MESSAGE_ID = re.compile(rb"<[^<>\s]{1,996}>")
_LONG_LINE = re.compile(rb"[^\r\n]{999,}")
_LOOKED_AT = 64 * 1024


def is_attached(content_type):
    """Tell whether a part of this type is another mail, or a report about one."""
    return content_type.startswith("message/") or content_type == "text/rfc822-headers"


def original_type(part):
    """Return the type that a part came with."""
    return str(part.get(TYPE_HEADER, "")) or part.get_content_type()


def opaque_headers(content_type, file_name, content):
    """Return the headers, as octets, that make a file of an attached mail.

    :param str file_name: what the sender called it, if anything
    :param bytes content: what it begins with
    """
    part = EmailMessage(policy=SMTP)
    part["Content-Type"] = OPAQUE_TYPE
    name = _file_name(content_type, file_name, content)
    part.add_header("Content-Disposition", "attachment", filename=name)
    part[TYPE_HEADER] = content_type if content_type.isascii() else "message/rfc822"
    return part.as_bytes().rstrip() + b"\r\n"


def _file_name(content_type, file_name, content):
    if content_type in _NAMES:
        return _clean(file_name) or _NAMES[content_type]
    name = _clean(file_name) or _clean(_subject(content)) or "attached mail"
    return name if name.lower().endswith((".eml", ".msg")) else name + ".eml"


def _clean(name):
    return _NO_NAME.sub(" ", storable(name))[:_NAME_LENGTH].strip(" .")


def _subject(content):
    fields, _ = read_fields(content, 0, len(content))
    for field in fields:
        if field.name == "subject":
            value = field.value(content)[: 4 * _NAME_LENGTH]
            return header_text(value.decode("ascii", "surrogateescape"))
    return ""


# ----------------------------------------------------------------------
# Bounces
# ----------------------------------------------------------------------


def with_attached(message):
    """Return a mail as core looks for what came back in it: with as much of the
    attached mails as it reads. The mail itself, if it has none.
    """
    attached = [part for part in message.walk() if part.get(TYPE_HEADER)]
    if not attached:
        return message
    view = EmailMessage(policy=message.policy)
    for name, value in message.raw_items():
        view.set_raw(name, value)
    view.set_payload([_revealed(part) for part in attached])
    return view


def _revealed(part):
    content_type = original_type(part)
    octets = (part.get_payload(decode=True) or b"")[:_LOOKED_AT]
    if content_type == "message/delivery-status":
        head = b"Content-Type: message/delivery-status\r\n\r\n"
        return message_from_bytes(head + _LONG_LINE.sub(b"", octets), policy=SMTP)
    revealed = EmailMessage(policy=SMTP)
    if is_attached(content_type):
        revealed["Content-Type"] = "message/rfc822"
        revealed.set_payload([_returned_mail(octets)])
    return revealed


def _returned_mail(octets):
    mail = EmailMessage(policy=SMTP)
    fields, _ = read_fields(octets, 0, len(octets))
    for field in fields:
        ids = _USUAL_MESSAGE_ID.findall(field.value(octets))
        if field.name in _MESSAGE_IDS and ids:
            mail.set_raw(field.name, ids[0].decode("ascii", "replace"))
    return mail
