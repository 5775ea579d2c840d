from odoo.fields import Command

from .common import MailTaskCommon


class TestAutoReply(MailTaskCommon):
    """Answers by template, of rules and of addresses."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = cls.env.ref("mail_task_rules.mail_template_request_received")
        cls.env["mail.task.rule"].search([]).active = False

    def make_template(self, **values):
        return self.env["mail.template"].create(
            {
                "name": "Answer",
                "model_id": self.env["ir.model"]._get_id("project.task"),
                "subject": "Answer",
                "body_html": "<p>Got it</p>",
                **values,
            }
        )

    def answering_rule(self, **values):
        values.setdefault("auto_reply_template_id", self.template.id)
        return self.make_rule("Answer", match_any=True, **values)

    def answers(self, **mail):
        """Deliver a mail; return the answers to its sender."""
        mail.setdefault("sender", self.customer.email)
        self.incoming = self.deliver(self.make_mail(**mail))
        email = mail["sender"]
        return [sent for sent in self._mails if email in str(sent["email_to"])]

    def test_rule_answers_from_the_address(self):
        self.answering_rule()
        [answer] = self.answers(subject="A pump", message_id="<first@acme.test>")
        task = self.incoming.task_id
        self.assertEqual(answer["subject"], f"Re: A pump [#{task.id}]")
        self.assertIn("“A pump”", answer["body"])
        self.assertIn(f"support@{self.domain}", answer["email_from"])
        self.assertEqual(answer["reply_to"], task.sudo().task_email)
        self.assertEqual(answer["headers"]["In-Reply-To"], "<first@acme.test>")
        self.assertEqual(answer["headers"]["Auto-Submitted"], "auto-replied")

    def test_answer_stays_in_the_chatter(self):
        self.answering_rule()
        self.answers(subject="A pump")
        bodies = "".join(self.incoming.task_id.message_ids.mapped("body"))
        self.assertIn("We have received your request", bodies)

    def test_answer_is_in_the_language_of_the_sender(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.template.with_context(lang="fr_FR").subject = "Bien reçu"
        self.customer.lang = "fr_FR"
        self.answering_rule()
        [answer] = self.answers()
        self.assertEqual(answer["subject"], "Bien reçu")

    def test_one_answer_a_day(self):
        self.answering_rule()
        self.assertTrue(self.answers())
        self.env.cr.execute(
            "UPDATE mail_task_notice SET create_date = create_date - interval '1 hour'"
        )
        self.assertFalse(self.answers())

    def test_robots_get_none(self):
        self.answering_rule()
        self.assertFalse(self.answers(Auto_Submitted="auto-generated"))
        self.assertFalse(self.answers(Return_Path="<>"))
        self.assertFalse(self.answers(List_Id="<list.acme.test>"))

    def test_address_answers_where_no_rule_does(self):
        alias = self.make_virtual_address("info")
        alias.alias_auto_reply_template_id = self.make_template(subject="Address")
        [answer] = self.answers(to="info")
        self.assertEqual(answer["subject"], "Address")
        self.assertIn(f"info@{self.domain}", answer["email_from"])

    def test_rule_goes_before_the_address(self):
        alias = self.make_virtual_address("info")
        alias.alias_auto_reply_template_id = self.make_template(subject="Address")
        self.answering_rule(
            auto_reply_template_id=self.make_template(subject="Rule").id
        )
        [answer] = self.answers(to="info")
        self.assertEqual(answer["subject"], "Rule")

    def test_address_does_not_answer_replies(self):
        self.support.alias_id.alias_auto_reply_template_id = self.template
        task = self.env["project.task"].create(
            {"name": "Old", "project_id": self.support.id}
        )
        reference = task.message_post(body="Hello").message_id
        self.assertFalse(self.answers(In_Reply_To=reference))
        self.assertEqual(self.incoming.state, "reply")

    def test_rule_without_a_task_answers_nothing(self):
        self.answering_rule(action="quarantine")
        self.assertFalse(self.answers())

    def test_archived_template_is_none(self):
        rule = self.answering_rule()
        self.template.active = False
        self.assertFalse(self.answers())
        self.assertIn("archived", rule.warning)

    def test_bad_template_is_told_and_the_task_is_there(self):
        template = self.make_template(
            body_html="<p t-out=\"1 / (object.name != 'Bad')\"/>"
        )
        self.answering_rule(auto_reply_template_id=template.id)
        with self.assertLogs("odoo.addons.mail.models.mail_render_mixin"):
            self.assertFalse(self.answers(subject="Bad"))
        self.assertEqual(self.incoming.state, "task")
        self.assertIn("automatic answer could not be made", self.incoming.reason)

    def test_own_rule_answers_with_the_rights_of_its_owner(self):
        employee = self.env["hr.employee"].create(
            {"name": "Ann", "user_id": self.ann.id, "alias_name": "ann"}
        )
        secret = self.make_template(
            body_html="<p t-out=\"object.env['ir.config_parameter'].get_param('x')\"/>"
        )
        public = self.env["hr.employee.public"].browse(employee.id)
        rule = self.make_rule(
            "Mine",
            match_any=True,
            user_id=self.ann.id,
            scope="employee",
            employee_ids=[Command.set(public.ids)],
            auto_reply_template_id=self.template.id,
        )
        self.assertTrue(self.answers(to="ann"))
        rule.auto_reply_template_id = secret
        with self.assertLogs("odoo.addons.mail.models.mail_render_mixin"):
            self.assertFalse(self.answers(to="ann", sender="other@acme.test"))
        self.assertIn("could not be made", self.incoming.reason)

    def test_command_report_is_the_only_answer(self):
        self.ann.email = "ann@staff.test"
        self.answering_rule()
        [answer] = self.answers(sender="ann@staff.test", text="Priority: high")
        self.assertIn("Priority: high", answer["body"])

    def test_rule_tells_and_remembers_its_answer(self):
        rule = self.answering_rule()
        self.env.cr.precommit.run()
        self.assertIn("answer with “Task: Request Received”", rule.sentence)
        rule.auto_reply_template_id = False
        self.env.cr.precommit.run()
        rule.version_ids.sorted("id")[0].action_restore()
        self.assertEqual(rule.auto_reply_template_id, self.template)

    def test_preview_shows_the_template_on_a_task(self):
        rule = self.answering_rule(project_id=self.support.id)
        task = self.env["project.task"].create(
            {"name": "Shown", "project_id": self.support.id}
        )
        context = rule.with_user(self.mail_admin).action_preview_auto_reply()["context"]
        self.assertEqual(context["default_resource_ref"], f"project.task,{task.id}")
        preview = (
            self.env["mail.template.preview"]
            .with_user(self.mail_admin)
            .with_context(**context)
            .create({})
        )
        self.assertIn("Shown", preview.body_html)
