"""Everything a rule may look at in one e-mail, computed once."""

from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import getaddresses, parsedate_to_datetime
from functools import cached_property

from .parts import content_parts, html_code, readable_text
from .robots import robot_kind
from .searchable import Searchable
from .tables import tables_of
from .text import header_line, storable, without_encoded_words
from .trust import authenticate

# Rules see, and the ledger shows, this many characters of text; a longer mail
# says nothing more that decides where it belongs.
BODY_LIMIT = 100_000
HTML_LIMIT = 500_000
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
    line; ``date`` is a naive datetime in UTC, or ``None``; ``size`` is in bytes;
    ``html`` is what ``body`` was made from, unless the mail is plain text.
    ``plus_tag`` is the ``tag`` of ``anything+tag@`` at an address of ours: only who
    knows our addresses can set it.
    ``authentication`` is what ``authenticate`` returns. ``sender_kind`` is ``user``,
    ``portal``, ``contact`` or ``unknown``; only who knows the senders can set it, and
    ``is_trusted``: whether the sender may be taken for whom the mail names.
    """

    subject: str = ""
    body: str = ""
    html: str = field(default="", repr=False)
    email_from: str = ""
    from_name: str = ""
    from_domain: str = ""
    to: str = ""
    cc: str = ""
    recipients: str = ""
    envelope: str = ""
    plus_tag: str = ""
    delivered_to: str = ""
    headers: str = ""
    date: datetime | None = None
    size: int = 0
    attachment_count: int = 0
    attachment_names: str = ""
    attachment_types: str = ""
    is_reply: bool = False
    robot: str = ""
    authentication: str = "none"
    is_trusted: bool = True
    sender_kind: str = "unknown"
    _searchable: dict = field(default_factory=dict, repr=False, compare=False)
    keyword_index: object = field(default=None, repr=False, compare=False)
    _found: dict = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, message, size, authserv_ids=frozenset()):
        """Return the facts of a parsed mail. Raises nothing, however bad it is.

        :param email.message.Message message: the mail
        :param int size: of the raw mail, in bytes
        :param frozenset authserv_ids: servers whose word counts, see ``authenticate``
        """
        lines = [
            (name.lower(), header_line(str(value)[:HEADERS_LIMIT]))
            for name, value in message.raw_items()
        ]
        headers = [(name, without_encoded_words(line)) for name, line in lines]
        addresses = _Addresses(lines)
        from_name, email_from = addresses.first("from")
        parts = content_parts(message)
        html = html_code(parts)
        attachments = [part for part in parts if part.is_attachment]
        return cls(
            subject=_first(headers, "subject")[:LINE_LIMIT],
            body=readable_text(parts, html)[:BODY_LIMIT],
            html=html[:HTML_LIMIT],
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
            attachment_names="\n".join(
                part.file_name or "attachment" for part in attachments
            ),
            attachment_types="\n".join(part.type for part in attachments),
            is_reply=bool(
                _first(headers, "in-reply-to") or _first(headers, "references")
            ),
            robot=robot_kind(
                headers, email_from, message.get_content_type(), _report_type(message)
            ),
            authentication=authenticate(
                [line for name, line in lines if name == "authentication-results"],
                addresses.of("from"),
                authserv_ids,
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

    @cached_property
    def sender_keys(self):
        """All that a rule may call the sender: ``ann@mail.acme.test``,
        ``mail.acme.test``, ``*.acme.test``, ``*.test``."""
        parts = self.from_domain.split(".")
        parents = (".".join(parts[start:]) for start in range(1, len(parts)))
        return {self.email_from, self.from_domain, *(f"*.{name}" for name in parents)}

    def has(self, keyword):
        """Tell whether the mail has a ``Keyword``; those of ``keyword_index`` are
        looked for together, once."""
        index = self.keyword_index
        if not index or keyword not in index:
            return keyword.is_in(self)
        if (index, keyword.place) not in self._found:
            self._found[index, keyword.place] = index.found_in(self, keyword.place)
        return keyword in self._found[index, keyword.place]

    def found(self, extraction):
        """Return what an ``Extraction`` finds in the mail, a list of ``Found``."""
        if extraction not in self._found:
            self._found[extraction] = extraction.find(self)
        return self._found[extraction]

    def searchable(self, place):
        """Return the text of a place for patterns to search in, folded once.

        :param str place: ``anywhere`` or the name of a text fact
        """
        if place not in self._searchable:
            if place == "anywhere":
                text = "\n".join((self.subject, self.body, self.headers))
            else:
                text = getattr(self, place)
            self._searchable[place] = Searchable(text)
        return self._searchable[place]

    @cached_property
    def tables(self):
        """The tables of the HTML, see ``tables_of``."""
        return tables_of(self.html)


class _Addresses:
    """The addresses in headers whose encoded words are still encoded: a display
    name may look like an address once it is decoded."""

    def __init__(self, headers):
        self._headers = headers

    def of(self, name):
        return [address for _, address in self._all(name)]

    def first(self, name):
        """Return the display name and the address of a header's first address."""
        return next(iter(self._all(name)), ("", ""))

    def joined(self, *names):
        found = (address for name in names for address in self.of(name))
        return ", ".join(dict.fromkeys(found))

    def _all(self, name):
        values = [line for header, line in self._headers if header == name]
        # some programs encode the address, too
        decoded = map(without_encoded_words, values)
        return self._split(values) or self._split(decoded)

    def _split(self, values):
        return [
            (
                without_encoded_words(display).strip()[:LINE_LIMIT],
                storable(address).strip().lower()[:ADDRESS_LIMIT],
            )
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
