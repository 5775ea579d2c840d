from odoo import api, fields, models
from odoo.tools import SQL

# An address is silent when its pause is that many times the longest one it had,
# at least a day, and it had that many mails in the days before.
SILENCE_FACTOR = 3
SILENCE_MAILS = 10
SILENCE_DAYS = 28


class MailTaskWatch(models.AbstractModel):
    """Telling the responsible people what they would not notice themselves."""

    _name = "mail.task.watch"
    _description = "Watch over Incoming E-mails"

    @api.model
    def _cron_watch(self):
        for company in self.env["res.company"].search([("active", "=", True)]):
            self._watch_waiting(company)
        self._watch_silence()

    def _watch_waiting(self, company):
        """Have one open activity while mails of the company wait for somebody."""
        companies = [company.id]
        if company == self._main_company():
            # a mail to no address of ours belongs to no company
            companies.append(False)
        waiting = self.search(
            [("state", "=", "quarantined"), ("company_id", "in", companies)]
        )
        user = company._get_mail_task_responsible()
        summary = self.env._("E-mails wait for a decision")
        activities = self._get_open_activities(user, summary)
        if not waiting:
            activities.unlink()
        elif not activities:
            waiting[0]._schedule(user, summary, waiting[0].reason)

    def _watch_silence(self):
        """Tell when an address that usually gets mail has got none for long."""
        for alias_id, incoming_id in self.env.execute_query(self._silence_query()):
            alias = self.env["mail.alias"].browse(alias_id)
            last = self.browse(incoming_id)
            user = (
                last.company_id or self._main_company()
            )._get_mail_task_responsible()
            summary = self.env._("%s gets no mail any more", alias.display_name)
            if not self._get_open_activities(user, summary):
                last._schedule(
                    user,
                    summary,
                    self.env._(
                        "It usually gets some. Look whether the incoming mail server "
                        "still works. This was its last one."
                    ),
                )

    def _silence_query(self):
        """Return the query for the silent addresses and the last mail of each."""
        now = self.env.cr.now()
        since = fields.Datetime.subtract(now, days=SILENCE_DAYS)
        relation = self._fields["alias_ids"].relation
        return SQL(
            """
            SELECT alias_id, max(id)
              FROM (SELECT link.mail_alias_id AS alias_id,
                           mail.id,
                           mail.create_date,
                           mail.create_date - lag(mail.create_date) OVER (
                               PARTITION BY link.mail_alias_id
                               ORDER BY mail.create_date
                           ) AS pause
                      FROM mail_task_incoming mail
                      JOIN %(relation)s link ON link.mail_task_incoming_id = mail.id
                     WHERE mail.create_date >= %(since)s) mails
             GROUP BY alias_id
            HAVING count(*) >= %(mails)s
               AND %(now)s - max(create_date) > %(factor)s * max(pause)
               AND %(now)s - max(create_date) > interval '1 day'
            """,
            relation=SQL.identifier(relation),
            since=since,
            mails=SILENCE_MAILS,
            now=now,
            factor=SILENCE_FACTOR,
        )

    def _main_company(self):
        return self.env.ref("base.main_company")

    def _get_open_activities(self, user, summary):
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", self._name),
                ("user_id", "=", user.id),
                ("summary", "=", summary),
            ]
        )

    def _schedule(self, user, summary, note):
        self.activity_schedule(
            "mail.mail_activity_data_warning",
            user_id=user.id,
            summary=summary,
            note=note,
        )
