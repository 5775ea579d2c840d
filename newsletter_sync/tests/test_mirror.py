from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import fields

from .common import NewsletterCommon

ANN, BOB, CID = ALL = [f"{name}@customers.test" for name in ("ann", "bob", "cid")]


class TestMirror(NewsletterCommon):
    """Who is in a list, and how it follows the filter."""

    def test_a_connected_list_holds_the_people_of_the_filter(self):
        record = self.make_list()
        self.assertEqual(self.service.addresses("Tagged – Mara"), ALL)
        self.assertEqual(record.state, "active")
        self.assertEqual(self.members(record), ALL)
        self.assertEqual((record.done_count, record.todo_count), (3, 3))

    def test_who_loses_the_tag_leaves(self):
        record = self.make_list()
        self.bob.category_id = False
        self.work()
        self.assertEqual(self.service.addresses(), [ANN, CID])
        self.assertEqual(self.members(record), [ANN, CID])
        self.assertFalse(self.member(record, BOB), "nothing is kept of who left")

    def test_who_gets_the_tag_appears(self):
        self.make_list()
        dan = self.make_contacts("dan", tagged=False)
        self.work()
        self.assertNotIn(dan.email, self.service.addresses())
        dan.category_id = self.tag
        self.work()
        self.assertIn(dan.email, self.service.addresses())

    def test_an_edit_of_a_matching_contact_pushes_it_again(self):
        """Also when nothing that is sent has changed: it may be gone over there."""
        [number] = self.make_list().mapped("remote_id")
        self.service.lists[number].pop(ANN)
        self.work()
        self.assertNotIn(ANN, self.service.addresses(), "nobody is added unasked")
        self.ann.phone = "123"
        self.work()
        self.assertIn(ANN, self.service.addresses())
        self.assertEqual(self.service.count("upsert"), 2)

    def test_nothing_is_called_when_nothing_changed(self):
        record = self.make_list()
        self.service.calls.clear()
        record._look_again()
        self.work()
        self.assertEqual(self.service.calls, [])

    # ------------------------------------------------------------------
    # Contacts that go, or change their address
    # ------------------------------------------------------------------

    def test_another_address_is_a_removal_and_an_addition(self):
        record = self.make_list()
        self.ann.email = "Ann <new@customers.test>"
        self.work()
        new = ["bob@customers.test", "cid@customers.test", "new@customers.test"]
        self.assertEqual(self.service.addresses(), new)
        self.assertEqual(self.members(record), new)

    def test_archived_and_deleted_contacts_leave(self):
        self.make_list()
        self.ann.active = False
        self.bob.unlink()
        self.work()
        self.assertEqual(self.service.addresses(), [CID])

    def test_merged_contacts_leave_one_address(self):
        self.make_list()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.ann + self.bob).ids, self.ann, extra_checks=False)
        self.work()
        self.assertEqual(self.service.addresses(), [ANN, CID])

    def test_a_merge_loses_no_list(self):
        """The wizard moves foreign keys without the ORM."""
        both, ann_only = self.make_list(), self.make_list([("id", "=", self.ann.id)])
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.ann + self.bob).ids, self.bob, extra_checks=False)
        self.work()
        self.assertEqual(self.members(both), [BOB, CID])
        self.assertEqual(self.members(ann_only), [])
        self.assertEqual(self.service.lists[ann_only.remote_id], {})

    # ------------------------------------------------------------------
    # One address, several contacts
    # ------------------------------------------------------------------

    def test_one_address_of_several_contacts_is_one_member(self):
        twin = self.make_contacts("twin", email="ANN@customers.test")
        record = self.make_list()
        self.assertEqual(self.members(record), ALL)
        self.assertEqual(self.member(record, ANN).partner_id, self.ann)
        self.ann.category_id = False
        self.work()
        self.assertEqual(self.service.addresses(), ALL)
        self.assertEqual(self.member(record, ANN).partner_id, twin)

    def test_who_has_the_address_keeps_it(self):
        """An older contact that comes later does not take it over."""
        older = self.make_contacts("older", email=CID, tagged=False)
        twin = self.make_contacts("twin", email="dup@customers.test")
        record = self.make_list()
        older.write({"email": "dup@customers.test", "category_id": [(4, self.tag.id)]})
        self.assertLess(older.id, twin.id)
        self.work()
        member = self.member(record, "dup@customers.test")
        self.assertEqual(member.partner_id, twin)

    def test_a_contact_outside_the_filter_keeps_nobody_in(self):
        self.make_contacts("twin", email=ANN, tagged=False)
        self.make_list()
        self.ann.category_id = False
        self.work()
        self.assertEqual(self.service.addresses(), [BOB, CID])

    # ------------------------------------------------------------------
    # Left out
    # ------------------------------------------------------------------

    def test_addresses_that_are_left_out_are_shown_with_the_reason(self):
        self.env["mail.blacklist"]._add(ANN)
        self.bob.message_bounce = 1
        self.make_contacts("typo", email="no address")
        self.make_contacts("silent", email=False)
        record = self.make_list()
        self.assertEqual(self.service.addresses(), [CID])
        left_out = record.member_ids.filtered(lambda m: m.state == "excluded")
        self.assertEqual(
            {member.email_normalized: member.reason for member in left_out},
            {ANN: "blacklist", BOB: "bouncing", "no address": "invalid"},
        )
        self.assertEqual(record.excluded_count, 3)

    def test_the_blacklist_takes_out_and_lets_in_again(self):
        record = self.make_list()
        self.env["mail.blacklist"]._add(ANN)
        self.work()
        self.assertEqual(self.service.addresses(), [BOB, CID])
        self.assertEqual(self.member(record, ANN).reason, "blacklist")
        self.env["mail.blacklist"]._remove(ANN)
        self.work()
        self.assertEqual(self.service.addresses(), ALL)

    def test_who_was_left_out_by_hand_may_come_back(self):
        record = self.make_list()
        member = self.member(record, ANN).with_user(self.marketer)
        member.action_leave_out()
        self.work()
        self.assertEqual(self.service.addresses(), [BOB, CID])
        self.ann.phone = "1"
        self.work()
        self.assertEqual(self.service.addresses(), [BOB, CID])
        self.assertEqual(member.reason, "opt_out")
        member.action_take_in()
        self.work()
        self.assertEqual(self.service.addresses(), ALL)

    def test_only_add_removes_nobody(self):
        record = self.make_list(policy="add_only")
        self.ann.category_id = False
        self.bob.unlink()
        record._look_again()
        self.work()
        self.assertEqual(self.service.addresses(), ALL)

    def test_only_add_keeps_nobody_who_may_not_be_written_to(self):
        record = self.make_list(policy="add_only")
        self.env["mail.blacklist"]._add(ANN)
        member = self.member(record, BOB).with_user(self.marketer)
        member.action_leave_out()
        self.cid.message_bounce = 1
        self.work()
        self.assertEqual(self.service.addresses(), [])

    def test_only_add_keeps_nobody_who_is_blacklisted_after_they_left(self):
        self.make_list(policy="add_only")
        self.ann.category_id = False
        self.work()
        self.assertEqual(self.service.addresses(), ALL)
        self.env["mail.blacklist"]._add(ANN)
        self.work()
        self.assertEqual(self.service.addresses(), [BOB, CID])

    def test_foreign_members_stay(self):
        record = self.make_list()
        self.service.lists[record.remote_id]["stranger@else.test"] = {}
        (self.ann + self.bob + self.cid).category_id = False
        self.work()
        self.assertEqual(self.service.addresses(), ["stranger@else.test"])

    # ------------------------------------------------------------------
    # Noticed without an edit of the contact
    # ------------------------------------------------------------------

    def test_a_tag_attached_from_its_own_side_is_found_by_comparison(self):
        dan = self.make_contacts("dan", tagged=False)
        self.make_list()
        self.tag.partner_ids = [(4, dan.id)]
        with freeze_time(fields.Datetime.now() + timedelta(hours=2)):
            self.work()
        self.assertIn(dan.email, self.service.addresses())

    def test_related_records_are_followed_within_minutes(self):
        company = self.make_contacts("company", tagged=False)
        self.ann.parent_id = company
        record = self.make_list([("parent_id.ref", "=", "VIP")])
        self.assertEqual(record.watch, "minutes")
        self.assertEqual(self.service.addresses(), [])
        company.ref = "VIP"
        with freeze_time(fields.Datetime.now() + timedelta(minutes=6)):
            self.work()
        self.assertEqual(self.service.addresses(), [ANN])

    def test_who_moves_to_a_company_of_the_group_appears(self):
        group = self.make_contacts("group", tagged=False, email=False)
        branch = self.make_contacts("branch", tagged=False, email=False)
        branch.parent_id = group
        record = self.make_list([("parent_id", "child_of", group.id)])
        self.assertEqual((record.watch, self.service.addresses()), ("minutes", []))
        self.ann.parent_id = branch
        self.work()
        self.assertEqual(self.service.addresses(), [ANN])
        branch.parent_id = False
        with freeze_time(fields.Datetime.now() + timedelta(minutes=6)):
            self.work()
        self.assertEqual(self.service.addresses(), [])

    def test_a_card_dragged_to_another_column_leaves_one_list_for_another(self):
        """What the Contacts app saves then, in columns by salesperson."""
        (self.ann + self.bob).user_id = self.marketer
        mine = self.make_list([("user_id", "=", self.marketer.id)])
        nobodys = self.make_list([("user_id", "=", False), ("ref", "=", "N")])
        self.bob.ref = "N"
        self.bob.with_user(self.marketer).web_save({"user_id": False}, {})
        self.work()
        self.assertEqual(list(self.service.lists[mine.remote_id]), [ANN])
        self.assertEqual(list(self.service.lists[nobodys.remote_id]), [BOB])

    def test_what_an_automation_rule_changes_is_followed(self):
        if "base.automation" not in self.env:
            self.skipTest("Install Odoo's Automation Rules")
        contact = self.env["ir.model"]._get_id("res.partner")
        action = {
            "name": "Take the tags away",
            "model_id": contact,
            "usage": "base_automation",
            "state": "object_write",
            "update_path": "category_id",
            "update_m2m_operation": "clear",
        }
        self.env["base.automation"].create(
            {
                "name": "Who moves to a competitor gets no news",
                "model_id": contact,
                "trigger": "on_create_or_write",
                "filter_domain": "[('function', '=', 'Competitor')]",
                "action_server_ids": [(0, 0, action)],
            }
        )
        self.make_list()
        self.ann.with_user(self.marketer).function = "Competitor"
        self.work()
        self.assertEqual(self.service.addresses(), [BOB, CID])

    def test_a_task_that_moves_is_followed_at_once(self):
        if "project.task" not in self.env:
            self.skipTest("Install Odoo's Project app")
        stages = self.env["project.task.type"].create([{"name": "A"}, {"name": "B"}])
        project = self.env["project.project"].create(
            {"name": "P", "type_ids": stages.ids, "privacy_visibility": "employees"}
        )
        self.marketer.group_ids += self.env.ref("project.group_project_user")
        task = self.env["project.task"].create(
            {"name": "T", "project_id": project.id, "partner_id": self.ann.id}
        )
        record = self.make_list([("task_ids.stage_id", "=", stages[1].id)])
        self.assertEqual(record.watch, "instant")
        self.assertEqual(self.service.addresses(), [])
        task.stage_id = stages[1]
        self.work()
        self.assertEqual(self.service.addresses(), [ANN])
        self.service.calls.clear()
        task.name = "Renamed"
        self.work()
        self.assertEqual(self.service.calls, [])
        task.partner_id = self.bob
        self.work()
        self.assertEqual(self.service.addresses(), [BOB])
        task.unlink()
        self.work()
        self.assertEqual(self.service.addresses(), [])

    def test_who_is_in_the_list_is_not_sent_again_for_a_move(self):
        bank = self.env["res.partner.bank"]
        account = bank.create({"acc_number": "BE1", "partner_id": self.ann.id})
        self.make_list([("bank_ids.acc_number", "in", ["BE1", "BE2"])])
        self.service.calls.clear()
        account.acc_number = "BE2"
        self.work()
        self.assertEqual(self.service.calls, [])
        self.assertEqual(self.service.addresses(), [ANN])

    def test_what_was_not_heard_is_found_within_minutes(self):
        self.make_list([("bank_ids.acc_number", "=", "BE1")])
        self.env.cr.execute(
            "INSERT INTO res_partner_bank"
            " (acc_number, sanitized_acc_number, partner_id, active)"
            " VALUES ('BE1', 'BE1', %s, TRUE)",
            [self.ann.id],
        )
        with freeze_time(fields.Datetime.now() + timedelta(minutes=6)):
            self.work()
        self.assertEqual(self.service.addresses(), [ANN])

    def test_a_new_day_is_noticed(self):
        day = datetime(2030, 3, 1)
        self.env.cr.execute("UPDATE res_partner SET create_date = %s", [day])
        with freeze_time(day + timedelta(hours=23)):
            record = self.make_list(
                [("create_date", "<", "today"), ("category_id", "in", self.tag.ids)]
            )
        self.assertEqual(record.watch, "midnight")
        self.assertEqual(self.service.addresses(), [])
        with freeze_time(day + timedelta(hours=24)):
            self.work()
        self.assertEqual(self.service.addresses(), ALL)

    # ------------------------------------------------------------------
    # Nothing is removed by accident
    # ------------------------------------------------------------------

    def assertPaused(self, record, words):
        self.assertEqual(record.state, "paused")
        self.assertIn(words, record.problem)
        self.assertIn(words, str(record.activity_ids.note))
        self.assertEqual(record.activity_ids.user_id, record.user_id)
        self.assertEqual(self.service.addresses(), ALL)

    def test_too_many_removals_are_held_until_released(self):
        record = self.make_list(brake_minimum=1, brake_percent=50)
        (self.ann + self.bob).category_id = False
        self.work()
        self.assertPaused(record, "would be removed at once: 2.")
        record.with_user(self.marketer).action_release_brake()
        self.work()
        self.assertEqual(self.service.addresses(), [CID])
        self.assertEqual(record.state, "active")
        self.assertFalse(record.brake_released, "the brake works again")
        self.assertFalse(record.activity_ids)

    def test_a_changed_filter_that_selects_nobody_is_held(self):
        record = self.make_list()
        record.filter_id.domain = "[('ref', '=', 'nobody')]"
        self.work()
        self.assertPaused(record, "selects nobody any more")
        record.with_user(self.marketer).action_release_brake()
        self.work()
        self.assertEqual(self.service.addresses(), [])

    def test_a_changed_filter_moves_the_list(self):
        record = self.make_list()
        record.filter_id.with_user(
            self.marketer
        ).domain = f"[('id', '=', {self.ann.id})]"
        self.work()
        self.assertEqual(self.service.addresses(), [ANN])

    def test_a_broken_domain_pauses(self):
        record = self.make_list()
        self.env.cr.execute(
            "UPDATE newsletter_filter SET domain = %s WHERE id = %s",
            ("[('x_gone', '=', 1)]", record.filter_id.id),
        )
        self.env.invalidate_all()
        record._look_again()
        self.work()
        self.assertPaused(record, "cannot be evaluated")

    def test_an_archived_owner_pauses(self):
        record = self.make_list()
        self.account.user_id = self.env.ref("base.user_admin")
        self.marketer.active = False
        self.ann.phone = "1"
        self.work()
        self.assertEqual(record.state, "paused")
        self.assertIn("The owner Mara is archived", record.problem)
        self.assertIn("Give the filter another owner", record.activity_ids.note)
        self.assertEqual(record.activity_ids.user_id, self.account.user_id)
        self.assertEqual(self.service.addresses(), ALL)

    def test_an_archived_filter_pauses(self):
        record = self.make_list()
        record.filter_id.with_user(self.marketer).action_archive()
        self.ann.category_id = False
        self.work()
        self.assertPaused(record, "The filter is archived.")
        record.filter_id.action_unarchive()
        record.with_user(self.marketer).action_resume()
        self.work()
        self.assertEqual(self.service.addresses(), [BOB, CID])

    def test_a_copied_database_calls_nobody(self):
        self.make_list()
        self.service.calls.clear()
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("database.uuid", "another")
        self.ann.category_id = False
        self.work()
        self.assertEqual(self.service.calls, [])
        self.assertEqual(self.account.state, "paused")
        self.assertIn("This database is a copy", self.account.problem)
        self.assertIn("This database is a copy", self.account.activity_ids.note)
        self.account.action_claim()
        self.work()
        self.assertEqual(self.service.addresses(), [BOB, CID])
