from base64 import b64encode
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.mail_task_rules.engine.repair import repair

LABELS = [
    "x-unknown",
    "unknown-8bit",
    "x-mac-roman",
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
    assert repair(mail) == [label.strip('"')]
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
    assert repair(mail) == []
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
    assert repair(mail) == []
    assert mail.get_payload(decode=True) == octets
    assert mail.get_filename() == "a.txt"
    mail.get_content()


def test_inline_utf_16_is_not_touched():
    mail = text_mail("utf-16", b64encode("Grüße".encode("utf-16")), "base64")
    assert repair(mail) == []
    assert mail.get_content() == "Grüße"


HEADER = st.sampled_from(["Content-Type", "Content-Transfer-Encoding"])
VALUE = st.one_of(
    st.binary(max_size=50),
    st.sampled_from([b"text/plain; charset=x", b"multipart/mixed; boundary=x"]),
)


@given(st.lists(st.tuples(HEADER, VALUE)), st.binary())
def test_any_mail_can_be_repaired(headers, body):
    raw = b"".join(name.encode() + b": " + value + b"\n" for name, value in headers)
    repair(parse(raw + b"\n" + body))
