from datetime import timedelta
from unittest.mock import patch

from odoo import fields

from .common import MailTaskCommon


class TestRetry(MailTaskCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls.make_rule("All", match_any=True, project_id=cls.support.id)

    def fail(self, raw=None):
        """Deliver a mail that fails; return its row."""
        raw = raw or self.make_mail("nobody@elsewhere.test")
        with patch.object(
            type(self.env["project.task"]), "create", side_effect=RuntimeError("no")
        ):
            return self.deliver_failing(raw, RuntimeError)

    def run_retry(self):
        with self.enter_registry_test_mode(), self.mock_mail_gateway():
            self.env.ref("mail_task_rules.ir_cron_retry").method_direct_trigger()
        self.commit()

    def test_pauses_grow_until_the_mail_is_quarantined(self):
        incoming = self.fail()
        raw = incoming._get_raw()
        pauses = []
        while incoming.state == "failed":
            pauses.append(incoming.next_retry - incoming.write_date)
            self.fail(raw)
        self.assertEqual(incoming.state, "quarantined")
        self.assertEqual(incoming.attempts, 5)
        self.assertFalse(incoming.next_retry)
        self.assertEqual(pauses, sorted(pauses))
        self.assertGreater(pauses[-1], timedelta(hours=7))

    def test_mail_is_tried_again_after_its_pause(self):
        incoming = self.fail()
        self.run_retry()
        self.assertEqual(incoming.state, "failed", "its pause is not over")
        incoming.next_retry = fields.Datetime.now() - timedelta(seconds=1)
        self.run_retry()
        self.assertEqual(incoming.state, "task")
        self.assertFalse(incoming.next_retry)

    def interrupt(self, incoming):
        """Leave the row as a process leaves it that died."""
        incoming.write({"state": "received", "attempt_started": fields.Datetime.now()})

    def test_mail_that_ended_three_processes_is_quarantined(self):
        incoming = self.fail()
        raw = incoming._get_raw()
        for crashes in (1, 2):
            self.interrupt(incoming)
            self.fail(raw)
            self.assertEqual(incoming.crashes, crashes)
            self.assertEqual(incoming.state, "failed")
        self.interrupt(incoming)
        self.assertFalse(self.deliver(raw), "no new row")
        self.assertEqual(incoming.state, "quarantined")
        self.assertIn("stopped 3 times", incoming.reason)
        self.assertFalse(self.support.task_ids)

    def test_somebody_may_try_such_a_mail_again(self):
        incoming = self.fail()
        incoming.write({"state": "quarantined", "crashes": 3})
        with self.mock_mail_gateway():
            incoming.with_user(self.mail_admin).action_process_again()
        self.commit()
        self.assertEqual(incoming.state, "task")

    def test_cron_counts_interrupted_attempts(self):
        incoming = self.fail()
        for state in ("failed", "failed", "quarantined"):
            self.interrupt(incoming)
            incoming._cron_close_interrupted()
            self.assertEqual(incoming.state, state)
        self.assertEqual(incoming.crashes, 3)

    def test_old_mails_go_but_not_those_that_wait(self):
        done, waiting, young = self.deliver(), self.fail(), self.deliver()
        self.env.cr.execute(
            "UPDATE mail_task_incoming SET create_date = create_date - interval "
            "'31 days' WHERE id IN %s",
            [(done.id, waiting.id)],
        )
        self.env.invalidate_all()
        self.env["mail.task.incoming"]._gc_old_mails()
        self.assertFalse(done.exists())
        self.assertTrue(waiting.exists())
        self.assertTrue(young.exists())
