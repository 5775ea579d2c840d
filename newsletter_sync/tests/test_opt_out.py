from odoo import fields

from .common import NewsletterCommon

ANN, BOB, CID = ALL = [f"{name}@customers.test" for name in ("ann", "bob", "cid")]
NEW = "new@customers.test"


class TestOptOut(NewsletterCommon):
    """Who opted out stays out, whatever becomes of their address or of the list.

    The service of these tests forgets who opted out, as one does where each list has
    opt-outs of its own.
    """

    def opt_out(self, record, email, kind="unsubscribed"):
        member = self.member(record, email)
        self.service.lists[record.remote_id].pop(email)
        member._note_opt_outs({member.id: (kind, fields.Datetime.now())})

    def mirror_anew(self, record):
        record.with_user(self.marketer)._disconnect("keep")
        self.work()
        again = self.env["newsletter.list"].with_user(self.marketer)
        again = again.create(
            {"filter_id": record.filter_id.id, "account_id": self.account.id}
        )
        self.work()
        return again.sudo()

    def addresses(self, record):
        return sorted(self.service.lists[record.remote_id])

    # ------------------------------------------------------------------
    # Another address
    # ------------------------------------------------------------------

    def test_another_address_does_not_bring_them_back(self):
        for kind in ("unsubscribed", "complained"):
            record = self.make_list()
            self.opt_out(record, ANN, kind)
            self.ann.email = NEW
            self.work()
            self.assertEqual(self.addresses(record), [BOB, CID])
            member = self.member(record, NEW)
            self.assertEqual((member.state, member.reason), ("excluded", "opt_out"))
            self.ann.email = ANN

    def test_whose_opt_out_it_is_does_not_change_with_the_address(self):
        """Somebody else gets the address that was opted out."""
        record = self.make_list()
        self.opt_out(record, ANN)
        twin = self.make_contacts("twin", email=ANN)
        self.ann.email = NEW
        self.work()
        self.assertEqual(self.addresses(record), [BOB, CID])
        self.assertEqual(self.member(record, ANN).partner_id, self.ann)
        twin.email = "twin@customers.test"
        self.work()
        self.assertEqual(self.addresses(record), [BOB, CID, twin.email])

    def test_an_opt_out_that_is_told_late_is_about_the_new_address(self):
        """It comes before the old address was removed over there."""
        record = self.make_list()
        self.ann.email = NEW
        self.env.flush_all()
        self.env.cr.precommit.run()
        record._compare([self.ann.id], [])
        self.assertTrue(self.member(record, NEW).desired)
        self.opt_out(record, ANN)
        self.work()
        self.assertEqual(self.addresses(record), [BOB, CID])

    def test_who_was_left_out_by_hand_comes_back_under_another_address(self):
        record = self.make_list()
        self.member(record, ANN).with_user(self.marketer).action_leave_out()
        self.ann.email = NEW
        self.work()
        self.assertEqual(self.addresses(record), [BOB, CID])
        member = self.member(record, NEW)
        member.with_user(self.marketer).action_take_in()
        self.work()
        self.assertEqual(self.addresses(record), [BOB, CID, NEW])
        self.assertFalse(self.member(record, ANN))

    def test_bounces_are_about_the_address_only(self):
        record = self.make_list()
        self.opt_out(record, ANN, "bounced")
        self.ann.email = NEW
        self.work()
        self.assertEqual(self.addresses(record), [BOB, CID, NEW])

    # ------------------------------------------------------------------
    # Another list for the filter
    # ------------------------------------------------------------------

    def test_a_list_that_is_mirrored_anew_knows_who_opted_out(self):
        record = self.make_list()
        self.opt_out(record, ANN)
        self.opt_out(record, BOB, "bounced")
        again = self.mirror_anew(record)
        self.assertEqual(record.member_ids.mapped("email_normalized"), [ANN, BOB])
        self.assertEqual(self.addresses(again), [CID])
        self.assertEqual(self.member(again, ANN).reason, "opt_out")
        self.assertEqual(self.member(again, BOB).reason, "bouncing")

    def test_it_knows_them_under_another_address_too(self):
        record = self.make_list()
        self.opt_out(record, ANN)
        self.ann.email = NEW
        self.assertEqual(self.addresses(self.mirror_anew(record)), [BOB, CID])

    def test_who_was_left_out_by_hand_may_come_back_into_the_new_list(self):
        record = self.make_list()
        self.member(record, ANN).with_user(self.marketer).action_leave_out()
        self.work()
        again = self.mirror_anew(record)
        self.assertEqual(self.addresses(again), [BOB, CID])
        self.member(again, ANN).with_user(self.marketer).action_take_in()
        self.work()
        self.assertEqual(self.addresses(again), ALL)

    def test_other_filters_have_opt_outs_of_their_own(self):
        record = self.make_list()
        self.opt_out(record, ANN)
        self.assertEqual(self.addresses(self.make_list()), ALL)

    def test_all_endings_keep_who_opted_out(self):
        for ending in ("keep", "empty", "delete"):
            record = self.make_list()
            self.opt_out(record, ANN)
            member = self.member(record, ANN)
            member._take_out()
            record.with_user(self.marketer)._disconnect(ending)
            self.work()
            self.assertEqual(record.state, "disconnected")
            self.assertEqual(record.member_ids, member)
            self.assertEqual((member.due, member.state), (False, "excluded"))

    def test_a_preview_knows_them_too(self):
        record = self.make_list()
        self.opt_out(record, ANN)
        record._disconnect("keep")
        wizard = self.env["newsletter.connect"].with_user(self.marketer)
        wizard = wizard.create(
            {"filter_id": record.filter_id.id, "account_id": self.account.id}
        )
        self.assertIn("to add: 2", wizard.summary)
        self.assertIn("left out: 1", wizard.summary)

    def test_it_is_explained(self):
        record = self.make_list()
        self.opt_out(record, ANN)
        self.ann.email = NEW
        self.work()
        wizard = self.env["newsletter.explain"].with_user(self.marketer)
        wizard = wizard.create({"list_id": record.id, "partner_id": self.ann.id})
        [line] = [
            line for line in wizard.explanation.split("<li>") if "opted out" in line
        ]
        self.assertIn("fa-times", line)
