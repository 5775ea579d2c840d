from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user
from odoo.tools import email_normalize, mute_logger

from odoo.addons.mail_task_rules.models.mail_task_notice import LOOP_HEADER

from .common import MailTaskCommon

TELLING_LOG = "odoo.addons.mail_task_rules.models.mail_task_notification_mail"


class NotificationCommon(MailTaskCommon):
    """A support project with a manager, and nobody who is told of anything."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["mail.task.notification"].search([]).active = False
        cls.bob = new_test_user(
            cls.env, login="bob", name="Bob", groups="project.group_project_user"
        )
        (cls.ann | cls.bob | cls.manager).notification_type = "inbox"
        cls.manager.email = "manager@staff.test"
        cls.support.user_id = cls.manager
        cls.task = cls.env["project.task"].create(
            {
                "name": "Printer",
                "project_id": cls.support.id,
                "partner_id": cls.customer.id,
                "user_ids": [Command.set(cls.ann.ids)],
            }
        )
        cls.task.message_unsubscribe((cls.customer | cls.manager.partner_id).ids)

    def notification(self, event, *roles, **values):
        """Make a notification rule for the given roles."""
        values.update({f"to_{role}": True for role in roles})
        values.setdefault("name", f"{event} {roles}")
        return self.env["mail.task.notification"].create(
            {"event": event, "template_id": self.template.id, **values}
        )

    @property
    def template(self):
        return self.env["mail.template"].create(
            {
                "name": "Test",
                "model_id": self.env["ir.model"]._get_id("project.task"),
                "subject": "[#{{ object.id }}] {{ object.name }}",
                "body_html": "<p>told</p>",
            }
        )

    def told(self):
        """Let the scheduler tell of what happened; return the addresses, sorted."""
        sent = self.env["mail.task.notification.sent"]
        before = sent.search([], limit=1).id or 0
        self.send_queue()
        new = sent.search([("id", ">", before)])
        emails = sorted(email_normalize(mail["email_to"][0]) for mail in self.mails)
        self.assertEqual(sorted(new.partner_id.mapped("email_normalized")), emails)
        return emails

    def send_queue(self):
        """Run the scheduled action and send what it queued: see ``self.mails``."""
        with self.enter_registry_test_mode():
            self.env.ref("mail_task_rules.ir_cron_tell").method_direct_trigger()
        self.env.invalidate_all()
        with self.mock_mail_gateway():
            self.env["mail.mail"].search([]).send()
        self.mails = [mail for mail in self._mails if LOOP_HEADER in mail["headers"]]

    def receive(self, raw):
        """Carry a mail through the gateway; return its row in the ledger."""
        self.deliver(raw)
        return self.env["mail.task.incoming"].search([], limit=1)

    def write_on_task(self, user=None, note=False, **values):
        subtype = "mail.mt_note" if note else "mail.mt_comment"
        task = self.task.with_user(user or self.ann)
        return task.message_post(
            **{"body": "A word", "message_type": "comment", **values},
            subtype_xmlid=subtype,
        )


class TestNotificationEvents(NotificationCommon):
    """What is told of, and what is not."""

    def test_customer_is_told_that_their_mail_has_arrived(self):
        self.notification("created", "customer")
        self.receive(self.make_mail())
        self.assertEqual(self.told(), ["customer@acme.test"])

    def test_task_made_by_hand_is_no_mail(self):
        self.notification("created", "customer", "assignees")
        self.task.copy()
        self.assertFalse(self.told())

    def test_assignee_is_told_of_new_task(self):
        self.notification("assigned", "assignees")
        self.task.with_user(self.manager).user_ids += self.bob
        self.assertEqual(self.told(), [self.bob.email], "Ann knows of it")
        self.task.with_user(self.manager).copy({"user_ids": self.ann.ids})
        self.assertEqual(self.told(), [self.ann.email])
        self.task.with_user(self.manager).user_ids -= self.ann
        self.assertFalse(self.told())

    def test_odoo_does_not_tell_of_a_new_task_once_more(self):
        self.bob.notification_type = "email"
        self.assertTrue(self.assign(self.bob))
        self.task.user_ids -= self.bob
        self.notification("assigned", "assignees")
        self.assertFalse(self.assign(self.bob))
        self.assertEqual(self.told(), [self.bob.email])

    def assign(self, user):
        """Have the manager assign the task; return what Odoo sends by itself."""
        with self.mock_mail_gateway():
            self.task.with_user(self.manager).user_ids += user
            self.env.cr.flush()
        return self._mails

    def test_customer_is_told_when_task_is_done(self):
        self.notification("stage", "customer")
        task = self.task.with_user(self.ann)
        task.stage_id = self.support.type_ids[1]
        self.assertFalse(self.told())
        task.state = "1_done"
        self.assertEqual(self.told(), ["customer@acme.test"])
        task.stage_id = self.support.type_ids[0]
        self.assertEqual(task.state, "1_done")
        self.assertFalse(self.told(), "it was done before")

    def test_customer_is_told_of_a_stage(self):
        new, done = self.support.type_ids
        self.notification("stage", "customer", stage_ids=done.ids)
        self.task.stage_id = done
        self.assertEqual(self.told(), ["customer@acme.test"])
        self.task.stage_id = new
        self.assertFalse(self.told())
        self.task.stage_id = done
        self.task.stage_id = new
        self.assertFalse(self.told(), "it is there no more")

    def test_followers_are_told_of_a_message(self):
        self.task.message_subscribe(self.bob.partner_id.ids)
        self.notification("comment", "followers")
        self.write_on_task()
        self.assertEqual(self.told(), [self.bob.email])
        self.write_on_task(note=True)
        self.assertFalse(self.told())

    def test_who_gets_the_message_is_not_told_of_it(self):
        self.task.message_subscribe(self.customer.ids)
        self.notification("comment", "customer")
        self.write_on_task()
        self.assertFalse(self.told())

    def test_odoo_s_own_words_are_no_message(self):
        self.notification("comment", "assignees", "customer")
        self.notification("note", "assignees", "customer")
        self.task.with_user(self.manager).name = "Tracked"
        self.write_on_task(message_type="notification")
        self.assertFalse(self.told())

    def test_assignee_is_told_of_an_attachment(self):
        self.notification("attachment", "assignees")
        self.write_on_task(self.bob)
        self.assertFalse(self.told())
        self.write_on_task(self.bob, attachments=[("a.txt", b"a")])
        self.assertEqual(self.told(), [self.ann.email])

    def test_assignee_is_told_of_a_file_without_words(self):
        self.notification("attachment", "assignees")
        self.env["ir.attachment"].create(
            {"name": "a.txt", "res_model": "project.task", "res_id": self.task.id}
        )._post_add_create()
        self.assertEqual(self.told(), [self.ann.email])

    def test_manager_is_told_of_a_deadline_once(self):
        self.notification("deadline", "manager", deadline_number=2)
        self.assertEqual(self.told(), [])
        self.task.date_deadline = fields.Datetime.now() + timedelta(days=3)
        self.assertEqual(self.told(), [])
        self.task.date_deadline = fields.Datetime.now() + timedelta(days=1)
        self.assertEqual(self.told(), [self.manager.email])
        self.assertEqual(self.told(), [])
        self.task.date_deadline += timedelta(hours=1)
        self.assertEqual(self.told(), [self.manager.email], "another one")
        self.task.date_deadline = fields.Datetime.now() - timedelta(days=1)
        self.assertEqual(self.told(), [], "too late")
        self.task.date_deadline = fields.Datetime.now() + timedelta(days=1)
        self.task.state = "1_done"
        self.assertEqual(self.told(), [])

    def test_work_that_was_undone_is_not_told_of(self):
        self.notification("comment", "assignees")
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.task.copy().with_user(self.bob).message_post(body="Hello")
            _ = 1 / 0
        self.assertFalse(self.told())

    def test_odoo_s_automations_work_only_while_they_are_needed(self):
        automations = self.env.ref(
            "mail_task_rules.base_automation_assigned"
        ) | self.env.ref("mail_task_rules.base_automation_stage")
        self.assertFalse(any(automations.mapped("active")))
        notification = self.notification("assigned", "assignees")
        self.assertEqual(automations.mapped("active"), [True, False])
        notification.event = "stage"
        self.assertEqual(automations.mapped("active"), [False, True])
        notification.unlink()
        self.assertFalse(any(automations.mapped("active")))


class TestNotificationRecipients(NotificationCommon):
    """Who is told, and who never is."""

    def test_one_mail_for_several_rules(self):
        self.notification("comment", "assignees", sequence=2, name="Second")
        first = self.notification("comment", "assignees", sequence=1, name="First")
        self.notification("attachment", "assignees", sequence=3, name="Third")
        self.write_on_task(self.bob, attachments=[("a.txt", b"a")])
        self.assertEqual(self.told(), [self.ann.email])
        self.assertEqual(first.sent_count, 1)

    def test_who_did_it_knows(self):
        self.notification("comment", "assignees")
        self.write_on_task(self.ann)
        self.assertFalse(self.told())

    def test_colleague_who_writes_a_mail_is_not_told_of_it(self):
        self.notification("created", "assignees", "manager", "customer")
        sender = f"Manager <{self.manager.email}>"
        incoming = self.receive(self.make_mail(sender=sender))
        incoming.task_id.partner_id = self.customer
        self.assertEqual(self.told(), ["customer@acme.test"])

    def test_notes_never_reach_customers(self):
        portal = new_test_user(
            self.env, login="porter", groups="base.group_portal", name="Porter"
        )
        self.task.message_subscribe((portal.partner_id | self.customer).ids)
        self.task.partner_id = portal.partner_id
        roles = ("author", "customer", "followers", "assignees")
        self.notification("note", *roles)
        self.notification("attachment", *roles)
        self.write_on_task(self.bob, note=True, attachments=[("a.txt", b"a")])
        self.assertEqual(self.told(), [self.ann.email])

    def test_note_by_mail_never_reaches_customers(self):
        self.make_rule("Notes", applies_to="reply", match_any=True, message_kind="note")
        for event in ("note", "comment", "attachment"):
            self.notification(event, "customer", "followers", "assignees")
        incoming = self.receive(self.make_mail(sender=f"Bob <{self.bob.email}>"))
        task = incoming.task_id
        task.write({"user_ids": self.ann.ids, "partner_id": self.customer.id})
        self.told()
        reply = self.make_mail(
            sender=f"Bob <{self.bob.email}>", In_Reply_To=incoming.message_id
        )
        self.assertEqual(self.receive(reply).task_id, task)
        self.assertTrue(task.message_ids[0].is_internal)
        self.assertEqual(self.told(), [self.ann.email, self.manager.email])

    def test_text_of_notes_never_reaches_customers(self):
        template = self.template
        template.body_html = """
            <p t-foreach="object.message_ids" t-as="one" t-out="one.body" />
        """
        self.write_on_task(note=True, body="SECRET")
        self.write_on_task(body="PUBLIC")
        self.task.message_ids.mapped("body")
        values = {"template_id": template.id}
        self.notification("comment", "customer", "assignees", **values)
        self.write_on_task(self.bob)
        self.assertEqual(self.told(), [self.ann.email, "customer@acme.test"])
        for mail in self.mails:
            self.assertIn("PUBLIC", mail["body"])
            is_inside = self.ann.email in mail["email_to"][0]
            self.assertEqual("SECRET" in mail["body"], is_inside)

    def test_who_may_not_see_the_task_is_not_told(self):
        self.support.privacy_visibility = "followers"
        self.notification("comment", user_ids=(self.ann | self.bob).ids)
        self.task.message_unsubscribe(self.bob.partner_id.ids)
        self.write_on_task(self.manager)
        self.assertEqual(self.told(), [self.ann.email])

    def test_who_has_left_is_not_told(self):
        self.notification("comment", "customer", "assignees")
        self.ann.active = False
        self.customer.active = False
        self.write_on_task(self.bob)
        self.assertFalse(self.told())

    def test_without_address_nobody_can_be_told(self):
        self.notification("comment", "customer")
        self.customer.email = "none"
        self.write_on_task()
        self.assertFalse(self.told())

    def test_our_own_addresses_are_never_told(self):
        self.notification("comment", "customer")
        self.customer.email = f"support@{self.domain}"
        self.write_on_task()
        self.assertFalse(self.told())

    def test_author_is_who_wrote_first(self):
        self.notification("stage", "author")
        incoming = self.receive(self.make_mail(sender="author@acme.test"))
        incoming.task_id.partner_id = self.customer
        incoming.task_id.state = "1_done"
        self.assertEqual(self.told(), ["author@acme.test"])

    def test_projects_companies_and_conditions(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.support.company_id = self.env.company
        for values in (
            {"project_ids": self.accounting.ids},
            {"company_id": company.id},  # the project is of another one
            {"domain": "[('name', '=', 'Scanner')]"},
            {"active": False},
        ):
            with self.subTest(values):
                notification = self.notification("comment", "customer", **values)
                self.write_on_task()
                self.assertFalse(self.told())
                notification.unlink()
        self.notification(
            "comment",
            "customer",
            project_ids=self.support.ids,
            domain="[('name', '=', 'Printer')]",
        )
        self.write_on_task()
        self.assertEqual(self.told(), ["customer@acme.test"])


class TestNotificationMails(NotificationCommon):
    """What the mails look like."""

    def mail(self):
        self.assertTrue(self.told())
        return self.mails[-1]

    def test_mail_groups_with_the_task_and_is_answered_to_it(self):
        self.notification("stage", "customer")
        incoming = self.receive(self.make_mail())
        incoming.task_id.state = "1_done"
        mail = self.mail()
        self.assertEqual(mail["reply_to"], incoming.task_id.task_email)
        self.assertIn(f"support@{self.domain}", mail["email_from"])
        self.assertIn(incoming.message_id, mail["references"])
        self.assertIn("notice", mail["message_id"])
        self.assertTrue(mail["headers"]["Auto-Submitted"].startswith("auto-"))
        self.assertIn("X-Odoo-Mail-Task-Notice", mail["headers"])

    def test_answer_without_the_task_s_address_finds_it(self):
        self.notification("comment", "customer")
        self.write_on_task()
        mail = self.mail()
        answer = self.make_mail(In_Reply_To=mail["message_id"], subject="Other")
        self.assertEqual(self.receive(answer).task_id, self.task)

    def test_nobody_sees_the_mail_in_the_chatter(self):
        self.notification("comment", "customer")
        message = self.write_on_task()
        self.mail()
        self.assertEqual(self.task.message_ids[0], message)

    def test_everybody_reads_their_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        template = self.template
        template.with_context(lang="fr_FR").body_html = "<p>dit</p>"
        values = {"template_id": template.id}
        self.notification("comment", "customer", "assignees", **values)
        self.write_on_task(self.bob)
        self.told()
        bodies = {mail["email_to"][0][-10:]: mail["body"] for mail in self.mails}
        self.assertEqual(len(bodies), 2)
        for email, body in bodies.items():
            self.assertIn("dit" if "acme.test" in email else "told", body)

    def test_ready_made_templates_work(self):
        self.task.date_deadline = fields.Datetime.now() + timedelta(days=1)
        self.task.description = "Paper"
        self.write_on_task(body="NEWS")
        for event in ("created", "assigned", "stage", "comment", "deadline"):
            with self.subTest(event):
                notification = self.env["mail.task.notification"].create(
                    {
                        "name": event,
                        "event": event,
                        "to_customer": True,
                        "active": False,
                    }
                )
                notification._send_sample(self.task, self.ann.partner_id)
                self.send_queue()
                [mail] = self.mails
                self.assertIn("Printer", mail["subject"])
                self.assertIn("Printer", mail["body"])
                self.assertEqual("NEWS" in mail["body"], event == "comment")

    def test_template_that_fails_undoes_nothing(self):
        template = self.template
        template.body_html = "<p t-out=\"1 / (object.name != 'Broken')\" />"
        self.notification("comment", "customer", template_id=template.id)
        self.task.name = "Broken"
        message = self.write_on_task()
        with mute_logger(TELLING_LOG):
            self.assertFalse(self.told())
        self.assertTrue(message.exists())

    def test_author_s_rights_hold(self):
        values = {"project_ids": self.support.ids, "company_id": False}
        notification = self.notification("comment", "customer", **values)
        notification.with_user(self.manager).name = "Mine"
        self.write_on_task()
        self.assertEqual(self.told(), ["customer@acme.test"])
        self.support.sudo().company_id = self.env["res.company"].create(
            {"name": "Other"}
        )
        self.customer.company_id = False
        self.write_on_task()
        self.assertFalse(self.told(), "the manager sees the task no more")

    def test_sample(self):
        notification = self.notification("stage", "customer")
        action = notification.with_user(self.mail_admin).action_test()
        self.assertEqual(action["params"]["type"], "warning")
        self.task.state = "1_done"
        self.task.partner_id = False
        action = notification.with_user(self.mail_admin).action_test()
        self.assertEqual(action["params"]["type"], "success")
        self.send_queue()
        self.assertIn(self.mail_admin.email, self.mails[0]["email_to"][0])
        self.assertFalse(notification.sent_count)


class TestNotificationRights(NotificationCommon):
    """Who may make and see notification rules."""

    VALUES = {"name": "Mine", "event": "comment", "to_customer": True}

    def test_mail_administrator_makes_rules_for_all(self):
        notifications = self.env["mail.task.notification"].with_user(self.mail_admin)
        notification = notifications.create(self.VALUES)
        notification.name = "Changed"
        notification.unlink()

    def test_manager_makes_rules_for_projects(self):
        notifications = self.env["mail.task.notification"].with_user(self.manager)
        with self.assertRaises(AccessError):
            notifications.create(self.VALUES)
        own = notifications.create(
            {**self.VALUES, "project_ids": [Command.set(self.support.ids)]}
        )
        with self.assertRaises(AccessError):
            own.project_ids = False

    def test_manager_only_reads_rules_for_all(self):
        notification = self.notification("comment", "customer")
        own = notification.with_user(self.manager)
        self.assertTrue(own.name)
        for values in ({"name": "Mine"}, {"project_ids": self.support.ids}):
            with self.assertRaises(AccessError):
                own.write(values)
        with self.assertRaises(AccessError):
            own.unlink()
        with self.assertRaises(AccessError):
            own.action_test()

    def test_others_see_nothing(self):
        notification = self.notification("comment", "customer")
        self.write_on_task()
        self.told()
        portal = new_test_user(self.env, login="porter", groups="base.group_portal")
        for user in (self.ann, portal):
            for records in (notification, notification.sent_ids):
                with self.assertRaises(AccessError):
                    records.with_user(user).read()

    def test_conditions_show_nothing_that_their_author_may_not_see(self):
        notifications = self.env["mail.task.notification"].with_user(self.manager)
        values = {**self.VALUES, "project_ids": [Command.set(self.support.ids)]}
        for domain in (
            "[('create_uid.password', 'like', 'a')]",
            "[('no_such_field', '=', 1)]",
            "['|']",
            "__import__('os')",
        ):
            # AccessError or ValidationError
            with self.subTest(domain), self.assertRaises(UserError):
                notifications.create({**values, "domain": domain})

    def test_somebody_must_be_told(self):
        portal = new_test_user(self.env, login="porter", groups="base.group_portal")
        for values in ({}, {"user_ids": portal.ids}):
            with self.assertRaises(ValidationError):
                self.notification("comment", **values)

    def test_template_must_be_for_tasks(self):
        template = self.template
        template.model_id = self.env["ir.model"]._get_id("res.partner")
        with self.assertRaises(ValidationError):
            self.notification("comment", "customer", template_id=template.id)
