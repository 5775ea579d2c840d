from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.mail_task_rules.engine.facts import (
    BODY_LIMIT,
    HTML_LIMIT,
    MailFacts,
)


def facts_of(raw):
    return MailFacts.of(message_from_bytes(raw, policy=policy.SMTP), len(raw))


def order_mail():
    mail = EmailMessage()
    mail["From"] = "Ines Müller <Ines@Acme.TEST>"
    mail["To"] = "Shop <shop@mail.example>, SALES@mail.example"
    mail["Cc"] = "boss@acme.test"
    mail["Delivered-To"] = "all@mail.example"
    mail["Subject"] = "Bestellung für März"
    mail["Date"] = "Mon, 02 Mar 2026 07:41:12 +0100"
    mail["Message-ID"] = "<1@acme.test>"
    mail.set_content("plain text")
    mail.add_alternative("<p>Rich <b>text</b></p>", subtype="html")
    mail.add_attachment(
        b"%PDF", maintype="application", subtype="pdf", filename="Größe.pdf"
    )
    return mail


def test_facts_of_an_ordinary_mail():
    facts = facts_of(order_mail().as_bytes())
    assert facts.subject == "Bestellung für März"
    assert facts.email_from == "ines@acme.test"
    assert facts.from_name == "Ines Müller"
    assert facts.from_domain == "acme.test"
    assert facts.to == "shop@mail.example, sales@mail.example"
    assert facts.cc == "boss@acme.test"
    assert facts.recipients.split(", ") == [
        "all@mail.example",
        "shop@mail.example",
        "sales@mail.example",
        "boss@acme.test",
    ]
    assert facts.body == "Rich text"
    assert facts.html == "<p>Rich <b>text</b></p>\n"
    assert facts.date == datetime(2026, 3, 2, 6, 41, 12)
    assert facts.attachment_count == 1
    assert facts.attachment_names == "Größe.pdf"
    assert facts.attachment_types == "application/pdf"
    assert not facts.is_reply
    assert "subject: Bestellung für März" in facts.headers


def test_reply_is_known_by_its_headers():
    mail = order_mail()
    mail["In-Reply-To"] = "<0@mail.example>"
    assert facts_of(mail.as_bytes()).is_reply


def test_envelope_recipients_are_recipients():
    raw = b"X-Original-To: list@mail.example\nTo: a@acme.test\n\nHello"
    facts = facts_of(raw)
    assert facts.envelope == "list@mail.example"
    assert "list@mail.example" in facts.recipients


def test_text_of_an_attached_mail_is_not_the_text():
    mail = EmailMessage()
    mail.set_content("outer")
    mail.add_attachment(order_mail(), filename="inner.eml")
    facts = facts_of(mail.as_bytes())
    assert facts.body == "outer"
    assert facts.attachment_types == "message/rfc822"
    assert facts.attachment_count == 1


def test_unknown_charset_is_guessed():
    raw = b'Content-Type: text/plain; charset="x-unknown"\n\nGr\xc3\xbc\xc3\x9fe'
    assert facts_of(raw).body == "Grüße"


def test_text_is_capped():
    assert len(facts_of(b"\n" + b"a" * 2 * BODY_LIMIT).body) == BODY_LIMIT


def test_html_is_capped():
    raw = b"Content-Type: text/html\n\n" + b"a" * 2 * HTML_LIMIT
    assert len(facts_of(raw).html) == HTML_LIMIT


def test_texts_are_searched_everywhere():
    facts = MailFacts(subject="A", body="B", headers="C")
    assert facts.searchable("anywhere").text == "A\nB\nC"
    assert facts.searchable("body") is facts.searchable("body")


def test_impossible_dates_are_no_dates():
    for date in ("", "yesterday", "Mon, 02 Mar 99999 07:41:12 +0100"):
        assert facts_of(f"Date: {date}\n\n".encode()).date is None


HEADER = st.sampled_from(
    ["From", "To", "Subject", "Date", "Content-Type", "Content-Disposition", "X"]
)


@given(st.lists(st.tuples(HEADER, st.binary(max_size=200))), st.binary())
def test_any_octets_have_facts(headers, body):
    raw = b"".join(name.encode() + b": " + value + b"\n" for name, value in headers)
    facts = facts_of(raw + b"\n" + body)
    for value in vars(facts).values():
        if isinstance(value, str):
            assert "\x00" not in value
            value.encode("utf-8")
