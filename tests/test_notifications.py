"""People are told by e-mail what happens to tasks, over real mail servers."""

from datetime import datetime, timedelta

import pytest

from tests.mails import mail

READY_MADE = ("created", "done", "assigned", "deadline")
ADDRESS = "olga@customer.example"
OLGA = f"Olga Customer <{ADDRESS}>"


@pytest.fixture
def notifications(admin):
    """The four ready-made notification rules, for the time of a test."""
    ids = [
        admin.reference(f"mail_task_rules.mail_task_notification_{name}")
        for name in READY_MADE
    ]
    for notification_id in ids:
        admin.write("mail.task.notification", notification_id, active=True)
    yield ids
    for notification_id in ids:
        admin.write("mail.task.notification", notification_id, active=False)


@pytest.fixture(scope="module")
def manager(admin):
    """A manager and their project, shop@mail.example."""
    user_id = admin.employee("maria")
    return user_id, admin.project("Shop", address="shop")


def tell(admin):
    """Let the scheduler do what it does within seconds."""
    admin.run_cron("mail_task_rules.ir_cron_tell")
    admin.run_cron("mail.ir_cron_mail_scheduler_action")


def test_weeks_without_opening_odoo(admin, account, sink, ann, manager, notifications):
    manager_id, project_id = manager
    admin.write("project.project", project_id, user_id=manager_id)

    # a customer writes, and is told that it has arrived
    [entry] = account.receive(mail("A door", to="shop@mail.example", sender=OLGA))
    tell(admin)
    [confirmation] = sink.mails_to(ADDRESS)
    assert confirmation["Subject"] == f"Re: A door [#{entry.task_id}]"
    assert "shop@mail.example" in confirmation["From"]
    assert confirmation["Auto-Submitted"].startswith("auto-")
    assert entry.message_id in confirmation["References"]

    # they answer what they were told
    to_confirmation = {"In_Reply_To": confirmation["Message-ID"]}
    [reply] = account.receive(
        mail("Re", to=confirmation["Reply-To"], sender=OLGA, **to_confirmation)
    )
    assert (reply.state, reply.task_id) == ("reply", entry.task_id)

    # the assignee is told
    admin.write("project.task", entry.task_id, user_ids=[(6, 0, [ann])])
    tell(admin)
    told = [one for one in sink.mails_to("ann@staff.example") if is_notice(one)]
    assert [one["Reply-To"] for one in told] == [confirmation["Reply-To"]]

    # the manager is told before the deadline is missed, once
    soon = datetime.utcnow() + timedelta(hours=5)
    deadline = soon.strftime("%Y-%m-%d %H:%M:%S")
    admin.write("project.task", entry.task_id, date_deadline=deadline)
    tell(admin)
    tell(admin)
    to_maria = sink.mails_to("maria@staff.example")
    assert sum(map(is_notice, to_maria)) == 1

    # it is done, and the customer is told
    before = len(sink.mails_to(ADDRESS))
    admin.log_in_as("ann").call(
        "project.task", "write", [entry.task_id], {"state": "1_done"}
    )
    tell(admin)
    [done] = sink.mails_to(ADDRESS)[before:]
    assert "is done" in text_of(done)


def test_digest(admin, sink, ann):
    own = admin.log_in_as("ann")
    own.call("res.users", "write", [ann], {"task_digest": "daily"})
    task_id = admin.create("project.task", name="A roof", user_ids=[(6, 0, [ann])])
    past = (datetime.utcnow() - timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S")
    admin.write("res.users", ann, task_digest_next=past)
    before = len(sink.mails_to("ann@staff.example"))

    for _run in range(2):
        admin.run_cron("mail_task_rules.ir_cron_send_digests")
        admin.run_cron("mail.ir_cron_mail_scheduler_action")

    [digest] = sink.mails_to("ann@staff.example")[before:]
    address = admin.read("project.task", task_id, "task_email").task_email
    assert "A roof" in text_of(digest)
    assert f"mailto:{address}" in text_of(digest)
    own.call("res.users", "write", [ann], {"task_digest": False})


def is_notice(message):
    return "X-Odoo-Mail-Task-Notice" in message


def text_of(message):
    return message.get_body(("html",)).get_content()
