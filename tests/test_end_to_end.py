"""The whole way: mail server → Odoo → task and ledger, as users see them."""

import pytest

from tests.mails import REPORT, customer, mail


def test_mail_to_a_project_becomes_its_task(admin, account, support):
    raw = mail(
        "The printer is on fire",
        to="support@mail.example, boss@customer.example",
        sender="Cleo Customer <cleo@customer.example>",
        text="Please bring water.",
        attachments={"report.bin": REPORT},
    )

    [entry] = account.receive(raw)

    task = admin.task(entry.task_id)
    cleo = admin.partner("cleo@customer.example")
    assert task.name == "The printer is on fire"
    assert task.project_id == support
    assert task.stage_id == admin.stage(support, "New")
    assert task.user_ids == []
    assert "Please bring water." in task.description
    assert task.partner_id == cleo
    assert task.email_cc == "boss@customer.example"
    assert cleo in task.message_partner_ids
    assert admin.attachments(task.id) == {"report.bin": REPORT}
    assert entry.state == "task"
    assert entry.reason == "A task in Support by its address; no rule matched."
    assert entry.server_id == account.server_id
    assert entry.subject == "The printer is on fire"
    assert entry.sender_partner_id == cleo
    assert entry.attempts == 1
    assert not entry.attempt_started
    assert admin.original(entry) == raw
    assert account.waiting() == []
    assert account.mailbox.subjects() == ["The printer is on fire"]


def test_pop3_removes_what_was_fetched(admin, mailbox, support):
    account = admin.mail_account(mailbox, "pop")

    entries = account.receive(
        mail("By POP3, the first", to="support@mail.example"),
        mail("By POP3, the second", to="support@mail.example"),
    )

    assert [entry.state for entry in entries] == ["task", "task"]
    assert [admin.task(entry.task_id).name for entry in entries] == [
        "By POP3, the first",
        "By POP3, the second",
    ]
    assert account.waiting() == []


def test_scheduled_action_fetches(admin, account, support):
    account.mailbox.append(mail("Fetched by the cron", to="support@mail.example"))

    admin.run_cron("mail.ir_cron_mail_gateway_action")

    [entry] = account.entries()
    assert admin.task(entry.task_id).project_id == support
    assert account.waiting() == []


def test_rule_of_a_virtual_address_places_and_fills_the_task(admin, account, ann):
    offers = admin.project("Offers")
    address = admin.virtual_address("offers")
    tags = [admin.create("project.tags", name=name) for name in ("Big", "New")]
    rule = admin.rule(
        "Urgent offers",
        scope="alias",
        alias_ids=[address],
        keyword="RESUME asap",
        sender_domains=f"*.test, {customer('x').partition('@')[2]}",
        project_id=offers,
        stage_id=admin.stage(offers, "Urgent"),
        tag_ids=tags,
        priority="1",
        user_ids=[ann],
    )

    [entry, plain] = account.receive(
        mail("An offer: résumé ASAP, please", to="offers@mail.example"),
        mail("An ordinary offer", to="offers@mail.example"),
    )

    task = admin.task(entry.task_id)
    assert task.project_id == offers
    assert task.stage_id == admin.stage(offers, "Urgent")
    assert sorted(task.tag_ids) == tags
    assert task.priority == "1"
    assert task.user_ids == [ann]
    assert entry.rule_ids == [rule]
    assert entry.alias_ids == [address]
    assert entry.reason == "A task in Offers by rule “Urgent offers”."
    assert outcome_of(rule, entry) == (True, "")
    assert plain.state == "task"
    assert plain.rule_ids == []
    assert outcome_of(rule, plain) == (False, "keyword")


def test_employee_address_assigns_the_employee(admin, account, ann, incoming_project):
    [entry] = account.receive(mail("Dear Ann", to="Ann <ann@mail.example>"))

    task = admin.task(entry.task_id)
    assert entry.state == "task"
    assert task.user_ids == [ann]
    assert task.project_id == incoming_project
    assert task.partner_id == admin.partner(customer("Dear Ann"))
    assert not task.email_cc


def test_mail_to_employee_and_project_becomes_two_tasks(admin, account, ann, support):
    [entry] = account.receive(
        mail("For Ann and support", to="ann@mail.example, support@mail.example")
    )

    tasks = {task.project_id: task for task in admin.tasks("For Ann and support")}
    assert entry.state == "task"
    assert len(tasks) == 2
    assert tasks[support].user_ids == []
    assert not any(task.email_cc for task in tasks.values())


@pytest.mark.parametrize(
    "condition",
    [
        {"keyword": "orange tractor", "keyword_in": "body"},
        {"keyword": "x-department: orchard", "keyword_in": "headers"},
        {"keyword": "orchard@hosted.example", "keyword_in": "to"},
        {"keyword": "orchard", "keyword_in": "anywhere"},
        {"sender_domains": "orchard.test"},
    ],
    ids=["body", "headers", "to", "anywhere", "sender"],
)
def test_rule_places_mail_of_a_shared_mailbox(admin, account, support, condition):
    rule = admin.rule("Orchard", project_id=support, sequence=1, **condition)
    try:
        entry, other = account.receive(
            mail(
                "Unclaimed",
                to="orchard@hosted.example",
                sender=f"Pat <pat{rule}@orchard.test>",
                text="The orange\ntractor is broken.",
                X_Department="Orchard",
            ),
            mail("Unclaimed, too", to="team@hosted.example"),
        )
    finally:
        admin.write("mail.task.rule", rule, active=False)

    task = admin.task(entry.task_id)
    assert task.project_id == support
    assert task.partner_id == admin.partner(f"pat{rule}@orchard.test")
    assert entry.rule_ids == [rule]
    assert other.state == "quarantined"
    assert account.waiting() == []


def test_unclaimed_mail_waits_for_a_rule(admin, account, support):
    raw = mail("A pear tree needs help", to="team@hosted.example")

    [entry] = account.receive(raw)

    assert entry.state == "quarantined"
    assert entry.reason == (
        "None of our addresses is among the recipients, and no rule wants it."
    )
    assert not entry.task_id
    assert admin.original(entry) == raw
    assert account.waiting() == []

    rule = admin.rule("Pears", keyword="pear tree", project_id=support)
    process_again(admin, entry)

    entry = admin.entry(entry.id)
    task = admin.task(entry.task_id)
    assert entry.state == "task"
    assert entry.rule_ids == [rule]
    assert entry.attempts == 2
    assert entry.server_id == account.server_id
    assert task.project_id == support
    assert "The text of “A pear tree needs help”." in task.description
    assert len(account.entries()) == 1


def test_mail_server_that_makes_tasks_of_everything(admin, mailbox, incoming_project):
    """Core's “Create a New Record” claims what no address claims."""
    account = admin.mail_account(mailbox, object_id=admin.model("project.task"))

    [entry] = account.receive(mail("To whom it may concern", to="all@hosted.example"))

    task = admin.task(entry.task_id)
    assert entry.state == "task"
    assert task.project_id == incoming_project
    assert task.partner_id == admin.partner(customer("To whom it may concern"))


def test_ignoring_rule(admin, account, support):
    rule = admin.rule("No lottery", keyword="lottery", action="ignore", sequence=1)

    [entry] = account.receive(mail("You won the Lottery", to="support@mail.example"))

    assert entry.state == "ignored"
    assert entry.reason == "Ignored by rule “No lottery”."
    assert entry.rule_ids == [rule]
    assert admin.tasks("You won the Lottery") == []
    assert account.waiting() == []


def test_first_matching_rule_wins_and_stop_off_adds(admin, account, support, billing):
    tag = admin.create("project.tags", name="Ladder")
    first, second, third = (
        admin.rule(f"Ladder {number}", keyword="ladder", sequence=number, **values)
        for number, values in enumerate(
            (
                {"tag_ids": [tag], "stop": False},
                {"project_id": billing},
                {"project_id": support, "priority": "1"},
            ),
            start=2,
        )
    )

    [entry] = account.receive(mail("A ladder", to="support@mail.example"))

    task = admin.task(entry.task_id)
    assert entry.rule_ids == [first, second]
    assert third not in [step["rule"] for step in entry.trace]
    assert task.project_id == billing
    assert task.tag_ids == [tag]
    assert task.priority == "0"


def test_rule_of_an_archived_project_is_passed_over(admin, account, support, billing):
    closed = admin.project("Closed shop")
    passed = admin.rule("To the shop", keyword="shop", project_id=closed, sequence=2)
    next_rule = admin.rule("To billing", keyword="shop", project_id=billing, sequence=3)
    admin.write("project.project", closed, active=False)

    [entry] = account.receive(mail("About the shop", to="support@mail.example"))

    assert admin.task(entry.task_id).project_id == billing
    assert entry.rule_ids == [next_rule]
    assert outcome_of(passed, entry) == (
        False,
        "The project “Closed shop” is archived: the rule is passed over.",
    )

    admin.write("mail.task.rule", next_rule, active=False)
    [entry] = account.receive(mail("The shop again", to="support@mail.example"))

    assert admin.task(entry.task_id).project_id == support
    assert entry.rule_ids == []


def test_project_without_an_address_as_target(admin, account):
    """Core raises TypeError when such a project gets mail for a colleague."""
    nameless = admin.project("No address")
    colleague = "bob@staff.example"
    admin.employee("bob")
    admin.rule("To the nameless", keyword="nameless", project_id=nameless)

    [entry] = account.receive(
        mail("A nameless thing", to=f"team@hosted.example, {colleague}")
    )

    task = admin.task(entry.task_id)
    assert entry.state == "task"
    assert task.project_id == nameless
    assert task.partner_id == admin.partner(customer("A nameless thing"))


def test_mail_for_another_app_is_delivered_and_forgotten(admin, account):
    admin.virtual_address("newcontact", model="res.partner")

    [entry] = account.receive(
        mail("Zoe Zephyr", to="newcontact@mail.example", text="Not our business.")
    )

    assert entry.state == "delivered"
    assert entry.reason == "Delivered to: Contact."
    assert entry.res_model == "res.partner"
    assert admin.read("res.partner", entry.res_id, "name").name == "Zoe Zephyr"
    assert not entry.has_original
    assert not entry.body
    assert not entry.headers
    assert attachments_of_ledger(admin, entry) == []
    assert admin.tasks("Zoe Zephyr") == []


# ----------------------------------------------------------------------
# The conversation
# ----------------------------------------------------------------------


def test_employee_and_customer_talk_by_mail(admin, account, sink, ann):
    """The customer gets Ann's answer; the customer's reply joins the same task."""
    address = customer("A long story")
    [entry] = account.receive(
        mail("A long story", to="ann@mail.example", sender=f"Cara <{address}>")
    )
    admin.log_in_as("ann").call(
        "project.task",
        "message_post",
        [entry.task_id],
        body="Ann has an answer.",
        message_type="comment",
        subtype_xmlid="mail.mt_comment",
    )

    [answer] = sink.mails_to(address)
    assert "Ann has an answer." in answer.get_body(("plain",)).get_content()
    assert "Ann" in answer["From"]

    [reply] = account.receive(
        mail(
            "Re: A long story",
            to=answer["Reply-To"],
            sender=f"Cara <{address}>",
            text="Cara thanks.",
            In_Reply_To=answer["Message-ID"],
            References=answer["Message-ID"],
            attachments={"thanks.bin": REPORT},
        )
    )

    assert reply.state == "reply"
    assert reply.task_id == entry.task_id
    assert "A long story" in reply.reason
    assert admin.tasks("Re: A long story") == []
    _, message = admin.mails_of(entry.task_id)
    assert "Cara thanks." in message.body
    assert message.author_id == admin.partner(address)
    assert admin.attachments(entry.task_id) == {"thanks.bin": REPORT}


def test_customer_of_an_unclaimed_mail_gets_the_answer(
    admin, account, sink, ann, billing
):
    admin.rule("Kites to Ann", keyword="kite", project_id=billing, user_ids=[ann])
    [entry] = account.receive(mail("A kite", to="team@hosted.example"))

    admin.log_in_as("ann").call(
        "project.task",
        "message_post",
        [entry.task_id],
        body="It will fly.",
        message_type="comment",
        subtype_xmlid="mail.mt_comment",
    )

    [answer] = sink.mails_to(customer("A kite"))
    assert "It will fly." in answer.get_body(("plain",)).get_content()
    assert "billing@mail.example" in answer["From"]
    task = admin.read("project.task", entry.task_id, "task_email")
    assert task.task_email in answer["Reply-To"]


# ----------------------------------------------------------------------
# Helpers
# ----------------------------------------------------------------------


def outcome_of(rule, entry):
    """Return whether a rule matched, and why not, as the trace says."""
    [step] = [step for step in entry.trace if step["rule"] == rule]
    return step["matched"], step["why"]


def process_again(admin, entry):
    admin.call("mail.task.incoming", "action_process_again", [entry.id])


def attachments_of_ledger(admin, entry):
    domain = [("res_model", "=", "mail.task.incoming"), ("res_id", "=", entry.id)]
    return admin.search("ir.attachment", domain, "name")
