import logging
from email.message import EmailMessage

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tools import format_datetime

from ..engine.schedule import due_group, next_time

_logger = logging.getLogger(__name__)

# More tasks than anybody reads in a mail are only counted.
SHOWN_TASKS = 100
WEEKDAYS = [
    ("0", "Monday"),
    ("1", "Tuesday"),
    ("2", "Wednesday"),
    ("3", "Thursday"),
    ("4", "Friday"),
    ("5", "Saturday"),
    ("6", "Sunday"),
]


class MailTaskDigest(models.AbstractModel):
    """A user's open tasks by e-mail, when they want them."""

    _name = "mail.task.digest"
    _description = "Digest of Tasks by E-mail"

    task_digest = fields.Selection(
        [
            ("daily", "every day"),
            ("workdays", "from Monday to Friday"),
            ("weekly", "once a week"),
        ],
        "My Open Tasks by E-mail",
    )
    task_digest_weekday = fields.Selection(WEEKDAYS, "Digest on", default="0")
    task_digest_hour = fields.Float("Digest at", default=7)
    task_digest_if_empty = fields.Boolean("Also If There Are None")
    task_digest_next = fields.Datetime(
        "Next Digest",
        compute="_compute_task_digest_next",
        store=True,
        index="btree_not_null",
    )

    @api.depends("task_digest", "task_digest_weekday", "task_digest_hour", "tz")
    def _compute_task_digest_next(self):
        for user in self:
            user.task_digest_next = user._get_next_digest()

    @api.constrains("task_digest_hour")
    def _check_task_digest_hour(self):
        if any(not 0 <= user.task_digest_hour < 23.995 for user in self):
            raise ValidationError(
                self.env._("A digest is sent between 00:00 and 23:59.")
            )

    def _get_next_digest(self):
        weekdays = {
            "daily": range(7),
            "workdays": range(5),
            "weekly": [int(self.task_digest_weekday or 0)],
        }.get(self.task_digest)
        return weekdays and next_time(
            fields.Datetime.now(), self._get_zone(), weekdays, self.task_digest_hour
        )

    def _get_zone(self):
        return pytz.timezone(self.tz or "UTC")

    # ------------------------------------------------------------------
    # Sending
    # ------------------------------------------------------------------

    @api.model
    def _cron_send_task_digests(self):
        """Queue the digests that are due.

        That one has been queued and when the next one is due are committed together:
        whenever the process dies, nobody lacks a digest or gets it twice.
        """
        domain = [("task_digest_next", "<=", self.env.cr.now()), ("share", "=", False)]
        due_ids = self.search(domain, order="task_digest_next, id").ids
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=len(due_ids))
        for due_id in due_ids:
            # Each user by themselves: a commit forgets what was read of the others.
            user = self.browse(due_id).try_lock_for_update()
            user.filtered_domain(domain)._send_task_digest()
            if not progress(1):
                return

    def _send_task_digest(self):
        """Queue the digest of one user, or of none. An error is logged: it shall not
        keep the others from theirs."""
        for user in self:
            try:
                with self.env.cr.savepoint():
                    user._create_task_digest()
            except Exception:
                _logger.exception("The task digest of user %s failed", user.id)
            user.task_digest_next = user._get_next_digest()

    def _create_task_digest(self):
        tasks = self._get_digest_tasks()
        if not self.email or not (tasks or self.task_digest_if_empty):
            return
        reader = self.with_context(lang=self.lang, tz=self.tz)
        self.env["mail.mail"].create(
            {
                **self.env["mail.task.notice"]._get_mail_values(EmailMessage()),
                "subject": reader.env._("My open tasks: %s", len(tasks)),
                "body_html": reader._render_task_digest(tasks),
                "recipient_ids": [Command.set(self.partner_id.ids)],
                "email_from": self.company_id.email_formatted,
                "author_id": self.env.ref("base.partner_root").id,
                "auto_delete": True,
            }
        )

    def _get_digest_tasks(self):
        """Return the user's open tasks that they may read, by deadline."""
        companies = {"allowed_company_ids": self.company_ids.ids}
        tasks = self.env["project.task"].with_user(self).with_context(**companies)
        return tasks.search(
            [
                ("user_ids", "in", self.ids),
                ("is_closed", "=", False),
                ("has_template_ancestor", "=", False),
            ],
            order="date_deadline, priority desc, id",
        ).with_env(self.env)

    def _render_task_digest(self, tasks):
        shown = tasks[:SHOWN_TASKS]
        values = {
            "user": self,
            "groups": self._group_digest_tasks(shown.with_env(self.env)),
            "hidden_count": len(tasks) - len(shown),
            "base_url": self.get_base_url(),
            "format_deadline": self._format_deadline,
        }
        return self.env["ir.qweb"]._render("mail_task_rules.task_digest", values)

    def _group_digest_tasks(self, tasks):
        """Return pairs of a title and tasks, the most urgent first."""
        now, zone = fields.Datetime.now(), self._get_zone()
        found = tasks.grouped(lambda task: due_group(task.date_deadline, now, zone))
        titles = {
            "overdue": self.env._("Overdue"),
            "today": self.env._("Today"),
            "week": self.env._("This week"),
            "later": self.env._("Later, or without a deadline"),
        }
        return [(title, found[name]) for name, title in titles.items() if name in found]

    def _format_deadline(self, task):
        deadline, zone = task.date_deadline, self.tz
        return format_datetime(self.env, deadline, tz=zone, dt_format="short")
