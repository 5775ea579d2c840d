from odoo.exceptions import UserError
from odoo.tests import Form

from ..providers import base as contract
from ..providers import errors
from .common import NewsletterCommon


class TestAccount(NewsletterCommon):
    """Connections to services."""

    def setUp(self):
        super().setUp()
        client_class = self.service.client_class()
        client_class.settings = (
            contract.Setting("api_key", "API key", secret=True),
            contract.Setting("audience", "Audience ID"),
            contract.Setting("token", "Token", secret=True),
            contract.Setting("language", "Language", required=False),
        )
        self.client_class = client_class
        self.patch(
            type(self.env["newsletter.account"]),
            "_get_provider_class",
            lambda model, code: client_class,
        )

    def make_account(self):
        with Form(self.env["newsletter.account"]) as form:
            form.name = "Mine"
            form.provider = "mailchimp"
            form.api_key = "key"
        return form.record

    def test_what_else_the_service_needs_is_asked_for(self):
        account = self.make_account()
        self.assertEqual(
            account.setting_ids.mapped("name"), ["audience", "token", "language"]
        )
        with self.assertRaisesRegex(UserError, "also needs: Audience ID, Token."):
            account.action_test()
        audience, token, _ = account.setting_ids
        audience.value, token.secret_value = "a1", "t1"
        account.action_test()
        self.assertEqual(account.state, "connected")
        expected = {"api_key": "key", "audience": "a1", "token": "t1", "language": ""}
        expected["odoo_url"] = account.get_base_url()
        self.assertEqual(account._get_client().settings, expected)

    def test_the_form_says_what_the_service_can_do(self):
        self.assertIn("<td>3</td>", self.account.abilities, "contacts in one call")
        self.assertNotIn("measured", self.account.abilities)
        self.make_list().batch_ids.latency_p50 = 1.5
        self.account.invalidate_recordset(["abilities"])
        self.assertIn("<td>1.5 s, measured in 30 days</td>", self.account.abilities)

    def test_a_copy_has_no_secrets(self):
        account = self.make_account()
        account.setting_ids.write({"value": "v", "secret_value": "s"})
        copied = account.copy()
        self.assertEqual(copied._get_client().settings["token"], "")
        self.assertEqual(copied.state, "new")
        self.assertNotEqual(copied.cron_id, account.cron_id)

    def test_a_wrong_key_is_told_by_the_button(self):
        account = self.make_account()
        account.setting_ids.write({"value": "v", "secret_value": "s"})
        self.service.faults = [errors.WrongCredentials("API Key Invalid")]
        with self.assertRaisesRegex(UserError, "API Key Invalid. Ask an admin"):
            account.action_test()
        self.assertEqual(account.state, "new")

    def test_another_key_is_to_be_tested(self):
        self.account.api_key = "other"
        self.assertEqual(self.account.state, "new")

    def test_an_account_takes_its_scheduled_action_along(self):
        account = self.make_account()
        cron = account.cron_id
        self.assertEqual(cron.interval_number, 5)
        account.unlink()
        self.assertFalse(cron.exists())
