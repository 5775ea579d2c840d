from odoo.exceptions import UserError
from odoo.tests import users

from .common import MailTaskCommon


class TestAddresses(MailTaskCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.env.company.mail_task_project_id
        cls.employee = cls.env["hr.employee"].create(
            {"name": "Ann", "user_id": cls.ann.id, "alias_name": "ann.task"}
        )

    def test_install_made_a_project_for_incoming_mail(self):
        self.assertTrue(self.project)
        self.assertEqual(self.project.privacy_visibility, "followers")
        self.assertEqual(len(self.project.type_ids), 3)

    def test_kinds_of_addresses(self):
        virtual = self.make_virtual_address("info")
        self.assertEqual(virtual.alias_kind, "virtual")
        self.assertEqual(self.employee.alias_id.alias_kind, "employee")
        self.assertEqual(self.support.alias_id.alias_kind, "project")
        other = self.env["mail.alias"].create(
            {
                "alias_name": "people",
                "alias_model_id": self.env["ir.model"]._get_id("res.partner"),
            }
        )
        self.assertFalse(other.alias_kind)

    def test_mail_to_an_employee_is_the_employees_task(self):
        task = self.deliver(self.make_mail("ann.task")).task_id
        self.assertEqual(task.project_id, self.project)
        self.assertEqual(task.user_ids, self.ann)
        self.assertTrue(task.with_user(self.ann).has_access("write"))
        self.assertFalse(
            self.project.with_user(self.ann).has_access("read"),
            "the tasks of colleagues stay theirs",
        )

    def test_mail_to_two_employees_is_one_task_for_both(self):
        self.env["hr.employee"].create(
            {"name": "Manager", "user_id": self.manager.id, "alias_name": "boss.task"}
        )
        to = f"ann.task@{self.domain}, boss.task@{self.domain}"
        incoming = self.deliver(self.make_mail(to))
        self.assertEqual(incoming.task_id.user_ids, self.ann | self.manager)
        self.assertEqual(len(self.project.task_ids), 1)
        self.assertEqual(len(incoming.alias_ids), 2)

    def test_rule_overrides_the_project_but_not_the_assignee(self):
        self.make_rule("All", match_any=True, project_id=self.accounting.id)
        task = self.deliver(self.make_mail("ann.task")).task_id
        self.assertEqual(task.project_id, self.accounting)
        self.assertEqual(task.user_ids, self.ann)

    def test_employee_without_user_gets_a_task_for_nobody(self):
        self.employee.user_id = False
        incoming = self.deliver(self.make_mail("ann.task"))
        self.assertEqual(incoming.state, "task")
        self.assertFalse(incoming.task_id.user_ids)

    def test_colleagues_read_the_address(self):
        public = self.env["hr.employee.public"].with_user(self.manager)
        self.assertEqual(
            public.browse(self.employee.id).alias_email, f"ann.task@{self.domain}"
        )

    def test_address_leaves_with_its_employee(self):
        alias = self.employee.alias_id
        self.employee.unlink()
        self.assertFalse(alias.exists())

    def test_names_that_are_no_addresses(self):
        for name, expected in (
            ("Our  Support", "our-support"),
            ("Grüße aus Köln", "grusse-aus-koln"),
            ("Наша поддержка", "nasha-podderzhka"),
            (" .dots..in.it. ", "dots.in.it"),
            ("info@elsewhere.test", "info"),
        ):
            with self.subTest(name):
                alias = self.make_virtual_address(name)
                self.assertEqual(alias.alias_name, expected)
                task = self.deliver(self.make_mail(expected)).task_id
                self.assertEqual(task.mail_alias_id, alias)

    def test_names_that_are_one_address(self):
        self.make_virtual_address("Müller")
        for make in (
            lambda: self.make_virtual_address("muller"),
            lambda: self.make_project("Muller", alias_name="MULLER"),
            lambda: self.employee.write({"alias_name": "müller"}),
        ):
            with self.assertRaises(UserError):
                make()

    def test_virtual_address_without_project_uses_the_company_project(self):
        self.make_virtual_address("info")
        task = self.deliver(self.make_mail("info")).task_id
        self.assertEqual(task.project_id, self.project)

    @users("mail_admin")
    def test_virtual_address_with_a_project(self):
        alias = self.env["mail.alias"].create(
            {
                "alias_name": "info",
                "alias_model_id": self.env["ir.model"].sudo()._get_id("project.task"),
                "alias_project_id": self.accounting.id,
            }
        )
        self.assertEqual(alias.alias_project_id, self.accounting)
        task = self.deliver(self.make_mail("info")).task_id
        self.assertEqual(task.project_id, self.accounting)
        alias.alias_project_id = False
        self.assertEqual(alias.alias_defaults, "{}")

    def test_project_for_incoming_mail_is_made_again_when_it_is_gone(self):
        self.project.active = False
        task = self.deliver(self.make_mail("ann.task")).task_id
        self.assertNotEqual(task.project_id, self.project)
        self.assertTrue(task.project_id.active)
        self.assertEqual(task.project_id, self.env.company.mail_task_project_id)
