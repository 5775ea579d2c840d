from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import mail_new_test_user

from .common import MailTaskCommon

# Larger than what is kept in the row
LARGE = "confidential words\n" * 20_000


class TestPrivacy(MailTaskCommon):
    def test_privacy_lookup_finds_the_sender(self):
        waiting = self.deliver_failing(
            self.make_mail("nobody", sender="Jo <jo@elsewhere.test>"), ValueError
        )
        other = self.deliver()
        wizard = self.env["privacy.lookup.wizard"].create(
            {"name": "Jo", "email": "jo@elsewhere.test"}
        )
        wizard.action_lookup()
        found = wizard.line_ids.filtered(lambda line: line.res_model == waiting._name)
        self.assertIn(waiting.id, found.mapped("res_id"))
        self.assertNotIn(other.id, found.mapped("res_id"))

    def test_original_is_in_no_search_index(self):
        for text in ("confidential words\n", LARGE):
            incoming = self.deliver(self.make_mail(text=text))
            originals = self.env["ir.attachment"].search(
                [("res_model", "=", incoming._name), ("res_id", "=", incoming.id)]
            )
            self.assertEqual(len(originals), int(text == LARGE))
            # a word for the type of the file is all there is
            self.assertNotIn("confidential", originals.index_content or "")

    def test_forwarded_original_is_in_no_search_index(self):
        command = self.env["mail.task.incoming"]._command_create_eml(LARGE.encode())
        original = self.env["ir.attachment"].create(command[2])
        self.assertNotIn("confidential", original.index_content or "")

    def test_passwords_of_mailboxes_are_for_the_system_only(self):
        server = self.env["fetchmail.server"].create(
            {"name": "Mailbox", "server_type": "imap", "password": "secret"}
        )
        self.assertEqual(server.with_user(self.mail_admin).name, "Mailbox")
        with self.assertRaises(AccessError):
            server.with_user(self.mail_admin).read(["password"])
        Incoming = self.env["mail.task.incoming"].with_user(self.mail_admin)
        with self.assertRaises(AccessError):
            Incoming.search([("server_id.password", "=like", "s%")])

    def test_what_the_system_keeps_is_not_searched_or_grouped(self):
        self.deliver()
        Incoming = self.env["mail.task.incoming"].with_user(self.mail_admin)
        for name in ("raw", "arguments"):
            with self.subTest(name), self.assertRaises(AccessError):
                Incoming.search([(name, "!=", False)])
            with self.subTest(name), self.assertRaises(AccessError):
                Incoming._read_group([], [name])

    def test_groups_count_only_what_the_user_sees(self):
        self.support.privacy_visibility = "followers"
        self.deliver()
        Incoming = self.env["mail.task.incoming"]
        groups = ["email_from"]
        seen = Incoming.with_user(self.ann).formatted_read_group([], groups)
        self.assertEqual(seen, [])
        self.assertTrue(Incoming.formatted_read_group([], groups))
        portal = mail_new_test_user(self.env, "portal_user", groups="base.group_portal")
        with self.assertRaises(AccessError):
            Incoming.with_user(portal).formatted_read_group([], groups)


@tagged("post_install", "-at_install")
class TestPrivacyOverHttp(MailTaskCommon, HttpCase):
    def test_original_is_no_public_file(self):
        self.support.privacy_visibility = "followers"
        incoming = self.deliver(self.make_mail(text=LARGE))
        mail_new_test_user(self.env, "portal_user", groups="base.group_portal")
        original = incoming.raw_attachment_id
        paths = (
            f"/web/content/{original.id}",
            f"/web/content/mail.task.incoming/{incoming.id}/raw",
            f"/web/content/mail.task.incoming/{incoming.id}/arguments",
            f"/web/image/{original.id}",
            f"/mail_task_rules/incoming/{incoming.id}.eml",
        )
        for login in (None, "portal_user", "ann"):
            self.authenticate(login, login)
            for path in paths:
                with self.subTest(login=login, path=path), mute_logger("odoo.http"):
                    answer = self.url_open(path)
                    self.assertNotIn("confidential", answer.text)

    def test_image_route_tells_nothing(self):
        """Whoever may read the record gets its original by one route only."""
        incoming = self.deliver()
        self.authenticate("ann", "ann")
        answer = self.url_open(f"/web/content/mail.task.incoming/{incoming.id}/raw")
        self.assertNotEqual(answer.status_code, 200)
