from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.mail.tests.common import mail_new_test_user

from .common import MailTaskCommon


class TestCompanies(MailTaskCommon):
    """Companies with alias domains of their own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.env["res.company"].create({"name": "Second"})
        cls.second.alias_domain_id = cls.env["mail.alias.domain"].create(
            {
                "name": "second.test",
                "bounce_alias": "bounce2",
                "catchall_alias": "catchall2",
            }
        )
        cls.bob = mail_new_test_user(
            cls.env,
            login="ann@second.test",
            name="Bob",
            company_id=cls.second.id,
            company_ids=[Command.set(cls.second.ids)],
            groups="project.group_project_user",
        )

    def make_employee(self, user, company, **values):
        return self.env["hr.employee"].create(
            {
                "name": user.name,
                "user_id": user.id,
                "company_id": company.id,
                **values,
            }
        )

    def test_one_name_in_two_domains(self):
        first = self.make_employee(self.ann, self.env.company, alias_name="ann")
        second = self.make_employee(self.bob, self.second)
        second.action_give_task_addresses()
        self.assertEqual(first.alias_email, f"ann@{self.domain}")
        self.assertEqual(second.alias_email, "ann@second.test")
        task = self.deliver(self.make_mail("ann@second.test")).task_id
        self.assertEqual(task.user_ids, self.bob)
        self.assertEqual(task.project_id, self.second.mail_task_project_id)
        self.assertEqual(task.company_id, self.second)
        self.assertTrue(task.task_email.endswith("@second.test"))
        task = self.deliver(self.make_mail("ann")).task_id
        self.assertEqual(task.user_ids, self.ann)
        self.assertEqual(task.project_id, self.env.company.mail_task_project_id)

    def test_name_written_in_the_form_is_in_the_employees_domain(self):
        employee = self.make_employee(self.bob, self.second, alias_name="new")
        self.assertEqual(employee.alias_email, "new@second.test")
        employee = self.make_employee(self.ann, self.second)
        employee.alias_name = "later"
        self.assertEqual(employee.alias_email, "later@second.test")

    def test_address_moves_with_its_employee(self):
        employee = self.make_employee(self.ann, self.env.company, alias_name="ann")
        employee.company_id = self.second
        self.assertEqual(employee.alias_email, "ann@second.test")

    def test_collision_in_one_domain_only(self):
        self.make_virtual_address("info")
        self.make_virtual_address(
            "info", alias_domain_id=self.second.alias_domain_id.id
        )
        with self.assertRaises(UserError):
            self.make_virtual_address("info")

    def test_mail_to_two_companies_is_a_task_in_each(self):
        self.make_employee(self.ann, self.env.company, alias_name="ann")
        self.make_employee(self.bob, self.second, alias_name="bob")
        to = f"ann@{self.domain}, bob@second.test"
        for policy in ("project", "one", "address"):
            (self.env.company | self.second).mail_task_copies = policy
            with self.subTest(policy):
                self.deliver(self.make_mail(to, subject=policy))
                tasks = self.env["project.task"].search([("name", "=", policy)])
                self.assertEqual(len(tasks), 2)
                self.assertEqual(tasks.company_id, self.env.company | self.second)
                self.assertFalse(any(tasks.mapped("email_cc")))

    def test_company_settings_are_those_of_the_address(self):
        self.make_employee(self.bob, self.second, alias_name="bob").active = False
        self.second.mail_task_abandoned_action = "quarantine"
        incoming = self.deliver(self.make_mail("bob@second.test"))
        self.assertEqual(incoming.state, "quarantined")

    def test_archived_places_still_take_replies(self):
        self.make_employee(self.ann, self.env.company, alias_name="ann")
        for to, archive in (
            ("ann", self.ann.employee_id),
            ("support", self.support),
        ):
            task = self.deliver(self.make_mail(to)).task_id
            archive.active = False
            mail = task.message_ids.filtered(lambda m: m.message_type == "email")
            with self.subTest(to):
                incoming = self.deliver(self.make_mail(to, In_Reply_To=mail.message_id))
                self.assertEqual(incoming.state, "reply")
                self.assertEqual(incoming.task_id, task)

    def test_number_of_an_archived_project(self):
        self.support.active = False
        incoming = self.deliver(
            self.make_mail(f"project+{self.support.id}@{self.domain}")
        )
        self.assertEqual(incoming.state, "task")
        self.assertTrue(incoming.task_id.project_id.active)

    # ------------------------------------------------------------------
    # The language of the ledger
    # ------------------------------------------------------------------

    def test_reason_is_in_the_language_of_who_reads_it(self):
        self.env["res.lang"]._activate_lang("ru_RU")
        company = self.env.company
        company.mail_task_responsible_id = self.mail_admin
        self.mail_admin.lang = "ru_RU"
        self.env.user.lang = "en_US"
        raw = self.make_mail()
        self.assertRegex(self.deliver(raw, lang="en_US").reason, "[а-я]{4}")
        self.assertRegex(self.deliver(raw, lang="en_US").reason, "[а-я]{4}")
        company.mail_task_responsible_id = False
        company.partner_id.lang = "en_US"
        self.assertNotRegex(self.deliver(lang="ru_RU").reason, "[а-я]")
