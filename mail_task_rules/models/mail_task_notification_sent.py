from odoo import api, fields, models

KEPT_DAYS = 90


class MailTaskNotificationSent(models.Model):
    """Who was told by e-mail of what happened to a task.

    By it nobody is told of a deadline twice.
    """

    _name = "mail.task.notification.sent"
    _description = "Notification by E-mail"
    _order = "id desc"
    _rec_name = "task_id"

    notification_id = fields.Many2one(
        "mail.task.notification",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    task_id = fields.Many2one(
        "project.task", required=True, readonly=True, index=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Told",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    create_date = fields.Datetime("Date", readonly=True)
    date_deadline = fields.Datetime(
        "Deadline", readonly=True, help="The one that it was about."
    )

    @api.autovacuum
    def _gc_sent(self):
        now = fields.Datetime.now()
        old = [
            ("create_date", "<", fields.Datetime.subtract(now, days=KEPT_DAYS)),
            "|",
            ("date_deadline", "=", False),
            ("date_deadline", "<", now),
        ]
        self.search(old, limit=10_000).unlink()
