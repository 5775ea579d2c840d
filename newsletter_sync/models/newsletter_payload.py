import hashlib
import json

from odoo import fields, models
from odoo.tools import SQL

from ..providers import base as contract

COMPARED_AT_ONCE = 2_000


class NewsletterPayload(models.AbstractModel):
    """What is sent of the contacts of a list, and whether it is still the same.

    Edits of a contact are noticed by themselves. What is sent of records that it points
    to, such as the name of its company, changes without one: it is computed again for
    all members each time the list is compared with its filter, some at a time.
    """

    _name = "newsletter.payload"
    _description = "What Newsletter Services Are Sent"

    # The id of the member to go on with; none when all have been compared.
    compare_from = fields.Integer(
        readonly=True, copy=False, export_string_translation=False
    )

    def _prepare_contacts(self, rows):
        """Return the contract's contacts, their fields read by the filter's owner: what
        the owner may not read stays empty.

        :param rows: ``(member id, email, partner id)`` of each
        :raise UserError: a field is gone, or the owner
        """
        if not self.field_ids:
            return [contract.Contact(email) for _, email, _ in rows]
        self.field_ids._check_path()
        visible = self.filter_id._contacts_of_owner().browse(
            [partner_id for *_, partner_id in rows if partner_id]
        )
        visible = visible.exists()._filtered_access("read")
        values = {
            partner.id: self.field_ids._get_values(partner) for partner in visible
        }
        return [
            contract.Contact(email, values.get(partner_id, {}))
            for _, email, partner_id in rows
        ]

    def _get_hashes(self, rows, contacts):
        """Return member id → digest of what is sent of it; an address alone cannot
        change."""
        if not self.field_ids:
            return False
        return {
            str(member_id): _digest(contact.fields)
            for (member_id, *_), contact in zip(rows, contacts, strict=False)
        }

    # ------------------------------------------------------------------
    # What has changed without an edit of the contact
    # ------------------------------------------------------------------

    def _compare_payloads(self):
        """Have the next members sent again of whom the service has other values;
        return whether there were any to compare."""
        if not self.compare_from:
            return False
        self.account_id._transact(self._compare_next_payloads)
        return True

    def _compare_next_payloads(self):
        known = self._get_known_hashes()
        rows = [row[:3] for row in known]
        hashes = self._get_hashes(rows, self._prepare_contacts(rows)) or {}
        changed = [
            member_id
            for member_id, *_, acked_hash in known
            if hashes.get(str(member_id), acked_hash) != acked_hash
        ]
        self.env["newsletter.member"]._send_again(changed)
        self.compare_from = rows[-1][0] + 1 if rows else 0
        # Thousands of contacts were read: none is needed any more.
        self.env.flush_all()
        self.env.invalidate_all()

    def _get_known_hashes(self):
        """Return rows of ``(id, email, partner_id, acked_hash)`` of the next members
        that the service has as they were sent."""
        return self.env.execute_query(
            SQL(
                """
                SELECT id, email_normalized, partner_id, acked_hash
                  FROM newsletter_member
                 WHERE list_id = %s AND id >= %s AND state = 'member' AND NOT due
              ORDER BY id
                 LIMIT %s
                """,
                self.id,
                self.compare_from,
                COMPARED_AT_ONCE,
            )
        )


def _digest(values):
    content = json.dumps(values, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()
