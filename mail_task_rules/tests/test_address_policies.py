from odoo.exceptions import AccessError
from odoo.tests import Form, users

from .common import MailTaskCommon

STRANGER = "Stranger <stranger@elsewhere.test>"


class TestAddressPolicies(MailTaskCommon):
    """What an address says itself, where no rule does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.support.user_id = cls.manager
        cls.alias = cls.support.alias_id
        cls.employee = cls.env["hr.employee"].create(
            {"name": "Ann", "user_id": cls.ann.id, "alias_name": "ann.task"}
        )

    def deliver_stranger(self, to="support", **headers):
        return self.deliver(self.make_mail(to, sender=STRANGER, **headers))

    def get_mail(self, task):
        return task.message_ids.filtered(lambda m: m.message_type == "email")[:1]

    def find_stranger(self):
        return self.env["res.partner"].search(
            [("email_normalized", "=", "stranger@elsewhere.test")]
        )

    # ------------------------------------------------------------------
    # Defaults
    # ------------------------------------------------------------------

    def test_defaults_are_odoos(self):
        self.assertEqual(self.alias.alias_unknown_sender, "contact")
        self.alias.alias_contact = "partners"
        self.assertEqual(self.alias.alias_unknown_sender, "reject")
        self.alias.alias_unknown_sender = "portal"
        self.alias.alias_contact = "followers"
        self.assertEqual(self.alias.alias_unknown_sender, "portal")
        self.alias.write(
            {"alias_contact": "partners", "alias_unknown_sender": "reject"}
        )
        self.alias.alias_contact = "everyone"
        self.assertEqual(self.alias.alias_unknown_sender, "contact")
        other = self.env["mail.alias"].create(
            {
                "alias_name": "people",
                "alias_contact": "partners",
                "alias_model_id": self.env["ir.model"]._get_id("res.partner"),
            }
        )
        self.assertFalse(other._takes_unknown_senders())

    # ------------------------------------------------------------------
    # The rule wins
    # ------------------------------------------------------------------

    def test_rule_says_it_itself(self):
        for of_address, of_rule, state in (
            ("reject", "contact", "task"),
            ("skip", "owner", "task"),
            ("contact", "reject", "rejected"),
        ):
            self.alias.alias_unknown_sender = of_address
            rule = self.make_rule("R", match_any=True, unknown_sender=of_rule)
            with self.subTest(of_address), self.env.cr.savepoint() as savepoint:
                incoming = self.deliver_stranger()
                self.assertEqual(incoming.state, state)
                self.assertEqual(incoming.rule_ids, rule)
                savepoint.rollback()
                self.env.invalidate_all()
            rule.unlink()

    def test_rule_that_passes_over_strangers_leaves_it_to_the_address(self):
        self.alias.alias_unknown_sender = "reject"
        self.make_rule("R", match_any=True, unknown_sender="skip")
        self.assertEqual(self.deliver_stranger().state, "rejected")

    def test_who_may_write_is_asked_before_any_rule(self):
        self.alias.alias_contact = "internal"
        self.make_rule("R", match_any=True)
        self.assertEqual(self.deliver().state, "rejected")
        self.assertEqual(self.deliver_stranger().state, "rejected")

    # ------------------------------------------------------------------
    # Answers
    # ------------------------------------------------------------------

    def test_refusal_is_told(self):
        self.alias.alias_unknown_sender = "reject"
        incoming = self.deliver_stranger()
        self.assertEqual(incoming.state, "rejected")
        self.assertIn("unknown senders", incoming.reason)
        self.assertEqual(len(self._mails), 1)
        self.assertIn("stranger@elsewhere.test", str(self._mails[0]["email_to"]))
        self.assertEqual(self.alias.alias_status, "not_tested")

    def test_robots_are_not_told(self):
        self.alias.alias_unknown_sender = "reject"
        incoming = self.deliver_stranger(Auto_Submitted="auto-generated")
        self.assertEqual(incoming.state, "rejected")
        self.assertFalse(self._mails)

    def test_refusal_in_the_words_of_the_address(self):
        self.alias.write(
            {
                "alias_unknown_sender": "reject",
                "alias_bounced_content": "<p>Call us instead.</p>",
            }
        )
        self.deliver_stranger()
        self.assertIn("Call us instead", self._mails[0]["body"])

    # ------------------------------------------------------------------
    # Kinds of addresses
    # ------------------------------------------------------------------

    def test_owner_of_each_kind_of_address(self):
        self.accounting.user_id = self.ann
        virtual = self.make_virtual_address("info", alias_project_id=self.accounting.id)
        nobodys = self.make_virtual_address("nobody")
        self.env.company.mail_task_responsible_id = self.mail_admin
        for alias, owner in (
            (self.alias, self.manager),
            (self.employee.alias_id, self.ann),
            (virtual, self.ann),
            (nobodys, self.mail_admin),
        ):
            alias.alias_unknown_sender = "owner"
            with self.subTest(alias.alias_name):
                task = self.deliver_stranger(alias.alias_name).task_id
                self.assertEqual(self.get_mail(task).author_id, owner.partner_id)
                self.assertIn("stranger@elsewhere.test", task.description)
                self.assertFalse(self.find_stranger())

    def test_archived_owner_makes_no_tasks(self):
        self.manager.active = False
        self.env.company.mail_task_responsible_id = self.mail_admin
        self.alias.alias_unknown_sender = "owner"
        task = self.deliver_stranger().task_id
        self.assertEqual(self.get_mail(task).author_id, self.mail_admin.partner_id)

    def test_virtual_address_for_those_who_may_create_there(self):
        self.make_virtual_address(
            "info", alias_project_id=self.accounting.id, alias_contact="project"
        )
        manager = self.make_mail("info", sender=self.manager.email)
        self.assertEqual(self.deliver(manager).task_id.project_id, self.accounting)
        self.accounting.privacy_visibility = "followers"
        ann = self.make_mail("info", sender=self.ann.email)
        self.assertEqual(self.deliver(ann).state, "rejected")
        self.accounting.message_subscribe(self.ann.partner_id.ids)
        ann = self.make_mail("info", sender=self.ann.email, subject="Again")
        self.assertEqual(self.deliver(ann).task_id.create_uid, self.ann)

    # ------------------------------------------------------------------
    # Replies
    # ------------------------------------------------------------------

    def test_reply_of_a_stranger_makes_a_contact(self):
        task = self.deliver().task_id
        reference = self.get_mail(task).message_id
        self.deliver_stranger("catchall.test", In_Reply_To=reference)
        stranger = self.find_stranger()
        self.assertEqual(self.get_mail(task).author_id, stranger)
        self.deliver_stranger(In_Reply_To=reference)
        self.assertEqual(self.find_stranger(), stranger)

    def test_reply_of_a_stranger_follows_the_address_the_task_came_by(self):
        task = self.deliver().task_id
        reference = self.get_mail(task).message_id
        to = "somebody@elsewhere.test"
        for policy, state in (("skip", "quarantined"), ("reject", "rejected")):
            self.alias.alias_unknown_sender = policy
            with self.subTest(policy):
                incoming = self.deliver_stranger(to, In_Reply_To=reference)
                self.assertEqual(incoming.state, state)
        self.alias.alias_unknown_sender = "owner"
        self.deliver_stranger(to, In_Reply_To=reference)
        self.assertEqual(self.get_mail(task).author_id, self.support.user_id.partner_id)
        self.assertFalse(self.find_stranger())

    def test_address_of_a_task_is_for_whoever_knows_it(self):
        self.alias.alias_unknown_sender = "reject"
        task = self.deliver().task_id
        incoming = self.deliver_stranger(task.task_email)
        self.assertEqual(incoming.state, "reply")
        self.assertEqual(self.get_mail(task).author_id, self.find_stranger())

    def test_answer_to_many_makes_no_followers(self):
        task = self.deliver().task_id
        reference = self.get_mail(task).message_id
        before = task.message_partner_ids
        known = self.env["res.partner"].create({"name": "P", "email": "p1@acme.test"})
        many = ", ".join(f"p{number}@acme.test" for number in range(21))
        count = self.env["res.partner"].search_count([])
        self.deliver(self.make_mail(Cc=many, In_Reply_To=reference))
        self.assertEqual(task.message_partner_ids, before)
        self.assertEqual(self.env["res.partner"].search_count([]), count)
        some = ", ".join(f"p{number}@acme.test" for number in range(20))
        incoming = self.deliver(self.make_mail(Cc=some, In_Reply_To=reference))
        self.assertEqual(incoming.task_id, task, incoming.reason)
        self.assertEqual(task.message_partner_ids, before | known)

    # ------------------------------------------------------------------
    # Template and followers
    # ------------------------------------------------------------------

    def make_template(self, **values):
        return self.env["project.task"].create(
            {
                "name": "Template",
                "project_id": self.support.id,
                "is_template": True,
                "description": "<p>Checklist</p>",
                "priority": "1",
                "user_ids": self.ann.ids,
                **values,
            }
        )

    def test_template_of_a_project(self):
        self.support.alias_template_task_id = self.make_template()
        follower = self.env["res.partner"].create({"name": "F", "email": "f@acme.test"})
        self.support.message_subscribe(
            follower.ids, self.env["mail.message.subtype"].search([]).ids
        )
        task = self.deliver().task_id
        self.assertEqual(task.name, "Subject")
        self.assertEqual(task.priority, "1")
        self.assertEqual(task.user_ids, self.ann)
        self.assertFalse(task.is_template)
        self.assertEqual(task.partner_id, self.customer)
        self.assertIn(follower, task.message_partner_ids)
        self.assertRegex(task.description, "(?s)Checklist.*Text")

    def test_template_and_the_rules(self):
        self.support.alias_template_task_id = self.make_template()
        rule = self.make_rule("R", match_any=True, tag_ids=[])
        self.assertEqual(self.deliver().task_id.priority, "1")
        rule.template_task_id = self.make_template(priority="0")
        self.assertEqual(self.deliver().task_id.priority, "0")
        rule.write({"template_task_id": False, "project_id": self.accounting.id})
        task = self.deliver().task_id
        self.assertEqual(task.priority, "0")
        self.assertNotIn("Checklist", task.description)

    def test_template_that_is_gone(self):
        template = self.make_template()
        self.support.alias_template_task_id = template
        template.active = False
        self.assertEqual(self.deliver().task_id.priority, "0")
        template.unlink()
        self.assertFalse(self.support.alias_template_task_id)
        self.assertEqual(self.deliver().state, "task")

    def test_template_of_an_employee_keeps_the_employee(self):
        template = self.make_template(user_ids=self.manager.ids)
        self.employee.alias_id.alias_template_task_id = template
        task = self.deliver(self.make_mail("ann.task")).task_id
        self.assertEqual(task.priority, "1")
        self.assertEqual(task.user_ids, self.ann)

    def test_virtual_address_made_in_the_form(self):
        follower = self.env["res.partner"].create({"name": "F", "email": "f@acme.test"})
        template = self.make_template()
        context = {
            "default_alias_model_id": self.env["ir.model"]._get_id("project.task")
        }
        aliases = self.env["mail.alias"].with_user(self.mail_admin)
        form = Form(
            aliases.with_context(**context),
            "mail_task_rules.mail_alias_view_form_virtual",
        )
        form.alias_name = "returns"
        form.alias_contact = "partners"
        self.assertEqual(form.alias_unknown_sender, "reject")
        form.alias_unknown_sender = "portal"
        form.alias_project_id = self.accounting
        form.alias_template_task_id = template
        form.alias_follower_ids.add(follower)
        form.save()
        task = self.deliver_stranger("returns").task_id
        self.assertEqual(task.project_id, self.accounting)
        self.assertEqual(task.priority, "1")
        self.assertEqual(task.user_ids, self.ann)
        self.assertIn(follower, task.message_partner_ids)
        self.assertTrue(self.find_stranger().user_ids.share)

    def test_project_keeps_its_template_for_itself(self):
        self.support.alias_template_task_id = self.make_template()
        self.assertFalse(self.support.copy().alias_template_task_id)

    @users("manager")
    def test_project_manager_sets_it_in_the_project(self):
        project = self.support.with_user(self.env.user)
        with Form(project) as form:
            form.alias_unknown_sender = "skip"
        self.assertEqual(self.alias.alias_unknown_sender, "skip")

    @users("ann")
    def test_project_users_do_not(self):
        with self.assertRaises(AccessError):
            self.alias.with_user(self.env.user).alias_unknown_sender = "portal"
        # Odoo lets nobody change it through the project, and says nothing
        self.support.with_user(self.env.user).alias_unknown_sender = "portal"
        self.assertEqual(self.alias.alias_unknown_sender, "contact")
