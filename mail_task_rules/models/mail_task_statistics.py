from odoo import api, fields, models
from odoo.tools import SQL


class MailTaskStatistics(models.Model):
    """How many mails a rule took on a day.

    Counted from the outcomes once a day, so that no mail writes a counter that
    other mails wait for; the outcomes can then be removed.
    """

    _name = "mail.task.statistics"
    _description = "Mails by Rule and Day"
    _order = "date desc, id desc"
    _rec_name = "rule_id"

    rule_id = fields.Many2one(
        "mail.task.rule", required=True, readonly=True, ondelete="cascade", index=True
    )
    date = fields.Date(required=True, readonly=True)
    count = fields.Integer("E-mails", readonly=True)

    _day_unique = models.Constraint(
        "UNIQUE(rule_id, date)", "A rule has one number a day."
    )

    @api.model
    def _cron_count(self):
        """Count the outcomes of the days that have ended."""
        self.env["mail.task.outcome"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                WITH counted AS (
                    UPDATE mail_task_outcome SET is_counted = TRUE
                    WHERE is_counted IS NOT TRUE AND create_date < CURRENT_DATE
                    RETURNING id, create_date::date AS date
                )
                INSERT INTO mail_task_statistics
                    (rule_id, date, count, create_uid, create_date)
                SELECT rel.mail_task_rule_id, counted.date, COUNT(*), %s, NOW()
                FROM counted
                JOIN mail_task_outcome_mail_task_rule_rel AS rel
                  ON rel.mail_task_outcome_id = counted.id
                GROUP BY rel.mail_task_rule_id, counted.date
                ON CONFLICT (rule_id, date)
                DO UPDATE SET count = mail_task_statistics.count + EXCLUDED.count
                """,
                self.env.uid,
            )
        )
        self.env.invalidate_all()
