"""A mail that cannot be kept, since a disk is full, is still on the mail server."""

import resource
from contextlib import contextmanager

import psutil
import pytest

from dev import postgres
from tests import mailgate
from tests.mails import mail

SOFTWARE_FAILURE = 70
# Larger than what the ledger keeps in the database.
LARGE = bytes(range(256)) * 8_000
TORN_AT = 1_000_000


@contextmanager
def full_database(odoo):
    """PostgreSQL says what it says when its disk is full, but only to the ledger."""
    with postgres_cursor(odoo) as cursor:
        cursor.execute(
            """
            CREATE FUNCTION refuse_row() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'could not extend file: No space left on device'
                    USING ERRCODE = 'disk_full';
            END $$;
            CREATE TRIGGER full_disk BEFORE INSERT ON mail_task_incoming
                EXECUTE FUNCTION refuse_row();
            """
        )
    try:
        yield
    finally:
        with postgres_cursor(odoo) as cursor:
            cursor.execute("DROP FUNCTION refuse_row CASCADE")


@contextmanager
def full_filestore(odoo):
    """The kernel ends each file of the server at a size, as a full disk would."""
    server = psutil.Process(odoo.pid)
    unlimited = server.rlimit(resource.RLIMIT_FSIZE)
    server.rlimit(resource.RLIMIT_FSIZE, (TORN_AT, unlimited[1]))
    try:
        yield
    finally:
        server.rlimit(resource.RLIMIT_FSIZE, unlimited)


@contextmanager
def postgres_cursor(odoo):
    connection = postgres.connect(odoo.db)
    try:
        yield connection.cursor()
    finally:
        connection.close()


DISKS = [full_database, full_filestore]


@pytest.mark.parametrize("full_disk", DISKS)
@pytest.mark.parametrize("server_type", ["imap", "pop"])
def test_mail_stays_on_the_server(
    odoo, admin, mailbox, support, server_type, full_disk
):
    account = admin.mail_account(mailbox, server_type)
    hit, behind = (
        f"{word} {full_disk.__name__} {server_type}" for word in ("Hit", "Behind")
    )
    raw = large_mail(hit)
    mailbox.append(raw, mail(behind, to="support@mail.example"))

    with full_disk(odoo):
        account.fetch()

    assert hit in account.waiting()
    assert admin.tasks(hit) == []
    assert admin.entries(("subject", "=", hit)) == []

    account.fetch()

    assert account.waiting() == []
    assert_became_a_task(admin, hit, raw)
    assert len(admin.tasks(behind)) == 1


@pytest.mark.parametrize("full_disk", DISKS)
def test_mail_is_not_accepted(odoo, admin, support, full_disk):
    subject = f"Mailgate and {full_disk.__name__}"
    raw = large_mail(subject)

    with full_disk(odoo):
        assert mailgate.deliver(odoo, raw).returncode == SOFTWARE_FAILURE

    assert admin.entries(("subject", "=", subject)) == []
    assert mailgate.deliver(odoo, raw).returncode == 0
    assert_became_a_task(admin, subject, raw)


def large_mail(subject):
    attachments = {"large.bin": LARGE + subject.encode()}
    return mail(subject, to="support@mail.example", attachments=attachments)


def assert_became_a_task(admin, subject, raw):
    [entry] = admin.entries(("subject", "=", subject))
    assert (entry.state, entry.attempts) == ("task", 1)
    assert len(admin.tasks(subject)) == 1
    # POP3 hands over other line ends.
    assert admin.original(entry).split() == raw.split()
