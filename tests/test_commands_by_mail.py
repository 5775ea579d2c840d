"""An employee manages a task by e-mail alone, over real mail servers."""

import pytest

from dev import database, postgres
from dev.server import OdooServer
from tests.administrator import Administrator
from tests.conftest import NO_CRON
from tests.mails import mail

ZOE = "Zoe <zoe@staff.example>"
ADDRESS = "zoe@staff.example"
CUSTOMER = "mark@customer.example"


@pytest.fixture(scope="module")
def odoo():
    """A server with timesheets: their lines must not be doubled."""
    modules = (*database.MODULES, "hr_timesheet")
    with postgres.running(), database.fresh("commands", modules=modules) as db:
        database.speed_up(db)
        with OdooServer(db, extra_args=[NO_CRON]) as server:
            yield server


@pytest.fixture(scope="module")
def admin(odoo, sink):
    administrator = Administrator(odoo.url, odoo.db)
    administrator.set_up_outgoing_mail(sink.host, sink.port)
    administrator.set_up_domain()
    # without a filter, Odoo writes all mail in its own name
    [server] = administrator.search("ir.mail_server", [], "id")
    administrator.write("ir.mail_server", server.id, from_filter="mail.example")
    return administrator


@pytest.fixture(scope="module")
def zoe(admin):
    user_id = admin.employee("zoe", address="zoe")
    group_id = admin.reference("hr_timesheet.group_hr_timesheet_user")
    admin.write("res.users", user_id, group_ids=[(4, group_id)])
    return user_id


@pytest.fixture(scope="module")
def workshop(admin):
    return admin.project("Workshop", address="workshop")


def reports(sink):
    """Return what came of the commands, as Zoe is told, oldest first."""
    mails = sink.mails_to(ADDRESS)
    return [one for one in mails if one["Auto-Submitted"] == "auto-replied"]


def time_of(admin, task_id):
    domain = [("task_id", "=", task_id)]
    lines = admin.search("account.analytic.line", domain, "unit_amount", "name")
    return [(line.unit_amount, line.name) for line in lines]


def test_task_by_mail_alone(admin, account, sink, zoe, workshop):
    # created with commands
    text = "Stage: Urgent\nAssignee: zoe\nPriority: high\n\nThe lathe is stuck."
    raw = mail("A lathe", to="workshop@mail.example", sender=ZOE, text=text)
    [entry] = account.receive(raw)
    task = admin.task(entry.task_id)
    urgent, done = (admin.stage(workshop, name) for name in ("Urgent", "Done"))
    assert (task.stage_id, task.user_ids, task.priority) == (urgent, [zoe], "2")
    assert "The lathe is stuck." in task.description
    assert "Stage" not in task.description
    [report] = reports(sink)
    assert "workshop@mail.example" in report["From"]

    # a customer who follows it hears what is written, and no command
    mark = admin.create("res.partner", name="Mark", email=CUSTOMER)
    admin.call("project.task", "message_subscribe", [task.id], [mark])
    answer = {
        "to": report["Reply-To"],
        "sender": ZOE,
        "In_Reply_To": report["Message-ID"],
    }
    text = "Time: 1h30 New belt\nTags: none\n\nIt runs again."
    [reply] = account.receive(mail("Re: A lathe", text=text, **answer))
    assert (reply.state, reply.task_id) == ("reply", task.id)
    assert "Not carried out: “Tags: none”." in reply.reason
    assert time_of(admin, task.id) == [(1.5, "New belt")]
    [heard] = sink.mails_to(CUSTOMER)
    assert "It runs again." in heard.get_body().get_content()
    assert "New belt" not in heard.as_string()

    # nothing but a command disturbs nobody
    [reply] = account.receive(mail("Re: A lathe", text="Stage: Done", **answer))
    assert admin.task(task.id).stage_id == done
    assert len(sink.mails_to(CUSTOMER)) == 1
    assert len(reports(sink)) == 3
    assert "Stage: Done" in reports(sink)[-1].get_body().get_content()


def test_time_is_noted_once(admin, account, zoe, workshop):
    to = "workshop@mail.example"
    raw = mail("A drill", to=to, sender=ZOE, text="Time: 45 min\n\nSharpened.")
    entry, copy = account.receive(raw, raw)
    assert time_of(admin, entry.task_id) == [(0.75, "/")]
    assert copy.state == "duplicate"

    with pytest.raises(Exception, match="has already been delivered"):
        admin.call("mail.task.incoming", "action_process_again", [entry.id])
    assert time_of(admin, entry.task_id) == [(0.75, "/")]


def test_time_is_noted_once_for_two_projects(admin, account, zoe, workshop):
    admin.project("Yard", address="yard")
    to = "workshop@mail.example, yard@mail.example"
    [entry] = account.receive(mail("A gate", to=to, sender=ZOE, text="Time: 2h"))
    tasks = admin.tasks("A gate")
    assert len(tasks) == 2
    assert sorted(time_of(admin, task.id) for task in tasks) == [[], [(2.0, "/")]]


def test_unbelievable_time_is_told(admin, account, sink, zoe, workshop):
    text = "Time: yesterday"
    raw = mail("A saw", to="workshop@mail.example", sender=ZOE, text=text)
    [entry] = account.receive(raw)
    assert time_of(admin, entry.task_id) == []
    assert "not understood" in reports(sink)[-1].get_body().get_content()
