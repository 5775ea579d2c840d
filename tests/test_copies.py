"""The same mail again, a copy of it, or another mail under its name?"""

import pytest

from tests.mails import customer, lines, mail, redelivered


def test_same_bytes_twice_are_one_task(admin, account, support):
    raw = mail("Twice the same", to="support@mail.example")

    first, second = account.receive(raw, raw)

    assert len(admin.tasks("Twice the same")) == 1
    assert (first.state, second.state) == ("task", "duplicate")
    assert second.reason == "The same mail was delivered before."
    assert account.waiting() == []


def test_same_mail_in_two_mailboxes_is_one_task(admin, dovecot, account, support):
    """Each server writes its own Received header, so the bytes differ."""
    other = admin.mail_account(dovecot.mailbox("other@hosted.example"), "pop")
    raw = mail("In two mailboxes", to="support@mail.example")

    [first] = account.receive(redelivered(raw, "mx1.example"))
    [second] = other.receive(redelivered(raw, "mx2.example"))

    assert len(admin.tasks("In two mailboxes")) == 1
    assert (first.state, second.state) == ("task", "duplicate")
    assert second.reason == "A copy of a mail that was processed before."
    assert other.waiting() == []


def test_blind_copy_for_a_further_address_is_a_further_task(
    admin, account, support, billing
):
    raw = mail("Blind copy", to="someone@customer.example")

    entries = account.receive(
        b"Delivered-To: support@mail.example\r\n" + raw,
        b"Delivered-To: billing@mail.example\r\n" + raw,
    )

    assert [entry.state for entry in entries] == ["task", "task"]
    projects = [admin.task(entry.task_id).project_id for entry in entries]
    assert projects == [support, billing]


MESSAGE_IDS = {
    "ordinary": "<always-the-same@scanner.example>",
    "without brackets": "the-scanner-in-the-hall",
    "with a blank": "<the scanner@hall.example>",
    "not ASCII": "<sc\xe4nner-\xfc@hall.example>",
    "nothing in ASCII": "\xe4",
    "empty": "",
    "long": f"<{'long' * 900}@scanner.example>",
}


@pytest.mark.parametrize("kind", MESSAGE_IDS)
def test_other_text_under_a_known_message_id_is_processed(
    admin, account, support, kind
):
    """Devices and careless programs send every mail under the same Message-ID."""
    subjects = [f"First scan, {kind}", f"Second scan, {kind}"]
    mails = (
        lines(
            f"From: {customer(kind)}",
            "To: support@mail.example",
            f"Message-ID: {MESSAGE_IDS[kind]}",
            f"Subject: {subject}",
            "",
            f"Text of {subject}.",
        )
        for subject in subjects
    )

    entries = account.receive(*mails)

    assert [(entry.state, entry.attempts) for entry in entries] == [("task", 1)] * 2
    assert [admin.task(entry.task_id).name for entry in entries] == subjects


@pytest.mark.parametrize("left", ["<mail-", "<mail ", "<m\xe4il-"])
def test_same_text_under_another_message_id_is_another_mail(
    admin, account, support, left
):
    """“It happened again”, says the machine every day."""
    entries = account.receive(
        *(
            lines(
                f"From: {customer('Machine')}",
                "To: support@mail.example",
                f"Message-ID: {left}{day}@machine.example>",
                f"Subject: It happened, day {day}",
                "",
                "It happened again.",
            )
            for day in ("1", "2")
        )
    )

    assert [entry.state for entry in entries] == ["task", "task"]
