from odoo.exceptions import ValidationError
from odoo.fields import Command

from .common import MailTaskCommon


class TestRuleValues(MailTaskCommon):
    """Texts of a mail in fields of its task."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls.make_rule("Order", match_any=True)

    def extract(self, name, **values):
        return self.env["mail.task.extraction"].create(
            {"rule_id": self.rule.id, "name": name, "label": name, **values}
        )

    def set_value(self, field, extraction=None, **values):
        if extraction:
            values.update(source="extraction", extraction_id=extraction.id)
        field_id = self.env["ir.model.fields"]._get("project.task", field).id
        return self.env["mail.task.value"].create(
            {"rule_id": self.rule.id, "field_id": field_id, **values}
        )

    def test_each_kind_of_field(self):
        self.customer.lang = "en_US"
        stage = self.support.type_ids[1]
        tag = self.env["project.tags"].create({"name": "Blue"})
        fields = {
            "name": ("Title", "Broken lamp", "Broken lamp"),
            "allocated_hours": ("Hours", "1,234.5 h", 1234.5),
            "date_deadline": ("Due", "12/24/2026 10:00", "2026-12-24 10:00:00"),
            "priority": ("Priority", "high priority", "2"),
            "stage_id": ("Stage", "done", stage),
            "tag_ids": ("Tags", "Blue", tag),
            "color": ("Color", "7", 7),
        }
        text = ""
        for field, (label, written, _expected) in fields.items():
            self.set_value(field, self.extract(label))
            text += f"{label}: {written}\n"
        task = self.deliver(self.make_mail(text=text)).task_id
        for field, (label, _written, expected) in fields.items():
            with self.subTest(label):
                value = task[field]
                if field == "date_deadline":
                    value = str(value)
                self.assertEqual(value, expected)

    def test_day_begins_where_the_user_is(self):
        self.env.user.tz = "Europe/Brussels"
        self.set_value("date_deadline", self.extract("Due"))
        task = self.deliver(self.make_mail(text="Due: 12 March 2026\n")).task_id
        self.assertEqual(str(task.date_deadline), "2026-03-11 23:00:00")

    def test_fixed_value(self):
        self.set_value("color", value="5")
        self.assertEqual(self.deliver().task_id.color, 5)

    def test_fixed_value_is_checked_when_saved(self):
        with self.assertRaisesRegex(ValidationError, "no value for"):
            self.set_value("color", value="blue")

    def test_what_no_rule_may_set(self):
        for name in ("create_uid", "company_id", "is_closed", "project_id", "active"):
            with self.subTest(name), self.assertRaises(ValidationError):
                self.set_value(name, value="1")

    def test_group_of_an_expression(self):
        extraction = self.extract(
            "Parts", method="regex", pattern=r"(?P<name>\w+)-(?P<number>\d+)"
        )
        self.set_value("name", extraction, group="name")
        self.set_value("color", extraction, group="number")
        task = self.deliver(self.make_mail(text="Lamp-9\n")).task_id
        self.assertEqual((task.name, task.color), ("Lamp", 9))

    def test_missing_record(self):
        value = self.set_value("tag_ids", self.extract("Tags"))
        mail = {"text": "Tags: Blue, Brand New\n"}
        self.env["project.tags"].create({"name": "Blue"})
        incoming = self.deliver(self.make_mail(**mail))
        self.assertFalse(incoming.task_id.tag_ids)
        self.assertIn("“Brand New” is no value", incoming.reason)
        value.not_found = "create"
        incoming = self.deliver(self.make_mail(**mail))
        names = incoming.task_id.tag_ids.mapped("name")
        self.assertEqual(sorted(names), ["Blue", "Brand New"])
        value.not_found = "quarantine"
        mail["text"] = "Tags: Another\n"
        incoming = self.deliver(self.make_mail(**mail))
        self.assertEqual(incoming.state, "quarantined")
        self.assertIn("“Another” is no value", incoming.reason)

    def test_text_that_is_no_number_is_left_out_and_told(self):
        self.set_value("color", self.extract("Color"))
        incoming = self.deliver(self.make_mail(text="Color: blue\n"))
        self.assertEqual(incoming.state, "task")
        self.assertIn("“blue” is no value for “Color Index”", incoming.reason)

    def test_properties(self):
        self.support.task_properties_definition = [
            {"name": "order", "string": "Order", "type": "char"},
            {"name": "sum", "string": "Sum", "type": "float"},
            {
                "name": "kind",
                "string": "Kind",
                "type": "selection",
                "selection": [["a", "Repair"], ["b", "Return"]],
            },
        ]
        for label in ("Order", "Sum", "Kind"):
            self.env["mail.task.value"].create(
                {
                    "rule_id": self.rule.id,
                    "property_name": label,
                    "source": "extraction",
                    "extraction_id": self.extract(label).id,
                }
            )
        text = "Order: A1\nSum: 12.50 EUR\nKind: return\n"
        task = self.deliver(self.make_mail(text=text)).task_id
        properties = task.task_properties
        self.assertEqual(properties["order"], "A1")
        self.assertEqual(properties["sum"], 12.5)
        self.assertEqual(properties["kind"], "Return")

    def test_customer_found_in_the_mail(self):
        extraction = self.extract("E-mail")
        self.rule.write(
            {"partner_from": "extraction", "partner_extraction_id": extraction.id}
        )
        task = self.deliver(self.make_mail(text="E-mail: buyer@shop.test\n")).task_id
        self.assertEqual(task.partner_id.email, "buyer@shop.test")
        self.assertIn("buyer@shop.test", task.description)

    def test_one_subtask_for_each_row(self):
        article = self.extract(
            "Article", method="table", table_column="Article", repeat="all"
        )
        self.set_value("name", article)
        self.set_value("color", article, group="Pieces")
        html = (
            "<table><tr><th>Article</th><th>Pieces</th></tr>"
            "<tr><td>Lamp</td><td>2</td></tr><tr><td>Chair</td><td>4</td></tr></table>"
        )
        mail = self.make_mail(text=html).replace(b"text/plain", b"text/html")
        task = self.deliver(mail).task_id
        self.assertEqual(task.name, "Subject")
        self.assertRecordValues(
            task.child_ids.sorted("id"),
            [{"name": "Lamp", "color": 2}, {"name": "Chair", "color": 4}],
        )

    def test_extraction_that_cannot_work_is_refused(self):
        for values in (
            {"method": "regex", "pattern": "("},
            {"method": "regex", "pattern": ""},
            {"method": "json", "json_path": "$..["},
            {"method": "after_label", "label": False},
            {"method": "table", "table_column": False},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.extract("Bad", **values)

    def test_extraction_changes_count_at_once(self):
        extraction = self.extract("Title")
        self.set_value("name", extraction)
        text = "Title: One\nName: Two\n"
        self.assertEqual(self.deliver(self.make_mail(text=text)).task_id.name, "One")
        self.env["mail.task.extraction"].browse(extraction.id).label = "Name"
        self.assertEqual(self.deliver(self.make_mail(text=text)).task_id.name, "Two")
        extraction.write({"label": "Nowhere", "required": True})
        self.assertFalse(self.deliver(self.make_mail(text=text)).rule_ids)
        self.assertTrue(self.rule.value_ids)

    def test_values_of_two_rules(self):
        self.rule.stop = False
        self.set_value("color", value="5")
        later = self.make_rule("Later", match_any=True, sequence=20)
        field_id = self.env["ir.model.fields"]._get("project.task", "color").id
        later.value_ids = [Command.create({"field_id": field_id, "value": "6"})]
        self.assertEqual(self.deliver().task_id.color, 6)
