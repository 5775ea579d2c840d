from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.mail_task_rules.engine.identity import Identity

MAIL = b"From: a@acme.test\r\nMessage-ID: <1@acme.test>\r\n\r\nHello\r\n"


def test_same_body_over_imap_and_pop3_is_the_same():
    over_pop3 = b"Received: by pop\n" + MAIL.replace(b"\r\n", b"\n")
    one, other = Identity.of(MAIL), Identity.of(over_pop3)
    assert one.digest != other.digest
    assert one.body_digest == other.body_digest
    assert one.message_id == other.message_id == "<1@acme.test>"
    assert one.lock_key == other.lock_key


def test_another_body_is_another_mail():
    assert Identity.of(MAIL).body_digest != Identity.of(MAIL + b"Footer").body_digest


def test_message_id_is_read_from_the_header_block_only():
    quoted = b"From: a@acme.test\n\nMessage-ID: <quoted@acme.test>\n"
    assert Identity.of(quoted).message_id.endswith("@no-message-id.invalid>")


def test_folded_and_lower_case_message_id_is_found():
    folded = b"From: a@acme.test\r\nmessage-id:\r\n <2@acme.test>\r\n\r\nHello"
    assert Identity.of(folded).message_id == "<2@acme.test>"


def test_missing_message_id_does_not_depend_on_the_clock():
    mail = b"From: a@acme.test\n\nHello"
    assert Identity.of(mail) == Identity.of(mail)
    assert Identity.of(mail).message_id != Identity.of(mail + b"!").message_id


def test_derived_message_id_is_one_for_each_copy():
    one, other = Identity.of(MAIL), Identity.of(b"Delivered-To: b@acme.test\r\n" + MAIL)
    assert one.derived_message_id() != other.derived_message_id()
    assert one.derived_message_id().endswith("@acme.test>")


def identity_of(message_id):
    return Identity.of(b"Message-ID: " + message_id + b"\n\nHello").message_id


def test_unusual_message_ids_stay_different():
    unusual = [
        b"<mail 1@acme.test>",
        b"<mail 2@acme.test>",
        "<ü@acme.test>".encode(),
        "<ö@acme.test>".encode(),
        b"<" + b"i" * 2000 + b"1@acme.test>",
        b"<" + b"i" * 2000 + b"2@acme.test>",
    ]
    assert len(set(map(identity_of, unusual))) == len(unusual)
    assert all(
        identity_of(value).endswith("@unusual-message-id.invalid>") for value in unusual
    )


@pytest.mark.parametrize(
    "value", [b"<<a@acme.test>", b"<>", b"<@>", b"<(a@b>", b"<a@["]
)
def test_message_id_can_be_set(value):
    """Python's header parser gives up at some."""
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = identity_of(value)


@given(st.binary())
def test_any_octets_have_an_identity(raw):
    identity = Identity.of(raw)
    assert identity.message_id
    assert len(identity.message_id) <= 998
    assert -(2**63) <= identity.lock_key < 2**63
    assert identity.derived_message_id().startswith("<copy-")
