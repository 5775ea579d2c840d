from dataclasses import replace
from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError

from ..providers import errors
from .common import NewsletterCommon

ANN, BOB, CID = ALL = [f"{name}@customers.test" for name in ("ann", "bob", "cid")]


class TestAudit(NewsletterCommon):
    """What somebody changed over there."""

    def setUp(self):
        super().setUp()
        self.record = self.make_list()
        self.remote = self.service.lists[self.record.remote_id]
        self.service.calls.clear()

    def pass_days(self, days):
        with freeze_time(fields.Datetime.now() + timedelta(days=days, minutes=1)):
            self.work()

    def test_the_list_is_compared_once_a_day(self):
        self.work()
        self.assertEqual(self.service.calls, [])
        self.pass_days(1)
        self.assertEqual(self.service.calls, ["list_members", "list_members"])
        self.assertTrue(self.record.last_audit)
        self.assertEqual(self.record.missing_count, 0)

    def test_drift_is_reported_and_nobody_is_added_again(self):
        self.remote.pop(ANN)
        self.remote["stranger@else.test"] = {}
        self.pass_days(1)
        self.assertEqual(self.record.missing_count, 1)
        self.assertEqual(self.record.foreign_count, 1)
        self.assertIn("missing there: 1.", self.record.message_ids[0].body)
        self.assertEqual(self.service.count("upsert"), 0)
        self.assertEqual(self.service.addresses(), [BOB, CID, "stranger@else.test"])
        said = len(self.record.message_ids)
        self.pass_days(2)
        self.assertEqual(len(self.record.message_ids), said, "it is said once")

    def test_opt_outs_are_learned(self):
        self.service.opted_out.add(ANN)
        self.pass_days(1)
        member = self.member(self.record, ANN)
        self.assertEqual((member.state, member.opt_out), ("excluded", "unsubscribed"))
        self.service.calls.clear()
        self.ann.phone = "1"
        self.work()
        self.assertEqual(self.service.calls, [])

    def test_a_service_that_forgot_where_we_were_is_asked_anew(self):
        self.service.faults = [None, errors.ContactError("this export is gone")]
        self.pass_days(1)
        self.assertEqual(self.record.state, "active")
        self.assertFalse(self.record.last_audit)
        self.pass_days(2.5)
        self.assertTrue(self.record.last_audit)

    def test_a_service_that_tells_nothing_is_not_asked(self):
        self.service.support = replace(self.service.support, enumerates=False)
        with self.assertRaisesRegex(UserError, "does not tell"):
            self.record.with_user(self.marketer).action_audit()
        with freeze_time(fields.Datetime.now() + timedelta(days=2)):
            self.work()
            times = filter(None, self.account._get_next_times())
            self.assertFalse([at for at in times if at <= fields.Datetime.now()])

    def test_what_was_added_just_now_is_not_missing(self):
        self.service.support = replace(self.service.support, visible_after=60)
        self.record.with_user(self.marketer).action_audit()
        self.remote.pop(ANN)
        self.work()
        self.assertEqual(self.record.missing_count, 0)

    def test_after_an_error_it_begins_anew_another_day(self):
        self.service.faults = [None, errors.Retryable("down")]
        self.pass_days(1)
        self.assertFalse(self.record.last_audit)
        self.pass_days(2.5)
        self.assertTrue(self.record.last_audit)
        self.assertEqual(self.record.missing_count, 0)
