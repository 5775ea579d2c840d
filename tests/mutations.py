"""Real mails, damaged: what a bad program, a bad line or a bad person makes of them.

A mutant is made from its seed alone (and the mails to start from), so that what it
broke can be broken again.
"""

import re
from random import Random

BOUNDARY = re.compile(rb"boundary=\"?([^\"\r\n;]+)", re.IGNORECASE)
CHARSET = re.compile(rb"charset=\"?[\w.:-]+\"?", re.IGNORECASE)
ENCODING = re.compile(rb"(content-transfer-encoding:) *[\w-]+", re.IGNORECASE)
TYPE = re.compile(rb"(content-type:) *[\w/.+-]+", re.IGNORECASE)
HEADER = re.compile(rb"^([\w-]+):[^\n]*\n(?:[ \t][^\n]*\n)*", re.MULTILINE)
PARAMETER = re.compile(rb"=\"?[^\"\r\n;]+\"?")

CHARSETS = (
    *(b"utf-8", b"utf-16", b"utf-7", b"us-ascii", b"iso-8859-1", b"windows-1251"),
    *(b"koi8-r", b"big5", b"gb18030", b"iso-2022-jp", b"shift_jis", b"euc-kr"),
    *(b"x-unknown", b"unknown-8bit", b"default", b"binary", b"idna", b"punycode"),
    *(b"hex", b"rot13", b"unicode_escape", b"raw_unicode_escape", b"undefined"),
    *(b"", b"\xff", b"utf-8\0", b"a" * 300),
)
ENCODINGS = (b"base64", b"quoted-printable", b"8bit", b"binary", b"x-uuencode", b"q")
TYPES = (
    *(b"text/plain", b"text/html", b"text/calendar", b"text/rfc822-headers"),
    *(b"message/rfc822", b"message/partial", b"message/delivery-status"),
    *(b"message/external-body", b"multipart/mixed", b"multipart/alternative"),
    *(b"multipart/related", b"multipart/report", b"multipart/digest"),
    *(b"application/octet-stream", b"image/png", b"signature/plain", b"/", b"text"),
)
ODD = (
    *(b"\0", b"\r", b"\n", b"\x1b$B", b"\x80", b"\xff\xfe", b"\xed\xa0\x80"),
    *(b"\xe2\x80\xae", b"\xef\xbb\xbf", b"\x0b", b"\x1c", b"\x85", b"\xc2\x85"),
    *(b"=?", b"=?utf-8?b?", b"=?utf-8?q?=ZZ?=", b"=?x?b?////?=", b"?=", b"=00"),
    *(b"%00", b"<", b">", b"(", b'"', b"\\", b",", b";", b":", b"@", b"[", b"&#0;"),
    *(b"<!--", b"<![CDATA[", b"<div>" * 300, b"<table>", b"</body>", b"<base href=x>"),
)
NAMES = (
    *(b"From", b"To", b"Cc", b"Subject", b"Date", b"Message-ID", b"In-Reply-To"),
    *(b"References", b"Content-Type", b"Content-Disposition", b"MIME-Version"),
    *(b"Content-Transfer-Encoding", b"Content-ID", b"Return-Path", b"Delivered-To"),
    *(b"Auto-Submitted", b"List-Id", b"Reply-To", b"Sender", b"X-Odoo-Objects"),
)


def mutant(seed, mails):
    """Return a damaged mail.

    :param int seed: equal seeds make equal mutants
    :param list mails: raw mails to start from, always in the same order
    """
    random = Random(seed)
    raw = random.choice(mails)
    for _ in range(random.choice((1, 1, 2, 3, 5))):
        raw = random.choice(MUTATIONS)(random, raw, mails)
    return raw


# ----------------------------------------------------------------------
# Octets
# ----------------------------------------------------------------------


def flip_bits(random, raw, mails):
    octets = bytearray(raw or b"x")
    for _ in range(random.randint(1, 20)):
        octets[random.randrange(len(octets))] ^= 1 << random.randrange(8)
    return bytes(octets)


def truncate(random, raw, mails):
    return raw[: _place(random, raw)]


def lose_the_start(random, raw, mails):
    return raw[_place(random, raw) :]


def insert_odd_octets(random, raw, mails):
    for _ in range(random.randint(1, 5)):
        place = _place(random, raw)
        raw = raw[:place] + random.choice(ODD) + raw[place:]
    return raw


def repeat_a_piece(random, raw, mails):
    start, end = _piece(random, raw)
    return raw[:start] + raw[start:end] * random.randint(2, 20) + raw[end:]


def splice(random, raw, mails):
    """Go on with another mail."""
    other = random.choice(mails)
    return raw[: _place(random, raw)] + other[_place(random, other) :]


# ----------------------------------------------------------------------
# Lines
# ----------------------------------------------------------------------


def mix_line_ends(random, raw, mails):
    ends = (b"\n", b"\r\n", b"\r", b"\n\r", b"\r\r\n")
    if random.random() < 0.3:
        ends = (random.choice(ends),)
    lines = raw.replace(b"\r\n", b"\n").split(b"\n")
    return b"".join(line + random.choice(ends) for line in lines)


def lose_lines(random, raw, mails):
    lines = raw.splitlines(keepends=True)
    return b"".join(line for line in lines if random.random() > 0.05)


def swap_lines(random, raw, mails):
    lines = raw.splitlines(keepends=True) or [b""]
    for _ in range(random.randint(1, 10)):
        one, two = random.randrange(len(lines)), random.randrange(len(lines))
        lines[one], lines[two] = lines[two], lines[one]
    return b"".join(lines)


def lose_the_blank_line(random, raw, mails):
    return re.sub(rb"\r?\n\r?\n", b"\n", raw, count=random.randint(1, 3))


# ----------------------------------------------------------------------
# Headers
# ----------------------------------------------------------------------


def double_a_header(random, raw, mails):
    header = _header(random, raw)
    place = _header_place(random, raw)
    return raw[:place] + header * random.randint(1, 30) + raw[place:]


def take_a_foreign_header(random, raw, mails):
    header = _header(random, random.choice(mails))
    place = _header_place(random, raw)
    return raw[:place] + header + raw[place:]


def lose_a_header(random, raw, mails):
    return raw.replace(_header(random, raw), b"", 1)


def add_a_huge_header(random, raw, mails):
    piece = random.choice((b"a", b"a ", b"<a@b.test>, ", b"=?utf-8?q?=C3=A4?= ", *ODD))
    # each order of magnitude as often as the others
    value = piece * (int(10 ** random.uniform(2, 4.8)) // len(piece) + 1)
    return random.choice(NAMES) + b": " + value + b"\r\n" + raw


def write_odd_header(random, raw, mails):
    value = b" ".join(random.choices(ODD + CHARSETS, k=random.randint(0, 6)))
    return random.choice(NAMES) + b": " + value + b"\r\n" + raw


def damage_a_parameter(random, raw, mails):
    values = (b"=", b'="', b"*0=a; x*2=b", b"*=utf-8''%ff%00", b"*=''", b'="\xff"')
    return _replace(random, PARAMETER, random.choice(values), raw)


# ----------------------------------------------------------------------
# Parts
# ----------------------------------------------------------------------


def change_charset(random, raw, mails):
    return _replace(random, CHARSET, b"charset=" + random.choice(CHARSETS), raw)


def change_encoding(random, raw, mails):
    return _replace(random, ENCODING, rb"\1 " + random.choice(ENCODINGS), raw)


def change_type(random, raw, mails):
    return _replace(random, TYPE, rb"\1 " + random.choice(TYPES), raw)


def damage_boundary(random, raw, mails):
    found = BOUNDARY.search(raw)
    if not found:
        return raw
    line = b"--" + found[1].strip()
    other = random.choice(
        (b"", b"--", line + b" ", line[:-1], line + b"--", b"-" + line)
    )
    parts = raw.split(line)
    return b"".join(part + (line if random.random() < 0.7 else other) for part in parts)


def shuffle_parts(random, raw, mails):
    found = BOUNDARY.search(raw)
    if not found:
        return raw
    line = b"--" + found[1].strip()
    head, *parts = raw.split(line)
    random.shuffle(parts)
    return line.join([head, *parts, *parts[: random.randint(0, 2)]])


def attach_to_a_mail(random, raw, mails):
    for depth in range(random.choice((1, 1, 2, 10, 60))):
        raw = b"From: a@b.test\r\nContent-Type: message/rfc822\r\n\r\n" + raw
        if random.random() < 0.5:
            raw = _enclosed(raw, b"nest%d" % depth)
    return raw


def _enclosed(raw, boundary):
    head = b"Subject: x\r\nContent-Type: multipart/mixed; boundary=" + boundary
    return b"\r\n".join(
        (head, b"", b"--" + boundary, raw, b"--" + boundary, b"", b"end")
    )


MUTATIONS = (
    *(flip_bits, truncate, lose_the_start, insert_odd_octets, repeat_a_piece, splice),
    *(mix_line_ends, lose_lines, swap_lines, lose_the_blank_line),
    *(double_a_header, take_a_foreign_header, lose_a_header, add_a_huge_header),
    *(write_odd_header, damage_a_parameter, change_charset, change_encoding),
    *(change_type, damage_boundary, shuffle_parts, attach_to_a_mail),
)


# ----------------------------------------------------------------------
# Helpers
# ----------------------------------------------------------------------


def _place(random, raw):
    return random.randrange(len(raw) + 1)


def _piece(random, raw):
    start = _place(random, raw)
    return start, min(len(raw), start + random.randint(1, 2_000))


def _head(raw):
    return re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]


def _header(random, raw):
    headers = [found[0] for found in HEADER.finditer(_head(raw) + b"\n")]
    return random.choice(headers or [b"X: y\n"])


def _header_place(random, raw):
    starts = [found.start() for found in HEADER.finditer(_head(raw) + b"\n")]
    return random.choice(starts or [0])


def _replace(random, pattern, value, raw):
    """Replace one of the places where the pattern is found."""
    places = list(pattern.finditer(raw))
    if not places:
        return raw
    found = random.choice(places)
    return raw[: found.start()] + found.expand(value) + raw[found.end() :]
