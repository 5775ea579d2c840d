from datetime import timedelta

from freezegun import freeze_time

from odoo import fields

from ..providers import base as contract
from ..providers import errors
from .common import AfterWork, NewsletterCommon

ANN, BOB, CID = ALL = [f"{name}@customers.test" for name in ("ann", "bob", "cid")]
NAME = {"path": "name", "remote_name": "name"}


class TestStandstill(NewsletterCommon):
    """What happens while a list stands still, or is disconnected, is not lost."""

    def edit(self, contact, **values):
        """Edit a contact later than what was sent; all tests are one transaction."""
        contact.write(values)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET write_date = %s WHERE id = %s",
            [fields.Datetime.now() + timedelta(seconds=5), contact.id],
        )
        self.env.invalidate_all()

    def sent(self, record):
        people = self.service.lists[record.remote_id]
        return sorted(values.get("NAME") for values in people.values())

    def assertFollowed(self, record):
        """Ann is in the list again with her new name, and nobody else was sent."""
        self.service.calls.clear()
        with freeze_time(fields.Datetime.now() + timedelta(seconds=10)):
            self.work()
        self.assertEqual(self.sent(record), ["Anna", "Bob", "Cid"])
        self.assertEqual(self.service.calls, ["upsert"])
        self.assertEqual(record.batch_ids[0].size, 1)
        record._look_again()
        self.work()
        self.assertEqual(self.service.calls, ["upsert"], "once is enough")

    def make_list_without_ann(self):
        """Somebody removes Ann over there, then she is edited: that sends her again."""
        record = self.make_list(field_ids=[(0, 0, NAME)], brake_minimum=0)
        self.service.lists[record.remote_id].pop(ANN)
        return record

    def test_who_is_edited_while_the_account_is_refused_is_sent_again(self):
        record = self.make_list_without_ann()
        self.account._stop("The key was revoked.")
        self.edit(self.ann, name="Anna")
        self.work()
        self.account.action_test()
        self.assertFollowed(record)

    def test_who_is_edited_while_the_list_is_paused_is_sent_again(self):
        record = self.make_list_without_ann().with_user(self.marketer)
        record.action_pause()
        self.edit(self.ann, name="Anna")
        self.work()
        record.action_resume()
        self.assertFollowed(record)

    def test_who_is_edited_while_the_brake_holds_is_sent_again(self):
        record = self.make_list_without_ann().with_user(self.marketer)
        both = self.bob + self.cid
        both.category_id = False
        self.edit(self.ann, name="Anna")
        self.work()
        self.assertEqual(record.state, "paused")
        both.category_id = self.tag
        record.action_resume()
        with freeze_time(fields.Datetime.now() + timedelta(seconds=10)):
            self.work()
        self.assertEqual(self.sent(record), ["Anna", "Bob", "Cid"])

    def test_the_warnings_on_the_lists_go_when_the_account_is_mended(self):
        record = self.make_list()
        other = self.make_list([("id", "=", self.bob.id)])
        other._pause("Another problem.")
        self.account._stop("The key was revoked.")
        self.assertIn("revoked", record.activity_ids.note)
        self.account.action_test()
        self.assertFalse(record.activity_ids)
        self.assertIn("Another problem.", other.activity_ids.note)

    # ------------------------------------------------------------------
    # Disconnected during a call
    # ------------------------------------------------------------------

    def disconnect_during(self, verb, record, ending):
        """Have somebody disconnect the list while a call is made."""

        def disconnect(called):
            if called == verb:
                self.service.on_call = None
                record.with_user(self.marketer)._disconnect(ending)
                self.env.flush_all()

        self.env.flush_all()
        self.service.on_call = disconnect
        self.work()

    def test_a_list_that_is_disconnected_while_it_is_made_is_not_filled(self):
        for ending, lists in (("keep", 1), ("empty", 1), ("delete", 0)):
            with self.subTest(ending):
                self.service.lists.clear()
                self.service.names.clear()
                record = self.make_list(connect=False)
                self.disconnect_during("create_list", record, ending)
                self.assertEqual(record.state, "disconnected")
                self.assertFalse(record.member_ids)
                self.assertEqual(list(self.service.lists.values()), [{}] * lists)

    def test_a_list_that_is_disconnected_before_it_is_made_is_not_made(self):
        record = self.make_list(connect=False)
        self.disconnect_during("find_lists", record, "delete")
        self.assertEqual((record.state, self.service.lists), ("disconnected", {}))
        self.assertEqual(self.service.count("create_list"), 0)

    def test_a_list_of_which_no_answer_came_is_deleted_too(self):
        self.service.faults = [None, AfterWork()]
        record = self.make_list()
        self.assertEqual((record.state, len(self.service.lists)), ("connecting", 1))
        record.with_user(self.marketer)._disconnect("delete")
        with freeze_time(fields.Datetime.now() + timedelta(minutes=2)):
            self.work()
        self.assertEqual((record.state, self.service.lists), ("disconnected", {}))

    def test_a_list_that_was_never_made_is_just_let_go(self):
        self.service.faults = [None, errors.Retryable("down")]
        record = self.make_list()
        record.with_user(self.marketer)._disconnect("delete")
        with freeze_time(fields.Datetime.now() + timedelta(minutes=2)):
            self.work()
        self.assertEqual((record.state, self.service.lists), ("disconnected", {}))
        self.assertEqual(self.service.count("create_list"), 1)

    def test_an_error_after_that_brings_no_list_back(self):
        record = self.make_list()
        self.ann.phone = "1"
        self.service.lists.clear()
        self.disconnect_during("upsert", record, "keep")
        self.assertEqual((record.state, record.problem), ("disconnected", False))
        record.with_user(self.marketer).action_resume()
        record.with_user(self.marketer).action_pause()
        self.assertEqual(record.state, "disconnected", "a form may be old")

    # ------------------------------------------------------------------
    # Endings that fail
    # ------------------------------------------------------------------

    def test_go_on_after_a_failed_ending_means_the_ending(self):
        for ending, left in (("delete", []), ("empty", [{}])):
            with self.subTest(ending):
                self.service.lists.clear()
                self.service.names.clear()
                record = self.make_list()
                self.service.faults = [errors.ListError("in a running campaign")]
                record.with_user(self.marketer)._disconnect(ending)
                self.work()
                self.assertEqual(record.state, "failed")
                record.with_user(self.marketer).action_resume()
                self.assertEqual(record.state, "disconnecting")
                self.service.calls.clear()
                self.work()
                self.assertEqual(record.state, "disconnected")
                self.assertEqual(list(self.service.lists.values()), left)
                self.assertNotIn("upsert", self.service.calls)

    def test_a_list_that_can_not_be_deleted_now_keeps_no_worker_busy(self):
        self.service.support = contract.Support(3, 2, visible_after=300)
        self.service.faults = [None, AfterWork()]
        record = self.make_list()
        record._disconnect("delete")
        self.work()
        self.assertGreater(record.next_check, fields.Datetime.now())
        self.assertFalse(record._is_turn_now())
        self.assertIn(record.next_check, list(self.account._get_next_times()))
