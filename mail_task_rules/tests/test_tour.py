from odoo.tests import HttpCase, tagged

from odoo.addons.mail.tests.common import mail_new_test_user

from .common import MailTaskCommon


@tagged("post_install", "-at_install")
class TestTour(HttpCase, MailTaskCommon):
    """What people do in the browser, from a rule to the task that it makes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        mail_new_test_user(
            cls.env,
            login="planner",
            groups="project.group_project_manager,mail_task_rules.group_mail_admin",
        )

    def test_rule_is_made_moved_and_makes_a_task(self):
        Rule = self.env["mail.task.rule"]
        Rule.search([]).unlink()
        general = self.make_rule(
            "All invoices", keyword="invoice", project_id=self.support.id
        )
        self.start_tour(
            "/odoo/incoming-mail-rules", "mail_task_rules_make_rule", login="planner"
        )
        special = Rule.search([("name", "=", "Invoices of Acme")])
        self.assertEqual(Rule.search([]), special + general)

        incoming = self.deliver(self.make_mail(subject="Invoice 7"))
        self.assertEqual(incoming.rule_ids, special)
        self.assertEqual(incoming.task_id.project_id, self.accounting)

        self.start_tour(
            f"/odoo/project/{self.accounting.id}/tasks",
            "mail_task_rules_find_task",
            login="planner",
        )

    def test_addresses_of_employees(self):
        self.ann.group_ids += self.env.ref("base.group_user")
        self.env["hr.employee"].create({"name": "Ann", "user_id": self.ann.id})
        self.start_tour(
            "/odoo/task-addresses", "mail_task_rules_addresses", login="mail_admin"
        )
        self.start_tour("/odoo", "mail_task_rules_preferences", login="ann")
