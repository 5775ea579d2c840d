from unittest.mock import patch

from psycopg2 import OperationalError

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import GATEWAY_LOGS, MailTaskCommon


class TestLedger(MailTaskCommon):
    """Every mail is kept, once, with the reason for its state."""

    def fail_to_create(self, error):
        return patch.object(type(self.env["project.task"]), "create", side_effect=error)

    def failed_mail(self, error=RuntimeError):
        """Deliver a mail while no task can be created; return its row.

        It comes to no address: core would mark the address as invalid in another
        transaction, which does not see the test's.
        """
        self.make_rule("All", match_any=True, project_id=self.support.id)
        raw = self.make_mail("nobody@elsewhere.test", subject="Kept")
        with self.fail_to_create(error("no task today")):
            return self.deliver_failing(raw, error)

    def test_failed_mail_is_kept_with_reason_and_facts(self):
        incoming = self.failed_mail()
        self.assertEqual(incoming.state, "failed")
        self.assertIn("no task today", incoming.reason)
        self.assertIn("RuntimeError", incoming.error)
        self.assertEqual(incoming.subject, "Kept")
        self.assertEqual(incoming.email_from, "customer@acme.test")
        self.assertEqual(incoming.attempts, 1)
        self.assertFalse(incoming.attempt_started)

    def test_failed_mail_is_processed_again(self):
        incoming = self.failed_mail()
        with self.mock_mail_gateway():
            incoming.with_user(self.mail_admin).action_process_again()
        self.commit()
        self.assertEqual(incoming.state, "task")
        self.assertEqual(incoming.task_id.name, "Kept")
        self.assertEqual(incoming.attempts, 2)
        self.assertFalse(incoming.error)

    def test_redelivery_takes_a_failed_mail_up_again(self):
        incoming = self.failed_mail()
        self.assertFalse(self.deliver(incoming._get_raw()))
        self.assertEqual(incoming.state, "task")
        self.assertEqual(incoming.attempts, 2)

    def test_what_was_noted_for_one_address_does_not_hide_an_error(self):
        """A rule ignores the mail at one address; the task of the other fails."""
        news = self.make_virtual_address("news")
        self.make_rule(
            "Ignore",
            match_any=True,
            scope="alias",
            alias_ids=news.ids,
            action="ignore",
        )
        to = f"support@{self.domain}, news@{self.domain}"
        # core notes the failure on the address in a transaction of its own
        bounce = patch.object(type(news), "_alias_bounce_incoming_email")
        with bounce, self.fail_to_create(RuntimeError("no task today")):
            incoming = self.deliver_failing(self.make_mail(to), RuntimeError)
        self.assertEqual(incoming.state, "failed")
        self.assertIn("no task today", incoming.reason)

    def test_ignored_mail_is_processed_by_the_rules_of_today(self):
        rule = self.make_rule("Ignore", match_any=True, action="ignore")
        incoming = self.deliver()
        self.assertEqual(incoming.state, "ignored")
        rule.active = False
        incoming.with_user(self.mail_admin).action_process_again()
        self.commit()
        self.assertEqual(incoming.state, "task")

    def test_mail_that_became_a_task_is_not_doubled(self):
        incoming = self.deliver()
        with self.assertRaisesRegex(UserError, "already been delivered"):
            incoming.with_user(self.mail_admin).action_process_again()
        incoming.task_id.unlink()
        incoming.with_user(self.mail_admin).action_process_again()
        self.commit()
        self.assertEqual(incoming.state, "task")
        self.assertEqual(len(self.support.task_ids), 1)

    def test_same_bytes_again_are_a_duplicate(self):
        raw = self.make_mail()
        first, second = self.deliver(raw), self.deliver(raw)
        self.assertEqual(first.state, "task")
        self.assertEqual(second.state, "duplicate")
        self.assertEqual(second.reason, "The same mail was delivered before.")
        self.assertEqual(len(self.support.task_ids), 1)
        with self.assertRaisesRegex(UserError, "is a copy"):
            second.with_user(self.mail_admin).action_process_again()

    def test_copy_over_another_way_is_a_duplicate(self):
        raw = self.make_mail()
        self.deliver(raw)
        copy = self.deliver(b"Received: from elsewhere\n" + raw)
        self.assertEqual(copy.state, "duplicate")
        self.assertEqual(len(self.support.task_ids), 1)

    def test_copy_for_a_further_address_is_processed(self):
        """Core drops it: it has the Message-ID already."""
        sales = self.make_project("Sales", alias_name="sales")
        raw = self.make_mail()
        first = self.deliver(raw)
        delivered_to = f"Delivered-To: sales@{self.domain}\n".encode()
        second = self.deliver(delivered_to + raw)
        self.assertEqual(second.state, "task")
        self.assertEqual(second.task_id.project_id, sales)
        self.assertEqual(len(self.support.task_ids), 1)
        self.assertEqual(
            first.task_id.message_ids.filtered("message_id")[-1:].message_id,
            first.message_id,
        )

    def test_another_body_under_the_same_message_id_is_another_mail(self):
        self.deliver(self.make_mail(text="One\n", message_id="<same@acme.test>"))
        other = self.deliver(
            self.make_mail(text="Two\n", message_id="<same@acme.test>")
        )
        self.assertEqual(other.state, "task")
        self.assertIn("Two", other.task_id.description)
        self.assertEqual(len(self.support.task_ids), 2)

    def test_mail_without_message_id_is_known_by_its_content(self):
        raw = b"From: a@acme.test\nTo: support@%s\n\nText" % self.domain.encode()
        self.assertEqual(self.deliver(raw).state, "task")
        self.assertEqual(self.deliver(raw).state, "duplicate")
        self.assertEqual(
            self.deliver(b"Received: again\n" + raw).state,
            "task",
            "nothing says that it is the same mail",
        )

    def test_message_that_odoo_sent_comes_back_as_a_duplicate(self):
        sent = self.support.message_post(body="Hello")
        incoming = self.deliver(self.make_mail(message_id=sent.message_id))
        self.assertEqual(incoming.state, "duplicate")
        self.assertIn("already has a message", incoming.reason)

    def test_serialization_failure_reaches_odoo_which_tries_again(self):
        incoming = self.failed_mail(OperationalError)
        self.assertFalse(self.deliver(incoming._get_raw()))
        self.assertEqual(incoming.state, "task")

    def test_work_that_is_rolled_back_is_a_failed_mail(self):
        with self.mock_mail_gateway():
            self.env["mail.thread"].message_process(False, self.make_mail())
        self.env["mail.task.outcome"].search([]).unlink()
        self.env.cr.postcommit.clear()
        self.env.cr.postrollback.run()
        incoming = self.env["mail.task.incoming"].search([], limit=1)
        self.assertEqual(incoming.state, "failed")
        self.assertEqual(incoming.reason, "The work could not be committed.")

    def test_interrupted_attempt_is_closed_by_its_outcome(self):
        with self.mock_mail_gateway():
            self.env["mail.thread"].message_process(False, self.make_mail())
        incoming = self.env["mail.task.incoming"].search([], limit=1)
        self.assertEqual(incoming.state, "received")
        self.env["mail.task.incoming"]._cron_close_interrupted()
        self.assertEqual(incoming.state, "task")
        self.assertEqual(incoming.task_id, self.support.task_ids)

    def test_interrupted_attempt_without_outcome_has_failed(self):
        with self.mock_mail_gateway():
            self.env["mail.thread"].message_process(False, self.make_mail())
        self.env["mail.task.outcome"].search([]).unlink()
        self.env["mail.task.incoming"]._cron_close_interrupted()
        incoming = self.env["mail.task.incoming"].search([], limit=1)
        self.assertEqual(incoming.state, "failed")
        self.assertIn("The server stopped", incoming.reason)
        self.assertEqual(incoming.subject, "Subject")

    def test_deleting_a_row_deletes_its_original(self):
        incoming = self.deliver(self.make_mail(text="x" * 300_000))
        original = incoming.raw_attachment_id
        self.assertTrue(original)
        incoming.with_user(self.mail_admin).unlink()
        self.assertFalse(original.exists())

    def test_bad_mails_are_tasks_or_kept_with_a_reason(self):
        mails = {
            "empty": b"",
            "rubbish": bytes(range(256)) * 8,
            "nul": self.make_mail(subject="x").replace(b"Text", b"Te\x00xt"),
            "charset": b'To: support@%s\nContent-Type: text/plain; charset="x-no"\n\nHi'
            % self.domain.encode(),
            "long id": self.make_mail(message_id=f"<{'i' * 900}@acme.test>"),
        }
        for name, raw in mails.items():
            with self.subTest(name), mute_logger(*GATEWAY_LOGS, "odoo.sql_db"):
                try:
                    incoming = self.deliver(raw)
                except Exception:
                    incoming = self.env["mail.task.incoming"].search([], limit=1)
                self.assertIn(incoming.state, ("task", "failed", "quarantined"))
                self.assertTrue(incoming.reason)
                self.assertEqual(incoming._get_raw(), raw)


@tagged("post_install", "-at_install")
class TestOriginal(MailTaskCommon, HttpCase):
    def test_original_is_handed_to_whoever_may_read_the_record(self):
        self.support.privacy_visibility = "followers"
        raw = self.make_mail()
        incoming = self.deliver(raw)
        url = f"/mail_task_rules/incoming/{incoming.id}.eml"
        for login, status in (("mail_admin", 200), ("manager", 200), ("ann", 404)):
            with self.subTest(login):
                self.authenticate(login, login)
                answer = self.url_open(url)
                self.assertEqual(answer.status_code, status)
                if status == 200:
                    self.assertEqual(answer.content, raw)
