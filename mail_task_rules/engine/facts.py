"""Everything a rule may look at in one e-mail, computed once."""

from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import getaddresses, parsedate_to_datetime

from .robots import robot_kind
from .text import decode, fold_phrase, header_text, html_to_text, storable, tidy

# Rules see, and the ledger shows, this many characters of text; a longer mail
# says nothing more that decides where it belongs.
BODY_LIMIT = 100_000
HEADERS_LIMIT = 100_000
LINE_LIMIT = 10_000
# RFC 5321 4.5.3.1: 64 octets, the @, 255 octets
ADDRESS_LIMIT = 320
# Core looks for our addresses in Delivered-To, To, Cc and Resent-*; these two
# are where other mail servers put the envelope's recipient.
ENVELOPE_HEADERS = ("x-original-to", "envelope-to")
RECIPIENT_HEADERS = (
    "delivered-to",
    *ENVELOPE_HEADERS,
    "to",
    "cc",
    "resent-to",
    "resent-cc",
)


@dataclass
class MailFacts:
    """One e-mail as rules see it: plain, decoded, storable text.

    Addresses are lower-cased and comma-separated; ``headers`` holds one decoded
    header a line; ``attachment_names`` and ``attachment_types`` one attachment a
    line; ``date`` is a naive datetime in UTC, or ``None``; ``size`` is in bytes.
    """

    subject: str = ""
    body: str = ""
    email_from: str = ""
    from_name: str = ""
    from_domain: str = ""
    to: str = ""
    cc: str = ""
    recipients: str = ""
    envelope: str = ""
    delivered_to: str = ""
    headers: str = ""
    date: datetime | None = None
    size: int = 0
    attachment_count: int = 0
    attachment_names: str = ""
    attachment_types: str = ""
    is_reply: bool = False
    robot: str = ""
    _folded: dict = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, message, size):
        """Return the facts of a parsed mail. Raises nothing, however bad it is.

        :param email.message.Message message: the mail
        :param int size: of the raw mail, in bytes
        """
        headers = [
            (name.lower(), header_text(str(value)[:HEADERS_LIMIT]))
            for name, value in message.raw_items()
        ]
        addresses = _Addresses(headers)
        from_name, email_from = addresses.first("from")
        attachments = [part for part in _leaves(message) if _is_attachment(part)]
        return cls(
            subject=_first(headers, "subject")[:LINE_LIMIT],
            body=_body(message)[:BODY_LIMIT],
            email_from=email_from,
            from_name=from_name,
            from_domain=email_from.rpartition("@")[2],
            to=addresses.joined("to"),
            cc=addresses.joined("cc"),
            recipients=addresses.joined(*RECIPIENT_HEADERS),
            envelope=addresses.joined(*ENVELOPE_HEADERS),
            delivered_to=addresses.joined("delivered-to", *ENVELOPE_HEADERS),
            headers="\n".join(f"{name}: {text}" for name, text in headers)[
                :HEADERS_LIMIT
            ],
            date=_date(_first(headers, "date")),
            size=size,
            attachment_count=len(attachments),
            attachment_names="\n".join(map(_file_name, attachments)),
            attachment_types="\n".join(part.get_content_type() for part in attachments),
            is_reply=bool(
                _first(headers, "in-reply-to") or _first(headers, "references")
            ),
            robot=robot_kind(
                headers, email_from, message.get_content_type(), _report_type(message)
            ),
        )

    @property
    def is_bounce(self):
        return self.robot == "bounce"

    @property
    def is_bulk(self):
        return self.robot in ("list", "bulk")

    @property
    def is_auto(self):
        return bool(self.robot) and not self.is_bulk

    def folded(self, place):
        """Return the text of a place as phrases are looked for in it: without
        case, accents and line ends (mail programs break lines where they like).

        :param str place: ``anywhere`` or the name of a text fact
        """
        if place not in self._folded:
            if place == "anywhere":
                text = " ".join(map(self.folded, ("subject", "body", "headers")))
            else:
                text = fold_phrase(getattr(self, place))
            self._folded[place] = text
        return self._folded[place]


class _Addresses:
    def __init__(self, headers):
        self._headers = headers

    def first(self, name):
        """Return the display name and the address of a header's first address."""
        return next(iter(self._all(name)), ("", ""))

    def joined(self, *names):
        found = (address for name in names for _, address in self._all(name))
        return ", ".join(dict.fromkeys(found))

    def _all(self, name):
        values = [text for header, text in self._headers if header == name]
        return [
            (display.strip()[:LINE_LIMIT], address.strip().lower()[:ADDRESS_LIMIT])
            for display, address in getaddresses(values)
            if "@" in address
        ]


def _first(headers, name):
    return next((text for header, text in headers if header == name), "")


def _report_type(message):
    try:
        return str(message.get_param("report-type", "")).lower()
    except Exception:
        # whatever the header parser stumbles over, it is no report
        return ""


def _date(text):
    try:
        date = parsedate_to_datetime(text)
        return date.astimezone(timezone.utc).replace(tzinfo=None)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _leaves(message):
    """Yield the parts that hold content; an attached mail is one such part."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            waiting.extend(reversed(part.get_payload()))
        else:
            yield part


def _is_attachment(part):
    if part.get_content_maintype() != "text":
        return True
    disposition = str(part.get("Content-Disposition", "")).strip().lower()
    return disposition.startswith("attachment") or bool(_file_name(part, default=""))


def _file_name(part, default="attachment"):
    try:
        name = part.get_filename()
    except Exception:
        # whatever the header parser stumbles over, the attachment is there
        name = None
    return storable(name or default).replace("\n", " ")


def _body(message):
    """Return the readable text: of the HTML parts, else of the plain ones."""
    texts = {"html": [], "plain": []}
    for part in _leaves(message):
        if part.get_content_subtype() in texts and not _is_attachment(part):
            texts[part.get_content_subtype()].append(_content(part))
    html = html_to_text("\n".join(texts["html"])) if texts["html"] else ""
    return storable(html or tidy("\n\n".join(texts["plain"])))


def _content(part):
    octets = part.get_payload(decode=True)
    if octets is None:
        return str(part.get_payload())
    return decode(octets, part.get_content_charset())
