from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime

ATTEMPT_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
ACKNOWLEDGED = [
    ("absent", "Not there"),
    ("unknown", "Not known yet"),
    ("present", "There"),
]
STATES = [
    ("waiting", "Waits to be sent"),
    ("sending", "Being sent"),
    ("member", "In the list"),
    ("leaving", "Waits to be removed"),
    ("excluded", "Left out"),
    ("refused", "Refused by the service"),
]
REASONS = [
    ("blacklist", "On the blacklist"),
    ("opt_out", "Opted out"),
    ("invalid", "No valid address"),
    ("bouncing", "Mail to it bounces"),
]
OPT_OUTS = [
    ("here", "Left out by hand"),
    ("unsubscribed", "Unsubscribed at the service"),
    ("bounced", "Mail bounced at the service"),
    ("complained", "Complained of spam at the service"),
]


class NewsletterMember(models.Model):
    """One address of a list: what we want there, and what the service acknowledged.

    Several contacts may share the address; ``partner_id`` is the one whose fields
    are sent. The worker of the account changes these rows; people only may leave
    addresses out, take them in again, or have them tried again.
    """

    _name = "newsletter.member"
    _description = "Newsletter Member"
    _rec_name = "email_normalized"
    _order = "email_normalized, id"
    _log_access = False

    list_id = fields.Many2one("newsletter.list", required=True, ondelete="cascade")
    email_normalized = fields.Char(string="E-mail", required=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        ondelete="set null",
        index="btree_not_null",
    )
    desired = fields.Boolean(string="Wanted", help="The filter selects the address.")
    acknowledged = fields.Selection(
        ACKNOWLEDGED,
        string="At the Service",
        default="absent",
        required=True,
        help="Not known: it was sent, but no answer has come yet.",
    )
    acked_hash = fields.Char(export_string_translation=False)
    due = fields.Boolean(help="The worker has to send or remove the address.")
    due_since = fields.Datetime(export_string_translation=False)
    state = fields.Selection(STATES, default="waiting", required=True)
    reason = fields.Selection(REASONS, string="Left Out Because")
    opt_out = fields.Selection(
        OPT_OUTS,
        string="Opted Out",
        help="The address is never sent again, whatever the filter says.",
    )
    opt_out_at = fields.Datetime(string="Opted Out On")
    answer = fields.Char(string="Last Answer")
    attempts = fields.Integer()
    next_try = fields.Datetime()
    sent_at = fields.Datetime(string="Sent")
    seen_at = fields.Datetime(export_string_translation=False)
    acked_at = fields.Datetime(string="Acknowledged")
    batch_id = fields.Many2one(
        "newsletter.batch", ondelete="set null", index="btree_not_null"
    )

    _list_email_uniq = models.Constraint(
        "UNIQUE(list_id, email_normalized)",
        "An address is in a list only once.",
    )
    _state_idx = models.Index("(list_id, state)")
    _due_idx = models.Index("(list_id, desired) WHERE due")
    _opt_out_idx = models.Index("(list_id) WHERE opt_out IS NOT NULL")

    def action_retry(self):
        """Have refused addresses sent at the next run."""
        self.list_id.check_access("write")
        refused = self.sudo().filtered(lambda member: member.state == "refused")
        refused.write(
            {
                "due": True,
                "due_since": fields.Datetime.now(),
                "state": "waiting",
                "attempts": 0,
                "next_try": False,
            }
        )
        self.list_id._wake_worker()

    def action_leave_out(self):
        """Take addresses out of the list, whatever the filter says."""
        self.list_id.check_access("write")
        self.sudo().filtered(lambda member: not member.opt_out).opt_out = "here"
        self._note_again()

    def action_take_in(self):
        """Undo that, under whatever address; who opted out at the service stays out."""
        self.list_id.check_access("write")
        same = Domain.OR(
            Domain("list_id", "in", record._get_siblings().ids)
            & (
                Domain("partner_id", "in", members.partner_id.ids)
                | Domain("email_normalized", "in", members.mapped("email_normalized"))
            )
            for record, members in self.grouped("list_id").items()
        )
        by_hand = self.sudo().search(Domain("opt_out", "=", "here") & same)
        by_hand.opt_out = False
        (self | by_hand)._note_again()

    def action_explain(self):
        """Show why the contact is in the list, or is left out."""
        self.ensure_one()
        action = self.list_id.action_explain()
        action["context"]["default_partner_id"] = self.partner_id.id
        return action

    def _note_again(self):
        self.env["newsletter.note"]._note_addresses(self.mapped("email_normalized"))

    # ------------------------------------------------------------------
    # What the service answered; only the worker calls these
    # ------------------------------------------------------------------

    def _acknowledge(self, operation, ids, batch):
        """Note that the service carried out what it was asked for.

        Who was edited or has left the filter meanwhile stays due.
        """
        if operation == "push":
            self._update(
                ids,
                SQL(
                    """
                    acknowledged = 'present', acked_at = %s, acked_hash = %s,
                    attempts = 0, next_try = NULL, answer = NULL,
                    due = due OR NOT desired,
                    state = CASE WHEN NOT desired THEN 'leaving'
                                 WHEN due THEN 'waiting' ELSE 'member' END
                    """,
                    fields.Datetime.now(),
                    SQL(
                        "(SELECT hashes ->> member.id::text"
                        " FROM newsletter_batch WHERE id = %s)",
                        batch.id,
                    ),
                ),
            )
            return
        self._update(
            ids,
            SQL(
                """
                acknowledged = 'absent', acked_at = NULL, acked_hash = NULL,
                attempts = 0, next_try = NULL, answer = NULL, due = desired,
                state = CASE WHEN desired THEN 'waiting' ELSE 'excluded' END
                """
            ),
        )
        self._forget(ids)

    def _send_again(self, ids):
        """Have members sent again whose contact was not edited, but looks different."""
        self._update(
            ids,
            SQL("due = TRUE, due_since = %s, state = 'waiting'", fields.Datetime.now()),
        )

    def _refuse(self, ids, words):
        """Note that the service refused addresses for good; an edit tries again.

        :param dict words: id → what the service said
        """
        self._update(
            ids,
            SQL(
                """
                acknowledged = CASE WHEN acked_at IS NULL THEN 'absent'
                                    ELSE 'present' END,
                attempts = attempts + 1,
                state = CASE WHEN desired AND due THEN 'waiting' ELSE 'refused' END
                """
            ),
            words,
        )
        self._forget(ids)

    def _note_opt_outs(self, told, words=None):
        """Note that people opted out at the service: they are left alone for good.

        :param dict told: id → (one of ``providers.webhooks.KINDS``, when)
        """
        new = self.browse(told).filtered(lambda m: m.opt_out in (False, "here"))
        self._update(
            list(told),
            SQL(
                """
                desired = FALSE, due = FALSE, acknowledged = 'absent',
                state = 'excluded'
                """
            ),
            words,
        )
        for member in new:
            member.opt_out, member.opt_out_at = told[member.id]
            bounced = member.opt_out == "bounced"
            member.reason = "bouncing" if bounced else "opt_out"
        new._note_other_addresses()
        new._add_to_blacklist()

    def _get_sent(self):
        """Return those who are in their list at the service, or may be."""
        return self.filtered(lambda member: member.acknowledged != "absent")

    def _take_out(self):
        """Have members removed at the service who opted out, but not of this list."""
        self._update(
            self.ids,
            SQL(
                """
                acknowledged = 'unknown', state = 'leaving', due = TRUE, due_since = %s
                """,
                fields.Datetime.now(),
            ),
        )

    def _note_other_addresses(self):
        """Have those looked at again who opted out under an address that they do not
        have any more."""
        moved = self.filtered(
            lambda member: member.partner_id.email_normalized != member.email_normalized
        )
        self.env["newsletter.note"]._note_contacts(moved.partner_id)

    def _stay_out(self):
        """Keep members of a list that is not mirrored any more: they opted out."""
        self.write(
            {
                "desired": False,
                "due": False,
                "acknowledged": "absent",
                "state": "excluded",
                "batch_id": False,
            }
        )

    def _add_to_blacklist(self):
        """Have nobody write to those any more whose account wants that."""
        opt_outs = dict(self._fields["opt_out"]._description_selection(self.env))
        for member in self:
            account = member.list_id.account_id
            if account.opt_outs == "blacklist":
                self.env["mail.blacklist"]._add(
                    member.email_normalized,
                    message=self.env._(
                        "%(reason)s (%(account)s, %(date)s)",
                        reason=opt_outs[member.opt_out],
                        account=account.name,
                        date=format_datetime(self.env, member.opt_out_at),
                    ),
                )

    def _try_later(self, ids, words, counts_as_attempt=True):
        """Have addresses sent again, after a pause if that was an attempt."""
        pause = SQL(
            "least(%s, %s * power(2, least(attempts, 20)))",
            LONGEST_PAUSE,
            ATTEMPT_PAUSE,
        )
        self._update(
            ids,
            SQL(
                """
                due = TRUE, attempts = attempts + %(attempt)s, next_try = %(next_try)s,
                state = CASE WHEN desired THEN 'waiting' ELSE 'leaving' END
                """,
                attempt=int(counts_as_attempt),
                next_try=SQL("%s::timestamp + %s", fields.Datetime.now(), pause)
                if counts_as_attempt
                else SQL("NULL"),
            ),
            words,
        )

    def _update(self, ids, assignments, words=None):
        """Close the call for some members, with what it made of them."""
        if not ids:
            return
        words = words or {}
        answers = [words.get(member_id) or None for member_id in ids]
        self.env.execute_query(
            SQL(
                """
                UPDATE newsletter_member AS member
                   SET batch_id = NULL, %s %s
                  FROM unnest(%s::int[], %s::text[]) AS said (id, text)
                 WHERE member.id = said.id
             RETURNING member.id
                """,
                SQL("answer = said.text,") if words else SQL(),
                assignments,
                list(ids),
                answers,
            )
        )
        self.invalidate_model()

    def _forget(self, ids):
        """Drop members that are neither wanted nor there."""
        self.env.execute_query(
            SQL(
                """
                DELETE FROM newsletter_member
                 WHERE id = ANY(%s) AND NOT desired AND reason IS NULL
                   AND acknowledged = 'absent'
             RETURNING id
                """,
                list(ids),
            )
        )
