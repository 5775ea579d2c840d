from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, new_test_user

from .. import domains
from ..models import newsletter_forecast
from ..providers import errors
from .common import NewsletterCommon

ANN, BOB, CID = ALL = [f"{name}@customers.test" for name in ("ann", "bob", "cid")]


class TestFilter(NewsletterCommon):
    """Domains: what they select, how they are watched, where they come from."""

    def make_filter(self, domain):
        filters = self.env["newsletter.filter"].with_user(self.marketer)
        return filters.create({"name": "F", "domain": domain})

    def test_how_a_domain_is_watched(self):
        for domain, watch in (
            ("[]", "instant"),
            ("[('category_id', 'in', [1])]", "instant"),
            ("[('category_id', 'ilike', 'news')]", "instant"),
            ("[('create_date', '>', '2024-01-01')]", "instant"),
            ("[('create_date.month_number', '=', 5)]", "instant"),
            ("[('create_date', '>', 'today -30d')]", "midnight"),
            ("['|', ('create_date', '>', 'today'), ('ref', '=', 1)]", "midnight"),
            ("[('days_to_birthday', '<', 8)]", "midnight"),
            ("[('create_date', '>', '-3H')]", "minutes"),
            ("[('create_date', '>', 'now')]", "minutes"),
            ("[('parent_id.name', 'ilike', 'x')]", "minutes"),
            ("[('parent_id', 'child_of', 1)]", "minutes"),
            ("[('complete_name', 'ilike', 'x')]", "minutes"),
            ("[('email_normalized', 'ilike', '@acme.test')]", "instant"),
            ("[('child_ids', 'any', [('name', '=', 'x')])]", "instant"),
            ("[('child_ids', 'not any', [('name', '=', 'x')])]", "instant"),
            ("['!', ('child_ids', '=', False)]", "instant"),
            ("[('child_ids.country_id', '=', 1)]", "instant"),
            ("[('child_ids.create_date', '>', 'today -3d')]", "midnight"),
            ("[('child_ids.country_id.code', '=', 'BE')]", "minutes"),
            ("[('child_ids.child_ids', '=', False)]", "minutes"),
            ("[('child_ids.is_blacklisted', '=', False)]", "minutes"),
            ("[('child_ids', 'ilike', 'x')]", "minutes"),
            ("[('message_ids', '=', False)]", "minutes"),
            ("[('is_blacklisted', '=', False)]", "minutes"),
            ("[('create_date', '>', 'today'), ('parent_id.ref', '=', 1)]", "minutes"),
        ):
            with self.subTest(domain):
                parsed = domains.parse(domain, self.env.uid)
                contacts = self.env["res.partner"]
                self.assertEqual(domains.speed(parsed, contacts), watch)

    def test_uid_is_the_owner(self):
        self.ann.user_id = self.marketer
        record = self.make_filter("[('user_id', '=', uid)]")
        self.assertEqual(record.contact_count, 1)

    def test_a_domain_that_odoo_cannot_search_is_not_saved(self):
        for domain in (
            "[('no_such_field', '=', 1)]",
            "[('name', 'is', 1)]",
            "nonsense",
            "[(",
            "[('create_date', '<', context_today())]",
            "__import__('os')",
        ):
            with self.subTest(domain), self.assertRaises(ValidationError):
                self.make_filter(domain)

    def test_the_count_is_live_in_the_form(self):
        filters = self.env["newsletter.filter"].with_user(self.marketer)
        with Form(filters) as form:
            form.name = "F"
            form.domain = f"[('category_id', 'in', {self.tag.ids})]"
            self.assertEqual(form.contact_count, 3)

    # ------------------------------------------------------------------
    # Favorites
    # ------------------------------------------------------------------

    def make_favorite(self, domain="[]"):
        return (
            self.env["ir.filters"]
            .with_user(self.marketer)
            .create(
                {
                    "name": "My customers",
                    "model_id": "res.partner",
                    "domain": domain,
                    "user_ids": [(6, 0, self.marketer.ids)],
                }
            )
        )

    def open_dialog(self, favorite, user=None):
        """Return the form of the dialog, as the cog menu opens it."""
        wizards = self.env["newsletter.connect"].with_user(user or self.marketer)
        defaults = {
            "default_ir_filter_id": favorite.id,
            "default_name": favorite.name,
            "default_domain": favorite.domain,
        }
        return Form(wizards.with_context(**defaults))

    def mirror(self, favorite, user=None, account=None):
        """Return the list that the dialog makes of a favorite."""
        with self.open_dialog(favorite, user) as dialog:
            dialog.account_id = account or self.account
        action = dialog.record.action_connect()
        return self.env["newsletter.list"].browse(action["res_id"])

    def test_a_favorite_has_one_filter_for_all_services(self):
        favorite = self.make_favorite()
        source = self.mirror(favorite).filter_id
        source.name = "Renamed"
        self.assertEqual(self.open_dialog(favorite).filter_id, source)
        other = self.account.copy({"name": "Other", "api_key": "x"})
        other._claim()
        record = self.mirror(favorite, account=other)
        self.assertEqual(record.filter_id, source)
        self.assertEqual(record.name, "Renamed – Mara")

    def test_calls_are_told_if_a_service_is_chosen(self):
        domain = f"[('category_id', 'in', {self.tag.ids})]"
        dialog = self.open_dialog(self.make_favorite(domain))
        self.assertIn("Calls to the service: 1.", dialog.summary)
        dialog.account_id = self.account.browse()
        self.assertIn("to add: 3", dialog.summary)
        self.assertNotIn("Calls", dialog.summary)

    def test_an_archived_filter_does_not_come_back_with_its_favorite(self):
        favorite = self.make_favorite()
        old = self.mirror(favorite).filter_id
        old.active = False
        self.assertNotEqual(self.mirror(favorite).filter_id, old)

    def test_everybody_has_a_filter_of_their_own_for_a_shared_favorite(self):
        favorite = self.make_favorite()
        favorite.sudo().user_ids = False
        other = new_test_user(
            self.env,
            login="other",
            groups="base.group_user,newsletter_sync.group_newsletter_user",
        )
        self.mirror(favorite).filter_id.sharing = "shared"
        self.assertEqual(self.mirror(favorite, other).user_id, other)

    def test_a_filter_follows_its_favorite(self):
        favorite = self.make_favorite(f"[('category_id', 'in', {self.tag.ids})]")
        wizard = self.env["newsletter.connect"].with_user(self.marketer)
        wizard = wizard.create(
            {"ir_filter_id": favorite.id, "account_id": self.account.id}
        )
        self.assertEqual(wizard.name, "My customers")
        self.assertIn("Addresses to add: 3", wizard.summary)
        wizard.action_connect()
        self.work()
        self.assertEqual(self.service.addresses(), ALL)
        favorite.domain = f"[('id', '=', {self.bob.id})]"
        self.work()
        self.assertEqual(self.service.addresses("My customers – Mara"), [BOB])

    def test_a_favorite_may_be_saved_that_no_list_can_follow(self):
        favorite = self.make_favorite(f"[('category_id', 'in', {self.tag.ids})]")
        record = self.make_list()
        record.filter_id.ir_filter_id = favorite
        favorite.domain = "[('create_date', '<', context_today())]"
        self.work()
        self.assertEqual(record.state, "paused")
        self.assertEqual(self.service.addresses(), ALL)

    def test_an_archived_filter_follows_its_favorite(self):
        favorite = self.make_favorite("[]")
        record = self.make_filter("[]")
        record.ir_filter_id = favorite
        record.active = False
        favorite.domain = "[('ref', '=', 'X')]"
        self.assertEqual(record.domain, "[('ref', '=', 'X')]")

    def test_a_shared_filter_is_duplicated_for_oneself(self):
        record = self.make_filter("[('ref', '=', 'X')]")
        record.write({"ir_filter_id": self.make_favorite("[]").id, "sharing": "shared"})
        other = new_test_user(
            self.env,
            login="other",
            groups="base.group_user,newsletter_sync.group_newsletter_user",
        )
        copy = record.with_user(other).copy()
        self.assertEqual(copy.user_id, other)
        self.assertEqual((copy.name, copy.domain), ("F (copy)", "[]"))
        self.assertFalse(copy.ir_filter_id, "it is to become another filter")

    def test_the_search_of_the_contacts_becomes_a_filter_of_the_accounts_company(self):
        company = self.env["res.company"].create({"name": "There"})
        self.marketer.company_ids += company
        self.account.company_id = company
        self.ann.company_id, self.bob.company_id = company, self.env.company
        wizard = self.env["newsletter.connect"].with_user(self.marketer)
        wizard = wizard.with_context(allowed_company_ids=self.marketer.company_ids.ids)
        wizard = wizard.create(
            {
                "name": "Tagged",
                "domain": f"[('category_id', 'in', {self.tag.ids})]",
                "account_id": self.account.id,
            }
        )
        self.assertIn("to add: 2", wizard.summary)
        wizard.action_connect()
        self.work()
        self.assertEqual(self.service.addresses(), [ANN, CID])

    def test_the_search_of_the_contacts_becomes_a_filter(self):
        wizard = self.env["newsletter.connect"].with_user(self.marketer)
        wizard = wizard.create(
            {
                "name": "Bobs",
                "domain": "[('name', 'ilike', 'bob')]",
                "account_id": self.account.id,
                "policy": "add_only",
            }
        )
        action = wizard.action_connect()
        record = self.env["newsletter.list"].browse(action["res_id"])
        self.assertEqual(record.filter_id.user_id, self.marketer)
        self.assertEqual((record.name, record.policy), ("Bobs – Mara", "add_only"))

    # ------------------------------------------------------------------
    # Try without sending
    # ------------------------------------------------------------------

    def test_a_preview_says_what_would_happen_and_changes_nothing(self):
        record = self.make_list()
        self.ann.category_id = False
        self.make_contacts("dan", "eve")
        self.env["mail.blacklist"]._add("eve@customers.test")
        self.env.cr.precommit.clear()
        before = record.member_ids.read()
        self.service.calls.clear()

        preview = self.env["newsletter.preview"].with_user(self.marketer)
        preview = preview.create({"list_id": record.id})

        self.assertEqual(
            {(line.kind, line.email, line.reason) for line in preview.line_ids},
            {
                ("remove", ANN, False),
                ("add", "dan@customers.test", False),
                ("left_out", "eve@customers.test", "blacklist"),
            },
        )
        self.assertIn(
            "to add: 1, to update: 0, to remove: 1, left out: 1 (On the blacklist: 1).",
            preview.summary,
        )
        self.assertIn("Calls to the service: 2", preview.summary)
        self.env.invalidate_all()
        self.assertEqual(record.member_ids.read(), before)
        self.assertEqual(self.service.calls, [])

    def preview(self, record):
        self.env.flush_all()
        preview = self.env["newsletter.preview"].with_user(self.marketer)
        return preview.create({"list_id": record.id})

    def test_a_preview_shows_some_of_each_kind(self):
        self.patch(newsletter_forecast, "FORECAST_ROWS", 2)
        record = self.make_list()
        self.make_contacts("dan", "eve", "fay", "gil", "hal")
        (self.ann + self.bob).category_id = False
        self.env["mail.blacklist"]._add("hal@customers.test")
        preview = self.preview(record)
        self.assertIn("to add: 4, to update: 0, to remove: 2", preview.summary)
        kinds = preview.line_ids.mapped("kind")
        self.assertEqual(kinds, ["add", "add", "left_out", "remove", "remove"])

    def test_a_preview_counts_what_waits_already(self):
        record = self.make_list()
        self.make_contacts("dan")
        self.ann.category_id = False
        self.bob.phone = "1"
        self.service.faults = [errors.RateLimited("slow down", 600)]
        self.work()
        self.assertEqual(record.waiting_count, 3)
        preview = self.preview(record)
        self.assertIn("to add: 1, to update: 1, to remove: 1", preview.summary)
        kinds = {line.email: line.kind for line in preview.line_ids}
        self.assertEqual(
            kinds, {ANN: "remove", BOB: "change", "dan@customers.test": "add"}
        )

    def test_a_preview_tells_of_the_brake(self):
        record = self.make_list(brake_minimum=1, brake_percent=50)
        self.ann.category_id = False
        self.assertNotIn("The brake", self.preview(record).summary)
        self.bob.category_id = False
        self.assertIn("The brake will ask", self.preview(record).summary)

    def test_a_filter_that_selects_nobody_says_so(self):
        """Once: a list that is empty now and then is no failure."""
        empty = [("ref", "=", "nobody")]
        wizard = self.env["newsletter.connect"].with_user(self.marketer)
        wizard = wizard.create({"name": "Nobody", "domain": repr(empty)})
        self.assertIn("selects nobody", wizard.summary)
        record = self.make_list(empty)
        self.assertEqual(record.state, "active")
        self.assertIn("selects nobody", record.activity_ids.note)
        self.assertEqual(record.activity_ids.user_id, self.marketer)
        self.assertIn("selects nobody", self.preview(record).summary)
        record.activity_ids.unlink()
        record._look_again()
        self.work()
        self.assertFalse(record.activity_ids)


class TestBirthday(NewsletterCommon):
    """Contacts have no birthday in Odoo: any date field of theirs may be it."""

    @classmethod
    def setUpClass(cls):
        # First registered, last run: the field is gone by then.
        cls.addClassCleanup(cls.forget_field)
        super().setUpClass()
        cls.env["ir.model.fields"].create(
            {
                "name": "x_born",
                "field_description": "Born",
                "model_id": cls.env["ir.model"]._get_id("res.partner"),
                "ttype": "date",
            }
        )
        cls.env["ir.config_parameter"].set_param(
            "newsletter_sync.birthday_field", "x_born"
        )
        cls.ann.x_born, cls.bob.x_born = "1980-03-05", "1984-02-29"

    @classmethod
    def forget_field(cls):
        with cls.registry.cursor() as cr:
            cls.registry._setup_models__(cr, ["res.partner"])

    def search(self, operator, value):
        found = self.env["res.partner"].search([("days_to_birthday", operator, value)])
        return (found & (self.ann + self.bob + self.cid)).sorted("id").mapped("name")

    def test_days_are_counted_to_the_next_birthday(self):
        for today, ann, bob in (
            ("2023-02-26", 7, 2),
            ("2023-02-28", 5, 0),
            ("2023-03-05", 0, 361),
            ("2023-03-06", 365, 360),
            ("2024-02-28", 6, 1),
            ("2023-12-31", 65, 60),
        ):
            with self.subTest(today), freeze_time(today):
                self.env.invalidate_all()
                self.assertEqual(self.ann.days_to_birthday, ann)
                self.assertEqual(self.bob.days_to_birthday, bob)
                self.assertEqual(self.search("=", ann), ["Ann"])
                self.assertEqual(self.search("in", [ann, bob]), ["Ann", "Bob"])

    def test_birthdays_next_week(self):
        with freeze_time("2023-02-26"):
            self.assertEqual(self.search("<", 7), ["Bob"])
            self.assertEqual(self.search("<=", 7), ["Ann", "Bob"])
            self.assertEqual(self.search(">", 300), [])
            self.assertEqual(self.search("!=", 7), ["Bob", "Cid"])

    def test_a_list_follows_the_calendar(self):
        with freeze_time("2023-02-20"):
            record = self.make_list([("days_to_birthday", "<=", 7)])
            self.assertEqual(record.watch, "midnight")
            self.assertEqual(self.service.addresses(), [])
        with freeze_time("2023-02-22"):
            self.work()
            self.assertEqual(self.service.addresses(), [BOB])
        with freeze_time("2023-03-01"):
            self.work()
            self.assertEqual(self.service.addresses(), [ANN])

    def test_a_corrected_birthday_is_noticed_at_once(self):
        with freeze_time("2023-02-20"):
            self.make_list([("days_to_birthday", "<=", 7)])
            self.cid.x_born = "1990-02-21"
            self.work()
            self.assertEqual(self.service.addresses(), [CID])

    def test_without_a_birthday_field_one_is_told(self):
        self.env["ir.config_parameter"].set_param("newsletter_sync.birthday_field", "")
        with self.assertRaises(UserError):
            self.search("=", 1)
        self.assertFalse(self.ann.days_to_birthday)
