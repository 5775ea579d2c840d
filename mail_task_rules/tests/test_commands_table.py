from html import escape

from odoo.fields import Command
from odoo.tools import html2plaintext

from odoo.addons.mail.tests.common import mail_new_test_user

from .common import MailTaskCommon

FORGED = "mx.ours.test; dmarc=fail"
QUOTE = "\n\nOn 2 March 2026, Ann <ann@acme.test> wrote:\n> Stage: Done\n> Tags: Red\n"
# Who writes; the text; what came of each command; what the task has then that it had
# not before; and what is left of the text, if it is not empty.
CASES = [
    # each command
    ("ann", "Stage: Done", "done", {"stage": "Done"}),
    ("ann", "Project: Accounting", "done", {"project": "Accounting"}),
    (
        "ann",
        "Project: Accounting\nStage: Paid",
        "done done",
        {"project": "Accounting", "stage": "Paid"},
    ),
    (
        "ann",
        "Stage: Paid\nProject: Accounting",
        "done done",
        {"project": "Accounting", "stage": "Paid"},
    ),
    ("ann", "Assignee: manager", "done", {"users": "Manager"}),
    ("ann", "Assignee: Ann, Manager", "done", {"users": "Ann, Manager"}),
    (
        "ann",
        "Assignee: +ann\nAssignee: +manager",
        "done done",
        {"users": "Ann, Manager"},
    ),
    (
        "ann",
        "Assignee: ann, manager\nAssignee: -ann",
        "done done",
        {"users": "Manager"},
    ),
    ("ann", "Priority: high", "done", {"priority": "2"}),
    ("ann", "Priority: Urgent", "done", {"priority": "3"}),
    ("ann", "Priority: 1", "done", {"priority": "1"}),
    ("ann", "Deadline: 2026-12-24", "done", {"deadline": "2026-12-24 00:00:00"}),
    (
        "ann",
        "Deadline: 24 December 2026 15:30",
        "done",
        {"deadline": "2026-12-24 15:30:00"},
    ),
    ("ann", "Deadline: 12/24/2026", "done", {"deadline": "2026-12-24 00:00:00"}),
    ("ann", "Deadline: 2026-12-24\nDeadline: -", "done done", {}),
    ("ann", "Tags: Red", "done", {"tags": "Red"}),
    ("ann", "Tags: Red, Blue\nTags: -red", "done done", {"tags": "Blue"}),
    ("ann", "Tags: red; -Blue", "done", {"tags": "Red"}),
    ("ann", "Milestone: Release 2", "done", {"milestone": "Release 2"}),
    ("ann", "Parent: #{parent}", "done", {"parent": "Parent"}),
    ("ann", "Parent: {parent}", "done", {"parent": "Parent"}),
    ("ann", "Parent: Parent", "done", {"parent": "Parent"}),
    ("ann", "Category: Bug", "done", {"category": "Bug"}),
    # names
    (
        "ann",
        "stage:done\nPRIORITY : High",
        "done done",
        {"stage": "Done", "priority": "2"},
    ),
    ("ann", "Assignees: ann", "done", {"users": "Ann"}),
    ("ivan", "Этап: Готово\n\nПривет", "done", {"stage": "Done"}, "Привет"),
    ("ivan", "Этап: Done", "done", {"stage": "Done"}),
    ("ivan", "Stage: готово", "done", {"stage": "Done"}),
    (
        "ivan",
        "Исполнитель: ann\nПриоритет: high",
        "done done",
        {"users": "Ann", "priority": "2"},
    ),
    ("ivan", "Срок: 24 декабря 2026", "done", {"deadline": "2026-12-23 21:00:00"}),
    ("ivan", "Проект: Accounting", "done", {"project": "Accounting"}),
    ("ivan", "Теги: Red", "done", {"tags": "Red"}),
    ("ann", "Этап: Готово", "", {}, "Этап: Готово"),
    # what a setting allows
    (
        "ann",
        "Severity: high\nAllocated Time: 2.5",
        "done done",
        {"severity": "High", "hours": "2.5"},
    ),
    (
        "ann",
        "Stage: Done\nTitle: Mine",
        "done unknown",
        {"stage": "Done"},
        "Title: Mine",
    ),
    ("ann", "Title: Mine", "", {}, "Title: Mine"),
    # text that stays
    (
        "ann",
        "Stage: Done\n\nPriority: high",
        "done",
        {"stage": "Done"},
        "Priority: high",
    ),
    (
        "ann",
        "Stage: Done\nHello\nTags: Red",
        "done",
        {"stage": "Done"},
        "Hello\nTags: Red",
    ),
    (
        "ann",
        "Stage: Done\nNote: call Bob\nTags: Red",
        "done unknown done",
        {"stage": "Done", "tags": "Red"},
        "Note: call Bob",
    ),
    ("ann", "Hello\nStage: Done", "", {}, "Hello\nStage: Done"),
    ("ann", "Hello: world\nStage: Done", "", {}, "Hello: world\nStage: Done"),
    ("ann", "Stage:\nDone", "", {}, "Stage:\nDone"),
    ("ann", "-- \nStage: Done", "", {}, "--\nStage: Done"),
    # values that mean nothing, or too much
    ("ann", "Stage: Nowhere", "unclear", {}),
    ("ann", "Project: see below\n\nHello", "unclear", {}, "Hello"),
    ("ann", "Assignee: Bob", "unclear", {}),
    ("ann", "Assignee: nobody at all", "unclear", {}),
    ("ann", "Priority: purple", "unclear", {}),
    ("ann", "Deadline: soon", "unclear", {}),
    ("ann", "Deadline: 2026-02-30", "unclear", {}),
    ("ann", "Tags: Red, Purple", "unclear", {}),
    ("ann", "Milestone: Release", "unclear", {}),
    ("ann", "Parent: #999999999", "unclear", {}),
    ("ann", "Stage: Paid", "unclear", {}),
    ("ann", "Stage: Nowhere\nTags: Red", "unclear done", {"tags": "Red"}),
    # what the sender could not do in the form
    ("ann", "Project: Secret", "unclear", {}),
    ("ann", "Project: Abroad", "unclear", {}),
    ("ann", "Parent: #{secret}", "unclear", {}),
    ("ann", "Assignee: customer user", "unclear", {}),
    ("ann", "Category: Board", "refused", {}),
    ("manager", "Category: Board", "done", {"category": "Board"}),
    (
        "ann",
        "Project: Accounting\nMilestone: Release 2",
        "done refused",
        {"project": "Accounting"},
    ),
    ("ann", "Description: x\nStage: Done", "", {}, "Description: x\nStage: Done"),
    ("colleague", "Stage: Done\nTags: Red", "refused refused", {}),
    ("colleague", "Project: Accounting\n\nHello", "refused", {}, "Hello"),
    # who may give none
    ("portal", "Stage: Done\n\nHello", "", {}, "Stage: Done\nHello"),
    ("customer", "Stage: Done", "", {}, "Stage: Done"),
    (
        "customer",
        "Project: see below\nNote: urgent",
        "",
        {},
        "Project: see below\nNote: urgent",
    ),
    ("unknown", "Stage: Done", "", {}, "Stage: Done"),
    ("forged", "Stage: Done", "", {}, "Stage: Done"),
    ("robot", "Stage: Done", "", {}, "Stage: Done"),
    # what others wrote
    ("ann", "> Stage: Done\n> Tags: Red", "", {}, "> Stage: Done\n> Tags: Red"),
    ("ann", "Hello" + QUOTE, "", {}, "Hello" + QUOTE),
    (
        "ann",
        "Priority: high\n\nHello" + QUOTE,
        "done",
        {"priority": "2"},
        "Hello" + QUOTE,
    ),
    ("ann", "Priority: high" + QUOTE, "done", {"priority": "2"}, QUOTE),
    (
        "ann",
        "-----Original Message-----\nStage: Done",
        "",
        {},
        "-----Original Message-----\nStage: Done",
    ),
    (
        "ann",
        "From: Customer\nSubject: Stage\nStage: Done",
        "",
        {},
        "From: Customer\nSubject: Stage\nStage: Done",
    ),
]
HTML_CASES = [
    (
        "<p>Stage: Done</p><p>Hello <b>Bob</b></p>",
        "done",
        {"stage": "Done"},
        "<p>Hello <b>Bob</b></p>",
    ),
    (
        "<div>Stage: Done<br>Tags: Red<br><br>Hello</div>",
        "done done",
        {"stage": "Done", "tags": "Red"},
        "<div>Hello</div>",
    ),
    (
        "<p><b>Stage:</b> Done</p><blockquote>Tags: Red</blockquote>",
        "done",
        {"stage": "Done"},
        None,
    ),
    ("<blockquote><p>Stage: Done</p></blockquote><p>Yes</p>", "", {}, None),
    ('<div class="gmail_quote"><div>Stage: Done</div></div>', "", {}, None),
    ('<div class="gmail_signature">Stage: Done</div>', "", {}, None),
    ('<div id="divRplyFwdMsg"><b>From:</b> Ann</div><p>Stage: Done</p>', "", {}, None),
    ("<table><tr><td>Stage: Done</td></tr></table>", "", {}, None),
    (
        "<style>p {}</style><!-- x --><p>Stage: Done</p>",
        "done",
        {"stage": "Done"},
        None,
    ),
]


class TestCommandsTable(MailTaskCommon):
    """What commands do: the sender, the text, new mails and replies, text and HTML."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        parameters = cls.env["ir.config_parameter"]
        parameters.set_param("mail_task_rules.trusted_authserv_ids", "mx.ours.test")
        cls.env["res.lang"]._activate_lang("ru_RU")
        cls.make_people()
        cls.make_projects()
        cls.allow("task_properties", "allocated_hours")

    @classmethod
    def make_people(cls):
        cls.manager.group_ids += cls.env.ref("mail_task_rules.group_mail_admin")
        for login, name, groups in (
            ("ivan", "Ivan", "project.group_project_user"),
            ("bob1", "Bob One", "project.group_project_user"),
            ("bob2", "Bob Two", "project.group_project_user"),
            ("colleague", "Colleague", "base.group_user"),
            ("portal_user", "Customer User", "base.group_portal"),
        ):
            mail_new_test_user(cls.env, login=login, name=name, groups=groups)
        cls.ivan = cls.env["res.users"].search([("login", "=", "ivan")])
        cls.ivan.write({"lang": "ru_RU", "tz": "Europe/Moscow"})
        users = cls.env["res.users"].search([("login", "not in", ("admin", "demo"))])
        for user in users:
            user.email = f"{user.login}@staff.test"
        by_login = {user.login: user.email for user in users}
        cls.senders = {
            **by_login,
            "portal": by_login["portal_user"],
            "customer": cls.customer.email,
            "unknown": "unknown@elsewhere.test",
            "forged": cls.ann.email,
            "robot": cls.ann.email,
        }

    @classmethod
    def make_projects(cls):
        cls.support.write(
            {
                "allow_milestones": True,
                "milestone_ids": [
                    Command.create({"name": f"Release {n}"}) for n in (1, 2)
                ],
                "task_properties_definition": [
                    {
                        "name": "severity",
                        "string": "Severity",
                        "type": "selection",
                        "selection": [["high", "High"], ["low", "Low"]],
                    }
                ],
            }
        )
        cls.support.type_ids[1].with_context(lang="ru_RU").name = "Готово"
        cls.accounting.type_ids = [Command.create({"name": "Paid"})]
        secret = cls.make_project("Secret", privacy_visibility="followers")
        abroad = cls.env["res.company"].create({"name": "Abroad"})
        cls.make_project("Abroad", company_id=abroad.id)
        tasks = cls.env["project.task"]
        cls.parent, cls.secret_task = tasks.create(
            [
                {"name": "Parent", "project_id": cls.support.id},
                {"name": "Hidden", "project_id": secret.id},
            ]
        )
        cls.env["project.tags"].create([{"name": "Red"}, {"name": "Blue"}])
        managers = cls.env.ref("project.group_project_manager")
        cls.env["mail.task.category"].create(
            [{"name": "Bug"}, {"name": "Board", "group_ids": managers.ids}]
        )

    @classmethod
    def allow(cls, *names):
        found = cls.env["ir.model.fields"].search(
            [("model", "=", "project.task"), ("name", "in", names)]
        )
        cls.env.company.mail_task_command_field_ids += found

    # ------------------------------------------------------------------
    # Tables
    # ------------------------------------------------------------------

    def test_table(self):
        for sender, text, results, changes, *rest in CASES:
            text = text.format(parent=self.parent.id, secret=self.secret_task.id)
            rest = rest[0] if rest else ""
            with self.subTest(text, sender=sender):
                found = self.get_outcome(sender, text, False, False)
                self.assertEqual(found[:3], ("task", results, changes))
                self.assertEqual(found[3].split(), rest.split())
            with self.subTest(text, sender=sender, reply=True):
                found = self.get_outcome(sender, _html(text), True, True)
                if sender == "forged":
                    self.assertEqual(found, ("quarantined",))
                    continue
                self.assertEqual(found[:3], ("reply", results, changes))
                self.assertEqual(found[3].split(), rest.split())

    def test_html_table(self):
        for html, results, changes, rest in HTML_CASES:
            with self.subTest(html):
                found = self.get_outcome("ann", html, True, False, keeps_html=True)
                self.assertEqual(found[1:3], (results, changes))
                if rest:
                    self.assertIn(rest, found[3])

    def get_outcome(self, sender, text, is_html, is_reply, keeps_html=False):
        """Return state, results, changes and remaining text; then undo it."""
        with self.env.cr.savepoint() as savepoint:
            outcome = self.try_out(sender, text, is_html, is_reply, keeps_html)
            savepoint.rollback()
            self.env.invalidate_all()
            self.env.registry.clear_cache()
        return outcome

    def try_out(self, sender, text, is_html, is_reply, keeps_html):
        tasks = self.env["project.task"]
        task = tasks.create(
            {"name": "Old", "project_id": self.support.id, "user_ids": False}
        )
        before = self.get_state(task)
        headers = {}
        if is_reply:
            headers["In_Reply_To"] = task.message_ids[-1:].message_id
        if sender == "forged":
            headers["Authentication_Results"] = FORGED
        if sender == "robot":
            headers["Auto_Submitted"] = "auto-generated"
        raw = self.make_mail(sender=self.senders[sender], text=text, **headers)
        if is_html:
            raw = raw.replace(b"text/plain", b"text/html")
        incoming = self.deliver(raw)
        if not incoming.task_id:
            return (incoming.state,)
        after = self.get_state(incoming.task_id)
        changes = {
            key: after[key] for key in after if after[key] and after[key] != before[key]
        }
        results = " ".join(command["state"] for command in incoming.commands or ())
        message = incoming.task_id.message_ids.filtered(
            lambda message: message.message_id == incoming.message_id
        )
        body = message.body
        if message.subtype_id == self.env.ref("mail.mt_note") and results:
            # a reply that has nothing else shows them
            body = ""
        left = body if keeps_html else html2plaintext(body, include_references=False)
        return incoming.state, results, changes, left

    def get_state(self, task):
        return {
            "project": task.project_id.name,
            "stage": task.stage_id.name,
            "users": ", ".join(sorted(task.user_ids.mapped("name"))),
            "priority": task.priority,
            "deadline": str(task.date_deadline or ""),
            "tags": ", ".join(task.tag_ids.sorted("name").mapped("name")),
            "milestone": task.milestone_id.name,
            "parent": task.parent_id.name,
            "category": task.category_id.name,
            "severity": task.task_properties.get("severity"),
            "hours": str(task.allocated_hours),
        }


def _html(text):
    """Return a text as mail programs send it: one block a line."""
    lines = text.split("\n")
    return "".join(f"<div>{escape(line) or '<br>'}</div>" for line in lines)


def _own(rest):
    return rest.strip() and rest != QUOTE
