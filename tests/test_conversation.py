"""A customer and an employee write to each other, over real mail servers."""

import pytest

from tests.mails import mail

ADDRESS = "nora@customer.example"
NORA = f"Nora Customer <{ADDRESS}>"
ANN_ADDRESS = "ann@staff.example"
ANN = f"Ann <{ANN_ADDRESS}>"
FORGED = "mx.hosted.example; dmarc=fail header.from=staff.example"


@pytest.fixture
def reopening_rule(admin, ann):
    """A rule that reopens closed tasks, for the time of a test."""
    rule = admin.rule(
        "Reopen",
        applies_to="reply",
        sender_domains="customer.example",
        closed_policy="reopen",
    )
    yield rule
    admin.write("mail.task.rule", rule, active=False)


@pytest.fixture
def own_mailbox(admin, sink, ann):
    """Ann's mailbox, by which Odoo sends for her, for the time of a test."""
    server = admin.set_up_outgoing_mail(
        sink.host,
        sink.port,
        from_filter=ANN_ADDRESS,
        smtp_user=ANN_ADDRESS,
        smtp_pass="secret",
        owner_user_id=ann,
    )
    yield ANN_ADDRESS
    admin.call("ir.mail_server", "unlink", [server])


def answer_as_ann(admin, task_id, text):
    admin.log_in_as("ann").call(
        "project.task",
        "message_post",
        [task_id],
        body=text,
        message_type="comment",
        subtype_xmlid="mail.mt_comment",
    )


def test_conversation(admin, account, sink, ann, reopening_rule):
    # a customer writes to an employee
    [entry] = account.receive(mail("A kiosk", to="ann@mail.example", sender=NORA))
    task_id = entry.task_id
    assert admin.task(task_id).user_ids == [ann]

    # who answers in Odoo
    answer_as_ann(admin, task_id, "Where shall it stand?")
    [answer] = sink.mails_to(ADDRESS)
    assert answer["From"] == "Ann <ann@mail.example>"
    [reply_to] = answer["Reply-To"].addresses
    task = admin.read("project.task", task_id, "task_email")
    assert reply_to.addr_spec == task.task_email
    answered = {"In_Reply_To": answer["Message-ID"], "to": answer["Reply-To"]}

    # the customer replies by mail
    [reply] = account.receive(mail("Re: A kiosk", sender=NORA, **answered))
    assert (reply.state, reply.task_id) == ("reply", task_id)

    # somebody pretends to be the employee
    forged = {"sender": ANN, "Authentication_Results": FORGED}
    [forgery] = account.receive(mail("Re: A kiosk", **answered, **forged))
    assert forgery.state == "quarantined"
    assert "nothing proves that ann@staff.example wrote it" in forgery.reason
    nora = admin.partner(ADDRESS)
    authors = {message.author_id for message in admin.mails_of(task_id)}
    assert authors == {nora}
    assert len(sink.mails_to(ADDRESS)) == 1

    # the task is done, and the customer writes again
    admin.write("project.task", task_id, state="1_done")
    [last] = account.receive(mail("Re: A kiosk", sender=NORA, **answered))
    assert (last.state, last.task_id) == ("reply", task_id)
    assert last.rule_ids == [reopening_rule]
    assert admin.read("project.task", task_id, "state").state == "01_in_progress"
    assert len(admin.mails_of(task_id)) == 3


def test_reply_from_a_program_that_keeps_no_references(admin, account, ann):
    [entry] = account.receive(mail("A bench", to="ann@mail.example"))
    task = admin.read("project.task", entry.task_id, "task_email")

    by_address, by_stranger, by_number = account.receive(
        mail("Hello", to=task.task_email, sender="any@customer.example"),
        mail(f"[#{entry.task_id}] Green", to="ann@mail.example", sender=NORA),
        mail(
            f"[#{entry.task_id}] Red",
            to="ann@mail.example",
            sender="a-bench@customer.example",
        ),
    )

    assert (by_address.state, by_address.task_id) == ("reply", entry.task_id)
    assert by_stranger.state == "task", "Nora takes no part in it"
    assert (by_number.state, by_number.task_id) == ("reply", entry.task_id)


@pytest.mark.parametrize(
    ("choice", "sender", "login"),
    [
        ("address", "ann@mail.example", None),
        ("own", ANN_ADDRESS, ANN_ADDRESS),
        ("company", "notifications@mail.example", None),
    ],
)
def test_answers_leave_from(
    admin, account, sink, ann, own_mailbox, choice, sender, login
):
    customer = f"{choice}@customer.example"
    [employee] = admin.search("hr.employee", [("user_id", "=", ann)], "id")
    admin.write("hr.employee", employee.id, mail_task_answers_from=choice)
    try:
        [entry] = account.receive(
            mail("A desk", to="ann@mail.example", sender=customer)
        )
        answer_as_ann(admin, entry.task_id, "Which size?")
    finally:
        admin.write("hr.employee", employee.id, mail_task_answers_from=False)

    [answer] = sink.mails_to(customer)
    assert answer["From"].addresses[0].addr_spec == sender
    assert answer["From"].addresses[0].display_name == "Ann"
    assert sink.logins_to(customer) == [login]

    # the customer's program keeps no references
    [reply] = account.receive(mail("Big", to=answer["Reply-To"], sender=customer))
    assert (reply.state, reply.task_id) == ("reply", entry.task_id)
