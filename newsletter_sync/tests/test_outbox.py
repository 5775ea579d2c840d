from datetime import timedelta

from freezegun import freeze_time
from psycopg2.errors import SerializationFailure

from odoo import fields

from ..providers import base as contract
from ..providers import errors
from .common import AfterWork, FakeClient, FakeService, NewsletterCommon

ANN, BOB, CID = ALL = [f"{name}@customers.test" for name in ("ann", "bob", "cid")]


class TestOutbox(NewsletterCommon):
    """What is called, and what becomes of it when it fails."""

    def make_more_contacts(self, count):
        return self.make_contacts(*(f"more{number}" for number in range(count)))

    def later(self, **delta):
        return freeze_time(fields.Datetime.now() + timedelta(**delta))

    # ------------------------------------------------------------------
    # Batches
    # ------------------------------------------------------------------

    def test_as_few_calls_as_the_service_allows(self):
        self.make_more_contacts(5)
        record = self.make_list()
        self.assertEqual(len(self.service.addresses()), 8)
        self.assertEqual(self.service.count("upsert"), 3)
        pushes = record.batch_ids.filtered(lambda batch: batch.operation == "push")
        self.assertEqual(sorted(pushes.mapped("size")), [2, 3, 3])
        self.assertEqual(set(pushes.mapped("state")), {"done"})

    def test_one_client_makes_all_calls_of_a_run(self):
        """It knows its token, its pace, and who was in a list a moment ago."""
        made, init = [], FakeClient.__init__

        def count(client, *arguments):
            made.append(arguments)
            init(client, *arguments)

        self.patch(FakeClient, "__init__", count)
        self.make_more_contacts(5)
        self.make_list()
        self.assertEqual(self.service.count("upsert"), 3)
        self.assertEqual(len(made), 1)
        self.ann.phone = "1"
        self.work()
        self.assertEqual(len(made), 2, "credentials may have changed")

    def test_latency_is_measured(self):
        record = self.make_list()
        with self.later(seconds=90):
            self.ann.phone = "1"
            self.env.flush_all()
            self.env.cr.precommit.run()
        self.env.cr.execute("UPDATE newsletter_note SET noted_at = noted_at")
        with self.later(seconds=100):
            self.work()
        batch = record.batch_ids[0]
        self.assertGreater(batch.latency_p50, 95)
        self.assertGreaterEqual(batch.latency_p95, batch.latency_p50)

    # ------------------------------------------------------------------
    # The answer about one address
    # ------------------------------------------------------------------

    def test_a_refused_address_is_shown_and_the_others_go(self):
        self.service.refused[BOB] = "looks fake"
        record = self.make_list()
        self.assertEqual(self.service.addresses(), [ANN, CID])
        refused = self.member(record, BOB)
        self.assertEqual((refused.state, refused.answer), ("refused", "looks fake"))
        self.assertEqual(record.state, "active")
        self.work()
        self.assertEqual(self.service.count("upsert"), 1, "it is not tried for ever")

    def test_an_edit_or_the_button_tries_a_refused_address_again(self):
        self.service.refused[BOB] = "looks fake"
        record = self.make_list()
        self.service.refused.clear()
        self.member(record, BOB).with_user(self.marketer).action_retry()
        self.work()
        self.assertEqual(self.service.addresses(), ALL)

        self.service.refused[ANN] = "no"
        self.ann.phone = "1"
        self.work()
        self.assertEqual(self.member(record, ANN).state, "refused")
        self.service.refused.clear()
        self.ann.phone = "2"
        self.work()
        self.assertEqual(self.member(record, ANN).state, "member")

    def test_who_opted_out_over_there_is_never_sent_again(self):
        record = self.make_list()
        self.service.lists[record.remote_id].pop(ANN)
        self.service.opted_out.add(ANN)
        self.ann.phone = "1"
        self.work()
        member = self.member(record, ANN)
        self.assertEqual((member.state, member.reason), ("excluded", "opt_out"))
        self.service.calls.clear()
        for number in range(3):
            self.ann.phone = str(number)
            self.ann.category_id = [(5,)]
            self.work()
            self.ann.category_id = self.tag
            self.work()
        member.with_user(self.marketer).action_take_in()
        record._look_again()
        self.work()
        self.assertEqual(self.service.calls, [])
        self.assertEqual(member.opt_out, "unsubscribed")

    def test_one_bad_address_does_not_hold_up_its_batch(self):
        """The service refuses the whole call: it is halved until the bad one is
        alone."""
        self.service = FakeService(contract.Support(batch_size=8, remove_size=8))
        self.make_more_contacts(5)
        self.service.bad_for_all.add("more3@customers.test")
        record = self.make_list()
        self.assertEqual(len(self.service.addresses()), 7)
        self.assertEqual(self.members(record, "refused"), ["more3@customers.test"])
        self.assertLessEqual(self.service.count("upsert"), 7)

    # ------------------------------------------------------------------
    # Errors that pass
    # ------------------------------------------------------------------

    def test_a_failed_call_is_made_again_later(self):
        self.service.faults = [None, None, errors.Retryable("bad gateway")]
        record = self.make_list()
        self.assertEqual(self.service.addresses(), [])
        member = self.member(record, ANN)
        self.assertEqual((member.state, member.attempts), ("waiting", 1))
        self.assertEqual(member.answer, "bad gateway")
        self.work()
        self.assertEqual(self.service.count("upsert"), 1, "not before its time")
        with self.later(minutes=3):
            self.work()
        self.assertEqual(self.service.addresses(), ALL)
        self.assertEqual((member.state, member.attempts), ("member", 0))

    def test_a_timeout_after_the_work_was_done_adds_nobody_twice(self):
        self.service.faults = [None, None, AfterWork()]
        record = self.make_list()
        self.assertEqual(self.members(record), [])
        with self.later(minutes=3):
            self.work()
        self.assertEqual(self.service.addresses(), ALL)
        self.assertEqual(self.members(record), ALL)

    def test_who_leaves_while_it_is_not_known_is_taken_out(self):
        self.service.faults = [None, None, AfterWork()]
        record = self.make_list()
        self.ann.category_id = False
        with self.later(minutes=3):
            self.work()
        self.assertEqual(self.service.addresses(), [BOB, CID])
        self.assertEqual(self.members(record), [BOB, CID])

    def test_too_many_calls_are_no_attempt(self):
        self.service.faults = [None, None, errors.RateLimited("slow down", 120)]
        record = self.make_list()
        member = self.member(record, ANN)
        self.assertEqual((member.state, member.attempts), ("waiting", 0))
        with self.later(seconds=100):
            self.work()
        self.assertEqual(self.service.count("upsert"), 1)
        with self.later(seconds=130):
            self.work()
        self.assertEqual(self.service.addresses(), ALL)

    def test_a_pause_that_is_over_keeps_no_worker_busy(self):
        self.make_list()
        now = fields.Datetime.now()
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 10)
        for seconds, waits in ((-60, False), (60, False), (1, True)):
            self.account.next_call = now + timedelta(seconds=seconds)
            with self.subTest(seconds=seconds), freeze_time(now):
                self.assertEqual(self.account._wait_a_little(10), waits)

    def test_an_outage_opens_the_circuit(self):
        """After five failures in a row calls pause; then one call probes."""
        record = self.make_list()
        self.make_more_contacts(30)
        self.service.faults = [errors.Retryable("down")] * 8
        self.service.calls.clear()
        self.work()
        self.assertEqual(self.service.count("upsert"), 5)
        self.assertTrue(self.account.next_call)
        with self.later(minutes=2):
            self.work()
        self.assertEqual(self.service.count("upsert"), 6, "one probe")
        self.service.faults.clear()
        with self.later(hours=10):
            self.work()
            self.work()
        self.assertEqual(len(self.members(record)), 33)
        self.assertEqual(self.account.failures, 0)

    def test_what_always_fails_together_goes_alone_in_the_end(self):
        """A server error that one address causes holds the others up for a while."""
        poison = "more1@customers.test"
        self.make_more_contacts(2)
        service = self.service = FakeService(
            contract.Support(batch_size=8, remove_size=8)
        )
        add = service._add

        def fail_on_poison(list_id, contact):
            if contact.email == poison:
                raise errors.Retryable("server error")
            return add(list_id, contact)

        service._add = fail_on_poison
        record = self.make_list()
        for hours in range(1, 120, 8):
            with self.later(hours=hours):
                self.work()
        self.assertEqual(len(self.members(record)), 4)
        self.assertEqual(self.member(record, poison).state, "waiting")

    # ------------------------------------------------------------------
    # Errors that stay
    # ------------------------------------------------------------------

    def test_a_revoked_key_stops_the_account_and_is_told(self):
        record = self.make_list()
        self.service.faults = [errors.WrongCredentials("API key revoked")]
        self.ann.phone = "1"
        self.work()
        self.assertEqual(self.account.state, "failed")
        self.assertIn("API key revoked.", self.account.problem)
        self.assertIn("enter a valid key", self.account.problem)
        self.assertEqual(self.account.activity_ids.user_id, self.account.user_id)
        self.assertEqual(record.activity_ids.user_id, self.marketer)
        self.service.calls.clear()
        self.work()
        self.assertEqual(self.service.calls, [])
        self.account.api_key = "new"
        self.account.action_test()
        self.work()
        self.assertEqual(self.member(record, ANN).state, "member")
        self.assertFalse(self.account.activity_ids)

    def test_a_list_that_was_deleted_there_fails_alone(self):
        record = self.make_list()
        other = self.make_list([("id", "=", self.bob.id)])
        self.service.lists.pop(record.remote_id)
        self.service.names.pop(record.remote_id)
        (self.ann + self.bob).write({"phone": "1"})
        self.work()
        self.assertEqual(record.state, "failed")
        self.assertIn("deleted there", record.problem)
        self.assertIn("deleted there", record.activity_ids.note)
        self.assertEqual(record.activity_ids.user_id, self.marketer)
        self.assertEqual((other.state, self.members(other)), ("active", [BOB]))

    def test_a_service_that_shows_changes_late_is_asked_to_remove_later(self):
        """It would not find an address that it has just got, and keep it."""
        self.service.support = contract.Support(3, 2, visible_after=300)
        record = self.make_list()
        self.ann.category_id = False
        self.work()
        self.assertEqual(self.service.addresses(), ALL)
        self.assertEqual(self.member(record, ANN).state, "leaving")
        self.assertNotIn("remove", self.service.calls)
        self.assertGreater(self.account._get_next_due(), fields.Datetime.now())
        with self.later(minutes=6):
            self.work()
        self.assertEqual(self.service.addresses(), [BOB, CID])

    def test_an_owner_who_is_archived_meanwhile_stops_what_waits(self):
        self.service.faults = [None, None, None, errors.RateLimited("slow down", 60)]
        record = self.make_list(
            field_ids=[(0, 0, {"path": "name", "remote_name": "name"})]
        )
        self.marketer.active = False
        with self.later(minutes=2):
            self.work()
        self.assertEqual((record.state, self.service.addresses()), ("paused", []))
        self.assertIn("The owner Mara is archived", record.problem)

    # ------------------------------------------------------------------
    # Interrupted and disturbed
    # ------------------------------------------------------------------

    def test_an_interrupted_call_is_made_again(self):
        record = self.make_list()
        self.ann.phone = "1"
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.account._notice()
        call = record._claim("push")
        self.assertEqual(list(call.member_ids), [ANN])
        self.service.lists[record.remote_id].pop(ANN)
        self.work()
        self.assertEqual(self.service.addresses(), ALL)
        batch = self.env["newsletter.batch"].browse(call.batch_id)
        self.assertEqual(batch.state, "unknown")

    def test_an_edit_during_the_call_is_sent_with_the_next(self):
        record = self.make_list()
        edits = [self.ann]

        def edit(verb):
            if verb == "upsert" and edits:
                edits.pop()
                self.env["newsletter.note"].create(
                    {
                        "account_id": self.account.id,
                        "partner_id": self.ann.id,
                        "noted_at": fields.Datetime.now(),
                    }
                )

        self.service.on_call = edit
        self.service.calls.clear()
        self.ann.phone = "1"
        self.work()
        self.assertEqual(self.service.count("upsert"), 2)
        self.assertEqual(self.member(record, ANN).state, "member")

    def test_a_conflict_after_the_call_does_not_repeat_it(self):
        record = self.make_list()
        conflicts = [SerializationFailure("other"), SerializationFailure("other")]
        settle = type(record)._settle

        def disturbed(model, call, answer, duration):
            if conflicts:
                raise conflicts.pop()
            return settle(model, call, answer, duration)

        self.patch(type(record), "_settle", disturbed)
        self.service.calls.clear()
        self.ann.phone = "1"
        self.work()
        self.assertEqual(self.service.count("upsert"), 1)
        self.assertEqual(self.member(record, ANN).state, "member")
