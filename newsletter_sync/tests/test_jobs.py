from dataclasses import replace
from datetime import timedelta

from freezegun import freeze_time

from odoo import fields

from ..providers import base as contract
from ..providers import errors
from .common import NewsletterCommon

ANN, BOB, CID = ALL = [f"{name}@customers.test" for name in ("ann", "bob", "cid")]


class TestJobs(NewsletterCommon):
    """Services that go on working after they answered."""

    def setUp(self):
        super().setUp()
        self.service.support = contract.Support(batch_size=3, remove_size=2, jobs=True)

    def pass_minutes(self, *minutes):
        for passed in minutes:
            with freeze_time(fields.Datetime.now() + timedelta(minutes=passed)):
                self.work()

    def test_a_job_that_is_soon_done_is_waited_for(self):
        record = self.make_list()
        self.assertEqual(self.members(record), ALL)

    def test_members_are_acknowledged_when_the_job_is_done(self):
        self.service.job_wait = 30
        record = self.make_list()
        self.assertEqual(self.members(record, "sending"), ALL)
        self.pass_minutes(1, 2)
        self.assertEqual(self.members(record), ALL)
        self.assertEqual(self.service.count("upsert"), 1)
        self.assertEqual(record.batch_ids[0].state, "done")

    def test_an_error_about_a_job_is_no_answer(self):
        self.service.job_wait = 30
        self.service.faults = [None, None, None, errors.Retryable("down")]
        record = self.make_list()
        self.pass_minutes(1, 2, 3)
        self.assertEqual(self.members(record), ALL)
        self.assertEqual(self.service.count("upsert"), 1)

    def test_who_leaves_while_the_job_runs_is_taken_out_after_it(self):
        self.service.job_wait = 30
        record = self.make_list()
        self.ann.category_id = False
        self.pass_minutes(1, 2, 3, 4, 5)
        self.assertEqual(self.service.addresses(), [BOB, CID])
        self.assertEqual(self.members(record), [BOB, CID])
        self.assertEqual(self.service.calls[-3:][0], "remove")

    def test_a_removal_waits_until_the_job_ended_long_enough_ago(self):
        """What a service cannot find yet, it does not remove."""
        self.service.support = replace(self.service.support, visible_after=300)
        self.service.job_wait = 600
        record = self.make_list()
        self.ann.category_id = False
        self.pass_minutes(1, 11, 22, 25)
        self.assertEqual(self.members(record, "leaving"), [ANN])
        self.assertNotIn("remove", self.service.calls)
        self.pass_minutes(28)
        self.assertIn("remove", self.service.calls)

    def test_a_refused_job_is_sent_again_in_halves(self):
        self.service.job_wait = 30
        self.service.faults = [None, None, None, errors.ContactError("one is bad")]
        record = self.make_list()
        self.pass_minutes(1, 2, 3)
        pushes = record.batch_ids.filtered(lambda batch: batch.operation == "push")
        self.assertEqual(pushes.mapped("size"), [2, 1, 3])
        self.assertEqual(self.members(record), ALL)

    def test_a_job_that_cannot_be_read_keeps_nobody_else_waiting(self):
        self.service.job_wait = 30
        record = self.make_list()
        for minutes in (1, 2, 3, 300, 310, 320, 360):
            self.service.faults = [errors.Retryable("no such file")]
            self.pass_minutes(minutes)
        self.assertEqual(self.members(record, "sending"), ALL)
        self.assertFalse(self.account.failures)
        self.assertEqual(self.service.count("poll_job"), 5, "less and less often")

    def test_a_job_that_never_ends_is_given_up_after_a_day(self):
        self.service.job_wait = 30
        record = self.make_list()
        self.service.jobs = {job: (99, []) for job in self.service.jobs}
        self.pass_minutes(60, 24 * 60 + 1)
        first = record.batch_ids.sorted()[-2]
        self.assertEqual(first.state, "failed")
        self.assertIn("for a day", first.answer)
        self.pass_minutes(*range(24 * 60 + 2, 24 * 60 + 8))
        self.assertEqual(self.members(record), ALL)

    def test_a_list_that_stands_still_does_not_ask_for_its_job(self):
        self.service.job_wait = 30
        record = self.make_list()
        record.action_pause()
        with freeze_time(fields.Datetime.now() + timedelta(minutes=5)):
            self.work()
            self.assertNotIn("poll_job", self.service.calls)
            times = filter(None, self.account._get_next_times())
            self.assertFalse([at for at in times if at <= fields.Datetime.now()])
            record.action_resume()
        self.pass_minutes(6, 7)
        self.assertEqual(self.members(record), ALL)

    def test_nobody_asks_for_the_job_of_a_list_that_was_let_go(self):
        self.service.job_wait = 30
        record = self.make_list()
        record._disconnect("keep")
        self.assertEqual(record.batch_ids[0].state, "unknown")
        self.pass_minutes(5)
        self.assertNotIn("poll_job", self.service.calls)
