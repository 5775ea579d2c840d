from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError

from odoo.addons.mail_task_rules.tests.common import MailTaskCommon
from odoo.addons.newsletter_sync.tests.common import NewsletterCommon

ANN = "Ann <Ann@customers.test>"


class TestAnswers(MailTaskCommon, NewsletterCommon):
    """Mail that answers a newsletter, and rules about it."""

    def setUp(self):
        super().setUp()
        self.alias = self.make_virtual_address("news")
        self.list = self.make_list(alias_id=self.alias.id)
        self.rule = self.make_rule(
            "Answers",
            domain=repr([("newsletter_list_id", "=", self.list.id)]),
            project_id=self.accounting.id,
        )

    def find_contact(self):
        return self.env["res.partner"].search([("email", "=", "ann@customers.test")])

    def answer(self, to="news", sender=ANN):
        return self.deliver(self.make_mail(to=to, sender=sender))

    def test_an_answer_becomes_a_task_by_the_rule_of_its_list(self):
        mail = self.answer()
        self.assertEqual(mail.newsletter_list_id, self.list)
        self.assertEqual(mail.rule_ids, self.rule)
        self.assertEqual(mail.task_id.project_id, self.accounting)

    def test_what_is_no_answer_is_none(self):
        """From somebody who is not in the list, or to another address."""
        self.rule.copy({"match_any": True, "domain": "[]"})
        for to, sender in (("news", "zoe@customers.test"), ("support", ANN)):
            with self.subTest(to=to, sender=sender):
                mail = self.answer(to, sender)
                self.assertEqual(mail.state, "task")
                self.assertFalse(mail.newsletter_list_id)
                self.assertNotIn(self.rule, mail.rule_ids)

    def test_who_was_never_sent_to_the_service_answers_nothing(self):
        self.env["mail.blacklist"]._add("eve@customers.test")
        self.make_contacts("eve")
        self.work()
        self.assertEqual(self.member(self.list, "eve@customers.test").state, "excluded")
        self.assertFalse(self.answer(sender="eve@customers.test").newsletter_list_id)

    def test_who_opted_out_may_answer(self):
        self.service.opted_out.add("ann@customers.test")
        self.find_contact().phone = "1"
        self.work()
        self.assertEqual(self.member(self.list, "ann@customers.test").reason, "opt_out")
        self.assertEqual(self.answer().newsletter_list_id, self.list)

    def test_of_lists_that_share_an_address_the_last_one_is_answered(self):
        only_ann = [("id", "=", self.find_contact().id)]
        with freeze_time(fields.Datetime.now() + timedelta(minutes=1)):
            later = self.make_list(only_ann, alias_id=self.alias.id)
        self.assertEqual(self.answer().newsletter_list_id, later)
        self.assertEqual(
            self.answer(sender="bob@customers.test").newsletter_list_id, self.list
        )

    def test_of_lists_that_were_sent_at_once_the_newer_one_is_answered(self):
        newer = self.make_list(alias_id=self.alias.id)
        members = (self.list + newer).member_ids
        members.sent_at = fields.Datetime.now()
        self.env.flush_all()
        # PostgreSQL would find the row that was written last at the end.
        self.env.cr.execute(
            "UPDATE newsletter_member SET attempts = attempts WHERE list_id = %s",
            [self.list.id],
        )
        self.assertEqual(self.answer().newsletter_list_id, newer)

    def test_the_answers_of_a_list_are_shown(self):
        mail = self.answer()
        action = self.list.action_open_answers()
        found = self.env["mail.task.incoming"].search(action["domain"])
        self.assertEqual(found, mail)

    # ------------------------------------------------------------------
    # Rights
    # ------------------------------------------------------------------

    def test_who_may_know_the_list(self):
        mail = self.answer()
        for user, may in (
            (self.mail_admin, True),
            (self.marketer, True),
            (self.manager, False),
            (self.ann, False),
        ):
            with self.subTest(user=user.login):
                field = mail._fields["newsletter_list_id"]
                allowed = mail.with_user(user)._has_field_access(field, "read")
                self.assertEqual(allowed, may)

    def test_who_reads_the_mail_needs_no_right_to_the_list(self):
        self.list.filter_id.sharing = "private"
        mail = self.answer().with_user(self.mail_admin)
        self.assertFalse(self.list.with_user(self.mail_admin).has_access("read"))
        specification = {"newsletter_list_id": {"fields": {"display_name": {}}}}
        [values] = mail.web_read(specification)
        self.assertEqual(values["newsletter_list_id"]["display_name"], "Tagged – Mara")

    def test_a_rule_names_the_list_only_if_its_author_may_know_it(self):
        rules = self.env["mail.task.rule"]
        vals = {
            "name": "Mine",
            "domain": repr([("newsletter_list_id", "!=", False)]),
            "scope": "project",
            "project_ids": self.support.ids,
        }
        self.assertTrue(rules.with_user(self.mail_admin).create(vals))
        with self.assertRaises(AccessError):
            rules.with_user(self.manager).create(vals)
