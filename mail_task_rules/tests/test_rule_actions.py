from datetime import datetime

from freezegun import freeze_time

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command

from odoo.addons.mail.tests.common import mail_new_test_user

from .common import MailTaskCommon


class TestRuleActions(MailTaskCommon):
    def deliver_by(self, mail=None, **values):
        """Return what becomes of a mail by one rule with these values."""
        values = {"match_any": True, **values}
        self.rule = self.make_rule("The Rule", **values)
        return self.deliver(self.make_mail(**(mail or {})))

    # ------------------------------------------------------------------
    # Refusing
    # ------------------------------------------------------------------

    def test_quarantine(self):
        incoming = self.deliver_by(action="quarantine")
        self.assertEqual(incoming.state, "quarantined")
        self.assertIn("The Rule", incoming.reason)
        self.assertFalse(incoming.task_id)

    def test_reject_tells_the_sender_once(self):
        incoming = self.deliver_by(action="reject", reject_text="Not here.")
        self.assertEqual(incoming.state, "rejected")
        sent = self._new_mails.filtered(lambda m: "customer@acme" in (m.email_to or ""))
        self.assertIn("Not here.", sent.body_html)
        self.env.cr.execute(
            "UPDATE mail_task_notice SET create_date = create_date - interval '1 s'"
        )
        self.env.invalidate_all()
        self.assertEqual(self.deliver().state, "rejected")
        self.assertFalse(self._new_mails)

    def test_who_wrote_to_two_addresses_is_told_once(self):
        self.make_virtual_address("billing")
        both = f"support@{self.domain}, billing@{self.domain}"
        incoming = self.deliver_by({"to": both}, action="reject")
        self.assertEqual(incoming.state, "rejected")
        self.assertEqual(len(incoming.alias_ids), 2)
        sent = self._new_mails.filtered(lambda m: "customer@acme" in (m.email_to or ""))
        self.assertEqual(len(sent), 1)

    def test_forward_sends_the_original(self):
        mail = self.make_mail()
        self.make_rule(
            "Away", match_any=True, action="forward", forward_to="desk@elsewhere.test"
        )
        incoming = self.deliver(mail)
        self.assertEqual(incoming.state, "forwarded")
        sent = self._new_mails.filtered(lambda m: m.email_to == "desk@elsewhere.test")
        self.assertEqual(sent.attachment_ids.raw, mail)

    def test_forwarding_to_ourselves_is_refused(self):
        for address in ("", "nonsense", f"support@{self.domain}"):
            with self.subTest(address), self.assertRaises(ValidationError):
                self.make_rule(
                    "Loop", match_any=True, action="forward", forward_to=address
                )

    # ------------------------------------------------------------------
    # Creating
    # ------------------------------------------------------------------

    def test_everything_a_task_can_get(self):
        project = self.make_project("Target", allow_milestones=True)
        milestone = self.env["project.milestone"].create(
            {"name": "M1", "project_id": project.id}
        )
        parent = self.env["project.task"].create(
            {"name": "Parent", "project_id": project.id}
        )
        category = self.env["mail.task.category"].create({"name": "Complaint"})
        friend = self.env["res.partner"].create({"name": "Friend"})
        customer = self.env["res.partner"].create({"name": "Other Customer"})
        with freeze_time("2026-03-06 10:00:00"):
            task = self.deliver_by(
                project_id=project.id,
                stage_id=project.type_ids[1].id,
                category_id=category.id,
                priority="2",
                user_ids=self.ann.ids,
                follower_ids=friend.ids,
                partner_from="fixed",
                partner_id=customer.id,
                milestone_id=milestone.id,
                parent_id=parent.id,
                deadline_days=3,
            ).task_id
        self.assertRecordValues(
            task,
            [
                {
                    "project_id": project.id,
                    "stage_id": project.type_ids[1].id,
                    "category_id": category.id,
                    "priority": "2",
                    "user_ids": self.ann.ids,
                    "partner_id": customer.id,
                    "milestone_id": milestone.id,
                    "parent_id": parent.id,
                    "date_deadline": datetime(2026, 3, 9, 10, 0),
                }
            ],
        )
        self.assertIn(friend, task.message_partner_ids)
        self.assertIn("Text", task.description)

    def test_working_days_leave_out_the_weekend(self):
        self.env.company.resource_calendar_id.tz = "UTC"
        with freeze_time("2026-03-06 10:00:00"):  # a Friday
            task = self.deliver_by(deadline_days=1, deadline_working=True).task_id
        self.assertEqual(task.date_deadline.date().isoformat(), "2026-03-09")

    def test_assignees(self):
        bob = mail_new_test_user(
            self.env, login="bob", groups="project.group_project_user"
        )
        employee = self.env["hr.employee"].create(
            {"name": "Bob", "user_id": bob.id, "alias_name": "bob.task"}
        )
        self.assertTrue(employee.alias_id)
        for mode, users_of_task in (("replace", self.ann), ("keep", self.ann | bob)):
            with self.subTest(mode):
                incoming = self.deliver_by(
                    {"to": "bob.task"}, user_ids=self.ann.ids, assign_mode=mode
                )
                self.assertEqual(incoming.task_id.user_ids, users_of_task)
                self.rule.active = False

    def test_round_robin(self):
        bob = mail_new_test_user(
            self.env, login="bob", groups="project.group_project_user"
        )
        both = self.ann | bob
        first = self.deliver_by(user_ids=both.ids, assign_mode="round_robin")
        users = [first.task_id.user_ids]
        users += [self.deliver().task_id.user_ids for _ in range(3)]
        self.assertEqual(len(users[0]), 1)
        self.assertEqual(users[0] | users[1], both)
        self.assertEqual(users[:2], users[2:])

    def test_least_loaded(self):
        bob = mail_new_test_user(
            self.env, login="bob", groups="project.group_project_user"
        )
        busy = {"name": "Busy", "project_id": self.support.id}
        self.env["project.task"].create(
            [dict(busy, user_ids=self.ann.ids) for _ in range(2)]
        )
        users = (self.ann | bob).ids
        first = self.deliver_by(user_ids=users, assign_mode="least_loaded")
        names = [first.task_id.user_ids]
        names += [self.deliver().task_id.user_ids for _ in range(2)]
        self.assertEqual(names, [bob, bob, self.ann])

    def test_template(self):
        template = self.env["project.task"].create(
            {
                "name": "Template",
                "project_id": self.accounting.id,
                "is_template": True,
                "description": "<p>Checklist</p>",
                "priority": "1",
                "user_ids": self.ann.ids,
                "child_ids": [
                    Command.create({"name": "Step", "project_id": self.accounting.id})
                ],
            }
        )
        task = self.deliver_by(
            template_task_id=template.id, project_id=self.accounting.id
        ).task_id
        self.assertEqual(task.name, "Subject")
        self.assertEqual((task.priority, task.user_ids), ("1", self.ann))
        self.assertEqual(task.child_ids.mapped("name"), ["Step"])
        self.assertFalse(task.is_template)
        self.assertRegex(task.description, "(?s)Checklist.*Text")

    def test_category_brings_its_template(self):
        template = self.env["project.task"].create(
            {"name": "T", "project_id": self.support.id, "is_template": True}
        )
        template.priority = "1"
        category = self.env["mail.task.category"].create(
            {"name": "Complaint", "template_task_id": template.id}
        )
        self.assertEqual(self.deliver_by(category_id=category.id).task_id.priority, "1")

    def test_category_is_for_its_groups(self):
        category = self.env["mail.task.category"].create(
            {
                "name": "Order",
                "group_ids": self.env.ref("project.group_project_user").ids,
            }
        )
        refused = self.deliver_by(category_id=category.id)
        self.assertFalse(refused.rule_ids)
        self.assertIn("may not create tasks of the category", refused.trace[0]["why"])
        accepted = self.deliver(self.make_mail(sender=self.ann.email_formatted))
        self.assertEqual(accepted.task_id.category_id, category)

    def test_later_rules_add_and_override(self):
        first, second = self.env["project.tags"].create([{"name": "A"}, {"name": "B"}])
        self.make_rule(
            "First", match_any=True, stop=False, tag_ids=first.ids, priority="1"
        )
        incoming = self.deliver_by(tag_ids=second.ids, priority="0")
        self.assertEqual(incoming.task_id.tag_ids, first | second)
        self.assertEqual(incoming.task_id.priority, "0")
        self.assertIn("priority", incoming.trace[0]["set"])

    # ------------------------------------------------------------------
    # Unknown senders
    # ------------------------------------------------------------------

    def test_unknown_sender_becomes_a_contact(self):
        task = self.deliver_by({"sender": "New <new@elsewhere.test>"}).task_id
        self.assertEqual(task.partner_id.email, "new@elsewhere.test")

    def test_unknown_sender_in_the_owners_name(self):
        mail = {"sender": "New <new@elsewhere.test>"}
        task = self.deliver_by(mail, unknown_sender="owner").task_id
        contacts = self.env["res.partner"].search([("email", "ilike", "new@elsewhere")])
        self.assertFalse(contacts)
        self.assertIn("new@elsewhere.test", task.description)
        self.assertEqual(task.message_ids[-1].author_id, self.env.user.partner_id)

    def test_unknown_sender_becomes_a_portal_user(self):
        mail = {"sender": "New <new@elsewhere.test>"}
        task = self.deliver_by(mail, unknown_sender="portal").task_id
        user = task.partner_id.user_ids
        self.assertTrue(user._is_portal())
        self.assertIn(user.partner_id, task.message_partner_ids)

    def test_unknown_sender_is_rejected(self):
        mail = {"sender": "New <new@elsewhere.test>"}
        incoming = self.deliver_by(mail, unknown_sender="reject")
        self.assertEqual(incoming.state, "rejected")
        self.assertTrue(self._new_mails.filtered(lambda m: "may not" in m.body_html))
        self.assertEqual(self.deliver().state, "task")

    def test_unknown_sender_is_passed_over(self):
        mail = {"sender": "New <new@elsewhere.test>"}
        self.assertFalse(self.deliver_by(mail, unknown_sender="skip").rule_ids)

    # ------------------------------------------------------------------
    # Replies
    # ------------------------------------------------------------------

    def test_reply_updates_its_task(self):
        task = self.deliver(self.make_mail(message_id="<first@acme.test>")).task_id
        incoming = self.deliver_by(
            {"In_Reply_To": "<first@acme.test>"},
            applies_to="reply",
            priority="1",
            stage_id=self.support.type_ids[1].id,
            project_id=self.support.id,
            user_ids=self.ann.ids,
        )
        self.assertEqual(incoming.state, "reply")
        self.assertRecordValues(
            task,
            [
                {
                    "priority": "1",
                    "stage_id": self.support.type_ids[1].id,
                    "user_ids": self.ann.ids,
                    "partner_id": self.customer.id,
                }
            ],
        )

    def test_ignored_reply(self):
        task = self.deliver(self.make_mail(message_id="<first@acme.test>")).task_id
        count = len(task.message_ids)
        incoming = self.deliver_by(
            {"In_Reply_To": "<first@acme.test>"}, applies_to="reply", action="ignore"
        )
        self.assertEqual(incoming.state, "ignored")
        self.assertEqual(len(task.message_ids), count)

    # ------------------------------------------------------------------
    # Appending
    # ------------------------------------------------------------------

    def make_append_rule(self, **values):
        rule = self.make_rule(
            "Append",
            match_any=True,
            extraction_ids=[Command.create({"name": "Order", "label": "Order"})],
        )
        field = self.env["ir.model.fields"]._get("project.task", "name")
        rule.write(
            {
                "action": "append",
                "append_field_id": field.id,
                "append_extraction_id": rule.extraction_ids.id,
                **values,
            }
        )
        return rule

    def make_task(self, name):
        return self.env["project.task"].create(
            {"name": name, "project_id": self.support.id}
        )

    def test_append_by_a_value_in_the_mail(self):
        task = self.make_task("A-4711")
        self.make_append_rule(priority="1")
        incoming = self.deliver(self.make_mail(text="Order: a-4711\n"))
        self.assertEqual((incoming.state, incoming.task_id), ("reply", task))
        self.assertEqual(task.priority, "1")
        self.assertIn("4711", "".join(task.message_ids.mapped("body")))

    def test_append_to_none(self):
        rule = self.make_append_rule()
        mail = {"text": "Order: A-1\n"}
        for policy, state, rules in (
            ("skip", "task", rule.browse()),
            ("task", "task", rule),
            ("quarantine", "quarantined", rule),
        ):
            with self.subTest(policy):
                rule.append_none = policy
                incoming = self.deliver(self.make_mail(**mail))
                self.assertEqual((incoming.state, incoming.rule_ids), (state, rules))

    def test_append_to_one_of_many(self):
        self.make_task("A-1")
        latest = self.make_task("A-1")
        rule = self.make_append_rule()
        for policy, state in (
            ("last", "reply"),
            ("skip", "task"),
            ("quarantine", "quarantined"),
        ):
            with self.subTest(policy):
                rule.append_many = policy
                incoming = self.deliver(self.make_mail(text="Order: A-1\n"))
                self.assertEqual(incoming.state, state)
                if policy == "last":
                    self.assertEqual(incoming.task_id, latest)

    # ------------------------------------------------------------------
    # By whom
    # ------------------------------------------------------------------

    def make_rule_as(self, user, action):
        """Return a rule of a user, for the addresses that are theirs."""
        values = {"name": action, "match_any": True, "action": action}
        if action == "forward":
            values["forward_to"] = "desk@elsewhere.test"
        if user == self.manager:
            values["project_ids"] = self.support.ids
        rule = self.env["mail.task.rule"].with_user(user).create(values)
        if action == "append":
            extraction = {"name": "Order", "label": "Order"}
            rule.extraction_ids = [Command.create(extraction)]
            rule.append_field_id = self.env["ir.model.fields"]._get(
                "project.task", "name"
            )
            rule.append_extraction_id = rule.extraction_ids
        return rule

    def test_every_action_by_who_may_write_it(self):
        self.env["hr.employee"].create(
            {"name": "Ann", "user_id": self.ann.id, "alias_name": "ann.task"}
        )
        task = self.make_task("A-1")
        task.user_ids = self.ann
        states = {
            "task": "task",
            "append": "reply",
            "ignore": "ignored",
            "quarantine": "quarantined",
            "reject": "rejected",
            "forward": "forwarded",
        }
        for user, to, actions in (
            (self.ann, "ann.task", ("task", "append", "ignore", "quarantine")),
            (self.manager, "support", tuple(states)),
            (self.mail_admin, "support", tuple(states)),
        ):
            for action, state in states.items():
                with self.subTest(user=user.login, action=action):
                    if action not in actions:
                        with self.assertRaises(ValidationError):
                            self.make_rule_as(user, action)
                        continue
                    rule = self.make_rule_as(user, action)
                    incoming = self.deliver(
                        self.make_mail(
                            to, text="Order: A-1\n", sender=f"{action}@acme.test"
                        )
                    )
                    self.assertEqual(incoming.rule_ids.ids, rule.ids)
                    self.assertEqual(incoming.state, state)
                    rule.unlink()

    def test_who_has_no_projects_writes_no_rule(self):
        nobody = mail_new_test_user(self.env, login="x", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.make_rule_as(nobody, "task")
