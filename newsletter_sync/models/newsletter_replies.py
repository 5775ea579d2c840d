from odoo import api, fields, models

from ..providers import errors


class NewsletterReplies(models.AbstractModel):
    """Where answers to the mailings of a list go: to an alias, if it names one.

    Where a service knows a reply address for each list, ours is set there; for the
    others people copy it.
    """

    _name = "newsletter.replies"
    _description = "Replies to Newsletters"

    alias_id = fields.Many2one(
        "mail.alias",
        string="Replies to",
        domain="[('alias_name', '!=', False)]",
        index="btree_not_null",
        ondelete="set null",
        help="Answers to the mailings of this list go to this address.",
    )
    reply_to = fields.Char(
        related="alias_id.alias_full_name", string="Reply-to Address"
    )
    sets_reply_to = fields.Boolean(
        compute="_compute_sets_reply_to", export_string_translation=False
    )
    # What the service was told last, whether it took it or not.
    reply_to_told = fields.Char(
        readonly=True, copy=False, export_string_translation=False
    )
    reply_to_problem = fields.Char("Reply Address Refused", readonly=True, copy=False)

    @api.depends("account_id")
    def _compute_sets_reply_to(self):
        for record in self:
            account = record.account_id
            record.sets_reply_to = (
                bool(account) and account._get_support().sets_reply_to
            )

    def write(self, vals):
        result = super().write(vals)
        if "alias_id" in vals:
            self._wake_worker()
        return result

    def _set_reply_to(self):
        """Tell the service where answers shall go, unless it knows; return whether a
        call was made.

        An address that the service refuses is not told again; the list goes on.
        """
        address = self.reply_to or ""
        if not self.sets_reply_to or address == (self.reply_to_told or ""):
            return False
        account = self.account_id
        client = account._transact(account._get_client)
        try:
            client.set_reply_to(self.remote_id, address)
        except errors.ContactError as error:
            account._transact(self._note_reply_to, address, account._explain(error))
        except errors.ProviderError as error:
            account._transact(self._note_list_error, error)
        else:
            account._transact(self._note_reply_to, address)
        return True

    def _note_reply_to(self, address, problem=False):
        self.account_id._note_success()
        self.write({"reply_to_told": address, "reply_to_problem": problem})
        if problem:
            self._tell_owner(problem)
