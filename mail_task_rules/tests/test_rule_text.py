from .common import MailTaskCommon


class TestRuleText(MailTaskCommon):
    def assert_text(self, text, **values):
        self.assertEqual(self.make_rule("Rule", **values).condition_text, text)

    def test_conditions_read_as_one_line(self):
        self.assert_text(
            "comes to project Support, is from acme.test "
            "and has “invoice” in the subject",
            scope="project",
            project_ids=self.support.ids,
            sender_domains="acme.test",
            keyword="invoice",
        )

    def test_addresses_are_named(self):
        address = self.make_virtual_address("returns")
        self.assert_text(
            f"comes to returns@{self.domain}", scope="alias", alias_ids=address.ids
        )

    def test_any_mail(self):
        self.assert_text("arrives, whatever it is", match_any=True)

    def test_no_condition(self):
        self.assert_text("")

    def test_whole_sentence(self):
        rule = self.make_rule(
            "Invoices",
            sender_domains="acme.test",
            keyword="invoice",
            project_id=self.accounting.id,
            tag_ids=self.env["project.tags"].create({"name": "Invoice"}).ids,
        )
        self.assertEqual(
            rule.sentence,
            "If a new mail is from acme.test and has “invoice” in the subject, then "
            "create a task in Accounting, tag it Invoice and stop.",
        )

    def test_half_written_rule_has_words_too(self):
        rule = self.env["mail.task.rule"].new({"domain": "[('subject', "})
        self.assertIn("no condition yet", rule.sentence)
