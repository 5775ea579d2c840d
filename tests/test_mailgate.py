"""Mail from a mail transfer agent: what we keep must not bounce."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import mailgate
from tests.mails import lines, mail, redelivered


@pytest.fixture(scope="session")
def hotline(admin):
    return admin.project("Hotline", address="hotline")


def test_mail_becomes_a_task(odoo, admin, hotline):
    raw = mail("Over the mailgate", to="hotline@mail.example")

    assert_accepted(mailgate.deliver(odoo, raw))

    [entry] = entries_of(admin, "Over the mailgate")
    task = admin.task(entry.task_id)
    assert entry.state == "task"
    assert not entry.server_id
    assert task.project_id == hotline
    assert "The text of “Over the mailgate”." in task.description
    assert admin.original(entry) == raw


def test_unclaimed_mail_is_kept(odoo, admin, hotline):
    raw = mail("To nobody here", to="nobody@mail.example")

    assert_accepted(mailgate.deliver(odoo, raw))

    [entry] = entries_of(admin, "To nobody here")
    assert entry.state == "quarantined"
    assert entry.reason == (
        "None of our addresses is among the recipients, and no rule wants it."
    )
    assert admin.original(entry) == raw


def test_delivered_twice_is_one_task(odoo, admin, hotline):
    raw = mail("Twice over the mailgate", to="hotline@mail.example")

    for _ in range(2):
        assert_accepted(mailgate.deliver(odoo, raw))

    assert len(admin.tasks("Twice over the mailgate")) == 1
    states = [entry.state for entry in entries_of(admin, "Twice over the mailgate")]
    assert states == ["task", "duplicate"]


@pytest.mark.parametrize("servers", [("mx1", "mx1"), ("mx1", "mx2")])
def test_delivered_twice_at_once_is_one_task(odoo, admin, hotline, servers):
    subject = f"At once from {' and '.join(servers)}"
    raw = mail(subject, to="hotline@mail.example")

    with ThreadPoolExecutor() as pool:
        copies = [redelivered(raw, server) for server in servers]
        deliveries = list(pool.map(mailgate.deliver, [odoo, odoo], copies))

    for delivery in deliveries:
        assert_accepted(delivery)
    assert len(admin.tasks(subject)) == 1
    states = [entry.state for entry in entries_of(admin, subject)]
    assert sorted(states) == ["duplicate", "task"]


BAD_MAILS = {
    "empty": b"\n\n",
    "only a body": b"\nAm I a mail?",
    "unknown charset": lines(
        "From: greta@customer.example",
        "To: hotline@mail.example",
        "Subject: Unknown charset over the mailgate",
        "MIME-Version: 1.0",
        'Content-Type: text/plain; charset="x-unknown"',
        "",
        "Readable.",
    ),
    "no sender, no Message-ID": lines("To: hotline@mail.example", "", "Hello."),
    "control characters": bytes(range(1, 128)) * 20,
    "torn": lines(
        "From: hugo@customer.example",
        "To: hotline@mail.example",
        'Content-Type: multipart/mixed; boundary="gone"',
        "",
        "no boundary here",
    ),
}


@pytest.mark.parametrize("name", BAD_MAILS)
def test_bad_mail_is_kept(odoo, admin, hotline, name):
    before = [entry.id for entry in admin.entries()]

    assert_accepted(mailgate.deliver(odoo, BAD_MAILS[name]))

    [entry] = admin.entries(("id", "not in", before))
    assert entry.state in ("task", "failed", "quarantined")
    assert (entry.state == "task") == bool(entry.task_id)
    assert entry.reason
    assert entry.attempts == 1
    assert not entry.attempt_started


def assert_accepted(process):
    assert (process.returncode, process.stdout, process.stderr) == (0, b"", b"")


def entries_of(admin, subject):
    return admin.entries(("subject", "=", subject))
