import io
import zipfile
from email.message import EmailMessage

from .common import MailTaskCommon

ROUNDS = 200


class TestFailureStories(MailTaskCommon):
    """What went wrong in other systems, as far as no other test has it."""

    def raw_mail(self, *headers, text="Text"):
        """Return a mail with exactly these headers."""
        return "\r\n".join((*headers, "", text)).encode()

    def test_our_address_in_every_spelling(self):
        """Odoo #233133: ``ValueError`` for an address that came twice."""
        ours = f"support@{self.domain}"
        for number, to in enumerate(
            (
                f'{ours}, "{ours}" <{ours}>',
                f'"Support, all of them" <{ours}>',
                f"Team: a@acme.test, {ours};",
                f"(to whom it may concern) {ours} (the desk)",
                f"<{ours.upper()}>",
                f"undisclosed-recipients:;, {ours}",
                f"{ours},\r\n {ours},,",
            )
        ):
            with self.subTest(to):
                raw = self.raw_mail(f"Subject: {number}", f"To: {to}")
                incoming = self.deliver(raw)
                self.assertEqual(incoming.state, "task")
                self.assertEqual(incoming.task_id.project_id, self.support)
                self.assertNotIn(self.domain, incoming.task_id.email_cc or "")

    def test_same_name_at_another_domain_is_not_ours(self):
        """Odoo #69782: a copy to somebody else's crm@ made a lead."""
        raw = self.make_mail("ann@elsewhere.test", Cc="support@elsewhere.test")
        incoming = self.deliver_failing(raw, ValueError)
        self.assertEqual(incoming.state, "quarantined")

    def test_catchall_in_delivered_to_does_not_bounce(self):
        """Odoo #51128: a mail to a good address was bounced."""
        catchall = self.env.company.alias_domain_id.catchall_email
        incoming = self.deliver(self.make_mail(Delivered_To=catchall))
        self.assertEqual(incoming.state, "task")
        self.assertEqual(incoming.task_id.project_id, self.support)
        self.assertFalse(self._mails)

    def test_blind_copy_is_found_by_its_envelope(self):
        """Odoo #1602: blind copies and mails to lists were not imported."""
        for header in ("Delivered_To", "X_Original_To", "Envelope_To"):
            with self.subTest(header):
                address = {header: f"support@{self.domain}"}
                incoming = self.deliver(
                    self.make_mail("list@elsewhere.test", **address)
                )
                self.assertEqual(incoming.task_id.project_id, self.support)

    def test_robot_that_answers_everything(self):
        """FreeScout #688: it has another address each time."""
        self.support.alias_contact = "partners"
        headers, sent = {}, []
        for number in range(ROUNDS):
            sender = f"robot-{number}@robots.test"
            incoming = self.deliver(self.make_mail(sender=sender, **headers))
            self.assertEqual(incoming.state, "rejected")
            sent += self._mails
            if self._mails:
                answered = self._mails[0]["message_id"]
                headers = {"In_Reply_To": answered, "References": answered}
        self.assertEqual(len(sent), 2)
        human = self.make_mail(sender=self.customer.email)
        self.assertEqual(self.deliver(human).state, "task")

    def test_victim_in_whose_name_thousands_write(self):
        """Zendesk, 2025: tickets of strangers as a mail bomb."""
        self.support.alias_contact = "partners"
        sent = []
        for _number in range(ROUNDS):
            raw = self.make_mail(sender="victim@acme.test", text="BUY THIS NOW\n")
            self.deliver(raw)
            self._age_notices()
            sent += self._mails
        self.assertEqual(len(sent), 1)
        self.assertNotIn("BUY THIS NOW", str(sent[0]["body"]))

    def _age_notices(self):
        """Let all of a test's deliveries not be the same transaction."""
        self.env.cr.execute(
            "UPDATE mail_task_notice SET create_date = create_date - interval '1 ms'"
        )

    def test_archive_is_never_unpacked(self):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("zeros", bytes(50_000_000))
        self._assert_attached("bomb.zip", content.getvalue())

    def test_tnef_is_kept(self):
        self._assert_attached("winmail.dat", b"\x78\x9f\x3e\x22" + bytes(range(256)))

    def _assert_attached(self, name, content):
        message = EmailMessage()
        message["Subject"], message["To"] = "With a file", f"support@{self.domain}"
        message.set_content("See the file.")
        message.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=name
        )
        incoming = self.deliver(message.as_bytes())
        [attachment] = incoming.task_id.message_ids.attachment_ids
        self.assertEqual((attachment.name, attachment.raw), (name, content))
        self.assertEqual(incoming.attachment_names, name)

    def test_address_of_an_archived_project(self):
        """Odoo makes a task that nobody will see."""
        self.support.active = False
        incoming = self.deliver()
        self.assertTrue(incoming.task_id.project_id.active)
