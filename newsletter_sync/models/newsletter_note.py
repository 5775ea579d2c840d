from collections import defaultdict
from dataclasses import dataclass

from odoo import api, fields, models, tools
from odoo.tools import SQL

from .. import domains
from .newsletter_filter import FilterProblem

KEY = "newsletter_sync.pending"
LISTENS = "_newsletter_listens"


@dataclass(frozen=True)
class Watch:
    """What users' transactions have to know about the connected lists.

    :ivar dict crons: account id → id of its scheduled action
    :ivar frozenset fields: fields of contacts that decide who is in a list
    :ivar dict related: the same of records that belong to contacts, see
        ``domains.related_fields``
    """

    crons: dict
    fields: frozenset
    related: dict


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
    # The contact was not edited: something that belongs to it was.
    is_related = fields.Boolean(export_string_translation=False)
    email = fields.Char(export_string_translation=False)
    list_id = fields.Integer(export_string_translation=False)
    noted_at = fields.Datetime(required=True, export_string_translation=False)

    @api.model
    @tools.ormcache()
    def _get_watch(self):
        lists = self.env["newsletter.list"].sudo()._get_watched()
        names = {"active", "company_id", "email", "email_normalized", "message_bounce"}
        contacts, related = self.env["res.partner"], defaultdict(set)
        names.add(contacts._get_birthday_field())
        for record in lists.filter_id:
            try:
                domain = record._parse()
            except FilterProblem:
                continue
            names |= domains.field_names(domain, contacts)
            for model_name, watched in domains.related_fields(domain, contacts):
                related[model_name].add(watched)
        crons = {account.id: account.cron_id.id for account in lists.account_id}
        return Watch(crons, frozenset(names), dict(related))

    # ------------------------------------------------------------------
    # Listening
    # ------------------------------------------------------------------

    def _register_hook(self):
        """Listen to the models whose records belong to contacts, such as tasks; what a
        change of another one does is found by comparison."""
        contacts = self.env["res.partner"]
        for name in {field.comodel_name for field in domains.belongings(contacts)}:
            _listen_to(self.env.registry[name])
        return super()._register_hook()

    def _unregister_hook(self):
        for model_class in self.env.registry.values():
            if hasattr(vars(model_class).get("modified"), LISTENS):
                del model_class.modified
        return super()._unregister_hook()

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

    @api.model
    def _note_related(self, records, names, before):
        """Note the contacts that changed records belong to, if a filter looks at that.

        :param names: of the fields that are changed
        :param before: whether the change is yet to come; to whom a record belonged is
            not known later
        """
        for inverse, watched in self._get_watch().related.get(records._name, ()):
            if watched.isdisjoint(names):
                continue
            real = records.browse(filter(None, records._ids)).sudo()
            if not before:
                self._pending()["records"][records._name, inverse].update(real._ids)
            elif inverse in names:
                self._pending()["related"].update(real[inverse]._ids)

    def _pending(self):
        data = self.env.cr.precommit.data
        if KEY not in data:
            names = ("new", "known", "related", "emails")
            data[KEY] = {"records": defaultdict(set), **{name: set() for name in names}}
            self.env.cr.precommit.add(self._write_pending)
        return data[KEY]

    def _write_pending(self):
        pending = self.env.cr.precommit.data.pop(KEY)
        contacts = pending["new"] | self._find_members(pending["known"])
        related = pending["related"] | self._find_owners(pending["records"])
        if contacts or related or pending["emails"]:
            self._write_notes(contacts, related - contacts, pending["emails"])

    def _find_owners(self, changed):
        """Return the ids of the contacts that records belong to.

        :param dict changed: ``(model name, field that names the contact)`` → ids
        """
        found = set()
        for (model_name, inverse), ids in changed.items():
            records = self.env[model_name].sudo().browse(ids).exists()
            found.update(records[inverse]._ids)
        return found

    def _find_members(self, partner_ids):
        """Return those who are in a list: the one query that all others cost."""
        if not partner_ids:
            return set()
        self.env.cr.execute(
            "SELECT partner_id FROM newsletter_member WHERE partner_id = ANY(%s)",
            [list(partner_ids)],
        )
        return {partner_id for (partner_id,) in self.env.cr.fetchall()}

    def _write_notes(self, partner_ids, related_ids, emails):
        crons = self._get_watch().crons
        self.env.execute_query(
            SQL(
                """
                INSERT INTO newsletter_note
                            (account_id, partner_id, is_related, email, noted_at)
                SELECT account_id, changed.*, now() AT TIME ZONE 'UTC'
                  FROM unnest(%(accounts)s::int[]) AS account_id,
                       (SELECT unnest(%(ids)s::int[]), FALSE, NULL
                         UNION ALL
                        SELECT unnest(%(related_ids)s::int[]), TRUE, NULL
                         UNION ALL
                        SELECT NULL, FALSE, unnest(%(emails)s::text[])) AS changed
             RETURNING id
                """,
                accounts=list(crons),
                ids=list(partner_ids),
                related_ids=list(related_ids),
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
        ``(partner_id, is_related, email, list_id, noted_at)``."""
        self.flush_model()
        return self.env.execute_query(
            SQL(
                """
                DELETE FROM newsletter_note
                 WHERE id IN (SELECT id FROM newsletter_note WHERE account_id = %s
                              ORDER BY id LIMIT %s)
                RETURNING partner_id, is_related, email, list_id, noted_at
                """,
                account.id,
                limit,
            )
        )


def _listen_to(model_class):
    """Have changes of a model's records noted.

    ``modified`` is where the ORM itself is told of them, once for each edit.

    :param model_class: of the registry: it ends with it
    """
    modified = model_class.modified

    def noting_modified(self, fnames, create=False, before=False):
        self.env["newsletter.note"]._note_related(self, fnames, before)
        return modified(self, fnames, create=create, before=before)

    setattr(noting_modified, LISTENS, True)
    model_class.modified = noting_modified
