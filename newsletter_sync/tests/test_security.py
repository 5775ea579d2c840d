from odoo.addons.base.tests.common import BaseCommon


class TestNewsletterGroups(BaseCommon):
    def test_an_administrator_is_a_user(self):
        admins = self.env.ref("newsletter_sync.group_newsletter_admin")
        users = self.env.ref("newsletter_sync.group_newsletter_user")
        self.assertIn(users, admins.all_implied_ids)

    def test_system_administrators_administer_newsletters(self):
        self.assertTrue(
            self.env.ref("base.user_admin").has_group(
                "newsletter_sync.group_newsletter_admin"
            )
        )

    def test_an_ordinary_user_has_no_newsletter_rights(self):
        ordinary = self.env.ref("base.group_user").all_implied_ids
        self.assertNotIn(
            self.env.ref("newsletter_sync.group_newsletter_user"), ordinary
        )
