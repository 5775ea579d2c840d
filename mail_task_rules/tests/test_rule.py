from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form, users

from .common import MailTaskCommon


class TestRule(MailTaskCommon):
    def test_rule_without_condition_says_so(self):
        rule = self.make_rule("Empty")
        self.assertIn("never matches", rule.warning)
        rule.match_any = True
        self.assertFalse(rule.warning)

    def test_scope_without_a_choice_says_so(self):
        rule = self.make_rule("Scope", match_any=True, scope="alias")
        self.assertIn("No address", rule.warning)
        rule.scope = "project"
        self.assertIn("No project", rule.warning)
        rule.project_ids = self.support
        self.assertFalse(rule.warning)

    def test_domains_are_checked(self):
        for domains in ("@", "acme..test", "*acme.test", "a@b@acme.test"):
            with self.subTest(domains), self.assertRaises(ValidationError):
                self.make_rule("Bad", sender_domains=domains)
        self.make_rule("Good", sender_domains="acme.test, *.acme.test;other.test")

    def test_stage_is_one_of_the_project(self):
        rule = self.make_rule(
            "Stage",
            project_id=self.support.id,
            stage_id=self.support.type_ids[0].id,
        )
        rule.project_id = self.accounting
        self.assertFalse(rule.stage_id)

    def test_changed_rule_counts_at_once(self):
        rule = self.make_rule("News", keyword="news", action="ignore")
        mail = dict(subject="News")
        self.assertEqual(self.deliver(self.make_mail(**mail)).state, "ignored")
        rule.keyword = "something else"
        self.assertEqual(self.deliver(self.make_mail(**mail)).state, "task")
        rule.write({"keyword": "news", "active": False})
        self.assertEqual(self.deliver(self.make_mail(**mail)).state, "task")
        rule.active = True
        self.assertEqual(self.deliver(self.make_mail(**mail)).state, "ignored")
        rule.unlink()
        self.assertEqual(self.deliver(self.make_mail(**mail)).state, "task")

    def test_trace_says_why_in_words(self):
        self.make_rule("Keyword", keyword="nowhere")
        self.make_rule("Domain", sender_domains="other.test")
        self.make_rule("Any", match_any=True)
        html = self.deliver().trace_html
        for words in ("the keyword is not there", "another sender domain", "matched"):
            self.assertIn(words, html)

    def test_names_in_the_trace_are_escaped(self):
        self.make_rule("<script>alert()</script>", match_any=True)
        self.assertNotIn("<script>", self.deliver().trace_html)

    @users("manager")
    def test_project_manager_writes_a_rule_in_the_form(self):
        with Form(self.env["mail.task.rule"]) as form:
            form.name = "Invoices"
            form.project_ids.add(self.support)
            form.keyword = "invoice"
            form.project_id = self.accounting
            form.user_ids.add(self.ann)
        rule = form.save()
        self.assertEqual(rule.scope, "project")
        incoming = self.deliver(self.make_mail(subject="invoice"))
        self.assertEqual(incoming.rule_ids, rule)
        rule.invalidate_recordset()
        self.assertEqual(rule.hit_count, 1)

    @users("mail_admin")
    def test_mail_administrator_writes_a_rule(self):
        rule = self.env["mail.task.rule"].create(
            {"name": "All", "match_any": True, "alias_ids": [Command.clear()]}
        )
        self.assertEqual(self.deliver().rule_ids, rule)
