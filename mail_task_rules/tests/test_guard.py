from base64 import encodebytes
from io import BytesIO

from PIL import Image

from .common import MailTaskCommon

INNER = b"From: eve@there.test\r\nSubject: Inner\r\n\r\nInner text \xff\r\n"


class TestGuard(MailTaskCommon):
    """What stock Odoo chokes on, or shows as something else."""

    def raw_mail(self, *lines, to="support"):
        head = f"From: customer@acme.test\r\nTo: {to}@{self.domain}\r\n".encode()
        return head + b"\r\n".join(lines)

    def attachments(self, incoming):
        return incoming.task_id.message_ids.attachment_ids

    def test_too_large_mail_is_summarised_and_attached(self):
        self.env["ir.config_parameter"].set_param("mail_task_rules.limit_text_size", 99)
        raw = self.make_mail(text="Hello\n" * 2000)
        incoming = self.deliver(raw)
        [original] = self.attachments(incoming)
        self.assertEqual(original.name, "original_email.eml")
        self.assertEqual(original.raw, raw)
        self.assertIn("12000 characters, more than 99", incoming.reason)
        self.assertIn("12000 characters, more than 99", incoming.task_id.description)
        self.assertIn("Hello", incoming.task_id.description)
        self.assertEqual(incoming.size, len(raw))

    def test_too_large_reply_has_the_original_on_its_message(self):
        task = self.deliver(self.make_mail(message_id="<first@acme.test>")).task_id
        self.env["ir.config_parameter"].set_param("mail_task_rules.limit_text_size", 99)
        raw = self.make_mail(text="Hello\n" * 2000, In_Reply_To="<first@acme.test>")
        incoming = self.deliver(raw)
        self.assertEqual(incoming.state, "reply")
        message = task.message_ids[0]
        self.assertEqual(message.attachment_ids.raw, raw)
        self.assertIn("more than 99", message.body)

    def test_limits_are_settings(self):
        settings = self.env["res.config.settings"].create(
            {"mail_task_limit_parts": 1, "mail_task_limit_megabytes": 3}
        )
        self.assertEqual(settings.mail_task_limit_recipients, 500)
        settings.execute()
        limits = self.env["mail.task.guard"]._get_limits()
        self.assertEqual(
            (limits.parts, limits.megabytes, limits.recipients), (1, 3, 500)
        )

    def test_of_too_many_recipients_ours_counts(self):
        others = b"one@there.test, " * 600
        incoming = self.deliver(
            b"From: customer@acme.test\r\nTo: %ssupport@%s\r\n\r\nHello\r\n"
            % (others, self.domain.encode())
        )
        self.assertEqual(incoming.task_id.project_id, self.support)
        self.assertIn("601 recipients, more than 500", incoming.reason)

    def test_raw_subject_is_a_marked_guess(self):
        incoming = self.deliver(
            self.raw_mail("Subject: Счёт на оплату".encode("cp1251"), b"", b"Hello")
        )
        self.assertEqual(incoming.task_id.name, "Счёт на оплату")
        self.assertEqual(incoming.subject, "Счёт на оплату")
        self.assertIn(
            "Its text is a guess, since it names no charset.", incoming.reason
        )

    def test_what_was_mended_is_told(self):
        incoming = self.deliver(
            self.raw_mail(
                b"Date: Mon, 30 Jun 3609 15:33:50 +0600",
                b"Content-Transfer-Encoding: base64",
                b"",
                b"This is text, and no base64!",
            )
        )
        self.assertIn(
            "Mended in it: an impossible date, a wrong encoding.", incoming.reason
        )
        self.assertIn("This is text", incoming.task_id.description)

    def test_attached_mail_is_a_file_and_not_shown(self):
        incoming = self.deliver(
            self.raw_mail(
                b'Content-Type: multipart/mixed; boundary="x"',
                b"",
                b"--x",
                b"",
                b"Outer text",
                b"--x",
                b"Content-Type: message/rfc822",
                b"",
                INNER,
                b"--x--",
            )
        )
        [attachment] = self.attachments(incoming)
        self.assertEqual(attachment.name, "Inner.eml")
        self.assertEqual(attachment.raw, INNER)
        self.assertIn("Outer text", incoming.task_id.description)
        self.assertNotIn("Inner text", incoming.task_id.description)
        self.assertEqual(incoming.attachment_types, "message/rfc822")

    def test_text_files_keep_their_octets(self):
        octets = "Žluťoučký kůň\r\n".encode("cp1250")
        incoming = self.deliver(
            self.raw_mail(
                b'Content-Type: multipart/mixed; boundary="x"',
                b"",
                b"--x",
                b'Content-Type: text/csv; charset=utf-8; name="a.csv"',
                b"Content-Transfer-Encoding: base64",
                b"",
                encodebytes(octets),
                b"--x--",
            )
        )
        self.assertEqual(self.attachments(incoming).raw, octets)
        self.assertEqual(self.attachments(incoming).name, "a.csv")

    def test_images_keep_their_octets(self):
        """Odoo would make them smaller, or give up on a huge one."""
        self.env["ir.config_parameter"].set_param("base.image_autoresize_max_px", "1x1")
        octets = BytesIO()
        Image.new("RGB", (3, 3)).save(octets, "png")
        incoming = self.deliver(
            self.raw_mail(
                b'Content-Type: multipart/mixed; boundary="x"',
                b"",
                b"--x",
                b"Content-Type: image/png; name=a.png",
                b"Content-Transfer-Encoding: base64",
                b"",
                encodebytes(octets.getvalue()),
                b"--x--",
            )
        )
        self.assertEqual(self.attachments(incoming).raw, octets.getvalue())
        self.assertEqual(self.attachments(incoming).mimetype, "image/png")

    def test_original_that_cannot_be_written_anew_is_saved(self):
        raw = self.raw_mail(
            b"Subject: Caf\xe9", b"Content-Type: text/plain; charset=x-no", b"", b"\xe9"
        )
        self.env["mail.thread"].message_process("project.task", raw, save_original=True)
        task = self.env["project.task"].search([("name", "=", "Café")])
        self.assertEqual(task.message_ids.attachment_ids.raw, raw)

    def test_bounce_is_found_by_what_came_back(self):
        task = self.deliver().task_id
        with self.mock_mail_gateway():
            message = task.with_user(self.manager).message_post(
                body="Answer",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                partner_ids=self.customer.ids,
            )
        raw = self.raw_mail(
            b"Content-Type: multipart/report; report-type=delivery-status; boundary=x",
            b"",
            b"--x",
            b"",
            b"It could not be delivered.",
            b"--x",
            b"Content-Type: message/delivery-status",
            b"",
            b"Reporting-MTA: dns; mx.acme.test",
            b"",
            b"Final-Recipient: rfc822; customer@acme.test",
            b"Action: failed",
            b"",
            b"--x",
            b"Content-Type: message/rfc822",
            b"",
            b"Message-ID: %s" % message.message_id.encode(),
            b"Subject: Answer",
            b"",
            b"--x--",
            to=self.env.company.bounce_email.partition("@")[0],
        )
        incoming = self.deliver(raw)
        self.assertEqual(incoming.state, "ignored")
        self.assertEqual(self.customer.message_bounce, 1)
        notification = message.notification_ids.filtered(
            lambda notification: notification.res_partner_id == self.customer
        )
        self.assertEqual(notification.notification_status, "bounce")
