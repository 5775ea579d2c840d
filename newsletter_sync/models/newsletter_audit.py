from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..providers import base as contract
from ..providers import errors, webhooks

INTERVAL = timedelta(days=1)


class NewsletterAudit(models.AbstractModel):
    """Comparing a list with what the service really has, once a day, page by page.

    What somebody changed over there is reported. Nobody is added again by that, but
    who opted out is noted, so that they are never sent again.
    """

    _name = "newsletter.audit"
    _description = "Comparison with the Service"

    last_audit = fields.Datetime(
        string="Compared with the Service", readonly=True, copy=False
    )
    missing_count = fields.Integer(
        string="Missing There",
        readonly=True,
        copy=False,
        help="Addresses that we added and somebody took out over there. An edit of "
        "the contact adds them again.",
    )
    foreign_count = fields.Integer(
        string="Added There",
        readonly=True,
        copy=False,
        help="Addresses that are in the list over there and did not come from here. "
        "They are left alone.",
    )
    audit_started = fields.Datetime(
        readonly=True, copy=False, export_string_translation=False
    )
    audit_next = fields.Datetime(
        readonly=True, copy=False, export_string_translation=False
    )
    audit_cursor = fields.Char(
        readonly=True, copy=False, export_string_translation=False
    )
    audit_foreign = fields.Integer(
        readonly=True, copy=False, export_string_translation=False
    )

    def action_audit(self):
        """Have the list compared with the service soon."""
        self.check_access("write")
        if not self.account_id.sudo()._get_support().enumerates:
            raise UserError(self.env._("This service does not tell who is in a list."))
        self.sudo().audit_next = fields.Datetime.now()
        self._wake_worker()

    def _audit(self):
        """Ask for the next page if it is time; return whether a call was made."""
        account = self.account_id
        if not self._may_audit():
            return False
        client, cursor = account._transact(self._begin_audit)
        try:
            page = client.list_members(self.remote_id, cursor)
        except errors.ProviderError as error:
            account._transact(self._note_audit_error, error)
        else:
            account._transact(self._note_page, page)
        return True

    def _may_audit(self):
        support = self.account_id._get_support()
        now = fields.Datetime.now()
        return support.enumerates and self.audit_next and self.audit_next <= now

    def _begin_audit(self):
        if not self.audit_cursor:
            self.write({"audit_started": fields.Datetime.now(), "audit_foreign": 0})
        return self.account_id._get_client(), self.audit_cursor or ""

    def _note_audit_error(self, error):
        """Begin anew later: a cursor may not outlive an error."""
        is_old_cursor = self.audit_cursor and _may_be_of_cursor(error)
        self.write(
            {"audit_cursor": False, "audit_next": fields.Datetime.now() + INTERVAL}
        )
        if not is_old_cursor:
            self._note_list_error(error)

    def _note_page(self, page):
        self.account_id._note_success()
        known = self._note_seen([member.email.lower() for member in page.members])
        now = fields.Datetime.now()
        kinds = self._get_opt_out_kinds()
        self.env["newsletter.member"]._note_opt_outs(
            {
                known[member.email.lower()]: (kinds[member.status], now)
                for member in page.members
                if member.status in kinds and member.email.lower() in known
            }
        )
        self.audit_foreign += len(page.members) - len(known)
        if page.cursor:
            next_page = now + timedelta(seconds=page.wait)
            self.write({"audit_cursor": page.cursor, "audit_next": next_page})
        else:
            self._finish_audit(now)

    def _get_opt_out_kinds(self):
        """Return what to note of members, by their status at the service."""
        kinds = {contract.OPTED_OUT: webhooks.UNSUBSCRIBED}
        if self.account_id.opt_outs != "off":
            kinds[contract.BOUNCED] = webhooks.BOUNCED
        return kinds

    def _note_seen(self, emails):
        """Note which members the service has; return email → id."""
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE newsletter_member AS member
                   SET seen_at = %s
                 WHERE list_id = %s
                   AND email_normalized IN (SELECT unnest(%s::text[]))
             RETURNING email_normalized, id
                """,
                self.audit_started,
                self.id,
                emails,
            )
        )
        self.env["newsletter.member"].invalidate_model()
        return dict(rows)

    def _finish_audit(self, now):
        """Count what is missing: what we added long enough ago to be shown."""
        visible = timedelta(seconds=self.account_id._get_support().visible_after)
        missing = self.env["newsletter.member"].search_count(
            [
                ("list_id", "=", self.id),
                ("state", "=", "member"),
                ("acked_at", "<", self.audit_started - visible),
                "|",
                ("seen_at", "=", False),
                ("seen_at", "<", self.audit_started),
            ]
        )
        self._report_drift(missing, self.audit_foreign)
        self.write(
            {
                "missing_count": missing,
                "foreign_count": self.audit_foreign,
                "last_audit": now,
                "audit_next": now + INTERVAL,
                "audit_cursor": False,
            }
        )

    def _report_drift(self, missing, foreign):
        if (missing, foreign) != (self.missing_count, self.foreign_count):
            self.message_post(
                body=self.env._(
                    "The list differs at the service. Addresses that are missing "
                    "there: %(missing)s. Addresses that were added there: %(foreign)s.",
                    missing=missing,
                    foreign=foreign,
                )
            )


def _may_be_of_cursor(error):
    """Return whether the service may just not know any more where we were."""
    refused = isinstance(error, (errors.ContactError, errors.ListError))
    return refused and not isinstance(error, errors.ListGone)
