from odoo.exceptions import UserError

from ..providers import PROVIDERS, errors
from ..providers.texts import Text, translate
from ..providers.texts import Text as _lt
from .common import NewsletterCommon


class TestTexts(NewsletterCommon):
    """What clients say themselves reaches people in their language."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("ru_RU")
        cls.env["ir.module.module"]._load_module_terms(["newsletter_sync"], ["ru_RU"])
        cls.marketer.lang = "ru_RU"

    def in_russian(self, record):
        return record.with_context(lang="ru_RU")

    def test_a_wrong_key_is_told_in_russian(self):
        self.service.faults = [errors.WrongCredentials("API Key Invalid")]
        with self.assertRaises(UserError) as raised:
            self.in_russian(self.account).action_test()
        text = str(raised.exception)
        self.assertIn("Сервис сообщает: API Key Invalid.", text)
        self.assertIn("Попросите администратора", text)

    def test_a_key_of_a_wrong_form_is_told_in_russian(self):
        """The real client says this by itself, before any call."""
        account_type = type(self.env["newsletter.account"])
        self.patch(
            account_type, "_get_provider_class", lambda model, code: PROVIDERS[code]
        )
        account = self.env["newsletter.account"].create(
            {"name": "Mine", "provider": "mailchimp", "api_key": "no-key"}
        )
        account.setting_ids.value = "a1"
        with self.assertRaises(UserError) as raised:
            self.in_russian(account).action_test()
        self.assertEqual(
            str(raised.exception),
            "Ключ Mailchimp заканчивается кодом дата-центра, например «-us21».",
        )
        settings = self.in_russian(account).setting_ids
        self.assertEqual(settings.mapped("label"), ["ID аудитории"])

    def test_a_problem_is_written_in_the_language_of_who_mends_it(self):
        self.account.user_id = self.marketer
        record = self.make_list()
        self.service.faults = [errors.ListGone(_lt("The list was deleted."))]
        self.ann.phone = "1"
        self.work()
        self.assertTrue(record.problem.startswith("Список был удалён."), record.problem)
        self.service.faults = [errors.AccountError(_lt("This is no web address."))]
        record.with_user(self.marketer).action_resume()
        self.work()
        self.assertEqual(self.account.problem, "Это не веб-адрес.")

    def test_the_last_answer_is_in_the_language_of_the_owner(self):
        record = self.make_list()
        self.service.refused["ann@customers.test"] = _lt("refused by %s", "Fake")
        self.ann.phone = "1"
        self.work()
        member = self.member(record, "ann@customers.test")
        self.assertEqual(member.answer, "отклонён сервисом Fake")

    def test_a_text_in_a_text_is_translated_too(self):
        russian = self.in_russian(self.env["res.partner"]).env
        text = _lt("not imported (%s)", _lt("not found"))
        self.assertEqual(text, "not imported (not found)")
        self.assertEqual(translate(text, russian), "не импортирован (не найдено)")
        self.assertEqual(translate("their words", russian), "their words")

    def test_secrets_do_not_come_in_by_the_values(self):
        client = PROVIDERS["sendgrid"]({"api_key": "SG.secret"})
        text = client.http.redact(_lt("The call failed: %s", "no SG.secret here"))
        self.assertIsInstance(text, Text)
        self.assertEqual(text, "The call failed: no *** here")

    def test_what_services_can_do_is_said_in_russian(self):
        self.assertIn("Новый список", self.in_russian(self.account).abilities)
