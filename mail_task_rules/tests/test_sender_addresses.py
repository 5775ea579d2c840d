from odoo.exceptions import AccessError, ValidationError
from odoo.tests import users

from odoo.addons.mail.tests.common import mail_new_test_user

from .common import MailTaskCommon


class TestSenderAddresses(MailTaskCommon):
    """People are known by all their addresses, and by no one else's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boss = mail_new_test_user(
            cls.env,
            login="boss@login.test",
            name="Boss",
            email="boss@acme.test",
            groups="project.group_project_manager,base.group_partner_manager",
        )
        cls.employee = cls.env["hr.employee"].create(
            {"name": "Boss", "user_id": cls.boss.id, "private_email": "b@home.test"}
        )

    def deliver_from(self, email, **headers):
        return self.deliver(self.make_mail(sender=f"Somebody <{email}>", **headers))

    def get_author(self, task):
        return task.message_ids.filtered(lambda m: m.message_type == "email").author_id

    def assertFrom(self, user, email):
        incoming = self.deliver_from(email)
        self.assertEqual(incoming.sender_user_id, user)
        self.assertEqual(incoming.sender_kind, "portal" if user.share else "user")
        self.assertEqual(incoming.task_id.create_uid, user)
        self.assertEqual(incoming.task_id.partner_id, user.partner_id)
        self.assertEqual(self.get_author(incoming.task_id), user.partner_id)
        return incoming

    def assertNobody(self, email):
        """Nobody is the author, and no contact is made."""
        before = self.env["res.partner"].search_count([])
        incoming = self.deliver_from(email)
        self.assertFalse(incoming.sender_user_id | incoming.sender_partner_id.user_ids)
        self.assertEqual(incoming.sender_kind, "unknown")
        self.assertEqual(incoming.task_id.create_uid, self.env.user)
        self.assertFalse(incoming.task_id.partner_id)
        self.assertFalse(self.get_author(incoming.task_id))
        self.assertIn("Several users", incoming.reason)
        self.assertEqual(self.env["res.partner"].search_count([]), before)

    # ------------------------------------------------------------------
    # All of theirs
    # ------------------------------------------------------------------

    def test_all_addresses_of_a_user(self):
        self.boss.partner_id.email = "boss@acme.test, second@acme.test"
        self.boss.partner_id.further_emails = "Third <third@acme.test>, 4@acme.test"
        for email in (
            "boss@acme.test",
            "Second@acme.test",
            "third@acme.test",
            "4@acme.test",
            "boss@login.test",
            "b@home.test",
        ):
            with self.subTest(email):
                self.assertFrom(self.boss, email)

    def test_work_address_that_is_not_the_users(self):
        self.env.cr.execute(
            "UPDATE hr_employee SET work_email = 'work@acme.test' WHERE id = %s",
            [self.employee.id],
        )
        self.employee.invalidate_recordset()
        self.assertFrom(self.boss, "work@acme.test")

    def test_all_addresses_of_a_contact(self):
        self.customer.email = "customer@acme.test, second@acme.test"
        self.customer.further_emails = "third@acme.test"
        for email in ("second@acme.test", "third@acme.test"):
            with self.subTest(email):
                incoming = self.deliver_from(email)
                self.assertEqual(incoming.sender_kind, "contact")
                self.assertEqual(incoming.sender_partner_id, self.customer)
                self.assertEqual(incoming.task_id.partner_id, self.customer)
        self.assertFalse(
            self.env["res.partner"].search([("email", "=", "second@acme.test")])
        )

    def test_part_of_an_address_is_another_one(self):
        self.customer.further_emails = "other.customer@acme.test, a_b@acme.test"
        for email in ("customer@acme.testing", "er@acme.test", "axb@acme.test"):
            with self.subTest(email):
                incoming = self.deliver_from(email)
                self.assertEqual(incoming.sender_kind, "unknown")
                self.assertNotEqual(incoming.task_id.partner_id, self.customer)

    def test_reply_from_another_address(self):
        task = self.deliver().task_id
        task.message_subscribe(self.boss.partner_id.ids)
        reference = task.message_ids[:1].message_id
        incoming = self.deliver_from("b@home.test", In_Reply_To=reference)
        self.assertEqual(incoming.task_id, task)
        message = task.message_ids[:1]
        self.assertEqual(message.author_id, self.boss.partner_id)
        self.assertIn("boss@acme.test", message.email_from)
        self.assertNotIn("home.test", message.email_from, "customers would see it")
        self.assertEqual(incoming.email_from, "b@home.test")

    def test_number_from_another_address(self):
        task = self.env["project.task"].create(
            {"name": "T", "project_id": self.accounting.id}
        )
        incoming = self.deliver_from("b@home.test", subject=f"#{task.id}")
        self.assertEqual(incoming.task_id, task)

    def test_addresses_for_known_senders(self):
        self.customer.further_emails = "third@acme.test"
        for contact, email in (
            ("partners", "third@acme.test"),
            ("employees", "b@home.test"),
            ("followers", "b@home.test"),
        ):
            self.support.alias_contact = contact
            self.support.message_subscribe(self.boss.partner_id.ids)
            with self.subTest(contact):
                self.assertEqual(self.deliver_from(email).state, "task")
                refused = self.deliver_from("x@elsewhere.test")
                self.assertEqual(refused.state, "rejected")

    def test_disproved_sender_is_known_by_no_address(self):
        forged = "mx.ours.test; dmarc=fail"
        incoming = self.deliver_from("b@home.test", Authentication_Results=forged)
        self.assertFalse(incoming.sender_user_id)
        self.assertFalse(self.get_author(incoming.task_id))

    # ------------------------------------------------------------------
    # Nobody else's
    # ------------------------------------------------------------------

    def test_two_users_with_one_main_address(self):
        mail_new_test_user(self.env, login="double", email="boss@acme.test")
        self.assertNobody("boss@acme.test")

    def test_two_users_with_one_further_address(self):
        self.ann.partner_id.further_emails = "b@home.test"
        self.assertNobody("b@home.test")
        self.ann.active = False
        self.assertFrom(self.boss, "b@home.test")

    def test_reply_of_two_users_is_nobodys(self):
        self.ann.partner_id.further_emails = "b@home.test"
        task = self.deliver().task_id
        reference = task.message_ids[:1].message_id
        self.deliver_from("b@home.test", In_Reply_To=reference)
        self.assertFalse(task.message_ids[:1].author_id)
        number = self.deliver_from("b@home.test", subject=f"#{task.id}")
        self.assertNotEqual(number.task_id, task)

    def test_main_address_of_another_user_stays_theirs(self):
        self.ann.partner_id.further_emails = "boss@acme.test"
        self.env["hr.employee"].create(
            {"name": "Ann", "user_id": self.ann.id, "private_email": "boss@acme.test"}
        )
        self.assertFrom(self.boss, "boss@acme.test")

    def test_address_of_a_customer_stays_theirs(self):
        self.ann.partner_id.further_emails = "customer@acme.test"
        incoming = self.deliver()
        self.assertEqual(incoming.sender_partner_id, self.customer)
        self.assertFalse(incoming.sender_user_id)

    def test_outsiders_do_not_take_it_away(self):
        portal = mail_new_test_user(
            self.env,
            login="portal",
            groups="base.group_portal",
            email="boss@acme.test",
        )
        portal.partner_id.further_emails = "b@home.test"
        self.env["res.partner"].create({"name": "C", "further_emails": "b@home.test"})
        self.assertFrom(self.boss, "boss@acme.test")
        self.assertFrom(self.boss, "b@home.test")

    def test_outsider_with_the_further_address_of_a_colleague(self):
        portal = mail_new_test_user(
            self.env, login="portal", groups="base.group_portal", email="b@home.test"
        )
        self.assertNobody("b@home.test")
        self.employee.private_email = False
        self.assertFrom(portal, "b@home.test")

    def test_child_contact_is_a_person_of_their_own(self):
        child = self.env["res.partner"].create(
            {
                "name": "Child",
                "parent_id": self.boss.partner_id.id,
                "email": "child@evil.test",
            }
        )
        incoming = self.deliver_from("child@evil.test")
        self.assertEqual(incoming.sender_partner_id, child)
        self.assertFalse(incoming.sender_user_id)

    def test_employee_of_nobody_makes_nobody_a_user(self):
        self.boss.active = False
        incoming = self.deliver_from("b@home.test")
        self.assertFalse(incoming.sender_user_id)

    def test_disputed_sender_at_an_address_for_users(self):
        self.ann.partner_id.further_emails = "b@home.test"
        for contact in ("partners", "employees", "internal", "project"):
            self.support.alias_contact = contact
            with self.subTest(contact):
                self.assertEqual(self.deliver_from("b@home.test").state, "rejected")

    def test_our_own_address_is_nobodys(self):
        self.make_virtual_address("info")
        self.ann.partner_id.further_emails = f"info@{self.domain}"
        incoming = self.deliver_from(f"info@{self.domain}")
        self.assertFalse(incoming.sender_user_id)

    # ------------------------------------------------------------------
    # Where they are written down
    # ------------------------------------------------------------------

    def test_further_addresses_are_addresses(self):
        self.customer.further_emails = " a@acme.test , B <b@acme.test>,"
        with self.assertRaises(ValidationError):
            self.customer.further_emails = "a@acme.test, nonsense"

    @users("boss@login.test")
    def test_nobody_gives_colleagues_addresses(self):
        with self.assertRaises(AccessError):
            self.ann.partner_id.with_user(self.env.user).further_emails = "x@evil.test"

    @users("ann")
    def test_nobody_gives_themselves_addresses(self):
        with self.assertRaises(AccessError):
            self.ann.with_user(self.env.user).further_emails = "x@elsewhere.test"
