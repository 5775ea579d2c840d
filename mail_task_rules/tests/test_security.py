from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import mail_new_test_user

from .common import GATEWAY_LOGS, MailTaskCommon


class TestSecurity(MailTaskCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = mail_new_test_user(
            cls.env, login="portal_user", groups="base.group_portal"
        )
        cls.employee = mail_new_test_user(
            cls.env, login="no_project", groups="base.group_user"
        )

    def test_system_administrators_are_mail_administrators(self):
        group = self.env.ref("mail_task_rules.group_mail_admin")
        self.assertIn(group, self.env.ref("base.group_system").all_implied_ids)

    def test_who_may_do_what_with_rules(self):
        rights = {
            self.mail_admin: True,
            self.manager: True,
            self.ann: True,
            self.employee: False,
            self.portal: False,
        }
        for user, may in rights.items():
            for operation in ("read", "write", "create", "unlink"):
                with self.subTest(user=user.login, operation=operation):
                    Rule = self.env["mail.task.rule"].with_user(user)
                    self.assertEqual(Rule.has_access(operation), may)

    def test_who_sees_and_writes_which_rules(self):
        employee = self.make_employee(self.ann)
        company = self.make_rule("Company", match_any=True)
        project = self.make_rule(
            "Project", match_any=True, scope="project", project_ids=self.support.ids
        )
        own = self.make_own_rule(self.ann, employee)
        rules = company | project | own
        expected = {
            self.mail_admin: (rules, rules),
            self.manager: (company | project, project),
            self.ann: (company | own, own),
        }
        for user, (readable, writable) in expected.items():
            with self.subTest(user=user.login):
                seen = rules.with_user(user)._filtered_access("read")
                self.assertEqual(seen.sudo(), readable)
                self.assertEqual(
                    rules.with_user(user)._filtered_access("write").sudo(), writable
                )

    def make_employee(self, user):
        return self.env["hr.employee"].create(
            {"name": user.name, "user_id": user.id, "alias_name": f"{user.login}.task"}
        )

    def make_own_rule(self, user, employee, **values):
        Rule = self.env["mail.task.rule"].with_user(user)
        return Rule.create({"name": "Own", "match_any": True, **values}).sudo()

    def test_own_rule_is_for_ones_own_address(self):
        employee = self.make_employee(self.ann)
        other = self.make_employee(self.manager)
        rule = self.make_own_rule(self.ann, employee)
        self.assertEqual(rule.user_id, self.ann)
        self.assertEqual(rule.employee_ids.ids, employee.ids)
        self.assertEqual(rule.level, "3")
        for values in (
            {"scope": "all"},
            {"employee_ids": [Command.set(other.ids)]},
            {"action": "forward", "forward_to": "x@elsewhere.test"},
            {"action": "reject"},
            {"unknown_sender": "portal"},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                rule.with_user(self.ann).write(values)

    def test_who_is_no_employee_is_told_how_to_become_one(self):
        with self.assertRaisesRegex(ValidationError, "Create employee"):
            self.make_own_rule(self.ann, None)

    def test_own_rule_without_an_address_says_so(self):
        employee = self.make_employee(self.ann)
        employee.alias_name = False
        rule = self.make_own_rule(self.ann, employee).with_user(self.ann)
        self.assertIn("Ann, who has no task address", rule.warning)
        employee.alias_name = "ann"
        rule.invalidate_recordset()
        self.assertFalse(rule.warning)

    def test_own_rule_does_what_its_owner_may_do(self):
        employee = self.make_employee(self.ann)
        rule = self.make_own_rule(self.ann, employee).with_user(self.ann)
        secret = self.make_project("Secret", privacy_visibility="followers")
        with self.assertRaises(AccessError):
            rule.project_id = secret
        rule.project_id = self.accounting

    def test_own_rule_counts_for_ones_own_address_only(self):
        rule = self.make_own_rule(
            self.ann, self.make_employee(self.ann), project_id=self.accounting.id
        )
        incoming = self.deliver(self.make_mail("ann.task"))
        self.assertEqual(incoming.rule_ids, rule)
        self.assertEqual(incoming.task_id.project_id, self.accounting)
        self.assertFalse(self.deliver(self.make_mail("support")).rule_ids)

    def test_nobody_hands_a_rule_to_somebody_else(self):
        employee = self.make_employee(self.ann)
        rule = self.make_own_rule(self.ann, employee)
        with self.assertRaises(AccessError):
            rule.with_user(self.ann).user_id = False

    def test_project_managers_rules_are_for_projects(self):
        Rule = self.env["mail.task.rule"].with_user(self.manager)
        with self.assertRaises(AccessError):
            Rule.create({"name": "All", "match_any": True, "scope": "all"})
        rule = Rule.create(
            {"name": "Mine", "match_any": True, "project_ids": self.support.ids}
        )
        self.assertEqual(rule.scope, "project")
        with self.assertRaises(AccessError):
            rule.scope = "all"

    def test_a_rules_parts_are_as_secret_as_the_rule(self):
        rule = self.make_own_rule(self.ann, self.make_employee(self.ann))
        part = self.env["mail.task.extraction"].create(
            {"rule_id": rule.id, "name": "Order", "label": "Order:"}
        )
        self.assertTrue(part.with_user(self.ann).has_access("write"))
        self.assertFalse(part.with_user(self.manager).has_access("read"))
        self.assertTrue(part.with_user(self.mail_admin).has_access("write"))

    def test_project_managers_see_mails_of_projects_only(self):
        became_task = self.deliver()
        self.make_rule("Ignore", match_any=True, action="ignore")
        ignored = self.deliver()
        Incoming = self.env["mail.task.incoming"]
        self.assertEqual(
            Incoming.with_user(self.mail_admin).search(
                [("id", "in", (became_task + ignored).ids)]
            ),
            ignored + became_task,
        )
        self.assertEqual(
            Incoming.with_user(self.manager).search(
                [("id", "in", (became_task + ignored).ids)]
            ),
            became_task,
        )
        with self.assertRaises(AccessError):
            ignored.with_user(self.manager).check_access("read")

    def test_project_users_see_mails_of_tasks_that_they_see(self):
        self.support.privacy_visibility = "followers"
        incoming = self.deliver()
        with self.assertRaises(AccessError):
            incoming.with_user(self.ann).read(["subject"])
        incoming.task_id.user_ids = self.ann
        self.env.invalidate_all()
        self.assertEqual(incoming.with_user(self.ann).subject, "Subject")

    def test_others_see_no_mail(self):
        incoming = self.deliver()
        for user in (self.employee, self.portal):
            with self.subTest(user.login), self.assertRaises(AccessError):
                incoming.with_user(user).read(["subject"])

    def test_only_mail_administrators_process_again(self):
        incoming = self.deliver()
        for user in (self.manager, self.ann, self.portal):
            with self.subTest(user.login), self.assertRaises(AccessError):
                incoming.with_user(user).action_process_again()

    def test_project_users_get_from_a_task_to_its_mails(self):
        incoming = self.deliver()
        task = incoming.task_id.with_user(self.ann)
        self.assertEqual(task.incoming_count, 1)
        domain = task.action_open_incoming()["domain"]
        self.assertEqual(
            self.env["mail.task.incoming"].with_user(self.ann).search(domain), incoming
        )

    def test_portal_users_read_tasks_without_the_ledger(self):
        task = self.deliver().task_id
        task.project_id.privacy_visibility = "portal"
        task.message_subscribe(self.portal.partner_id.ids)
        fields_seen = self.env["project.task"].with_user(self.portal).fields_get()
        self.assertNotIn("incoming_ids", fields_seen)

    def test_original_follows_the_rights_of_its_record(self):
        original = self.deliver(self.make_mail(text="x" * 300_000)).raw_attachment_id
        self.assertTrue(original.with_user(self.mail_admin).has_access("read"))
        for user in (self.employee, self.portal):
            with self.subTest(user.login):
                self.assertFalse(original.with_user(user).has_access("read"))

    def test_mail_is_replayed_as_who_delivered_it(self):
        """Arguments of a call by somebody without rights gain none by the button."""
        raw = self.make_mail("nobody@elsewhere.test", sender="x@elsewhere.test")
        with self.mock_mail_gateway(), mute_logger(*GATEWAY_LOGS):
            try:
                self.env["mail.thread"].with_user(self.employee).message_process(
                    False, raw
                )
            except ValueError:
                self.commit()
        incoming = self.env["mail.task.incoming"].search([], limit=1)
        self.make_rule("All", match_any=True, project_id=self.support.id)
        incoming.with_user(self.mail_admin).action_process_again()
        self.commit()
        self.assertEqual(incoming.task_id.create_uid, self.employee)

    def test_arguments_are_for_the_system_only(self):
        incoming = self.deliver()
        with self.assertRaises(AccessError):
            incoming.with_user(self.mail_admin).read(["arguments"])
