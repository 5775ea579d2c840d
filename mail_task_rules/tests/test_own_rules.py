from odoo.exceptions import AccessError

from .common import MailTaskCommon


class TestOwnRules(MailTaskCommon):
    """An employee's own rule does what its owner may do, when the mail comes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.employee = cls.env["hr.employee"].create(
            {"name": "Ann", "user_id": cls.ann.id, "alias_name": "ann.task"}
        )
        cls.task = cls.env["project.task"].create(
            {"name": "Secret", "project_id": cls.accounting.id, "user_ids": False}
        )
        cls.accounting.privacy_visibility = "followers"
        cls.reference = cls.task.message_post(
            body="Hello", message_type="comment", subtype_xmlid="mail.mt_comment"
        ).message_id

    def make_own_rule(self, **values):
        return (
            self.env["mail.task.rule"]
            .with_user(self.ann)
            .create(
                {
                    "name": "Own",
                    "user_id": self.ann.id,
                    "scope": "employee",
                    "employee_ids": self.employee.ids,
                    "match_any": True,
                    **values,
                }
            )
        )

    def reply(self, **headers):
        return self.deliver(
            self.make_mail("ann.task", In_Reply_To=self.reference, **headers)
        )

    def test_reply_to_a_task_that_the_owner_may_not_write(self):
        rule = self.make_own_rule(
            applies_to="both", priority="1", user_ids=self.ann.ids
        )
        incoming = self.reply()
        self.assertEqual(incoming.task_id, self.task)
        self.assertFalse(incoming.rule_ids)
        self.assertIn("may not change", str(incoming.trace))
        self.assertEqual(self.task.priority, "0")
        self.assertFalse(self.task.user_ids)
        self.task.user_ids = self.ann
        self.assertTrue(self.task.with_user(self.ann).has_access("write"))
        self.assertEqual(self.reply().rule_ids, rule)
        self.assertEqual(self.task.priority, "1")

    def test_reply_is_not_kept_from_a_task_of_others(self):
        for action in ("ignore", "quarantine"):
            rule = self.make_own_rule(applies_to="reply", action=action)
            with self.subTest(action):
                self.assertEqual(self.reply().state, "reply")
            rule.unlink()

    def test_company_rules_go_on(self):
        self.make_rule(
            "Company",
            applies_to="reply",
            match_any=True,
            stop=False,
            tag_ids=self.env["project.tags"].create({"name": "T"}).ids,
        )
        self.make_own_rule(applies_to="reply", priority="1")
        self.reply()
        self.assertEqual(self.task.tag_ids.name, "T")
        self.assertEqual(self.task.priority, "0")

    def test_mail_is_added_to_no_task_of_others(self):
        self.accounting.privacy_visibility = "employees"
        self.ann.group_ids = self.env.ref("base.group_user")
        self.ann.group_ids += self.env.ref("project.group_project_user")
        rule = self.make_own_rule(
            action="append",
            append_field_id=self.env["ir.model.fields"]._get("project.task", "name").id,
            extraction_ids=[
                (0, 0, {"name": "Title", "source": "subject", "method": "whole"})
            ],
        )
        rule.append_extraction_id = rule.extraction_ids
        mail = self.make_mail("ann.task", subject="Secret")
        self.assertEqual(self.deliver(mail).task_id, self.task)
        self.accounting.privacy_visibility = "followers"
        mail = self.make_mail("ann.task", subject="Secret")
        self.assertNotEqual(self.deliver(mail).task_id, self.task)

    def test_project_that_the_owner_no_longer_sees(self):
        rule = self.make_own_rule(project_id=self.support.id, priority="1")
        self.assertEqual(self.deliver(self.make_mail("ann.task")).rule_ids, rule)
        self.support.privacy_visibility = "followers"
        incoming = self.deliver(self.make_mail("ann.task"))
        self.assertFalse(incoming.rule_ids)
        self.assertEqual(incoming.task_id.project_id.name, "Incoming Mail")
        with self.assertRaises(AccessError):
            rule.with_user(self.ann).priority = "0"

    def test_owner_who_is_no_project_user_any_more(self):
        self.make_own_rule(priority="1")
        self.ann.group_ids = self.env.ref("base.group_user")
        incoming = self.deliver(self.make_mail("ann.task"))
        self.assertFalse(incoming.rule_ids)
        self.assertEqual(incoming.state, "task")

    def test_trial_says_so(self):
        rule = self.make_own_rule(applies_to="both", priority="1")
        incoming = self.reply()
        wizard = self.env["mail.task.try"].create(
            {"incoming_id": incoming.id, "task_id": self.task.id, "rule_id": rule.id}
        )
        self.assertIn("may not change", wizard.result)
