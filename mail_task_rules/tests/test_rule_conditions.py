from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tools import mute_logger

from .common import MailTaskCommon


class TestRuleConditions(MailTaskCommon):
    def assert_matches(self, matches, mail=None, **values):
        rule = self.make_rule("Rule", **values)
        incoming = self.deliver(self.make_mail(**(mail or {})))
        self.assertEqual(incoming.rule_ids, rule if matches else rule.browse())
        rule.active = False
        return incoming

    def test_further_conditions_look_at_the_mail(self):
        for domain, matches in (
            ([("subject", "ilike", "SUBJ")], True),
            ([("subject", "ilike", "other")], False),
            (["|", ("subject", "=", "x"), ("email_from", "like", "@acme")], True),
            (["!", ("is_auto", "=", True)], True),
            ([("attachment_count", ">", 0)], False),
            ([("headers", "ilike", "message-id: ")], True),
            ([("date", ">", "today -1d")], False),
            ([("size", "<", 10_000)], True),
            ([("sender_kind", "=", "contact")], True),
            ([("alias_ids.alias_name", "=", "support")], True),
            ([("company_id", "=", self.env.company.id)], True),
        ):
            with self.subTest(domain=domain):
                self.assert_matches(matches, domain=repr(domain))

    def test_further_conditions_compare_every_way(self):
        mail = {"subject": "Grüße 100%"}
        for condition, matches in (
            (("subject", "ilike", "GRUSSE"), True),
            (("subject", "not ilike", "grusse"), False),
            (("subject", "ilike", 100), True),
            (("subject", "ilike", "gr%00"), True),
            (("subject", "not ilike", "gr%00"), False),
            (("subject", "ilike", r"0\%"), True),
            (("subject", "ilike", r"e\%"), False),
            (("subject", "like", "grü"), False),
            (("subject", "=", "grüße 100%"), False),
            (("subject", "in", ["Grüße 100%", "x"]), True),
            (("subject", "not in", ["Grüße 100%", "x"]), False),
            (("cc", "=", False), True),
            (("cc", "!=", False), False),
            (("cc", "ilike", "x"), False),
            (("cc", "not ilike", "x"), True),
            (("attachment_count", ">=", 0), True),
            (("attachment_count", "<=", -1), False),
            (("sender_kind", "!=", "contact"), False),
            (("is_bulk", "=", False), True),
        ):
            with self.subTest(condition=condition):
                self.assert_matches(matches, mail, domain=repr([condition]))

    def test_further_conditions_look_at_the_senders_contact(self):
        Category = self.env["res.partner.category"]
        parent = Category.create({"name": "Customer"})
        child = Category.create({"name": "Gold", "parent_id": parent.id})
        self.customer.category_id = child
        path = "sender_partner_id.category_id"
        for operator, value, matches in (
            ("ilike", "gold", True),
            ("child_of", parent.id, True),
            ("child_of", child.id, True),
            ("in", [parent.id], False),
        ):
            with self.subTest(operator=operator, value=value):
                self.assert_matches(matches, domain=repr([(path, operator, value)]))

    def test_outcomes_are_no_condition(self):
        for path in ("task_id.name", "state", "reason", "rule_ids", "trace"):
            with (
                self.subTest(path),
                self.assertRaisesRegex(ValidationError, "not known before"),
            ):
                self.make_rule("Rule", domain=repr([(path, "!=", False)]))

    def test_what_is_no_domain_is_refused(self):
        for domain in ("[(", "[('subject', '~', 'x')]", "uid", "[('nothing', '=', 1)]"):
            with self.subTest(domain), self.assertRaises(ValidationError):
                self.make_rule("Rule", domain=domain)

    def test_condition_that_breaks_later_is_no_match_with_a_reason(self):
        rule = self.make_rule("Rule", domain="[('subject', '=', 'Subject')]")
        self.env.cr.execute(
            "UPDATE mail_task_rule SET domain = %s WHERE id = %s",
            ["[('gone', '=', 1)]", rule.id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        incoming = self.deliver()
        self.assertEqual(incoming.state, "task")
        self.assertIn("cannot be evaluated", incoming.trace[0]["why"])

    def test_broken_rule_keeps_no_mail_out(self):
        rule = self.make_rule("Rule", keyword="subject", keyword_mode="regex")
        self.env.cr.execute(
            "UPDATE mail_task_rule SET keyword = '(' WHERE id = %s", [rule.id]
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        with mute_logger("odoo.addons.mail_task_rules.models.mail_task_matching"):
            self.assertEqual(self.deliver().state, "task")
            self.assertIn("cannot be evaluated", rule.warning)

    def test_keyword_modes(self):
        mail = {"subject": "Ärger mit Bestellung 4711"}
        for keyword, mode, case, matches in (
            ("arger MIT", "phrase", False, True),
            ("arger MIT", "phrase", True, False),
            ("bestellung arger", "words", False, True),
            ("bestell", "words", False, False),
            (r"bestellung \\d{4}$", "regex", False, True),
            (r"bestellung \\d{4}$", "regex", True, False),
        ):
            with self.subTest(keyword=keyword, mode=mode, case=case):
                self.assert_matches(
                    matches,
                    mail,
                    keyword=keyword.replace("\\\\", "\\"),
                    keyword_mode=mode,
                    case_sensitive=case,
                )

    def test_wrong_expression_is_refused_with_its_place(self):
        with self.assertRaisesRegex(ValidationError, "character 3"):
            self.make_rule("Rule", keyword="ab(cd", keyword_mode="regex")
        with self.assertRaisesRegex(ValidationError, r"\(\?="):
            self.make_rule("Rule", keyword="a(?=b)", keyword_mode="regex")

    def test_senders(self):
        mails = {
            "unknown": {"sender": "new@elsewhere.test"},
            "contact": {},
            "user": {"sender": self.ann.email_formatted},
        }
        accepted = {
            "anyone": ("unknown", "contact", "user"),
            "known": ("contact", "user"),
            "internal": ("user",),
            "project": ("user",),
        }
        for policy, kinds in accepted.items():
            for kind, mail in mails.items():
                with self.subTest(policy=policy, kind=kind):
                    self.env["res.partner"].search(
                        [("email", "=", "new@elsewhere.test")]
                    ).email = False
                    self.assert_matches(
                        kind in kinds, mail, match_any=True, sender_policy=policy
                    )

    def test_policy_project_asks_the_very_project(self):
        secret = self.make_project("Secret", privacy_visibility="followers")
        mail = {"sender": self.ann.email_formatted}
        values = {"sender_policy": "project", "project_id": secret.id}
        self.assert_matches(False, mail, **values)
        secret.message_subscribe(self.ann.partner_id.ids)
        incoming = self.assert_matches(True, mail, **values)
        self.assertEqual(incoming.task_id.project_id, secret)
        self.assertEqual(incoming.task_id.create_uid, self.ann)

    def test_required_extraction(self):
        extraction = Command.create(
            {"name": "Order", "label": "Order", "required": True}
        )
        values = {"extraction_ids": [extraction]}
        self.assert_matches(True, {"text": "Order: 4711\n"}, **values)
        self.assert_matches(False, {"text": "Nothing\n"}, **values)

    def test_new_mails_and_replies(self):
        first = self.deliver(self.make_mail(message_id="<first@acme.test>"))
        reply = {"In_Reply_To": "<first@acme.test>", "References": "<first@acme.test>"}
        for applies_to, to_new, to_reply in (
            ("new", True, False),
            ("reply", False, True),
            ("both", True, True),
        ):
            with self.subTest(applies_to):
                values = {"match_any": True, "applies_to": applies_to}
                self.assert_matches(to_new, {}, **values)
                incoming = self.assert_matches(to_reply, reply, **values)
                self.assertEqual(incoming.task_id, first.task_id)

    def test_scopes(self):
        department = self.env["hr.department"].create({"name": "Sales"})
        team = self.env["hr.department"].create(
            {"name": "Team", "parent_id": department.id}
        )
        employee = self.env["hr.employee"].create(
            {"name": "Ann", "alias_name": "ann.task", "department_id": team.id}
        )
        for values, to, matches in (
            ({"scope": "department", "department_ids": department.ids}, "ann.task", 1),
            ({"scope": "department", "department_ids": department.ids}, "support", 0),
            ({"scope": "employee", "employee_ids": employee.ids}, "ann.task", 1),
            ({"scope": "employee", "employee_ids": employee.ids}, "support", 0),
        ):
            with self.subTest(values=values, to=to):
                self.assert_matches(matches, {"to": to}, match_any=True, **values)

    def test_order_is_level_then_sequence(self):
        employee = self.env["hr.employee"].create(
            {"name": "Ann", "user_id": self.ann.id, "alias_name": "ann.task"}
        )
        own = (
            self.env["mail.task.rule"]
            .with_user(self.ann)
            .create({"name": "Own", "match_any": True, "sequence": 1})
        )
        company = self.make_rule("Company", match_any=True, sequence=100)
        incoming = self.deliver(self.make_mail("ann.task"))
        self.assertEqual(own.employee_ids.ids, employee.ids)
        self.assertEqual(incoming.rule_ids, company)

    def test_default_action_of_an_address(self):
        self.support.alias_id.alias_default_action = "quarantine"
        incoming = self.deliver()
        self.assertEqual(incoming.state, "quarantined")
        self.assertIn("No rule matched", incoming.reason)
        self.make_rule("Any", match_any=True)
        self.assertEqual(self.deliver().state, "task")
