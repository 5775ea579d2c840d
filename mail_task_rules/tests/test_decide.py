from odoo.exceptions import AccessError, UserError
from odoo.tests import Form

from .common import MailTaskCommon


class TestDecide(MailTaskCommon):
    """What people do with mails that wait."""

    def waiting(self, **headers):
        return self.deliver_failing(self.make_mail("nobody", **headers), ValueError)

    def decide(self, incoming, **values):
        action = incoming.with_user(self.mail_admin).action_decide()
        Wizard = self.env[action["res_model"]].with_user(self.mail_admin)
        with Form(Wizard.with_context(**action["context"])) as form:
            for name, value in values.items():
                form[name] = value
        with self.mock_mail_gateway():
            form.record.action_apply()
        self.commit()

    def test_process_again(self):
        incoming = self.waiting()
        self.make_rule("All", match_any=True, project_id=self.support.id)
        self.decide(incoming)
        self.assertEqual(incoming.state, "task")

    def test_make_it_a_task_in_a_project(self):
        incoming = self.waiting()
        self.make_rule("Ignore", match_any=True, action="ignore")
        self.decide(incoming, action="project", project_id=self.accounting)
        self.assertEqual(incoming.state, "task")
        self.assertEqual(incoming.task_id.project_id, self.accounting)
        self.assertEqual(incoming.task_id.partner_id, self.customer)

    def test_add_it_to_a_task(self):
        task = self.deliver().task_id
        incoming = self.waiting(text="One more thing\n")
        self.decide(incoming, action="task", task_id=task)
        self.assertEqual(incoming.state, "reply")
        self.assertEqual(incoming.task_id, task)
        self.assertIn("One more thing", task.message_ids[0].body)

    def test_allow_the_sender(self):
        self.env["ir.config_parameter"].set_param("mail.gateway.loop.threshold", 1)
        self.deliver()
        surplus = self.deliver()
        self.assertEqual(surplus.state, "quarantined")
        self.decide(surplus, action="allow")
        self.assertEqual(surplus.state, "task")
        self.assertEqual(self.deliver().state, "task")

    def test_block_the_sender(self):
        self.make_rule("All", match_any=True, project_id=self.support.id)
        for sender in ("spam@elsewhere.test", "junk@elsewhere.test"):
            mail = {"sender": sender}
            incoming = self.deliver(self.make_mail(**mail))
            incoming.task_id.unlink()
            incoming.state = "quarantined"
            self.decide(incoming, action="block")
            self.assertEqual(incoming.state, "ignored")
            self.assertEqual(self.deliver(self.make_mail(**mail)).state, "ignored")
        rule = self.env.ref("mail_task_rules.rule_blocked_senders")
        self.assertEqual(rule.sender_domains, "spam@elsewhere.test junk@elsewhere.test")
        other = self.make_mail(sender="ham@elsewhere.test")
        self.assertEqual(self.deliver(other).state, "task")

    def test_the_same_for_all_alike(self):
        one, two = self.waiting(), self.waiting()
        other = self.waiting(sender="other@elsewhere.test")
        self.decide(one, action="project", project_id=self.support, with_alike=True)
        self.assertEqual((one | two).mapped("state"), ["task", "task"])
        self.assertEqual(other.state, "quarantined")

    def test_task_that_the_user_may_not_write_is_refused(self):
        task = self.env["project.task"].create(
            {"name": "Private", "project_id": False, "user_ids": self.ann.ids}
        )
        incoming = self.waiting()
        wizard = (
            self.env["mail.task.incoming.decide"]
            .with_user(self.mail_admin)
            .create(
                {
                    "incoming_ids": incoming.ids,
                    "action": "task",
                    "task_id": task.id,
                }
            )
        )
        with self.assertRaises(AccessError):
            wizard.action_apply()

    def test_missing_choice_is_said(self):
        incoming = self.waiting()
        for action in ("project", "task"):
            wizard = self.env["mail.task.incoming.decide"].create(
                {"incoming_ids": incoming.ids, "action": action}
            )
            with self.subTest(action), self.assertRaisesRegex(UserError, "Choose"):
                wizard.action_apply()

    def test_others_may_not_decide(self):
        incoming = self.waiting()
        for user in (self.manager, self.ann):
            with self.subTest(user.login), self.assertRaises(AccessError):
                incoming.with_user(user).action_decide()
