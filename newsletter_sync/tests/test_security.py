from lxml import etree

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user
from odoo.tools import file_open
from odoo.tools.safe_eval import safe_eval

from .common import NewsletterCommon

GROUP = "newsletter_sync.group_newsletter_"


class TestSecurity(NewsletterCommon):
    """What each group, and each owner, may see and do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = new_test_user(
            cls.env, login="other", name="Otto", groups=f"base.group_user,{GROUP}user"
        )
        cls.admin = new_test_user(
            cls.env, login="boss", groups=f"base.group_user,{GROUP}admin"
        )
        cls.ordinary = new_test_user(cls.env, login="plain", groups="base.group_user")

    def test_an_administrator_is_a_user(self):
        admins = self.env.ref("newsletter_sync.group_newsletter_admin")
        users = self.env.ref("newsletter_sync.group_newsletter_user")
        self.assertIn(users, admins.all_implied_ids)

    def test_system_administrators_administer_newsletters(self):
        self.assertTrue(self.env.ref("base.user_admin").has_group(f"{GROUP}admin"))

    def test_an_ordinary_user_has_no_newsletter_rights(self):
        self.assertFalse(self.ordinary.has_group(f"{GROUP}user"))
        for model in ("account", "filter", "list", "member", "batch", "field"):
            records = self.env[f"newsletter.{model}"].with_user(self.ordinary)
            self.assertFalse(records.has_access("read"), model)

    # ------------------------------------------------------------------
    # Accounts and keys
    # ------------------------------------------------------------------

    def test_nobody_but_system_administrators_sees_a_key(self):
        for user in (self.marketer, self.admin):
            account = self.account.with_user(user)
            self.assertEqual(account.read(["name"])[0]["name"], "Fake")
            with self.assertRaises(AccessError):
                account.read(["api_key"])
            with self.assertRaises(AccessError):
                account.search([("api_key", "=like", "s%")])
            user.group_ids += self.env.ref("base.group_allow_export")
            with self.assertRaises(AccessError):
                account.export_data(["api_key"])

    def test_a_key_is_not_copied_and_not_in_the_chatter(self):
        self.account.api_key = "another secret"
        self.env.flush_all()
        self.env.cr.precommit.run()
        said = self.account.message_ids.mapped("body")
        tracked = self.account.message_ids.tracking_value_ids
        self.assertNotIn("secret", f"{said}{tracked.read()}")
        self.assertFalse(self.account.copy().api_key)

    def test_users_change_no_account(self):
        account = self.account.with_user(self.marketer)
        with self.assertRaises(AccessError):
            account.name = "Mine"
        for action in ("action_pause", "action_resume", "action_claim", "action_test"):
            with self.assertRaises(AccessError):
                getattr(account, action)()

    def test_a_neutralized_copy_has_no_keys_and_calls_nobody(self):
        self.make_list()
        self.env.flush_all()
        with file_open("newsletter_sync/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertFalse(self.account.api_key)
        self.assertFalse(self.account.cron_id.active)
        self.service.calls.clear()
        self.ann.phone = "1"
        self.account.cron_id.active = True
        self.work()
        self.assertEqual(self.service.calls, [])

    # ------------------------------------------------------------------
    # Filters and lists of others
    # ------------------------------------------------------------------

    def test_private_filters_are_the_owners(self):
        record = self.make_list()
        other = record.filter_id.with_user(self.other)
        self.assertFalse(other.search([("id", "=", other.id)]))
        with self.assertRaises(AccessError):
            other.read(["name"])
        with self.assertRaises(AccessError):
            record.with_user(self.other).read(["name"])

    def test_shared_filters_are_seen_and_not_changed(self):
        record = self.make_list()
        record.filter_id.sharing = "shared"
        shared, theirs = (r.with_user(self.other) for r in (record.filter_id, record))
        self.assertEqual(shared.name, "Tagged")
        self.assertEqual(theirs.member_count, 3)
        for attempt in (
            lambda: shared.write({"domain": "[]"}),
            lambda: shared.action_take_over(),
            lambda: theirs.action_resume(),
            lambda: theirs.action_release_brake(),
            lambda: theirs.action_sync_now(),
            lambda: theirs._disconnect("delete"),
            lambda: theirs._get_forecast_rows(),
            lambda: theirs.unlink(),
        ):
            with self.assertRaises(AccessError):
                attempt()

    def test_the_addresses_of_a_shared_list_are_not_shared(self):
        record = self.make_list()
        record.filter_id.sharing = "shared"
        members = self.env["newsletter.member"].with_user(self.other)
        self.assertFalse(members.search([]))
        with self.assertRaises(AccessError):
            record.member_ids.with_user(self.other).read(["email_normalized"])
        mine = self.env["newsletter.member"].with_user(self.marketer)
        self.assertEqual(len(mine.search([("list_id", "=", record.id)])), 3)

    def test_nobody_connects_the_filter_of_another(self):
        record = self.make_list()
        record._disconnect("keep")
        record.filter_id.sharing = "shared"
        with self.assertRaises(AccessError):
            self.env["newsletter.list"].with_user(self.other).create(
                {"filter_id": record.filter_id.id, "account_id": self.account.id}
            )

    def test_nobody_moves_a_list_to_the_filter_of_another(self):
        """What the worker goes by is not to be written, however it is tried."""
        secret = self.env["newsletter.filter"].create({"name": "Secret"})
        foreign = self.service.make_list("Of somebody else")
        own = self.make_list().with_user(self.marketer)
        other = self.account.copy({"name": "Other"})
        lists = self.env["newsletter.list"]
        new = {"filter_id": own.filter_id.id, "account_id": other.id}
        forged = lists.with_context(default_remote_id=foreign.id)
        for user in (self.marketer, self.admin):
            for attempt in (
                lambda own: own.write({"filter_id": secret.id}),
                lambda own: own.write({"account_id": other.id}),
                lambda own: own.write({"remote_id": foreign.id}),
                lambda own: own.write({"state": "disconnected"}),
                lambda own: own.write({"brake_released": True}),
                lambda own: lists.with_user(own.env.user).create(
                    {**new, "remote_id": foreign.id}
                ),
                lambda own: lists.with_user(own.env.user).create(
                    {**new, "state": "active"}
                ),
                lambda own: own.filter_id.with_context(
                    default_remote_id=foreign.id
                ).write({"list_ids": [(0, 0, {**new, "remote_id": foreign.id})]}),
                lambda own: self.make_my_filter(own).write({"list_ids": [(4, own.id)]}),
            ):
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    attempt(own.with_user(user))
        made = forged.with_user(self.marketer).create(new)
        self.assertFalse(made.remote_id)
        self.assertEqual(made.state, "connecting")

    def make_my_filter(self, record):
        return record.env["newsletter.filter"].create({"name": "Mine"})

    def test_nobody_moves_a_field_to_the_list_of_another(self):
        secret = self.env["newsletter.filter"].create({"name": "Secret"})
        theirs = self.env["newsletter.list"].create(
            {"filter_id": secret.id, "account_id": self.account.id}
        )
        sends = {"path": "ref", "remote_name": "ref"}
        own = self.make_list(field_ids=[(0, 0, sends)]).with_user(self.marketer)
        with self.assertRaises(AccessError):
            own.field_ids.list_id = theirs
        with self.assertRaises(AccessError):
            self.env["newsletter.field"].with_user(self.marketer).create(
                {**sends, "list_id": theirs.id}
            )

    def is_offered_to_connect(self, source):
        """Return whether the filter's form shows the button."""
        form = etree.fromstring(source.get_view(view_type="form")["arch"])
        [button] = form.iterfind(".//button[@name='action_connect']")
        return not safe_eval(button.get("invisible"), source.read()[0])

    def test_owners_and_administrators_are_offered_to_connect(self):
        source = self.make_list(connect=False).filter_id
        source.sharing = "shared"
        for user, offered in (
            (self.marketer, True),
            (self.admin, True),
            (self.other, False),
        ):
            with self.subTest(user.name):
                theirs = source.with_user(user)
                self.assertEqual(self.is_offered_to_connect(theirs), offered)

    def test_an_administrator_connects_the_filter_of_another(self):
        self.hide_ann()
        mine = self.env["newsletter.filter"].with_user(self.marketer)
        source = mine.create(
            {"name": "Tagged", "domain": f"[('category_id', 'in', {self.tag.ids})]"}
        )
        dialog = source.with_user(self.admin).action_connect()["context"]
        wizards = self.env["newsletter.connect"].with_user(self.admin)
        wizard = wizards.with_context(**dialog).create({"account_id": self.account.id})
        self.assertIn("Addresses to add: 2", wizard.summary)
        wizard.action_connect()
        self.work()
        self.assertEqual(source.list_ids.user_id, self.marketer)
        self.assertEqual(
            self.service.addresses(), ["bob@customers.test", "cid@customers.test"]
        )

    def test_members_are_changed_by_the_worker_only(self):
        member = self.make_list().member_ids[0].with_user(self.marketer)
        for attempt in (
            lambda: member.write({"desired": False}),
            lambda: member.unlink(),
            lambda: member.copy(),
        ):
            with self.assertRaises(AccessError):
                attempt()

    # ------------------------------------------------------------------
    # Through the eyes of the owner
    # ------------------------------------------------------------------

    def hide_ann(self):
        """Nobody but system administrators may read Ann."""
        self.env["ir.rule"].create(
            {
                "name": "No Ann",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": f"[('id', '!=', {self.ann.id})]",
                "groups": [(4, self.env.ref("base.group_user").id)],
            }
        )
        self.env["ir.rule"].create(
            {
                "name": "All",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": "[(1, '=', 1)]",
                "groups": [(4, self.env.ref("base.group_system").id)],
            }
        )

    def test_a_list_holds_only_whom_its_owner_may_read(self):
        self.hide_ann()
        record = self.make_list()
        self.assertEqual(
            self.service.addresses(), ["bob@customers.test", "cid@customers.test"]
        )
        self.assertEqual(record.filter_id.with_user(self.marketer).contact_count, 2)

    def test_what_the_owner_may_not_read_is_not_sent(self):
        """One such record stops nobody's list."""
        hidden, shown = self.env["res.partner.category"].create(
            [{"name": "Secret"}, {"name": "Public"}]
        )
        self.bob.write({"parent_id": self.ann.id})
        (self.bob + self.cid).category_id += hidden + shown
        self.hide_ann()
        self.env["ir.rule"].create(
            {
                "name": "No secrets",
                "model_id": self.env["ir.model"]._get_id("res.partner.category"),
                "domain_force": f"[('id', '!=', {hidden.id})]",
            }
        )
        paths = ("parent_id.name", "parent_id", "category_id", "category_id.name")
        record = self.make_list(
            field_ids=[(0, 0, {"path": path, "remote_name": path}) for path in paths]
        )
        self.assertEqual((record.state, record.problem), ("active", False))
        sent = self.service.lists[record.remote_id]["bob@customers.test"]
        self.assertEqual((sent["PARENT_ID"], sent["PARENT_ID.NAME"]), ("", ""))
        for key in ("CATEGORY_ID", "CATEGORY_ID.NAME"):
            self.assertEqual(sorted(sent[key].split(", ")), ["Newsletter", "Public"])

    def test_nobody_makes_a_filter_with_the_eyes_of_another(self):
        filters = self.env["newsletter.filter"]
        root = self.env.ref("base.user_admin")
        for user in (self.marketer, self.admin):
            with self.assertRaises(AccessError):
                filters.with_user(user).create({"name": "X", "user_id": root.id})
            mine = filters.with_user(user).create({"name": "X"})
            with self.assertRaises(AccessError):
                mine.user_id = root

    def test_administrators_look_through_a_filter_with_their_own_eyes(self):
        """Also the domain of a system administrator's filter may not be changed to
        learn of contacts: it is taken over first."""
        filters = self.env["newsletter.filter"]
        source = filters.with_user(self.env.ref("base.user_admin")).create(
            {"name": "All", "domain": f"[('id', '=', {self.ann.id})]"}
        )
        self.hide_ann()
        theirs = source.with_user(self.admin)
        self.assertEqual(theirs.contact_count, 0)
        with self.assertRaises(AccessError):
            theirs.domain = "[]"
        theirs.action_take_over()
        self.assertEqual(source.user_id, self.admin)
        theirs.domain = f"[('id', 'in', {(self.ann + self.bob).ids})]"
        self.assertEqual(theirs.contact_count, 1)

    def test_a_domain_does_not_reach_forbidden_fields(self):
        for path in ("user_ids.totp_secret", "user_ids.password"):
            with self.subTest(path), self.assertRaises(ValidationError):
                source = self.env["newsletter.filter"].with_user(self.marketer)
                source.create({"name": "X", "domain": f"[('{path}', 'like', 'a')]"})

    def test_companies_are_kept_apart(self):
        there = self.env["res.company"].create({"name": "There"})
        self.ann.company_id = there
        self.make_list()
        self.assertEqual(
            self.service.addresses(), ["bob@customers.test", "cid@customers.test"]
        )

    def make_company(self, *users):
        company = self.env["res.company"].create({"name": "There"})
        for user in users:
            user.company_ids += company
        return company

    def test_what_belongs_to_another_company_is_not_seen(self):
        there = self.make_company(self.other)
        own = self.make_list()
        self.account.company_id = own.filter_id.company_id = there
        own.filter_id.sharing = "shared"
        for record in (self.account, own.filter_id, own):
            self.assertEqual(record.company_id, there)
            for user in (self.marketer, self.admin):
                theirs = record.with_user(user)
                self.assertFalse(theirs.search([("id", "=", record.id)]), record)
                with self.assertRaises(AccessError):
                    theirs.read(["name"])
            seen = record.with_user(self.other).with_company(there)
            self.assertEqual(seen.search([("id", "=", record.id)]), seen)

    def test_a_filter_of_a_company_holds_only_whom_that_company_sees(self):
        there = self.make_company(self.marketer)
        self.ann.company_id, self.bob.company_id = there, self.env.company
        record = self.make_list()
        self.assertEqual(len(self.service.addresses()), 3, "all companies of the owner")
        record.filter_id.with_user(self.marketer).company_id = there
        self.work()
        self.assertEqual(
            self.service.addresses(), ["ann@customers.test", "cid@customers.test"]
        )

    def test_who_left_the_company_of_their_filter_sends_nobody(self):
        there = self.make_company(self.marketer)
        record = self.make_list()
        record.filter_id.company_id = there
        self.marketer.company_ids -= there
        record._look_again()
        self.work()
        self.assertEqual(record.state, "paused")
        self.assertIn("does not belong to the company There", record.problem)
