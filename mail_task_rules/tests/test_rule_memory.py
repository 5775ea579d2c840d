from base64 import b64decode, b64encode
from datetime import timedelta

from lxml.html import fromstring

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, users

from .common import MailTaskCommon


class TestRuleVersions(MailTaskCommon):
    def change(self, rule, values):
        """Write as one transaction would."""
        rule.write(values)
        self.env.cr.precommit.run()
        self.env.invalidate_all()

    def make_versioned_rule(self, **values):
        rule = self.make_rule("Rule", **values)
        self.change(rule, {})
        return rule

    def test_each_change_is_a_version(self):
        rule = self.make_versioned_rule(keyword="one")
        self.change(rule, {"keyword": "two"})
        self.change(rule, {"keyword": "two"})
        self.change(rule, {"sequence": 99})
        self.assertEqual(len(rule.version_ids), 2)
        self.assertIn("one", rule.version_ids[0].difference)
        self.assertIn("two", rule.version_ids[0].difference)

    def test_changed_parts_are_a_version(self):
        rule = self.make_versioned_rule(
            extraction_ids=[Command.create({"name": "Order", "label": "Order"})]
        )
        rule.extraction_ids.label = "Number"
        self.change(rule, {})
        self.assertIn("Number", rule.version_ids[0].difference)

    def test_restoring_brings_back_everything(self):
        field = self.env["ir.model.fields"]._get("project.task", "name")
        rule = self.make_versioned_rule(
            keyword="one",
            tag_ids=self.env["project.tags"].create({"name": "Tag"}).ids,
            user_ids=self.ann.ids,
            extraction_ids=[Command.create({"name": "Order", "label": "Order"})],
        )
        extraction = rule.extraction_ids
        value = {"field_id": field.id, "source": "extraction"}
        self.change(
            rule,
            {
                "value_ids": [
                    Command.create({**value, "extraction_id": extraction.id})
                ],
                "action": "append",
                "append_field_id": field.id,
                "append_extraction_id": extraction.id,
            },
        )
        content = rule._get_content()
        self.change(
            rule,
            {
                "keyword": False,
                "tag_ids": [Command.clear()],
                "action": "ignore",
                "append_extraction_id": False,
                "extraction_ids": [Command.clear()],
            },
        )
        self.assertNotEqual(rule._get_content(), content)
        rule.version_ids[1].with_user(self.mail_admin).action_restore()
        self.change(rule, {})
        self.assertEqual(rule._get_content(), content)
        self.assertEqual(rule.version_ids[0].user_id, self.mail_admin)

    def test_what_is_gone_is_left_out(self):
        tag = self.env["project.tags"].create({"name": "Tag"})
        rule = self.make_versioned_rule(tag_ids=tag.ids, match_any=True)
        tag.unlink()
        rule.version_ids[0].action_restore()
        self.assertFalse(rule.tag_ids)


class TestRuleHealth(MailTaskCommon):
    def test_hits_are_counted_and_stay_counted(self):
        rule = self.make_rule("Any", match_any=True)
        self.assertEqual((rule.hit_count, rule.last_hit), (0, False))
        self.deliver()
        self.deliver()
        rule.invalidate_recordset()
        self.assertEqual(rule.hit_count, 2)
        self.assertTrue(rule.last_hit)
        self.env.cr.execute(
            "UPDATE mail_task_outcome SET create_date = create_date - interval '2 days'"
        )
        self.env.invalidate_all()
        for _attempt in range(2):
            self.env["mail.task.statistics"]._cron_count()
        statistics = self.env["mail.task.statistics"].search(
            [("rule_id", "=", rule.id)]
        )
        self.assertEqual(statistics.mapped("count"), [2])
        self.deliver()
        rule.invalidate_recordset()
        self.assertEqual(rule.hit_count, 3)

    def test_shadowed_rule_says_by_which(self):
        self.make_rule("Takes all", match_any=True, sequence=1)
        rule = self.make_rule("Late", keyword="invoice", sequence=2)
        self.assertIn("Takes all", rule.warning)
        rule.sequence = 0
        rule.invalidate_recordset()
        self.assertFalse(rule.warning)

    def test_rule_for_other_mail_is_not_shadowed(self):
        scope = {"scope": "project", "match_any": True}
        self.make_rule("Support", project_ids=self.support.ids, sequence=1, **scope)
        self.make_rule("Replies", match_any=True, applies_to="reply", sequence=1)
        self.make_rule("Goes on", match_any=True, stop=False, sequence=1)
        both = (self.support | self.accounting).ids
        rule = self.make_rule("Both", project_ids=both, sequence=2, **scope)
        self.assertFalse(rule.warning)
        rule.project_ids = self.support
        rule.invalidate_recordset()
        self.assertIn("Support", rule.warning)

    def test_archived_records_are_named(self):
        rule = self.make_rule("Rule", match_any=True, user_ids=self.ann.ids)
        self.ann.active = False
        rule.invalidate_recordset()
        self.assertIn("Ann", rule.warning)

    def test_idle_rule_says_so(self):
        rule = self.make_rule("Rule", keyword="x")
        self.env.cr.execute(
            "UPDATE mail_task_rule SET create_date = %s WHERE id = %s",
            [fields.Datetime.now() - timedelta(days=91), rule.id],
        )
        rule.invalidate_recordset()
        self.assertIn("90 days", rule.warning)


class TestTrial(MailTaskCommon):
    def count(self):
        names = ("mail.task.incoming", "project.task", "res.partner", "project.tags")
        return [self.env[name].search_count([]) for name in names]

    @users("mail_admin")
    def test_try_the_rules_writes_nothing(self):
        mail = self.deliver(self.make_mail(subject="Order", text="Tag: Brand New\n"))
        field = self.env["ir.model.fields"].sudo()._get("project.task", "tag_ids")
        rule = self.env["mail.task.rule"].create(
            {
                "name": "Orders",
                "keyword": "order",
                "priority": "1",
                "extraction_ids": [Command.create({"name": "Tag", "label": "Tag"})],
            }
        )
        rule.value_ids = [
            Command.create(
                {
                    "field_id": field.id,
                    "source": "extraction",
                    "extraction_id": rule.extraction_ids.id,
                    "not_found": "create",
                }
            )
        ]
        other = self.env["mail.task.rule"].create(
            {"name": "Elsewhere", "sender_domains": "other.test", "sequence": 1}
        )
        before = self.count()
        wizard = self.env["mail.task.try"].create({"incoming_id": mail.id})
        self.assertEqual(wizard.alias_id, self.support.alias_id)
        result = wizard.result
        for words in ("Orders", "Elsewhere", "customer@acme.test", "Brand New"):
            self.assertIn(words, result)
        self.assertEqual(self.count(), before)
        self.assertTrue(other.active)

    def make_task(self):
        values = {"name": "Pump", "project_id": self.support.id}
        return self.env["project.task"].sudo().create(values)

    @users("mail_admin")
    def test_commands_are_tried(self):
        """In a new mail, and in a reply."""
        self.mail_admin.sudo().email = "admin@staff.test"
        text = "Stage: Done\nTags: Purple\nFoo: bar\n\nHello"
        raw = self.make_mail(sender="admin@staff.test", text=text)
        task = self.make_task()
        alias = self.support.alias_id
        before = self.count()
        for task_id in (False, task.id):
            with self.subTest(task_id=task_id):
                wizard = self.env["mail.task.try"].create(
                    {"file": b64encode(raw), "alias_id": alias.id, "task_id": task_id}
                )
                rows = fromstring(wizard.result).xpath("//tr[td[2]/strong]")
                told = [[cell.text_content().strip() for cell in row] for row in rows]
                self.assertEqual(
                    [row[:2] for row in told],
                    [
                        ["Stage: Done", "understood"],
                        ["Tags: Purple", "not understood"],
                        ["Foo: bar", "unknown"],
                    ],
                )
                stages = fromstring(wizard.result).xpath("//tr[th='Stage']/td/text()")
                self.assertEqual(stages, [] if task_id else ["Done"])
        self.assertEqual(self.count(), before)
        self.assertNotEqual(task.stage_id.name, "Done")

    @users("mail_admin")
    def test_commands_of_others_are_not_tried(self):
        """Who tries a forged file must not learn what its sender may see."""
        self.ann.sudo().email = "ann@staff.test"
        task = self.make_task()
        for sender in ("ann@staff.test", "stranger@else.test"):
            for task_id in (False, task.id):
                with self.subTest(sender=sender, task_id=task_id):
                    raw = self.make_mail(sender=sender, text="Stage: Done\n\nHello")
                    values = {"file": b64encode(raw), "task_id": task_id}
                    values["alias_id"] = self.support.alias_id.id
                    wizard = self.env["mail.task.try"].create(values)
                    self.assertIn("No rule matches", wizard.result)
                    self.assertNotIn("Done", wizard.result)

    def test_form_keeps_what_was_chosen(self):
        mail = self.deliver()
        rule = self.make_rule("Rule", match_any=True)
        form = Form(self.env["mail.task.try"].with_user(self.mail_admin))
        form.incoming_id = mail
        form.rule_id = rule
        self.assertIn("“Rule”", form.result)
        self.assertEqual(form.incoming_id, mail)
        self.assertEqual(form.alias_id, self.support.alias_id)

    def test_file_is_tried(self):
        self.make_rule("Files", keyword="from a file")
        raw = self.make_mail(subject="From a file")
        wizard = self.env["mail.task.try"].with_user(self.mail_admin)
        wizard = wizard.create({"file": b64encode(raw), "file_name": "mail.eml"})
        self.assertIn("“Files”: create a task", wizard.result)
        self.assertFalse(self.env["mail.task.incoming"].search([]))
        wizard.invalidate_recordset()
        # As a form reads it.
        sizes = wizard.with_context(bin_size=True)
        [values] = sizes.web_read({"file": {}, "result": {}})
        self.assertIn("“Files”: create a task", values["result"])
        self.assertEqual(b64decode(wizard.file), raw)

    def test_archived_rule_is_tried_in_its_place(self):
        mail = self.deliver()
        rule = self.make_rule("Archived", match_any=True, active=False)
        wizard = self.env["mail.task.try"].create({"incoming_id": mail.id})
        self.assertNotIn("Archived", wizard.result)
        wizard.rule_id = rule
        self.assertIn("“Archived”: create a task", wizard.result)

    def test_unsaved_rule_is_tried_in_its_form(self):
        mail = self.deliver(self.make_mail(subject="Invoice 5"))
        form = Form(self.env["mail.task.rule"].with_user(self.mail_admin))
        form.name = "New"
        self.assertFalse(form.sample_result)
        form.sample_id = mail
        form.keyword = "nowhere"
        self.assertIn("fa-times", form.sample_result)
        form.keyword = "invoice"
        self.assertNotIn("fa-times", form.sample_result)

    def test_extraction_is_tried_in_its_form(self):
        mail = self.deliver(self.make_mail(text="Order: 4711\n"))
        extraction = self.env["mail.task.extraction"].new(
            {"name": "Order", "label": "order", "sample_id": mail.id}
        )
        self.assertEqual(extraction.sample_result, "4711")
        extraction.label = "nothing"
        self.assertEqual(extraction.sample_result, "nothing")
        extraction.sample_id = False
        self.assertFalse(extraction.sample_result)

    def test_nobody_tries_a_mail_they_may_not_read(self):
        self.make_rule("Ignore", match_any=True, action="ignore")
        mail = self.deliver()
        wizard = self.env["mail.task.try"].with_user(self.manager)
        wizard = wizard.create({"alias_id": self.support.alias_id.id})
        with self.assertRaises(Exception) as caught:
            wizard.incoming_id = mail
            self.assertTrue(wizard.result)
        self.assertIn("AccessError", repr(caught.exception))


class TestProposal(MailTaskCommon):
    def propose(self, mail, user):
        action = mail.with_user(user).action_make_rule()
        return self.env[action["res_model"]].with_user(user).browse(action["res_id"])

    def test_rule_from_a_mail(self):
        mail = self.deliver(
            self.make_mail(
                subject="[Shop] Order 4711", text="Order: 4711\nColor: blue\n"
            )
        )
        wizard = self.propose(mail, self.mail_admin)
        self.assertTrue(wizard.condition_ids[0].is_chosen)
        self.assertIn("acme.test", wizard.condition_ids.mapped("example"))
        order = wizard.extraction_ids.filtered(lambda line: line.name == "Order")
        self.assertEqual(order.example, "4711")
        order.is_chosen = True
        action = wizard.action_make_rule()
        form = Form(
            self.env["mail.task.rule"]
            .with_user(self.mail_admin)
            .with_context(**action["context"])
        )
        rule = form.save()
        self.assertEqual(rule.sender_domains, "acme.test")
        self.assertEqual(rule.extraction_ids.mapped("name"), ["Order"])
        self.assertEqual(self.deliver(self.make_mail()).rule_ids, rule)

    def test_mail_without_features_says_so(self):
        mail = self.deliver(self.make_mail(sender="", subject="x", text="y"))
        wizard = self.propose(mail, self.mail_admin)
        self.assertFalse(wizard.condition_ids | wizard.extraction_ids)
        with self.assertRaises(UserError):
            wizard.action_make_rule()

    def test_one_keyword_only(self):
        mail = self.deliver(
            self.make_mail(subject="[News] June", List_Id="News <news.acme.test>")
        )
        wizard = self.propose(mail, self.mail_admin)
        wizard.condition_ids.is_chosen = True
        with self.assertRaisesRegex(UserError, "one keyword"):
            wizard.action_make_rule()
