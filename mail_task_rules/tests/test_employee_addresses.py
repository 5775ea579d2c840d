from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, users

from odoo.addons.mail.tests.common import mail_new_test_user

from .common import MailTaskCommon


class TestEmployeeAddresses(MailTaskCommon):
    def make_employee(self, login, **values):
        user = mail_new_test_user(
            self.env, login=login, name=login, email=f"u{len(login)}@acme.test"
        )
        values.setdefault("name", login)
        return self.env["hr.employee"].create({"user_id": user.id, **values})

    def give(self, login, **values):
        employee = self.make_employee(login, **values)
        employee.action_give_task_addresses()
        return employee.alias_name

    # ------------------------------------------------------------------
    # Names
    # ------------------------------------------------------------------

    def test_local_part_of_the_login(self):
        for login, expected in (
            ("john.doe@acme.test", "john.doe"),
            ("jane", "jane"),
            ("Jörg Groß", "jorg-gross"),
            ("Иван Петров@acme.test", "ivan-petrov"),
            ("山田", "shantian"),
            ("o'hara", "o'hara"),
            (".dots..in.it.", "dots.in.it"),
        ):
            with self.subTest(login):
                self.assertEqual(self.give(login), expected)

    def test_two_employees_with_one_local_part(self):
        self.assertEqual(self.give("same@one.test"), "same")
        self.assertEqual(self.give("same@two.test"), "same2")
        self.assertEqual(self.give("same@three.test"), "same3")

    def test_taken_by_others(self):
        self.make_virtual_address("sales")
        domain = self.env.company.alias_domain_id
        self.assertEqual(self.give("sales"), "sales2")
        self.assertEqual(self.give(domain.catchall_alias), f"{domain.catchall_alias}2")
        self.assertEqual(self.give("sal_s"), "sal_s")

    def test_employee_who_is_no_user(self):
        employee = self.env["hr.employee"].create({"name": "Jörg Groß"})
        employee.action_give_task_addresses()
        self.assertEqual(employee.alias_name, "jorg-gross")
        employee = self.env["hr.employee"].create(
            {"name": "X", "work_email": "worker@acme.test"}
        )
        employee.action_give_task_addresses()
        self.assertEqual(employee.alias_name, "worker")

    def test_address_is_kept_and_edited(self):
        employee = self.make_employee("jane", alias_name="doe")
        employee.action_give_task_addresses()
        self.assertEqual(employee.alias_name, "doe")
        employee.alias_name = "Müller"
        self.assertEqual(employee.alias_email, f"muller@{self.domain}")
        with self.assertRaises(UserError):
            self.make_employee("other", alias_name="muller")

    # ------------------------------------------------------------------
    # For all
    # ------------------------------------------------------------------

    def test_one_button_for_all(self):
        one = self.make_employee("one@acme.test")
        stranger = self.env["hr.employee"].create({"name": "No user"})
        aliases = self.env["mail.alias"].with_user(self.mail_admin)
        action = aliases.action_give_all_employees_addresses()
        self.assertEqual(one.alias_name, "one")
        self.assertFalse(stranger.alias_name)
        self.assertRegex(action["params"]["message"], r"^\d+ employees")

    def test_the_button_is_for_those_who_come_later_too(self):
        self.env["mail.alias"].with_user(
            self.mail_admin
        ).action_give_all_employees_addresses()
        self.assertEqual(self.make_employee("later").alias_name, "later")

    @users("manager")
    def test_others_may_not_press_it(self):
        with self.assertRaises(AccessError):
            self.env["mail.alias"].action_give_all_employees_addresses()

    def test_new_employees_by_setting(self):
        self.assertFalse(self.make_employee("before").alias_name)
        self.env.company.mail_task_gives_addresses = True
        self.assertEqual(self.make_employee("after").alias_name, "after")
        named = self.make_employee("named", alias_name="other")
        self.assertEqual(named.alias_name, "other")
        user = mail_new_test_user(self.env, login="later", name="Later")
        user.action_create_employee()
        self.assertEqual(user.employee_id.alias_name, "later")

    def test_domain_of_the_company(self):
        domain = self.env["mail.alias.domain"].create(
            {
                "name": "second.test",
                "bounce_alias": "bounce2",
                "catchall_alias": "catchall2",
            }
        )
        company = self.env["res.company"].create(
            {"name": "Second", "alias_domain_id": domain.id}
        )
        first = self.make_employee("same@one.test")
        second = self.make_employee("same@two.test", company_id=company.id)
        (first | second).action_give_task_addresses()
        self.assertEqual(first.alias_email, f"same@{self.domain}")
        self.assertEqual(second.alias_email, "same@second.test")

    def test_own_preferences(self):
        employee = self.make_employee("jane", alias_name="jane")
        user = employee.user_id
        self.assertEqual(user.with_user(user).task_email, f"jane@{self.domain}")
        form = Form(user.with_user(user), "base.view_users_form_simple_modif")
        self.assertEqual(form.task_email, f"jane@{self.domain}")

    # ------------------------------------------------------------------
    # The page
    # ------------------------------------------------------------------

    def test_page_of_addresses(self):
        self.give("one@acme.test")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_task_rules.mail_alias_action_task"
        )
        self.deliver()
        pages = self.env["mail.alias"].with_user(self.mail_admin)
        aliases = pages.search(
            [("alias_kind", "!=", False), ("alias_name", "!=", False)]
        )
        self.assertEqual(action["res_model"], "mail.alias")
        support = aliases.filtered(lambda one: one.alias_name == "support")
        self.assertEqual(support.alias_owner_name, "Support")
        self.assertTrue(support.alias_last_mail_date)
        one = aliases.filtered(lambda one: one.alias_name == "one")
        self.assertEqual(one.alias_owner_name, "one@acme.test")
        self.assertFalse(one.alias_last_mail_date)
        self.assertEqual(one.alias_status, "not_tested")

    # ------------------------------------------------------------------
    # Addresses of nobody
    # ------------------------------------------------------------------

    def test_addresses_of_nobody(self):
        archived = self.make_employee("archived", alias_name="archived")
        archived.active = False
        left = self.make_employee("left", alias_name="left")
        left.user_id.active = False
        self.env["hr.employee"].create({"name": "None", "alias_name": "none"})
        self.support.active = False
        for action, state in (
            ("task", "task"),
            ("ignore", "ignored"),
            ("quarantine", "quarantined"),
        ):
            self.env.company.mail_task_abandoned_action = action
            for name in ("archived", "left", "none", "support"):
                with self.subTest(action, name=name):
                    incoming = self.deliver(self.make_mail(name))
                    self.assertEqual(incoming.state, state)
                    task = incoming.task_id
                    self.assertEqual(bool(task), state == "task")
                    self.assertFalse(task.user_ids)
                    if task:
                        project = self.env.company.mail_task_project_id
                        self.assertEqual(task.project_id, project)

    def test_rules_come_before_that(self):
        self.env.company.mail_task_abandoned_action = "quarantine"
        self.env["hr.employee"].create({"name": "None", "alias_name": "none"})
        self.make_rule("All", match_any=True, project_id=self.accounting.id)
        task = self.deliver(self.make_mail("none")).task_id
        self.assertEqual(task.project_id, self.accounting)

    # ------------------------------------------------------------------
    # Mail to many
    # ------------------------------------------------------------------

    def test_mail_to_many_people_makes_no_followers(self):
        self.env["res.partner"].create({"name": "P", "email": "p0@acme.test"})
        before = self.env["res.partner"].search_count([])
        many = ", ".join(f"p{number}@acme.test" for number in range(21))
        task = self.deliver(self.make_mail(Cc=many)).task_id
        self.assertEqual(task.message_partner_ids, self.customer)
        self.assertFalse(task.email_cc)
        reference = task.message_ids[0].message_id
        self.deliver(self.make_mail(Cc=many, In_Reply_To=reference))
        self.assertEqual(task.message_partner_ids, self.customer)
        self.assertEqual(self.env["res.partner"].search_count([]), before)

    def test_mail_to_some_people_does(self):
        partner = self.env["res.partner"].create({"name": "P", "email": "p0@acme.test"})
        some = ", ".join(f"p{number}@acme.test" for number in range(20))
        task = self.deliver(self.make_mail(Cc=some)).task_id
        self.assertIn(partner, task.message_partner_ids)
        self.assertIn("p19@acme.test", task.email_cc)
