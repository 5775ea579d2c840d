from odoo.exceptions import ValidationError

from ..models.fetchmail_server import Receipt
from .common import MailTaskCommon


class TestUnwanted(MailTaskCommon):
    """A mail that no address claims and no rule wants."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.env["fetchmail.server"].create(
            {"name": "Shared", "server_type": "imap"}
        )

    def fetch(self, **headers):
        """Deliver a mail as fetched from the server; return row and receipt."""
        self.receipt = Receipt()
        return self.deliver(
            self.make_mail("nobody", **headers),
            default_fetchmail_server_id=self.server.id,
            mail_task_receipt=self.receipt,
        )

    def test_delete(self):
        self.server.unprocessed_action = "delete"
        incoming = self.fetch()
        self.assertEqual(incoming.state, "ignored")
        self.assertIn("deleted", incoming.reason)
        self.assertTrue(self.receipt.unwanted)

    def test_forward_wraps_the_original(self):
        self.server.write(
            {
                "unprocessed_action": "forward",
                "unprocessed_forward_to": "office@corp.test",
            }
        )
        incoming = self.fetch(subject="Where to?")
        self.assertEqual(incoming.state, "forwarded")
        self.assertIn("office@corp.test", incoming.reason)
        mail = self.env["mail.mail"].search([], limit=1, order="id desc")
        self.assertEqual(mail.email_to, "office@corp.test")
        self.assertEqual(mail.subject, "Fwd: Where to?")
        self.assertEqual(mail.attachment_ids.raw, incoming._get_raw())
        self.assertEqual(mail.attachment_ids.mimetype, "message/rfc822")
        self.assertFalse(self.receipt.unwanted)

    def test_forwarded_mail_that_comes_back_is_not_forwarded_again(self):
        self.server.write(
            {
                "unprocessed_action": "forward",
                "unprocessed_forward_to": "office@corp.test",
            }
        )
        raw = self.make_mail("nobody", X_Odoo_Mail_Task_Notice="1")
        self.server_context = {"default_fetchmail_server_id": self.server.id}
        try:
            self.deliver(raw, **self.server_context)
        except ValueError:
            incoming = self.env["mail.task.incoming"].search([], limit=1)
        self.assertEqual(incoming.state, "quarantined")

    def test_bounce_tells_the_sender(self):
        self.server.unprocessed_action = "bounce"
        incoming = self.fetch()
        self.assertEqual(incoming.state, "rejected")
        self.assertIn("customer@acme.test", self._mails[0]["email_to"][0])
        self.assertIn("does not exist", self._mails[0]["body"])

    def test_bounce_does_not_tell_a_robot(self):
        self.server.unprocessed_action = "bounce"
        incoming = self.fetch(Auto_Submitted="auto-generated")
        self.assertEqual(incoming.state, "rejected")
        self.assertFalse(self._mails)

    def test_forward_needs_an_address(self):
        with self.assertRaises(ValidationError):
            self.server.unprocessed_action = "forward"

    def test_mail_that_is_wanted_is_not_touched(self):
        self.server.unprocessed_action = "delete"
        self.make_rule("All", match_any=True, project_id=self.support.id)
        self.assertEqual(self.fetch().state, "task")
        self.assertFalse(self.receipt.unwanted)

    def test_company_says_it_for_the_mail_transfer_agent(self):
        self.env.company.mail_task_unprocessed_action = "delete"
        self.assertEqual(self.deliver(self.make_mail("nobody")).state, "ignored")
