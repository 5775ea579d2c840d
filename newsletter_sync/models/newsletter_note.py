from dataclasses import dataclass

from odoo import api, fields, models, tools
from odoo.tools import SQL

from .. import domains
from .newsletter_filter import FilterProblem

KEY = "newsletter_sync.pending"


@dataclass(frozen=True)
class Watch:
    """What users' transactions have to know about the connected lists.

    :ivar dict crons: account id → id of its scheduled action
    :ivar frozenset fields: fields of contacts that decide who is in a list
    """

    crons: dict
    fields: frozenset


class NewsletterNote(models.Model):
    """What an account's worker has to look at: a contact, an address or a list.

    Transactions of users only append notes, in one statement when they commit; the
    worker alone reads and deletes them. So neither makes the other fail. What a note
    names may be gone by then: there are no foreign keys.
    """

    _name = "newsletter.note"
    _description = "Note for the Newsletter Worker"
    _log_access = False

    account_id = fields.Integer(
        required=True, index=True, export_string_translation=False
    )
    partner_id = fields.Integer(export_string_translation=False)
    email = fields.Char(export_string_translation=False)
    list_id = fields.Integer(export_string_translation=False)
    noted_at = fields.Datetime(required=True, export_string_translation=False)

    @api.model
    @tools.ormcache()
    def _get_watch(self):
        lists = self.env["newsletter.list"].sudo()._get_watched()
        names = {"active", "company_id", "email", "email_normalized", "message_bounce"}
        for record in lists.filter_id:
            try:
                names |= domains.field_names(record._parse())
            except FilterProblem:
                continue
        crons = {account.id: account.cron_id.id for account in lists.account_id}
        return Watch(crons, frozenset(names))

    # ------------------------------------------------------------------
    # Noting
    # ------------------------------------------------------------------

    @api.model
    def _note_contacts(self, contacts, vals=None):
        """Note edited contacts when the transaction commits.

        :param dict vals: what was written; none if everything may be new. Of contacts
            in no list only those are noted whom the edit may bring into one.
        """
        watch = self._get_watch()
        if not watch.crons:
            return
        may_enter = vals is None or not watch.fields.isdisjoint(vals)
        self._pending()["new" if may_enter else "known"].update(contacts._ids)

    @api.model
    def _note_addresses(self, emails):
        """Note addresses whose contact or blacklist entry changes or goes."""
        if self._get_watch().crons:
            self._pending()["emails"].update(filter(None, emails))

    def _pending(self):
        data = self.env.cr.precommit.data
        if KEY not in data:
            data[KEY] = {"new": set(), "known": set(), "emails": set()}
            self.env.cr.precommit.add(self._write_pending)
        return data[KEY]

    def _write_pending(self):
        pending = self.env.cr.precommit.data.pop(KEY)
        contacts = pending["new"] | self._find_members(pending["known"])
        if contacts or pending["emails"]:
            self._write_notes(contacts, pending["emails"])

    def _find_members(self, partner_ids):
        """Return those who are in a list: the one query that all others cost."""
        if not partner_ids:
            return set()
        self.env.cr.execute(
            "SELECT partner_id FROM newsletter_member WHERE partner_id = ANY(%s)",
            [list(partner_ids)],
        )
        return {partner_id for (partner_id,) in self.env.cr.fetchall()}

    def _write_notes(self, partner_ids, emails):
        crons = self._get_watch().crons
        self.env.execute_query(
            SQL(
                """
                INSERT INTO newsletter_note (account_id, partner_id, email, noted_at)
                SELECT account_id, partner_id, email, now() AT TIME ZONE 'UTC'
                  FROM unnest(%(accounts)s) AS account_id,
                       (SELECT unnest(%(ids)s::int[]) AS partner_id, NULL AS email
                         UNION ALL
                        SELECT NULL, unnest(%(emails)s::text[])) AS changed
             RETURNING id
                """,
                accounts=list(crons),
                ids=list(partner_ids),
                emails=list(emails),
            )
        )
        for cron_id in crons.values():
            self.env["ir.cron"].browse(cron_id)._trigger()

    @api.model
    def _note_lists(self, lists):
        """Note that lists have to be compared with their filters as a whole."""
        self.sudo().create(
            [
                {
                    "account_id": record.account_id.id,
                    "list_id": record.id,
                    "noted_at": fields.Datetime.now(),
                }
                for record in lists
            ]
        )
        for account in lists.account_id.sudo():
            account.cron_id._trigger()

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    @api.model
    def _take(self, account, limit):
        """Delete the oldest notes of an account and return them as rows of
        ``(partner_id, email, list_id, noted_at)``."""
        self.flush_model()
        return self.env.execute_query(
            SQL(
                """
                DELETE FROM newsletter_note
                 WHERE id IN (SELECT id FROM newsletter_note WHERE account_id = %s
                              ORDER BY id LIMIT %s)
                RETURNING partner_id, email, list_id, noted_at
                """,
                account.id,
                limit,
            )
        )
