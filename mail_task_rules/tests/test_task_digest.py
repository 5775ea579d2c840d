from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from .common import MailTaskCommon

# A Wednesday, noon in New York
NOW = datetime(2026, 12, 16, 17)


@freeze_time(NOW)
class TestTaskDigest(MailTaskCommon):
    """My open tasks by e-mail."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Odoo gives each new user one
        cls.env["project.task"].search([]).unlink()
        cls.ann.write({"tz": "America/New_York", "email": "ann@staff.test"})

    def subscribe(self, user=None, **values):
        """Have a digest be due for somebody."""
        user = user or self.ann
        user.with_user(user).write({"task_digest": "daily", **values})
        user.task_digest_next = NOW
        return user

    def make_task(self, name, user=None, **values):
        users = [Command.set((user or self.ann).ids)]
        return self.env["project.task"].create(
            {"name": name, "project_id": self.support.id, "user_ids": users, **values}
        )

    def sent(self):
        """Run the scheduled action; return the digests that it queued, by address."""
        last = self.env["mail.mail"].search([], limit=1).id or 0
        # the database's clock goes on
        with (
            self.enter_registry_test_mode(),
            patch.object(type(self.env.cr), "now", lambda cr: NOW),
        ):
            cron = self.env.ref("mail_task_rules.ir_cron_send_digests")
            cron.method_direct_trigger()
        self.env.invalidate_all()
        mails = self.env["mail.mail"].search([("id", ">", last)])
        return {mail.recipient_ids.email: mail for mail in mails}

    def test_tasks_are_grouped_by_deadline(self):
        self.subscribe()
        for name, hours in (
            ("Yesterday", -24),
            ("An hour ago", -1),
            ("Tonight", 11),
            ("Tomorrow", 24),
            ("Sunday", 4 * 24),
            ("Monday", 5 * 24),
            ("Some day", None),
        ):
            deadline = hours is not None and NOW + timedelta(hours=hours)
            self.make_task(name, date_deadline=deadline)
        text = self.sent()["ann@staff.test"].body_html
        expected = [
            *("Overdue", "Yesterday", "An hour ago", "Today", "Tonight"),
            *("This week", "Tomorrow", "Sunday", "Later", "Monday", "Some day"),
        ]
        places = [text.index(f">{word}") for word in expected]
        self.assertEqual(places, sorted(places))
        self.assertIn("12/16/26, 11:00", text, "in Ann's time zone")

    def test_only_own_open_tasks_that_may_be_read(self):
        self.subscribe()
        task = self.make_task("Mine")
        self.make_task("Done", state="1_done")
        self.make_task("Archived", active=False)
        self.make_task("Of another one", user=self.manager)
        text = self.sent()["ann@staff.test"].body_html
        self.assertIn(f"mailto:{task.task_email}", text)
        self.assertIn(f"res_id={task.id}", text)
        self.assertIn("/odoo/my-preferences", text)
        for name in ("Done", "Archived", "Of another one"):
            self.assertNotIn(name, text)

    def test_nothing_is_sent_without_tasks_unless_wanted(self):
        self.subscribe()
        self.assertFalse(self.sent())
        self.subscribe(task_digest_if_empty=True)
        self.assertIn("ann@staff.test", self.sent())

    def test_each_digest_is_sent_once(self):
        self.subscribe()
        self.make_task("Mine")
        self.assertTrue(self.sent())
        self.assertFalse(self.sent())
        self.assertEqual(self.ann.task_digest_next, datetime(2026, 12, 17, 12))

    def test_who_does_not_want_it_gets_none(self):
        self.make_task("Mine")
        self.assertFalse(self.ann.task_digest_next)
        self.subscribe()
        self.ann.task_digest = False
        self.assertFalse(self.ann.task_digest_next)
        self.assertFalse(self.sent())
        self.subscribe().active = False
        self.assertFalse(self.sent())

    def test_next_digest_follows_the_wishes(self):
        self.subscribe(task_digest="weekly", task_digest_weekday="0")
        self.ann.task_digest_hour = 8.5
        self.assertEqual(self.ann.task_digest_next, datetime(2026, 12, 21, 13, 30))
        self.ann.tz = "Europe/Riga"
        self.assertEqual(self.ann.task_digest_next, datetime(2026, 12, 21, 6, 30))

    def test_digest_is_in_the_language_of_its_reader(self):
        self.env["res.lang"]._activate_lang("ru_RU")
        self.env["ir.module.module"].search(
            [("name", "=", "mail_task_rules")]
        )._update_translations(["ru_RU"])
        self.subscribe(lang="ru_RU")
        self.make_task("Mine")
        mail = self.sent()["ann@staff.test"]
        self.assertIn("Мои открытые задачи", mail.subject)
        self.assertIn("Здравствуйте", mail.body_html)

    def test_failure_keeps_nobody_else_from_theirs(self):
        self.subscribe()
        self.subscribe(self.manager)
        self.make_task("Mine")
        self.make_task("Theirs", user=self.manager)
        digest = type(self.env["res.users"])
        render = digest._render_task_digest

        def fail_for_ann(user, tasks):
            return 1 / (user != self.ann) and render(user, tasks)

        with (
            patch.object(digest, "_render_task_digest", fail_for_ann),
            mute_logger("odoo.addons.mail_task_rules.models.mail_task_digest"),
        ):
            self.assertEqual(list(self.sent()), [self.manager.email])

    def test_wishes_are_one_s_own(self):
        own = self.ann.with_user(self.ann)
        own.task_digest = "weekly"
        self.assertEqual(own.read(["task_digest"])[0]["task_digest"], "weekly")
        with self.assertRaises(AccessError):
            self.manager.with_user(self.ann).task_digest = "daily"
        with self.assertRaises(AccessError):
            own.task_digest_next = NOW
        with self.assertRaises(ValidationError):
            own.task_digest_hour = 24

    def test_portal_users_get_none(self):
        portal = new_test_user(self.env, login="porter", groups="base.group_portal")
        self.make_task("Theirs", partner_id=portal.partner_id.id)
        self.subscribe(portal, task_digest_if_empty=True)
        self.assertFalse(self.sent())

    def test_many_tasks_are_counted(self):
        self.subscribe()
        for number in range(103):
            self.make_task(f"Task {number}")
        text = self.sent()["ann@staff.test"].body_html
        self.assertIn("Further tasks: 3", text)
