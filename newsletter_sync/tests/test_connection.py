from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError

from odoo.addons.base.tests.test_ir_cron import CronMixinCase

from ..models import newsletter_payload
from ..providers import base as contract
from ..providers import errors
from .common import AfterWork, NewsletterCommon

ANN, BOB, CID = ALL = [f"{name}@customers.test" for name in ("ann", "bob", "cid")]


class TestConnection(NewsletterCommon, CronMixinCase):
    """How lists come into being at the service, and what becomes of them."""

    def later(self, **delta):
        return freeze_time(fields.Datetime.now() + timedelta(**delta))

    def test_connecting_is_queued(self):
        record = self.make_list(connect=False)
        self.assertEqual((record.state, self.service.calls), ("connecting", []))
        self.work()
        self.assertEqual(record.state, "active")

    def test_a_list_is_filled_also_if_a_slow_service_used_up_the_time_to_make_it(self):
        record = self.make_list(connect=False)
        engine = type(self.env["newsletter.engine"])
        with patch.object(engine, "_commit_progress", side_effect=[10, 0, 0]):
            with self.capture_triggers(self.account.cron_id.id) as capture:
                self.work()
        self.assertEqual((record.state, record.member_ids.ids), ("active", []))
        [trigger] = capture.records
        self.assertLessEqual(trigger.call_at, fields.Datetime.now())

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
        self.assertIn("Choose a larger plan", record.activity_ids.note)
        self.assertEqual(record.activity_ids.user_id, self.marketer)
        record.with_user(self.marketer).action_resume()
        self.work()
        self.assertEqual(self.service.addresses(), ALL)

    def test_a_name_that_another_database_took_is_told(self):
        """Two databases with one account at a service that wants unique names."""
        self.service.faults = [None, errors.NameTaken("Name already in use")]
        record = self.make_list()
        self.assertEqual(record.state, "failed")
        self.assertIn("Give the list another name.", record.problem)
        self.assertIn("Give the list another name.", record.activity_ids.note)
        record.with_user(self.marketer).name = "Tagged – our shop"
        record.with_user(self.marketer).action_resume()
        self.work()
        self.assertEqual(self.service.addresses("Tagged – our shop"), ALL)

    def test_the_list_of_another_database_is_left_alone(self):
        other = self.service.make_list("Tagged – Mara")
        self.service.lists[other.id].update({ANN: {}, "else@else.test": {}})
        record = self.make_list()
        (self.ann + self.bob + self.cid).category_id = False
        self.work()
        self.assertEqual(self.service.lists[record.remote_id], {})
        self.assertEqual(set(self.service.lists[other.id]), {ANN, "else@else.test"})

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

    def make_list_with_country(self):
        """Only Ann has a country; what it is called is sent."""
        self.country = self.env["res.country"].create({"name": "Utopia", "code": "X1"})
        self.ann.country_id = self.country
        sends = {"path": "country_id.name", "remote_name": "country"}
        return self.make_list(field_ids=[(0, 0, sends)])

    def sent_country(self, record, email=ANN):
        return self.service.lists[record.remote_id][email]["COUNTRY"]

    def test_what_another_record_says_is_sent_again_within_minutes(self):
        record = self.make_list_with_country()
        self.assertEqual(self.sent_country(record), "Utopia")
        self.country.name = "Arcadia"
        self.service.calls.clear()
        self.work()
        self.assertEqual(self.service.calls, [])
        with self.later(minutes=6):
            self.work()
        self.assertEqual(self.sent_country(record), "Arcadia")
        pushes = record.batch_ids.filtered(lambda batch: batch.operation == "push")
        self.assertEqual(pushes[0].size, 1, "only who looks different")
        self.service.calls.clear()
        with self.later(minutes=12):
            self.work()
        self.assertEqual(self.service.calls, [])

    def test_all_members_are_compared_some_at_a_time(self):
        self.patch(newsletter_payload, "COMPARED_AT_ONCE", 1)
        record = self.make_list_with_country()
        self.cid.country_id = self.country
        self.work()
        self.country.name = "Arcadia"
        with self.later(minutes=6):
            self.work()
        sent = [self.sent_country(record, email) for email in ALL]
        self.assertEqual(sent, ["Arcadia", "", "Arcadia"])
        self.assertFalse(record.compare_from)

    def test_what_only_edits_change_is_not_compared(self):
        record = self.make_list(
            field_ids=[(0, 0, {"path": "ref", "remote_name": "ref"})]
        )
        self.assertFalse(record.field_ids._may_change_unseen())
        self.assertGreater(
            record.next_check, fields.Datetime.now() + timedelta(minutes=30)
        )

    def test_a_field_that_is_gone_stops_the_list(self):
        record = self.make_list(
            field_ids=[(0, 0, {"path": "ref", "remote_name": "ref"})]
        )
        self.env.cr.execute("UPDATE newsletter_field SET path = 'x_gone'")
        self.env.invalidate_all()
        self.ann.phone = "1"
        self.work()
        self.assertEqual(record.state, "paused")
        self.assertIn("no field “x_gone”", record.problem)
        self.assertIn("no field “x_gone”", record.activity_ids.note)

    def test_a_field_that_the_service_refuses_stops_the_list(self):
        """It is not asked for again and again."""
        self.service.faults = [None, None, errors.ContactError("no such type")]
        record = self.make_list(
            field_ids=[(0, 0, {"path": "ref", "remote_name": "ref"})]
        )
        self.assertEqual(record.state, "failed")
        self.assertIn("no such type.", record.problem)
        self.assertEqual(self.service.count("ensure_field"), 1)

    # ------------------------------------------------------------------
    # Replies
    # ------------------------------------------------------------------

    def make_alias(self, name="news", **values):
        domain = self.env["mail.alias.domain"].search([], limit=1)
        domain = domain or domain.create({"name": "odoo.test"})
        return self.env["mail.alias"].create(
            {
                "alias_name": name,
                "alias_domain_id": domain.id,
                "alias_model_id": self.env["ir.model"]._get_id("res.partner"),
            }
        )

    def make_list_with_replies(self):
        self.service.support = contract.Support(3, 2, sets_reply_to=True)
        self.alias = self.make_alias()
        return self.make_list(alias_id=self.alias.id)

    def test_the_service_is_told_where_answers_go(self):
        record = self.make_list_with_replies()
        told = self.service.reply_to
        self.assertEqual(told, {record.remote_id: self.alias.alias_full_name})
        self.alias.alias_name = "letters"
        self.work()
        self.assertEqual(told[record.remote_id], self.alias.alias_full_name)
        self.assertIn("letters@", told[record.remote_id])
        record.with_user(self.marketer).alias_id = False
        self.work()
        self.assertEqual(told[record.remote_id], "")
        self.assertEqual(self.service.count("set_reply_to"), 3)

    def test_a_service_without_such_a_setting_is_not_asked(self):
        record = self.make_list(alias_id=self.make_alias().id)
        self.assertEqual(record.reply_to, record.alias_id.alias_full_name)
        self.assertFalse(record.sets_reply_to)
        self.assertEqual(self.service.count("set_reply_to"), 0)

    def test_a_refused_reply_address_is_told_and_the_list_goes_on(self):
        self.service.faults = [None, None, errors.ContactError("Verify the domain")]
        record = self.make_list_with_replies()
        self.assertEqual(self.service.addresses(), ALL)
        self.assertEqual(record.state, "active")
        self.assertIn("Verify the domain.", record.reply_to_problem)
        self.assertIn("Verify the domain.", record.activity_ids.note)
        self.assertEqual(self.service.count("set_reply_to"), 1, "not for ever")
        record.alias_id = self.make_alias("verified")
        self.work()
        self.assertFalse(record.reply_to_problem)
        self.assertIn("verified@", self.service.reply_to[record.remote_id])

    def test_a_reply_address_is_told_again_after_an_outage(self):
        self.service.faults = [None, None, errors.Retryable("down")]
        record = self.make_list_with_replies()
        self.assertEqual(
            self.service.reply_to[record.remote_id], self.alias.alias_full_name
        )

    # ------------------------------------------------------------------
    # Disconnect
    # ------------------------------------------------------------------

    def disconnect(self, record, ending):
        wizard = self.env["newsletter.disconnect"].with_user(self.marketer)
        wizard = wizard.create({"list_id": record.id, "ending": ending})
        self.assertTrue(wizard.action_disconnect(), "XML-RPC carries no None")
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

    def test_who_can_not_be_taken_out_keeps_no_list(self):
        record = self.make_list()
        self.service.unremovable.add(BOB)
        self.disconnect(record, "empty")
        self.assertEqual(self.service.addresses(), [BOB])

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
