"""kill -9 of the whole server in the middle of a mail (of a worker: test_faults.py)."""

import pytest

from tests import fragile, mailgate
from tests import fuses as points
from tests.mails import mail

TEMPORARY_FAILURE = 75
INTERRUPTED = "The server stopped while it processed this mail."
# How often the mail is tried when the server dies at a point.
ATTEMPTS = {points.WORKED: 2, points.COMMITTED: 1}


@pytest.fixture(scope="module")
def fragile_odoo(tmp_path_factory, sink):
    with fragile.running(tmp_path_factory.mktemp("fuses"), sink) as odoo:
        yield odoo


@pytest.fixture
def odoo(fragile_odoo):
    yield fragile_odoo
    fragile_odoo.recover()


@pytest.fixture
def admin(odoo):
    return odoo.admin


# ----------------------------------------------------------------------
# The mail comes again
# ----------------------------------------------------------------------


@pytest.mark.parametrize("server_type", ["imap", "pop"])
@pytest.mark.parametrize("point", ATTEMPTS)
def test_fetched_mail(odoo, admin, mailbox, point, server_type):
    account = admin.mail_account(mailbox, server_type)
    subjects = [f"{word} {point} {server_type}" for word in ("Before", "Hit", "Behind")]
    before, hit, behind = subjects
    mailbox.append(*(mail(subject, to="support@mail.example") for subject in subjects))
    odoo.fuses.arm(point, hit)

    odoo.dies_in(account.fetch)

    assert mailbox.subjects() == subjects
    assert account.waiting() == (subjects if server_type == "pop" else [hit, behind])
    assert tasks_of(admin, behind) == 0

    account.fetch()

    assert [tasks_of(admin, subject) for subject in subjects] == [1, 1, 1]
    assert attempts_of(admin, before) == 1
    assert attempts_of(admin, hit) == ATTEMPTS[point]
    assert attempts_of(admin, behind) == 1
    assert account.waiting() == []


@pytest.mark.parametrize("point", ATTEMPTS)
def test_mail_over_the_mailgate(odoo, admin, point):
    """The agent is told to try again later, and does."""
    subject = f"Hit {point} mailgate"
    raw = mail(subject, to="support@mail.example")
    odoo.fuses.arm(point, subject)

    process = mailgate.deliver(odoo.server, raw, "--retry-status")
    assert process.returncode == TEMPORARY_FAILURE
    odoo.restart()

    assert mailgate.deliver(odoo.server, raw).returncode == 0
    assert tasks_of(admin, subject) == 1
    assert attempts_of(admin, subject) == ATTEMPTS[point]


# ----------------------------------------------------------------------
# The mail does not come again
# ----------------------------------------------------------------------


@pytest.mark.parametrize("point", [points.KEPT, points.WORKED])
def test_cron_closes_what_was_not_done(odoo, admin, point):
    subject = f"Closed as failed, {point}"
    crash(odoo, point, subject)
    [entry] = entries_of(admin, subject)
    assert entry.attempt_started

    run_cron(admin)

    [entry] = entries_of(admin, subject)
    assert entry.state == "failed"
    assert entry.reason.startswith(INTERRUPTED)
    assert not entry.attempt_started
    assert tasks_of(admin, subject) == 0

    admin.call("mail.task.incoming", "action_process_again", [entry.id])

    assert tasks_of(admin, subject) == 1
    assert attempts_of(admin, subject) == 2


def test_cron_closes_what_was_done(odoo, admin):
    subject = "Closed as task"
    crash(odoo, points.COMMITTED, subject)
    [entry] = entries_of(admin, subject)
    assert (entry.state, bool(entry.attempt_started)) == ("received", True)

    run_cron(admin)

    [entry] = entries_of(admin, subject)
    assert entry.state == "task"
    assert entry.reason == "A task in Support by its address; no rule matched."
    assert admin.task(entry.task_id).name == subject
    assert attempts_of(admin, subject) == 1


def test_mail_that_always_kills_is_given_up(odoo, admin, mailbox):
    """After three attempts that never ended it is put aside; the queue goes on."""
    account = admin.mail_account(mailbox)
    killer, behind = "The killer", "Behind the killer"
    mailbox.append(
        *(mail(subject, to="support@mail.example") for subject in (killer, behind))
    )
    for _ in range(3):
        odoo.fuses.arm(points.KEPT, f"Subject: {killer}")
        odoo.dies_in(account.fetch)

    account.fetch()

    [entry] = entries_of(admin, killer)
    assert (entry.state, entry.attempts) == ("quarantined", 3)
    assert entry.reason
    assert not entry.attempt_started
    assert tasks_of(admin, killer) == 0
    assert tasks_of(admin, behind) == 1
    assert account.waiting() == []


# ----------------------------------------------------------------------
# Helpers
# ----------------------------------------------------------------------


def crash(odoo, point, subject):
    """Have the server die over a mail that nobody will deliver again."""
    odoo.fuses.arm(point, subject)
    mailgate.deliver(odoo.server, mail(subject, to="support@mail.example"))
    odoo.restart()


def run_cron(admin):
    admin.run_cron("mail_task_rules.ir_cron_close_interrupted")


def entries_of(admin, subject):
    """Return a mail's entries; before they are closed they have no subject."""
    received = [entry for entry in admin.entries() if subject in original(admin, entry)]
    return [entry for entry in received if entry.state != "duplicate"]


def original(admin, entry):
    return admin.original(entry).decode() if entry.has_original else ""


def tasks_of(admin, subject):
    return len(admin.tasks(subject))


def attempts_of(admin, subject):
    """Return how often a mail was tried that is a task now."""
    [entry] = entries_of(admin, subject)
    assert (entry.state, bool(entry.attempt_started)) == ("task", False)
    return entry.attempts
