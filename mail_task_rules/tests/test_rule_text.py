from odoo.fields import Command

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

    def test_what_is_taken_out_of_the_mail(self):
        rule = self.make_rule(
            "Orders",
            keyword="order",
            extraction_ids=[
                Command.create({"name": "Number", "label": "Order", "required": True}),
                Command.create(
                    {
                        "name": "Article",
                        "method": "table",
                        "table_column": "Article",
                        "repeat": "all",
                    }
                ),
            ],
        )
        field = self.env["ir.model.fields"]._get("project.task", "name")
        rule.value_ids = [
            Command.create(
                {
                    "field_id": field.id,
                    "source": "extraction",
                    "extraction_id": rule.extraction_ids[0].id,
                }
            )
        ]
        self.assertIn("has the text “Number”", rule.condition_text)
        self.assertEqual(
            rule.action_text,
            "create a task, set Title and make a subtask for each Article",
        )
