"""Mails that no mail program should send: none is lost, none blocks the others."""

import pytest

from tests.mails import lines, mail


def test_mail_without_a_subject_is_named_after_its_sender(admin, account, support):
    raw = mail("", to="support@mail.example", sender="Nora <nora@customer.example>")

    [entry] = account.receive(raw)

    assert admin.task(entry.task_id).name == "E-mail from Nora"


def test_mail_without_a_sender_becomes_a_task(admin, account, support):
    [entry] = account.receive(
        lines("To: support@mail.example", "Subject: Who am I?", "", "Nobody.")
    )

    task = admin.task(entry.task_id)
    assert entry.state == "task"
    assert task.name == "Who am I?"
    assert task.project_id == support
    assert "Nobody." in task.description
    assert not task.partner_id


def test_unreadable_sender_is_no_loop(admin, account, support):
    """Core counts the tasks of all senders when it cannot read the sender."""
    subjects = [f"Crowd {number}" for number in range(25)]
    crowd = account.receive(
        *(mail(subject, to="support@mail.example") for subject in subjects)
    )
    assert {entry.state for entry in crowd} == {"task"}

    [entry] = account.receive(
        lines(
            "From: the scanner in the hall",
            "To: support@mail.example",
            "Subject: Scanned by nobody",
            "",
            "A page.",
        )
    )

    assert entry.state == "task"
    assert admin.task(entry.task_id).name == "Scanned by nobody"


BAD_MAILS = {
    "empty": b"\r\n",
    "only a body": b"\r\nHello, is it me?",
    "unknown charset": lines(
        "From: greta@customer.example",
        "To: support@mail.example",
        "Subject: Unknown charset",
        "MIME-Version: 1.0",
        'Content-Type: text/plain; charset="x-unknown"',
        "Content-Transfer-Encoding: 8bit",
        "",
        "The text is readable all the same.",
    ),
    "rubbish": bytes(range(1, 256)) * 20,
    "rubbish with NUL": lines("To: support@mail.example", "Subject: N\0L", "", "\0\0"),
    "rubbish in the headers": (
        b"From: \xff\xfe\xfd\r\nTo: support@mail.example\r\nSubject: \x80\x81\r\n"
        b"Date: never\r\nContent-Type: ///\r\n\r\nWhat?"
    ),
    "multipart without parts": lines(
        "From: hugo@customer.example",
        "To: support@mail.example",
        "Subject: Torn",
        'Content-Type: multipart/mixed; boundary="gone"',
        "",
        "no boundary here",
    ),
    "broken base64": lines(
        "From: ida@customer.example",
        "To: support@mail.example",
        "Subject: Broken base64",
        "MIME-Version: 1.0",
        "Content-Type: application/pdf; name*=utf-8''%ff%fe.pdf",
        "Content-Transfer-Encoding: base64",
        "",
        "A",
    ),
    "long header": lines(
        "From: jan@customer.example",
        "To: support@mail.example",
        f"Subject: {'long ' * 12_000}",
        "",
        "Short text.",
    ),
    "many recipients": lines(
        "From: kim@customer.example",
        "To: support@mail.example",
        *(f"Cc: someone{number}@customer.example" for number in range(300)),
        "Subject: To all",
        "",
        "Hello, all.",
    ),
}


@pytest.mark.parametrize("name", BAD_MAILS)
@pytest.mark.parametrize("server_type", ["imap", "pop"])
def test_bad_mail_is_never_lost(admin, mailbox, support, server_type, name):
    """It ends as a task, or waits in the ledger with a reason and its original;
    those before and behind it go their way."""
    account = admin.mail_account(mailbox, server_type)

    before, bad, behind = account.receive(
        mail(f"Before {name}", to="support@mail.example"),
        BAD_MAILS[name],
        mail(f"Behind {name}", to="support@mail.example"),
    )

    assert admin.task(before.task_id).name == f"Before {name}"
    assert admin.task(behind.task_id).name == f"Behind {name}"
    assert (bad.state == "task") == bool(bad.task_id)
    assert bad.state in ("task", "failed", "quarantined")
    if name in ("unknown charset", "rubbish with NUL"):
        assert bad.state == "task"
    assert bad.reason
    assert bad.attempts == 1
    assert not bad.attempt_started
    if bad.state in ("failed", "quarantined"):
        assert without_line_ends(admin.original(bad)) == (
            without_line_ends(BAD_MAILS[name])
        )
    assert account.waiting() == []


def test_line_too_long_for_pop3_does_not_block_the_mailbox(
    admin, dovecot, mailbox, support
):
    """Python's poplib gives up at lines above 64 KiB, and core with it: for this
    mailbox, and in the scheduled action for those that come after it."""
    account = admin.mail_account(mailbox, "pop", priority=1)
    other = admin.mail_account(dovecot.mailbox("next@hosted.example"), priority=9)
    mailbox.append(
        lines("To: support@mail.example", "Subject: Wide", "", "wide " * 20_000),
        mail("Behind the wide one", to="support@mail.example"),
    )
    other.mailbox.append(mail("In the next mailbox", to="support@mail.example"))

    try:
        admin.run_cron("mail.ir_cron_mail_gateway_action")
    finally:
        for server_id in (account.server_id, other.server_id):
            admin.write("fetchmail.server", server_id, active=False)

    assert len(admin.tasks("In the next mailbox")) == 1
    assert len(admin.tasks("Behind the wide one")) == 1
    states = [entry.state for entry in account.entries()]
    assert states == ["task", "task"] or account.waiting() == ["Wide"]
    assert other.waiting() == []


def without_line_ends(raw):
    """Mail servers change line ends, and add one at the end."""
    return raw.replace(b"\r", b"").replace(b"\n", b"")
