from email import message_from_bytes, policy

from .common import MailTaskCommon


class TestNotice(MailTaskCommon):
    """The one gate for automatic messages."""

    def parsed(self, **headers):
        return message_from_bytes(self.make_mail(**headers), policy=policy.SMTP)

    def may_answer(self, message, email="ann@acme.test"):
        return self.env["mail.task.notice"]._may_answer(message, email)

    def let_time_pass(self, hours):
        """Make the notices so far older, as an earlier transaction's are."""
        self.env.cr.execute(
            "UPDATE mail_task_notice SET create_date = create_date - %s * "
            "interval '1 hour'",
            [hours],
        )
        self.env.invalidate_all()

    def test_person_is_answered_once_for_each_address(self):
        self.assertTrue(self.may_answer(self.parsed()))
        self.let_time_pass(1)
        self.assertFalse(self.may_answer(self.parsed()))
        self.assertTrue(self.may_answer(self.parsed(to="other")))
        self.assertTrue(self.may_answer(self.parsed(), "bob@acme.test"))
        self.let_time_pass(24)
        self.assertTrue(self.may_answer(self.parsed()))

    def test_two_mails_in_one_second_are_two_mails(self):
        self.assertTrue(self.may_answer(self.parsed()))
        self.let_time_pass(1e-9)
        self.assertFalse(self.may_answer(self.parsed()))

    def test_null_sender_is_never_answered(self):
        self.assertFalse(self.may_answer(self.parsed(Return_Path="<>")))

    def test_our_own_notice_is_never_answered(self):
        headers = {"X_Odoo_Mail_Task_Notice": "1"}
        self.assertFalse(self.may_answer(self.parsed(**headers)))

    def test_our_own_addresses_are_never_written_to(self):
        email = f"support@{self.domain}"
        self.assertFalse(self.may_answer(self.parsed(), email))

    def test_nobody_is_not_answered(self):
        self.assertFalse(self.may_answer(self.parsed(), ""))

    def refused(self, **headers):
        """Deliver a mail that the address refuses; return the mails sent."""
        self.support.alias_contact = "partners"
        incoming = self.deliver(
            self.make_mail(sender="stranger@elsewhere.test", **headers)
        )
        self.assertEqual(incoming.state, "rejected")
        return self._mails

    def test_refused_person_is_told(self):
        mail = self.refused()[0]
        self.assertEqual(mail["email_to"], ["stranger@elsewhere.test"])
        self.assertEqual(mail["headers"]["Auto-Submitted"], "auto-replied")

    def test_refused_robot_is_not_told(self):
        for headers in (
            {"Return_Path": "<>"},
            {"Auto_Submitted": "auto-generated"},
            {"List_Id": "<list.elsewhere.test>"},
            {"Precedence": "bulk"},
        ):
            with self.subTest(headers):
                self.assertFalse(self.refused(**headers))

    def test_forged_sender_gets_no_flood(self):
        self.assertEqual(len(self.refused()), 1)
        for _number in range(5):
            self.let_time_pass(1)
            self.assertFalse(self.refused())

    # ------------------------------------------------------------------
    # Who sends it
    # ------------------------------------------------------------------

    def sent_from(self, action, to, **values):
        """Return who sends what a rule has sent for a mail to an address."""
        rule = self.make_rule("Rule", match_any=True, action=action, **values)
        self.let_time_pass(25)
        self.deliver(self.make_mail(to))
        rule.active = False
        sent = self._mails
        with self.mock_mail_gateway():
            self.env["mail.mail"].process_email_queue()
        return {mail["email_from"] for mail in [*sent, *self._mails]}

    def test_it_comes_from_the_address_written_to(self):
        self.env["ir.mail_server"].search([]).unlink()
        employee = self.env["hr.employee"].create({"name": "Jane", "alias_name": "j"})
        self.make_virtual_address("help", alias_sender_name="Helpdesk")
        self.support.alias_id.alias_sender_name = "Team"
        for to, sender in (
            ("help", f'"Helpdesk" <help@{self.domain}>'),
            ("support+urgent", f'"Team" <support@{self.domain}>'),
            ("j", f'"{employee.name}" <j@{self.domain}>'),
            (f"j@{self.domain}, support@{self.domain}", f'"Jane" <j@{self.domain}>'),
        ):
            with self.subTest(to):
                self.assertEqual(self.sent_from("reject", to), {sender})
                forward = {"forward_to": "office@elsewhere.test"}
                self.assertEqual(self.sent_from("forward", to, **forward), {sender})
        self.support.alias_contact = "partners"
        self.let_time_pass(25)
        mail = self.refused()[0]
        self.assertEqual(mail["email_from"], f'"Team" <support@{self.domain}>')

    def test_mail_to_no_address_of_ours_is_answered_by_the_company(self):
        forward = {"forward_to": "office@elsewhere.test"}
        senders = self.sent_from("forward", "any@elsewhere.test", **forward)
        self.assertEqual(senders, {self.env.company.email_formatted})
