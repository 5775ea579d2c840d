from odoo.fields import Command
from odoo.tests import Form

from .common import MailTaskCommon


class TestRulesOfAddress(MailTaskCommon):
    """Which rules an address or a project shows, and how one starts there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["mail.task.rule"].search([]).unlink()
        company = cls.env["hr.department"].create({"name": "Company"})
        desk = cls.env["hr.department"].create(
            {"name": "Desk", "parent_id": company.id}
        )
        cls.employee = cls.env["hr.employee"].create(
            {
                "name": "Ann",
                "user_id": cls.ann.id,
                "alias_name": "ann.task",
                "department_id": desk.id,
            }
        )
        cls.returns = cls.make_virtual_address("returns")
        cls.returns.alias_project_id = cls.accounting
        for scope, records in (
            ("alias", cls.returns),
            ("project", cls.accounting),
            ("employee", cls.employee),
            ("department", company),
        ):
            ids = [Command.set(records.ids)]
            cls.make_rule(scope, scope=scope, match_any=True, **{f"{scope}_ids": ids})
        cls.make_rule("all", keyword="invoice", project_id=cls.support.id)

    def assert_rules(self, alias, *names):
        alias = alias.with_user(self.mail_admin)
        self.assertEqual(sorted(alias.alias_task_rule_ids.mapped("name")), [*names])
        found = self.open_rules(alias)
        self.assertEqual(sorted(found.mapped("name")), [*names])

    def open_rules(self, record):
        """Press the button; return the rules that are listed."""
        domain = record.action_open_task_rules()["domain"]
        return self.env["mail.task.rule"].with_user(record.env.user).search(domain)

    def test_address_shows_the_rules_for_it(self):
        self.assert_rules(self.returns, "alias", "project")
        self.assert_rules(self.accounting.alias_id, "project")
        self.assert_rules(self.employee.alias_id, "department", "employee")
        self.assert_rules(self.support.alias_id)

    def test_they_are_those_that_match(self):
        shown = self.employee.alias_id.alias_task_rule_ids
        self.assertEqual(self.deliver(self.make_mail("ann.task")).rule_ids, shown[:1])

    def test_project_shows_the_rules_that_make_tasks_in_it(self):
        support = self.support.with_user(self.manager)
        self.assertEqual(self.open_rules(support).name, "all")
        self.assertEqual(
            self.open_rules(self.accounting.with_user(self.manager)).name, "project"
        )

    def make_rule_from(self, record):
        context = record.action_open_task_rules()["context"]
        rules = self.env["mail.task.rule"].with_user(record.env.user)
        form = Form(rules.with_context(**context))
        form.name = "New"
        self.assertFalse(form.warning)
        return form.save()

    def test_project_manager_starts_a_rule_in_the_project(self):
        rule = self.make_rule_from(self.support.with_user(self.manager))
        self.assertEqual(rule.project_ids, self.support)
        self.assertEqual(self.deliver().rule_ids, rule.sudo())
        self.assertIn(rule, self.open_rules(self.support.with_user(self.manager)))

    def test_mail_administrator_starts_a_rule_at_an_address(self):
        address = self.make_virtual_address("help").with_user(self.mail_admin)
        rule = self.make_rule_from(address)
        self.assertEqual(rule.alias_ids, address)
        self.assertEqual(self.deliver(self.make_mail("help")).rule_ids, rule.sudo())

    def test_rule_that_never_matches_says_so_before_it_is_saved(self):
        form = Form(self.env["mail.task.rule"].with_user(self.manager))
        form.name = "All mail to Support"
        form.project_ids.add(self.support)
        self.assertIn("any e-mail at all", form.warning)
        form.match_any = True
        self.assertFalse(form.warning)
