from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError

from ..providers import base as contract
from ..providers import errors
from .common import AfterWork, NewsletterCommon

ANN, BOB, CID = ALL = [f"{name}@customers.test" for name in ("ann", "bob", "cid")]


class TestConnection(NewsletterCommon):
    """How lists come into being at the service, and what becomes of them."""

    def later(self, **delta):
        return freeze_time(fields.Datetime.now() + timedelta(**delta))

    def test_connecting_is_queued(self):
        record = self.make_list(connect=False)
        self.assertEqual((record.state, self.service.calls), ("connecting", []))
        self.work()
        self.assertEqual(record.state, "active")

    def test_a_list_whose_making_was_interrupted_is_found_again(self):
        self.service.make_list("Tagged – Mara")
        self.service.faults = [None, AfterWork()]
        record = self.make_list()
        self.assertEqual(record.state, "connecting")
        with self.later(minutes=2):
            self.work()
        self.assertEqual(len(self.service.lists), 2, "the one of a stranger and ours")
        self.assertEqual((record.state, record.remote_id), ("active", "2"))
        self.assertEqual(self.service.lists["1"], {})

    def test_two_lists_of_one_name_are_not_mixed_up(self):
        self.service.faults = [None, AfterWork(), None, None]
        first = self.make_list()
        second = self.make_list()
        with self.later(minutes=2):
            self.work()
        self.assertEqual(len(self.service.lists), 2)
        self.assertNotEqual(first.remote_id, second.remote_id)
        self.assertTrue(first.remote_id and second.remote_id)

    def test_one_filter_goes_to_several_services(self):
        record = self.make_list()
        other = self.account.copy({"name": "Other", "api_key": "x"})
        other._claim()
        self.env["newsletter.list"].create(
            {"filter_id": record.filter_id.id, "account_id": other.id}
        )
        self.env.flush_all()
        with self.enter_registry_test_mode():
            other.cron_id.method_direct_trigger()
        self.assertEqual([sorted(m) for m in self.service.lists.values()], [ALL, ALL])

    def test_a_plan_that_allows_no_more_lists_is_told(self):
        self.service.faults = [None, errors.PlanLimit("One audience is allowed")]
        record = self.make_list()
        self.assertEqual(record.state, "failed")
        self.assertIn("One audience is allowed.", record.problem)
        self.assertIn("Choose a larger plan", record.problem)
        record.with_user(self.marketer).action_resume()
        self.work()
        self.assertEqual(self.service.addresses(), ALL)

    def test_renaming_over_there_changes_nothing(self):
        record = self.make_list()
        self.service.names[record.remote_id] = "Renamed"
        self.ann.category_id = False
        self.work()
        self.assertEqual(self.service.addresses("Renamed"), [BOB, CID])

    # ------------------------------------------------------------------
    # Fields
    # ------------------------------------------------------------------

    def test_mapped_fields_are_sent(self):
        self.ann.ref = "A 1"
        record = self.make_list(
            field_ids=[
                (0, 0, {"path": "name", "remote_name": "name"}),
                (0, 0, {"path": "category_id.name", "remote_name": "tags"}),
                (0, 0, {"path": "ref", "remote_name": "ref"}),
            ]
        )
        sent = self.service.lists[record.remote_id][ANN]
        self.assertEqual(sent, {"NAME": "Ann", "TAGS": "Newsletter", "REF": "A 1"})
        self.assertTrue(self.member(record, ANN).acked_hash)

    def test_another_field_sends_everybody_again(self):
        record = self.make_list()
        self.service.calls.clear()
        record.with_user(self.marketer).field_ids = [
            (0, 0, {"path": "name", "remote_name": "name"})
        ]
        self.work()
        self.assertEqual(self.service.calls, ["ensure_field", "upsert"])
        self.assertEqual(self.service.lists[record.remote_id][BOB], {"NAME": "Bob"})

    # ------------------------------------------------------------------
    # Disconnect
    # ------------------------------------------------------------------

    def disconnect(self, record, ending):
        wizard = self.env["newsletter.disconnect"].with_user(self.marketer)
        wizard.create({"list_id": record.id, "ending": ending}).action_disconnect()
        self.work()
        self.assertEqual(record.state, "disconnected")
        self.assertFalse(record.member_ids)
        self.service.calls.clear()
        self.ann.phone = "7"
        self.work()
        self.assertEqual(self.service.calls, [])

    def test_keep_leaves_all_as_it_is(self):
        self.disconnect(self.make_list(), "keep")
        self.assertEqual(self.service.addresses(), ALL)

    def test_empty_takes_out_what_we_added(self):
        record = self.make_list()
        self.service.lists[record.remote_id]["stranger@else.test"] = {}
        self.disconnect(record, "empty")
        self.assertEqual(self.service.addresses(), ["stranger@else.test"])

    def test_delete_deletes_the_list_there(self):
        self.disconnect(self.make_list(), "delete")
        self.assertEqual(self.service.lists, {})

    def test_what_the_service_cannot_do_is_said_before(self):
        record = self.make_list()
        self.service.support = contract.Support(3, 2, deletes_lists=False)
        wizard = self.env["newsletter.disconnect"].create(
            {"list_id": record.id, "ending": "delete"}
        )
        self.assertIn("on its website only", wizard.obstacle)

    def test_a_connected_list_is_not_just_deleted(self):
        with self.assertRaises(UserError):
            self.make_list().unlink()

    def test_the_filter_can_be_connected_anew(self):
        record = self.make_list()
        self.disconnect(record, "keep")
        again = self.env["newsletter.list"].create(
            {"filter_id": record.filter_id.id, "account_id": self.account.id}
        )
        self.work()
        self.assertEqual(self.members(again), ALL)
        self.assertEqual(len(self.service.lists), 2)
