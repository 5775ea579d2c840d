"""The mails: three kinds, each mail with its own Message-ID and content."""

import base64
import itertools
import random
from dataclasses import dataclass
from email.utils import format_datetime

from odoo.fields import Datetime

DOMAINS = 100
SEPARATORS = (" ",) * 12 + (".\r\n",)
ATTACHMENT_BYTES = 1_000_000
BOUNDARY = "boundary-of-the-benchmark"
WORDS = (
    "account address agree answer balance before billing cancel change contract "
    "customer deadline delivery department desk details device document error export "
    "failure following friday handle install invoice kindly laptop letter machine "
    "meeting monday morning network number office order paper payment person phone "
    "please possible printer problem product question quickly reason receipt regards "
    "repair report request return sales screen server service signed software store "
    "supply support system thanks today tomorrow transfer update urgent version "
    "warranty website weekend window working yesterday Zürich façade naïve Größe"
).split()


def sender(number):
    """Return the customer's address; their domains are equally frequent."""
    return f"customer@company-{number % DOMAINS:02}.example"


@dataclass(frozen=True)
class Kind:
    name: str
    content: callable


class MailFactory:
    """Makes mails to one address, from one customer after the other.

    :param int seed: the same seed makes the same mails
    """

    def __init__(self, seed, to):
        self._random = random.Random(seed)
        self._to = to
        self._numbers = itertools.count()

    def make(self, kind):
        number = next(self._numbers)
        content_headers, body = kind.content(self._random)
        headers = [
            f"Received: from mx.company.example by mx.example; {_date()}",
            f"Message-ID: <{number}.{self._random.getrandbits(64):x}@company.example>",
            f"Date: {_date()}",
            f"From: The Customer <{sender(number)}>",
            f"To: {self._to}",
            f"Subject: Request {number} about the order of last month",
            "MIME-Version: 1.0",
            *content_headers,
        ]
        return "\r\n".join([*headers, "", body]).encode()


def _date():
    return format_datetime(Datetime.now())


def _words(source, count):
    words = source.choices(WORDS, k=count)
    separators = source.choices(SEPARATORS, k=count)
    return "".join(itertools.chain.from_iterable(zip(words, separators, strict=True)))


def _plain(size):
    def content(source):
        headers = (
            'Content-Type: text/plain; charset="utf-8"',
            "Content-Transfer-Encoding: 8bit",
        )
        return headers, _words(source, size // 8)

    return content


def _html(size):
    """Like a newsletter or a long thread: tables and styles around the text."""

    def content(source):
        headers = (
            'Content-Type: text/html; charset="utf-8"',
            "Content-Transfer-Encoding: 8bit",
        )
        rows = []
        while sum(map(len, rows)) < size:
            rows.extend(_html_row(source) for _ in range(20))
        return headers, "\r\n".join(
            ["<html><body><table width='600'>", *rows, "</table></body></html>"]
        )

    return content


def _html_row(source):
    color = f"#{source.getrandbits(24):06x}"
    return (
        f'<tr><td class="cell" style="padding:4px;color:{color}"><p>'
        f"{_words(source, 100)}</p></td><td>"
        f'<a href="https://www.company.example/{source.getrandbits(32):x}">'
        f"<b>{_words(source, 3)}</b></a></td></tr>"
    )


def _with_attachment(size):
    def content(source):
        headers = (f'Content-Type: multipart/mixed; boundary="{BOUNDARY}"',)
        text_headers, text = _plain(2_000)(source)
        octets = base64.encodebytes(source.randbytes(size)).decode()
        lines = [
            f"--{BOUNDARY}",
            *text_headers,
            "",
            text,
            f"--{BOUNDARY}",
            'Content-Type: application/pdf; name="contract.pdf"',
            'Content-Disposition: attachment; filename="contract.pdf"',
            "Content-Transfer-Encoding: base64",
            "",
            octets.replace("\n", "\r\n"),
            f"--{BOUNDARY}--",
            "",
        ]
        return headers, "\r\n".join(lines)

    return content


PLAIN = Kind("2 kB plain text", _plain(2_000))
HTML = Kind("200 kB HTML", _html(200_000))
ATTACHMENT = Kind("1 MB attachment", _with_attachment(ATTACHMENT_BYTES))
