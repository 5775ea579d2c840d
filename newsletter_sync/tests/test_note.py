from odoo.tests import Form, new_test_user

from odoo.addons.base.tests.test_ir_cron import CronMixinCase

from .common import NewsletterCommon


class TestNote(NewsletterCommon, CronMixinCase):
    """What users' transactions leave for the workers, and what it costs them."""

    def commit(self):
        self.env.flush_all()
        self.env.cr.precommit.run()

    def notes(self):
        self.commit()
        found = self.env["newsletter.note"].search([])
        rows = {(note.partner_id, note.email or "") for note in found}
        self.related = set(found.filtered("is_related").mapped("partner_id"))
        found.unlink()
        return rows

    def test_nothing_is_noted_without_a_connected_list(self):
        self.ann.phone = "1"
        self.assertFalse(self.env.cr.precommit.data.get("newsletter_sync.pending"))
        self.assertEqual(self.notes(), set())

    def test_all_edits_of_a_transaction_are_one_statement_and_one_trigger(self):
        self.make_list()
        self.notes()
        with self.capture_triggers(self.account.cron_id.id) as capture:
            for number in range(20):
                self.ann.phone = str(number)
                self.bob.category_id = False
            self.commit()
        self.assertEqual(len(capture.records), 1)
        self.assertEqual(self.notes(), {(self.ann.id, ""), (self.bob.id, "")})

    def test_an_edit_that_cannot_matter_is_not_noted(self):
        """Of a contact in no list, of a field that no filter looks at."""
        stranger = self.make_contacts("stranger", tagged=False)
        self.make_list()
        self.notes()
        with self.capture_triggers(self.account.cron_id.id) as capture:
            stranger.phone = "1"
            self.assertEqual(self.notes(), set())
        self.assertFalse(capture.records)
        stranger.email = "elsewhere@customers.test"
        self.assertEqual(self.notes(), {(stranger.id, "")})
        stranger.category_id = self.tag
        self.assertEqual(self.notes(), {(stranger.id, "")})

    def test_an_unwatched_edit_costs_one_query_at_commit(self):
        stranger = self.make_contacts("stranger", tagged=False)
        self.make_list()
        self.notes()
        stranger.phone = "1"
        self.env.flush_all()
        with self.assertQueryCount(1):
            self.env.cr.precommit.run()

    def test_deleted_contacts_leave_their_addresses(self):
        self.make_list()
        self.notes()
        self.ann.unlink()
        self.assertEqual(self.notes(), {(0, "ann@customers.test")})

    def test_the_blacklist_is_watched(self):
        self.make_list()
        self.notes()
        self.env["mail.blacklist"]._add("bob@customers.test")
        self.assertIn((0, "bob@customers.test"), self.notes())

    def test_the_fields_of_a_changed_filter_are_watched(self):
        stranger = self.make_contacts("stranger", tagged=False)
        record = self.make_list()
        stranger.ref = "Y"
        self.assertEqual(self.notes(), set(), "nobody looks at it, and that is cached")
        with Form(record.filter_id) as form:
            form.domain = "[('ref', '=', 'X')]"
        self.notes()
        stranger.ref = "X"
        self.assertEqual(self.notes(), {(stranger.id, "")})

    def test_the_fields_of_a_changed_favorite_are_watched(self):
        stranger = self.make_contacts("stranger", tagged=False)
        favorite = self.env["ir.filters"].create(
            {"name": "F", "model_id": "res.partner", "domain": "[]"}
        )
        self.make_list().filter_id.ir_filter_id = favorite
        stranger.ref = "Y"
        self.notes()
        favorite.domain = "[('ref', '=', 'X')]"
        self.notes()
        stranger.ref = "X"
        self.assertEqual(self.notes(), {(stranger.id, "")})

    def test_a_deleted_account_is_told_nothing(self):
        record = self.make_list(connect=False)
        self.make_contacts("dan")
        self.assertTrue(self.notes())
        record.unlink()
        self.account.unlink()
        self.make_contacts("eve")
        self.assertEqual(self.notes(), set())

    def test_what_a_watched_field_is_computed_from_is_watched(self):
        stranger = self.make_contacts("stranger", tagged=False)
        self.make_list([("complete_name", "=", "Zoe")])
        self.notes()
        stranger.name = "Zoe"
        self.assertEqual(self.notes(), {(stranger.id, "")})

    # ------------------------------------------------------------------
    # Records that belong to contacts
    # ------------------------------------------------------------------

    def make_account(self, contact):
        account = {"acc_number": "BE1", "partner_id": contact.id}
        return self.env["res.partner.bank"].create(account)

    def test_records_that_belong_to_a_contact_are_watched(self):
        self.make_list([("bank_ids.acc_holder_name", "=", "VIP")])
        self.notes()
        account = self.make_account(self.ann)
        self.assertEqual(self.notes(), {(self.ann.id, "")})
        self.assertEqual(self.related, {self.ann.id}, "the contact was not edited")
        account.acc_holder_name = "VIP"
        self.assertEqual(self.notes(), {(self.ann.id, "")})
        account.note = "no filter looks at that"
        self.assertEqual(self.notes(), set())
        account.active = False
        self.assertEqual(self.notes(), {(self.ann.id, "")})
        account.partner_id = self.bob
        self.assertEqual(self.notes(), {(self.ann.id, ""), (self.bob.id, "")})

    def test_records_that_no_filter_looks_at_are_not_noted(self):
        self.make_list()
        self.notes()
        account = self.make_account(self.ann)
        with self.assertQueryCount(0):
            self.env["newsletter.note"]._note_related(account, {"partner_id"}, False)
        self.assertEqual(self.notes(), set())

    def test_models_are_listened_to_while_the_addon_is_there(self):
        notes = self.env["newsletter.note"]
        account_class = self.env.registry["res.partner.bank"]
        self.addCleanup(notes._register_hook)
        notes._unregister_hook()
        self.assertNotIn("modified", vars(account_class))
        notes._register_hook()
        self.assertIn("modified", vars(account_class))
        notes._unregister_hook()

    def test_a_form_that_is_not_saved_notes_nothing(self):
        self.make_list([("child_ids.ref", "=", "X")])
        self.notes()
        self.env["res.partner"].new({"parent_id": self.ann.id}).ref = "X"
        self.assertEqual(self.notes(), set())

    def test_nothing_is_noted_while_an_account_stands_still(self):
        """What happens meanwhile is found when it goes on."""
        self.make_list()
        self.account.action_pause()
        self.notes()
        self.ann.category_id = False
        self.assertEqual(self.notes(), set())
        self.account.action_resume()
        self.work()
        self.assertNotIn("ann@customers.test", self.service.addresses())

    def test_a_user_without_newsletter_rights_edits_contacts(self):
        user = new_test_user(
            self.env, login="plain", groups="base.group_user,base.group_partner_manager"
        )
        self.make_list()
        self.notes()
        self.ann.with_user(user).phone = "2"
        self.bob.with_user(user).unlink()
        self.assertEqual(self.notes(), {(self.ann.id, ""), (0, "bob@customers.test")})
