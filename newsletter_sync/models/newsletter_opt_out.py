from datetime import timezone

from odoo import api, fields, models
from odoo.tools import SQL

# So many wait for a worker at most: a flood ends here.
MOST_WAITING = 100_000


class NewsletterOptOut(models.Model):
    """An opt-out that a service told of by itself, until the worker notes it.

    Like notes: calls of the service only append, the worker alone reads and deletes.
    """

    _name = "newsletter.opt.out"
    _description = "Opt-out That a Service Told Of"
    _log_access = False

    account_id = fields.Integer(
        required=True, index=True, export_string_translation=False
    )
    email = fields.Char(required=True, export_string_translation=False)
    # One of ``providers.webhooks.KINDS``.
    kind = fields.Char(required=True, export_string_translation=False)
    # The only list that was left; none: all of the account.
    remote_id = fields.Char(export_string_translation=False)
    happened_at = fields.Datetime(required=True, export_string_translation=False)

    @api.model
    def _has_room(self, account):
        domain = [("account_id", "=", account.id)]
        return self.search_count(domain, limit=MOST_WAITING) < MOST_WAITING

    @api.model
    def _append(self, account, opt_outs):
        """:param opt_outs: of ``providers.webhooks``"""
        self.create(
            [
                {
                    "account_id": account.id,
                    "email": one.email.strip().lower(),
                    "kind": one.kind,
                    "remote_id": one.list_id,
                    "happened_at": _as_utc(one.at) or fields.Datetime.now(),
                }
                for one in opt_outs
            ]
        )

    @api.model
    def _take(self, account, limit):
        """Delete the oldest of an account, and return whom of its members they are
        about, as rows of ``(member_id, kind, happened_at, remote_id)``."""
        self.flush_model()
        return self.env.execute_query(
            SQL(
                """
                WITH told AS (
                    DELETE FROM newsletter_opt_out
                     WHERE id IN (SELECT id FROM newsletter_opt_out
                                   WHERE account_id = %(account_id)s
                                ORDER BY id LIMIT %(limit)s)
                 RETURNING id, email, kind, remote_id, happened_at
                )
                SELECT DISTINCT ON (member.id)
                       member.id, told.kind, told.happened_at, told.remote_id
                  FROM told
                  JOIN newsletter_member AS member
                    ON member.email_normalized = told.email
                  JOIN newsletter_list AS list
                    ON list.id = member.list_id
                   AND list.account_id = %(account_id)s
                 WHERE told.remote_id IS NULL OR told.remote_id IN ('', list.remote_id)
              ORDER BY member.id, told.id
                """,
                account_id=account.id,
                limit=limit,
            )
        )


def _as_utc(moment):
    return moment and moment.astimezone(timezone.utc).replace(tzinfo=None)
