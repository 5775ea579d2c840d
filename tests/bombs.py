"""Mails made to choke whoever reads them, and large ones that people do send."""

import struct
import zlib
from base64 import b64encode, encodebytes

HEAD = (
    b"From: Mallory <mallory@evil.example>\r\nTo: %s\r\nSubject: Bomb\r\n"
    b"Message-ID: <bomb@evil.example>\r\nDate: Mon, 3 Nov 2025 08:00:00 +0000\r\n"
    b"MIME-Version: 1.0\r\n"
)
TO = b"support@mail.example"
MEGABYTE = 1_000_000


def headers(*extra, to=TO):
    return HEAD % to + b"".join(line + b"\r\n" for line in extra)


def plain(text, *extra):
    return headers(b"Content-Type: text/plain; charset=utf-8", *extra) + b"\r\n" + text


def html(text):
    return headers(b"Content-Type: text/html; charset=utf-8") + b"\r\n" + text


def repeated(token, size):
    return token * (size // len(token))


def multipart(parts, subtype=b"mixed", boundary=b"b"):
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts)
    kind = b"Content-Type: multipart/%s; boundary=%s" % (subtype, boundary)
    return headers(kind) + b"\r\n" + body + b"--%s--\r\n" % boundary


def nested(levels, inner=b"Content-Type: text/plain\r\n\r\nDeep down.\r\n"):
    opened = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
        for n in range(levels)
    )
    return HEAD % TO + opened + inner


def nested_mails(levels):
    inner = b"Content-Type: message/rfc822\r\n\r\n"
    return headers() + inner * levels + b"Subject: in\r\n\r\nDeep down.\r\n"


def nested_multiparts_of_mails(size):
    """What each level of an endless enclosure looks like."""
    level = (
        b'Content-Type: multipart/mixed; boundary="x%d"\r\n\r\n--x%d\r\n\r\ntext\r\n'
        b"--x%d\r\nContent-Type: message/rfc822\r\n\r\n"
    )
    count = size // len(level % (9999, 9999, 9999))
    return HEAD % TO + b"".join(level % (n, n, n) for n in range(count))


def png(width, height):
    """Return a black-and-white image of nothing."""

    def chunk(kind, data):
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    packer = zlib.compressobj(9)
    row = bytes(1 + width // 8)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    size = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size)
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


def with_file(content, name, kind):
    head = b"Content-Type: %s; name=%s\r\nContent-Transfer-Encoding: base64\r\n"
    file = head % (kind, name) + b"\r\n" + encodebytes(content)
    return multipart([b"Content-Type: text/plain\r\n\r\nSee the file.", file])


HTML_PART = b"Content-Type: text/html\r\n\r\n<p>Hello</p>"

# Each as a function: together they are large.
BOMBS = {
    "800 HTML parts": lambda: multipart([HTML_PART] * 800),
    "20 000 parts": lambda: multipart([b"\r\nx"] * 20_000),
    "1 500 nested multiparts": lambda: nested(1500),
    "3 MB of enclosures": lambda: nested_multiparts_of_mails(3 * MEGABYTE),
    "1 500 nested mails": lambda: nested_mails(1500),
    "30 levels of many lines": lambda: nested(30, b"\r\n" + b"--x\r\n" * MEGABYTE),
    "5 000 ( in From": lambda: headers(b"From: %s" % (b"(" * 5000)) + b"\r\nText",
    "300 ( in Message-ID": lambda: (
        headers(b"Message-ID: <a%s@b.example>" % (b"(" * 300)) + b"\r\nText"
    ),
    "64 kB of \\ in From": lambda: (
        headers(b"From: %s" % (b"\\" * 64_000)) + b"\r\nText"
    ),
    "64 kB of quotes in Content-Type": lambda: (
        headers(b"Content-Type: text/plain; %s" % (b'"' * 64_000)) + b"\r\nText"
    ),
    "64 kB of @ in Content-Transfer-Encoding": lambda: (
        headers(b"Content-Transfer-Encoding: %s" % (b"@" * 64_000)) + b"\r\nText"
    ),
    "280 kB of subject": lambda: (
        headers(b"Subject: %s" % (b"=?utf-8?q?a?=\r\n " * 20_000)) + b"\r\nText"
    ),
    "1 MB of references": lambda: (
        headers(b"References: %s" % repeated(b"<a@b.example> ", MEGABYTE)) + b"\r\nText"
    ),
    "20 000 recipients": lambda: (
        headers(to=repeated(b"Some One <one@there.example>, ", 600_000) + TO)
        + b"\r\nText"
    ),
    "100 000 headers": lambda: headers(*[b"X-Header: value"] * 100_000) + b"\r\nText",
    "one line of 10 MB": lambda: plain(b"a" * 10 * MEGABYTE),
    "10 MB of empty lines": lambda: plain(b"\n" * 10 * MEGABYTE),
    "10 MB of CR": lambda: plain(b"\r" * 10 * MEGABYTE),
    "10 MB of quotations": lambda: plain(repeated(b"> a\nb\n", 10 * MEGABYTE)),
    "900 kB of quotations": lambda: plain(repeated(b"> a\nb\n", 900_000)),
    "900 kB of &": lambda: plain(b"&" * 900_000),
    "10 MB of base64 garbage": lambda: (
        headers(b"Content-Transfer-Encoding: base64")
        + b"\r\n"
        + repeated(b"not base64, \xff ", 10 * MEGABYTE)
    ),
    "10 MB without headers": lambda: repeated(bytes(range(1, 256)), 10 * MEGABYTE),
    "10 MB of NUL": lambda: plain(b"\0" * 10 * MEGABYTE),
    "100 000 levels of HTML": lambda: html(b"<b>" * 100_000 + b"deep"),
    "400 levels of HTML": lambda: html(b"<div>" * 400 + b"deep" + b"</div>" * 400),
    "300 000 HTML elements": lambda: html(b"<br>" * 300_000),
    "1 MB of style attribute": lambda: html(
        b'<p style="%s">x</p>' % repeated(b"color:red;", MEGABYTE)
    ),
    "600 kB of one word in style": lambda: html(
        b'<p style="%s">x</p>' % (b"a" * 600_000)
    ),
    "10 MB of HTML": lambda: html(repeated(b"<p>Hello</p>", 10 * MEGABYTE)),
    "12 000 siblings of a quotation": lambda: html(
        b'<div class="gmail_extra">x</div>' + b"<i>x</i>" * 12_000
    ),
    **{
        f"300 kB of {token.decode()!r} in HTML{' ' + where.decode()}": (
            lambda token=token, where=where: html(where % repeated(token, 300_000))
        )
        for where in (b"%s", b"<!-- %s -->", b'<img src="%s">', b"<style>%s</style>")
        for token in (b"<", b"<a ", b"<!--", b"[if a]", b"/*", b"url(", b"&#60;")
    },
    "300 kB of hidden images": lambda: html(
        b'<p style="%s">x</p>' % repeated(b"d\\61 ta:image/", 300_000)
    ),
    "a PNG of 30 000 x 30 000": lambda: with_file(
        png(30_000, 30_000), b"huge.png", b"image/png"
    ),
    "a PNG of 12 000 x 12 000": lambda: with_file(
        png(12_000, 12_000), b"large.png", b"image/png"
    ),
}
CELL = b'<td style="color:red;font-size:10pt" class="x">Offer</td>'
# All that the limits allow
BOMBS |= {
    "as much text as may be": lambda: plain(b"Hello, World!!\n" * 66_000),
    "as much to escape as may be": lambda: plain(b"&<>" * 66_000),
    "as many quotations as may be": lambda: plain(b"> a\nb\n" * 5_900),
    "as much HTML as may be": lambda: html(
        b"<table>%s</table>" % (b"<tr>%s</tr>\n" % (CELL * 4) * 4_000)
    ),
    "as large an image as may be": lambda: html(
        b'<p>Look: <img src="data:image/png;base64,%s"></p>'
        % b64encode(bytes(range(256)) * 14_000)
    ),
    "as many hidden images as may be": lambda: html(
        b'<p title="%s">x</p>' % repeated(b"%64ata:image/", 54_000)
    ),
    "as long an address of an image as may be": lambda: html(
        b'<img src="%s">x' % (b"a" * 9_900)
    ),
    "as many elements as may be": lambda: html(b"<p><i>a</i></p>" * 6_900),
    "as many siblings as may be": lambda: html(b"<i>x</i>" * 6_900),
    "as many siblings of a quotation as may be": lambda: html(
        b'<div class="gmail_extra">x</div>' + b"<i>x</i>" * 980
    ),
    "as many HTML parts as may be": lambda: multipart(
        [b"Content-Type: text/html\r\n\r\n" + b"<p>Hello</p>" * 24] * 49
    ),
    "as much HTML in parts as may be": lambda: multipart(
        [b"Content-Type: text/html\r\n\r\n" + b"<p>Hello, World, this is much</p>" * 28]
        * 45
    ),
    "as many files as may be": lambda: multipart(
        [b'Content-Type: text/html; name="a.html"\r\n\r\n<p>Hello</p>'] * 290
    ),
    "10 MB of text in a file": lambda: multipart(
        [b"Content-Type: text/plain; name=a.txt\r\n\r\n" + b"a <b> \r\n" * 1_200_000]
    ),
    "10 MB of short lines in a file": lambda: multipart(
        [b"Content-Type: application/x\r\n\r\n" + b"aaaaaaaaa\n" * 990_000]
    ),
    "as many recipients as may be": lambda: (
        headers(to=b"Some One <one@there.example>, " * 499 + TO) + b"\r\nText"
    ),
    "as long a subject as may be": lambda: (
        headers(b"Subject: %s" % repeated(b"=?utf-8?q?a?=\r\n ", 32_000)) + b"\r\nText"
    ),
}
# Those that are shown as they are, but for what nobody can read.
UNHARMED = (
    *(name for name in BOMBS if "as may be" in name),
    "10 MB of short lines in a file",
    "3 MB of enclosures",
    "1 500 nested mails",
    "64 kB of quotes in Content-Type",
    "64 kB of @ in Content-Transfer-Encoding",
    "10 MB of NUL",
    "a PNG of 30 000 x 30 000",
    "a PNG of 12 000 x 12 000",
)


# ----------------------------------------------------------------------
# What people do send
# ----------------------------------------------------------------------

ROW = (
    b'<tr><td style="padding:0;font-size:10pt">Offer %d</td><td>only 9,99</td></tr>\r\n'
)


def newsletter():
    """Return 300 kB of tables."""
    rows = b"".join(ROW % number for number in range(4_000))
    return html(b"<html><body><table>%s</table></body></html>" % rows)


def outlook():
    """Return a short mail below 500 kB of style."""
    style = repeated(
        b"@list l0:level1\r\n\t{mso-level-number-format:bullet;\r\n\t"
        b"mso-level-text:\xef\x82\xb7;\r\n\tfont-family:Symbol;}\r\n"
        b"/* Style Definitions */\r\np.MsoNormal, li.MsoNormal\r\n\t{margin:0cm;}\r\n",
        500_000,
    )
    return html(
        b"<html><head><style><!--\r\n%s--></style><!--[if gte mso 9]><xml>"
        b"<o:shapedefaults/></xml><![endif]--></head><body><div class=WordSection1>"
        b"%s<p class=MsoNormal>--<br>Ann</p></div></body></html>"
        % (style, b"<p class=MsoNormal>Hello<o:p></o:p></p>\r\n" * 300)
    )


def reply_chain():
    """Return a text with 60 answers, each with all that came before it."""
    quoted = b"".join(
        b"%s On Monday, Ann wrote:\r\n" % (b">" * depth)
        + b"".join(b"%s line %d\r\n" % (b">" * depth, line) for line in range(30))
        for depth in range(1, 60)
    )
    return plain(b"I agree.\r\n\r\n" + quoted + b"\r\n-- \r\nBen\r\n")


def html_reply_chain():
    """Return HTML with 40 answers in one another."""
    opened = (
        b'<div class="gmail_quote"><div class="gmail_attr">Ann wrote:<br></div>'
        b'<blockquote class="gmail_quote" style="margin:0 0 0 .8ex">'
    ) + b"<div>A line of an answer</div>" * 20
    return html(b"<div>I agree.</div>" + opened * 40 + b"</blockquote></div>" * 40)


def inline_image():
    octets = bytes(range(256)) * 2_000
    return html(b'<p>Look:<img src="data:image/png;base64,%s"></p>' % b64encode(octets))


NORMAL = {
    "newsletter": newsletter,
    "Outlook": outlook,
    "replies as text": reply_chain,
    "replies as HTML": html_reply_chain,
    "image in the HTML": inline_image,
    "300 recipients": lambda: (
        headers(to=b"Some One <one@there.example>, " * 299 + TO) + b"\r\nText"
    ),
    "2 MB attachment": lambda: with_file(
        bytes(range(256)) * 8_000, b"a.pdf", b"application/pdf"
    ),
    "40 photos": lambda: multipart(
        [b"\r\nLook:"]
        + [b"Content-Type: image/jpeg\r\n\r\n\xff\xd8 %d" % n for n in range(40)]
    ),
    "500 kB of log": lambda: plain(
        repeated(b"2025-11-03 08:00:00 INFO <worker-1> it's done & well\r\n", 500_000)
    ),
    "dashes": lambda: plain(b"--- a/file\r\n+++ b/file\r\n" * 5_000),
}
