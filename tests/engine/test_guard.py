from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.mail_task_rules.engine.guard import guard
from odoo.addons.mail_task_rules.engine.limits import Limits
from odoo.addons.mail_task_rules.engine.repair import repair

from tests.bombs import BOMBS, NORMAL, UNHARMED

TIGHT = Limits(
    lines=100,
    parts=5,
    nesting=2,
    header_block=2_000,
    header=500,
    recipients=3,
    text_parts=2,
    text_size=1_000,
    html_size=1_000,
    html_tags=20,
    html_depth=10,
)


def parse(raw):
    return message_from_bytes(raw, policy=policy.SMTP)


def codes(guarded):
    return {finding.code for finding in guarded.findings}


def read_all(raw):
    """Read all that core does; return the parsed mail."""
    message = parse(raw)
    repair(message)
    for part in message.walk():
        part.get_content_type()
        part.get_filename()
        part.get("content-disposition", "")
        if part.get_content_maintype() != "multipart":
            part.get_content()
    for name in ("from", "to", "cc", "subject", "date", "references", "message-id"):
        str(message.get_all(name, []))
    return message


@pytest.mark.parametrize("name", NORMAL)
def test_normal_mail_is_left_alone(name):
    raw = NORMAL[name]()
    guarded = guard(raw)
    assert guarded.findings == []
    assert guarded.raw is raw


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_told_and_defused(name):
    raw = BOMBS[name]()
    guarded = guard(raw)
    assert guarded.is_replaced == (name not in UNHARMED)
    assert guarded.is_replaced == any(
        finding.limit is not None for finding in guarded.findings
    )
    assert guard(guarded.raw).is_replaced is False
    read_all(guarded.raw)


def test_limits_are_told_with_what_exceeds_them():
    [finding] = guard(BOMBS["800 HTML parts"](), Limits(parts=700)).findings
    assert (finding.code, finding.value, finding.limit) == ("parts", 801, 700)


def test_mail_that_is_too_large_is_told_in_megabytes():
    guarded = guard(b"Subject: Large\r\n\r\n" + b"a" * 2_000_000, Limits(megabytes=2))
    [finding] = guarded.findings
    assert (finding.code, finding.value, finding.limit) == ("megabytes", 3, 2)
    assert parse(guarded.raw).get_content().startswith("aaa")
    assert len(guarded.raw) < 50_000


def test_headers_survive_a_body_that_does_not():
    message = parse(guard(BOMBS["800 HTML parts"]()).raw)
    assert message["From"] == "Mallory <mallory@evil.example>"
    assert message["To"] == "support@mail.example"
    assert message["Subject"] == "Bomb"
    assert message["Message-ID"] == "<bomb@evil.example>"
    assert message.get_content() == "Hello"


def test_body_survives_headers_that_do_not():
    raw = b"References: " + b"<a@b.example> " * 5_000 + NORMAL["2 MB attachment"]()
    guarded = guard(raw)
    message = parse(guarded.raw)
    [attachment] = message.iter_attachments()
    assert guarded.is_replaced
    assert message.get_body().get_content() == "See the file."
    assert attachment.get_content() == bytes(range(256)) * 8_000
    assert message["Subject"] == "Bomb"


def test_of_too_many_recipients_ours_is_kept():
    raw = BOMBS["20 000 recipients"]()
    message = parse(guard(raw, Limits(domains=frozenset(["mail.example"]))).raw)
    assert "support@mail.example" in message["To"]
    assert len(message["To"].addresses) == 500


INNER = (
    b"From: eve@there.example\r\nSubject: =?utf-8?q?In=C3=BC?=\r\n\r\nInner text\r\n"
)


def outer(inner, head=b"Content-Type: message/rfc822\r\n\r\n", subtype=b"mixed"):
    return (
        b'Content-Type: multipart/%s; boundary="x"\r\n\r\n--x\r\n\r\nOuter text\r\n'
        b"--x\r\n%s%s\r\n--x--\r\n" % (subtype, head, inner)
    )


@pytest.mark.parametrize(
    ("subtype", "head"),
    [
        (b"mixed", b"Content-Type: message/rfc822\r\n\r\n"),
        (b"digest", b"\r\n"),
        (b"digest", b""),
        (b"digest", b"Content-Transfer-Encoding: 7bit\r\n\r\n"),
        (b"mixed", b"Content-Type: MESSAGE/RFC822\r\nX: y\r\n\r\n"),
    ],
)
def test_attached_mail_is_a_file_of_its_very_octets(subtype, head):
    if subtype == b"digest":
        raw = outer(INNER, head, subtype).replace(b"--x\r\n\r\nOuter text\r\n", b"")
    else:
        raw = outer(INNER, head)
    guarded = guard(raw)
    attachment = parse(guarded.raw).get_payload()[-1]
    assert "attached" in codes(guarded)
    assert not guarded.is_replaced
    assert attachment.get_filename() == "Inü.eml"
    assert attachment.get_content() == INNER


def test_mail_that_is_nothing_but_an_attached_one():
    attachment = parse(guard(b"Content-Type: message/rfc822\r\n\r\n" + INNER).raw)
    assert attachment.get_content() == INNER


def test_boundary_that_is_not_quoted_as_it_should():
    raw = (
        b"Content-Type: multipart/mixed; boundary=--=_Next_1\r\n\r\n----=_Next_1\r\n"
        b"Content-Type: text/plain\r\n\r\nHello\r\n----=_Next_1--\r\n"
    )
    [part] = parse(guard(raw).raw).iter_parts()
    assert part.get_content() == "Hello"


@pytest.mark.parametrize(
    "line",
    [
        b"Content-Type: text/plain; charset*=utf-8''%E2%28",
        b"Content-Type: ((((((((((((((((((((((((((text/plain",
        b"Content-Type: multipart/mixed; boundary=\xff",
        b"Content-Type: ;;;",
        b"Content-Disposition: attachment; filename*0*=x; filename*0*=y",
        b"Content-Transfer-Encoding: (",
        b"Mime-Version: 1.(",
        b"Message-ID: <",
        b"From: a:a@b.c;, <@",
        b"Date: Mon, 99 Foo 99999 99:99:99",
    ],
)
def test_headers_that_crash_parsers_are_mended(line):
    read_all(guard(line + b"\r\nSubject: Kept\r\n\r\nHello").raw)


# ----------------------------------------------------------------------
# Any octets
# ----------------------------------------------------------------------

LINES = st.sampled_from(
    [
        b"From: Ann <ann@there.example>",
        b"To: a@b.example, b@b.example, (c) c@b.example, d@b.example",
        b"Subject: =?utf-8?q?a?= \xff =?x?b?!?=",
        b"Message-ID: <",
        b"Date: Fri, 31 Dec 9999 23:59:59 -2300",
        b"MIME-Version: 1.0",
        b'Content-Type: multipart/mixed; boundary="x"',
        b"Content-Type: multipart/alternative; boundary=y",
        b"Content-Type: multipart/digest; boundary=y",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x",
        b"Content-Type: message/rfc822",
        b"Content-Type: message/delivery-status",
        b"Content-Type: message/partial; id=x",
        b"Content-Type: text/html; charset=utf-8",
        b"Content-Type: text/plain; charset=\xff; format=flowed",
        b"Content-Type: text/plain; name*=iso-2022-jp'ja'%8a",
        b"Content-Type: signature/plain; name=a.txt",
        b"Content-Type: text",
        b"Content-Disposition: attachment; filename=a.txt",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: quoted-printable",
        b"Content-Transfer-Encoding: x-uuencode",
        b"Content-ID: <a(b>",
        b" continued",
        b"From Ann Mon",
        b":",
        b"",
        b"",
        b"--x",
        b"--x",
        b"--x--",
        b"--y",
        b"--y--",
        b"--",
        b"<p>Hello</p><b><i>",
        b"&#60;!-- <style>",
        b"SGVsbG8=",
        b"> quoted =00",
        b"\x00\x80",
    ]
)
ENDS = st.sampled_from([b"\r\n", b"\r\n", b"\n", b"\r"])
MAILS = st.one_of(
    st.binary(max_size=2_000),
    st.lists(st.tuples(LINES, ENDS), max_size=60).map(
        lambda pairs: b"".join(line + end for line, end in pairs)
    ),
    st.lists(st.tuples(st.one_of(LINES, st.binary(max_size=40)), ENDS)).map(
        lambda pairs: b"".join(line + end for line, end in pairs)
    ),
)


@settings(max_examples=600)
@given(MAILS, st.sampled_from([Limits(), TIGHT]))
def test_any_octets_become_a_mail_that_core_can_read(raw, limits):
    guarded = guard(raw, limits)
    assert (guarded.raw is raw) == (not guarded.findings)
    message = read_all(guarded.raw)
    parts = list(message.walk())
    assert len(parts) <= limits.parts
    assert not any(part.get_content_type() == "message/rfc822" for part in parts)


@settings(max_examples=300)
@given(MAILS)
def test_guarded_mail_is_left_alone(raw):
    once = guard(raw).raw
    again = guard(once)
    assert again.raw is once
