"""Which mail is this: the same again, a copy, or another one?"""

import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256

_HEADER_END = re.compile(rb"\r?\n\r?\n")
# The whole value, which may go on over the lines that start with a blank.
_MESSAGE_ID = re.compile(
    rb"^message-id:[ \t]*(.*(?:\r?\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE
)
# What Odoo, PostgreSQL's index (2700 octets) and other mail programs handle
# alike; RFC 5322 2.1.1 allows no longer line.
_USUAL_MESSAGE_ID = re.compile(rb"[!-~]{1,998}")


@dataclass(frozen=True)
class Identity:
    """What tells one delivered mail from another.

    :ivar str digest: SHA-256 of the mail as it was delivered, in hex
    :ivar str body_digest: the same of its body alone, which is equal for two
        copies that reached us over different ways
    :ivar str message_id: its Message-ID; one made from the value if that is
        unusual, and from the digest if there is none
    """

    digest: str
    body_digest: str
    message_id: str

    @classmethod
    def of(cls, raw):
        """Return the identity of a mail. Any bytes will do; nothing is parsed.

        :param bytes raw: the mail as it was delivered
        """
        digest = sha256(raw).hexdigest()
        head, body = split(raw)
        return cls(
            digest=digest,
            # POP3 and IMAP hand over different line ends
            body_digest=sha256(body.translate(None, b"\r").rstrip()).hexdigest(),
            message_id=_message_id(head, digest),
        )

    @property
    def lock_key(self):
        """A signed 64-bit number, the same for all copies of one message."""
        digest = sha256(self.message_id.encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)

    def derived_message_id(self):
        """Return a Message-ID of its own for a further copy of a known mail.

        Odoo drops whatever has a Message-ID it has seen.
        """
        return f"<copy-{self.digest[:32]}@{self._message_id_host()}>"

    def _message_id_host(self):
        return self.message_id.rpartition("@")[2].rstrip(">") or "invalid"


def _message_id(head, digest):
    found = _MESSAGE_ID.search(head)
    value = found[1].strip() if found else b""
    if not value:
        return f"<{digest[:32]}@no-message-id.invalid>"
    if not _USUAL_MESSAGE_ID.fullmatch(value) or not _is_readable(value.decode()):
        return f"<{sha256(value).hexdigest()[:32]}@unusual-message-id.invalid>"
    return value.decode()


def _is_readable(message_id):
    """Tell whether Python's parser survives it, which Odoo makes it read."""
    try:
        EmailMessage(policy=SMTP)["Message-ID"] = message_id
    except Exception:
        # It raises many things.
        return False
    return True


def split(raw):
    """Return the header block and the body of a mail, both as bytes."""
    end = _HEADER_END.search(raw)
    return (raw[: end.start()], raw[end.end() :]) if end else (raw, b"")
