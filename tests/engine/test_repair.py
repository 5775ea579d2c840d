from base64 import b64encode
from email import message_from_bytes, policy

import pytest

from odoo.addons.mail_task_rules.engine.repair import repair, text_files

LABELS = [
    "x-unknown",
    "unknown-8bit",
    "binary",
    "default",
    "_iso-2022-jp$esc",
    '"utf-8; format=flowed"',
    "utf-8utf-8",
    "x-user-defined",
    "windows-936",
    "undefined",
    "base64",
]


def parse(raw):
    return message_from_bytes(raw, policy=policy.SMTP)


def codes(mail):
    return [finding.code for finding in repair(mail)]


def text_mail(charset, body, encoding="8bit"):
    return parse(
        f"Content-Type: text/plain; charset={charset}\n"
        f"Content-Transfer-Encoding: {encoding}\n\n".encode()
        + body
    )


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize(
    ("octets", "text"), [("Grüße".encode(), "Grüße"), (b"Gr\xfc\xdfe", "Grüße")]
)
def test_unknown_charset_is_guessed_and_named(label, octets, text):
    mail = text_mail(label, octets)
    [finding] = repair(mail)
    assert (finding.code, finding.value) == ("charset", label.strip('"').lower())
    assert mail.get_content().strip() == text


@pytest.mark.parametrize("charset", ["utf-8", "latin-1", "KOI8-R", "us-ascii"])
def test_healthy_mail_is_not_touched(charset):
    mail = text_mail(charset, b"Hello\n")
    before = mail.as_bytes()
    assert repair(mail) == []
    assert mail.as_bytes() == before


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("8bit", b"a\x00b"), ("quoted-printable", b"a=00b"), ("base64", b"YQBi")],
)
def test_nul_is_removed(encoding, body):
    mail = text_mail("utf-8", body, encoding)
    assert codes(mail) == ["control"]
    assert mail.get_content().strip() == "ab"


def test_part_of_an_unknown_type_becomes_octets():
    mail = parse(b'Content-Type: signature/plain; name="s.txt"\n\nHello\n')
    repair(mail)
    assert mail.get_content() == b"Hello\n"
    assert mail.get_filename() == "s.txt"


def test_attachments_keep_their_octets():
    mail = parse(
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n"
        b"Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n"
        b"AAEC/w==\n--x--\n"
    )
    repair(mail)
    assert mail.get_payload(0).get_content() == b"\x00\x01\x02\xff"


@pytest.mark.parametrize("charset", ["utf-16", "x-unknown"])
def test_attached_texts_keep_their_octets(charset):
    octets = "Grüße".encode("utf-16")
    mail = parse(
        f"Content-Type: text/plain; charset={charset}; name=a.txt\n"
        "Content-Disposition: attachment; filename=a.txt\n"
        "Content-Transfer-Encoding: base64\n\n".encode()
        + b64encode(octets)
    )
    mixed = parse(b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\n--x--\n")
    mixed.set_payload([mail])
    repair(mixed)
    content = mail.get_content()
    assert content == octets or text_files(mixed)["a.txt"] == [octets]
    assert mail.get_filename() == "a.txt"


def test_inline_utf_16_is_not_touched():
    mail = text_mail("utf-16", b64encode("Grüße".encode("utf-16")), "base64")
    assert repair(mail) == []
    assert mail.get_content() == "Grüße"


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("cp1251", "Счёт на оплату"),
        ("koi8-r", "Привет, как дела"),
        ("cp1252", "Grüße aus Köln"),
        ("cp1250", "Žluťoučký kůň"),
        ("cp1253", "Καλημέρα κόσμε"),
        ("cp932", "請求書のご確認"),
        ("gb18030", "关于订单的问题"),
    ],
)
def test_raw_octets_in_a_header_are_a_guess(charset, text):
    mail = parse(b"Subject: " + text.encode(charset) + b"\n\nHello\n")
    [finding] = repair(mail)
    assert mail["Subject"] == text
    assert finding.code == "charset"


def test_charset_that_the_text_names_is_the_likely_one_of_a_header():
    mail = parse(
        b"Subject: \xa9\xec\xa5\xd1\nContent-Type: text/plain; charset=big5\n\nHello\n"
    )
    repair(mail)
    assert mail["Subject"] == b"\xa9\xec\xa5\xd1".decode("big5")


def test_raw_utf_8_in_a_header_is_right():
    mail = parse("Subject: Grüße\n\nHello\n".encode())
    assert repair(mail) == []
    assert mail["Subject"] == "Grüße"


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("=?x-unknown?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?x-mac-roman?q?Gr=9F=A7e?=", "Grüße"),
        ("=?utf-8?q?Gr=FC=DFe?=", "Grüße"),
        ("=?utf-8?b?R3IAdQ==?=", "Gru"),
        ("=?x-unknown?b?R/w=?= =?x-unknown?b?3w==?=", "Güß"),
    ],
)
def test_encoded_words_nobody_can_decode_are_written_anew(word, text):
    mail = parse(f"Subject: Re: {word}\nFrom: {word} <a@b.example>\n\nHello\n".encode())
    repair(mail)
    assert mail["Subject"] == f"Re: {text}"
    assert str(mail["From"]) == f"{text} <a@b.example>"


@pytest.mark.parametrize("sender", ["a:a@b.example;, <@", 'x <a@b.example>, "'])
def test_address_that_crashes_the_parser_is_saved(sender):
    mail = parse(f"From: {sender}\n\nHello\n".encode())
    repair(mail)
    assert [address.addr_spec for address in mail["From"].addresses] == ["a@b.example"]


@pytest.mark.parametrize(
    "date", ["Mon, 30 Jun 3609 15:33:50 +0600", "Fri, 31 Dec 9999 23:59:59 -2300"]
)
def test_impossible_date_is_dropped(date):
    mail = parse(f"Date: {date}\n\nHello\n".encode())
    assert codes(mail) == ["date"]
    assert mail["Date"] is None


def test_text_that_is_not_the_base64_it_is_said_to_be():
    mail = text_mail("utf-8", b"Dear Sir, this is text!\n", "base64")
    assert codes(mail) == ["encoding"]
    assert mail.get_content() == "Dear Sir, this is text!\n"


@pytest.mark.parametrize("encoding", ["8bits", "7-bit", "quoted printable", "base-64;"])
def test_misspelt_encoding(encoding):
    body = b64encode(b"Hello") if "64" in encoding else b"Hello"
    mail = text_mail("utf-8", body, encoding)
    assert codes(mail) == ["encoding"]
    assert mail.get_content() == "Hello"


def test_multipart_without_parts_is_shown():
    mail = parse(b"Content-Type: multipart/mixed; boundary=gone\n\nHello\n")
    assert codes(mail) == ["content_type"]
    assert mail.get_content() == "Hello\n"
