import re

from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from .common import NewsletterCommon


class TestExplain(NewsletterCommon):
    """Why a contact is in a list or not, condition by condition."""

    def explain(self, record, contact):
        wizards = self.env["newsletter.explain"].with_user(self.marketer)
        wizard = wizards.create({"list_id": record.id, "partner_id": contact.id})
        return wizard.explanation

    def lines(self, record, contact):
        """Return ``{text: holds}``."""
        html = self.explain(record, contact)
        found = re.findall(r"<li><i class=['\"]fa fa-fw (\S+) \S+</i> ([^<]*)", html)
        return {text.strip(): icon == "fa-check" for icon, text in found}

    def test_each_condition_is_judged(self):
        record = self.make_list(
            [
                "&",
                ("category_id", "in", self.tag.ids),
                "|",
                ("name", "ilike", "ann"),
                "!",
                ("parent_id.name", "=", "Acme"),
            ]
        )
        acme = self.make_contacts("acme", tagged=False, name="Acme")
        self.bob.write({"parent_id": acme.id, "category_id": False})
        self.work()
        self.assertEqual(
            self.lines(record, self.bob),
            {
                "All of these hold:": False,
                "Tags is one of “Newsletter”": False,
                "One of these holds:": False,
                "Name contains “ann”": False,
                "This does not hold:": False,
                "Related Company › Name is “Acme”": True,
                "Active is “True”": True,
                "It has a valid e-mail address: bob@customers.test": True,
                "The address is not on the blacklist.": True,
                "Mail to the address does not bounce.": True,
                "The person has not opted out.": True,
            },
        )
        self.assertIn("It is not in the list.", self.explain(record, self.bob))
        self.assertTrue(self.lines(record, self.ann)["All of these hold:"])
        self.assertIn("<b>In the list</b>", self.explain(record, self.ann))

    def test_what_is_set_or_not_is_said(self):
        record = self.make_list([("ref", "=", False), ("email", "!=", False)])
        said = self.lines(record, self.ann)
        self.assertTrue(said["Reference is not set"])
        self.assertTrue(said["Email is set"])

    def test_what_leaves_an_address_out_is_told(self):
        record = self.make_list()
        self.env["mail.blacklist"]._add("ann@customers.test")
        self.bob.message_bounce = 2
        self.cid.email = "nonsense"
        twin = self.make_contacts("twin", email="bob@customers.test")
        self.work()
        told = "The address is not on the blacklist."
        self.assertFalse(self.lines(record, self.ann)[told])
        told = "Mail to the address does not bounce."
        self.assertFalse(self.lines(record, self.bob)[told])
        told = "It has a valid e-mail address: nonsense"
        self.assertFalse(self.lines(record, self.cid)[told])
        told = "The address is taken from this contact, not from Bob."
        self.assertFalse(self.lines(record, twin)[told])

    def test_archived_records_count_as_little_as_in_the_filter(self):
        record = self.make_list([("bank_ids.acc_number", "=", "BE1")])
        account = self.env["res.partner.bank"].create(
            {"acc_number": "BE1", "partner_id": self.ann.id}
        )
        [told] = [text for text in self.lines(record, self.ann) if "BE1" in text]
        self.assertTrue(self.lines(record, self.ann)[told])
        account.active = False
        self.assertFalse(self.lines(record, self.ann)[told])
        account.active = True
        self.ann.active = False
        self.assertTrue(self.lines(record, self.ann)[told])

    def test_nothing_is_told_of_the_lists_of_others(self):
        record = self.make_list()
        record.filter_id.sharing = "shared"
        other = new_test_user(
            self.env,
            login="other",
            groups="base.group_user,newsletter_sync.group_newsletter_user",
        )
        wizard = self.env["newsletter.explain"].with_user(other)
        with self.assertRaises(AccessError):
            wizard.create({"list_id": record.id, "partner_id": self.ann.id}).read()
