import hmac
import secrets
from datetime import timedelta

from odoo import api, fields, models

from ..providers import errors, webhooks

PATH = "/newsletter_sync/webhook"
OPT_OUTS = [
    ("off", "Nothing more: only the list leaves them out"),
    ("note", "Note them as soon as the service tells"),
    ("blacklist", "Note them, and put them on the blacklist"),
]
# After a failure the address is told to the service again.
RETRY_AFTER = timedelta(hours=1)
OPT_OUTS_AT_ONCE = 10_000


class NewsletterWebhook(models.AbstractModel):
    """How an account learns of opt-outs: the service calls an address of ours.

    The address has a secret in it, and the calls only leave rows for the worker.
    """

    _name = "newsletter.webhook"
    _description = "Opt-outs at a Newsletter Service"

    opt_outs = fields.Selection(
        OPT_OUTS,
        string="Opt-outs",
        default="off",
        required=True,
        tracking=True,
        help="What shall happen here when somebody unsubscribes at the service, "
        "complains of spam, or their mail bounces for good. Nobody is ever subscribed "
        "again.",
    )
    webhook_support = fields.Char(
        compute="_compute_webhook_support", export_string_translation=False
    )
    webhook_token = fields.Char(
        compute="_compute_webhook_token",
        store=True,
        copy=False,
        groups="base.group_system",
        export_string_translation=False,
    )
    webhook_url = fields.Char(
        string="Webhook", compute="_compute_webhook_url", groups="base.group_system"
    )
    webhook_key = fields.Char(
        copy=False, groups="base.group_system", export_string_translation=False
    )
    # The address that the service was told, and what it calls that.
    webhook_told = fields.Char(
        copy=False, groups="base.group_system", export_string_translation=False
    )
    webhook_ref = fields.Char(
        copy=False, groups="base.group_system", export_string_translation=False
    )
    webhook_retry = fields.Datetime(
        copy=False, readonly=True, export_string_translation=False
    )
    webhook_problem = fields.Char(
        copy=False, readonly=True, export_string_translation=False
    )

    @api.depends("provider")
    def _compute_webhook_support(self):
        for account in self:
            account.webhook_support = (
                account.provider and account._get_support().webhooks
            )

    @api.depends("opt_outs")
    def _compute_webhook_token(self):
        for account in self:
            on = account.opt_outs != "off"
            known = account.webhook_token or secrets.token_urlsafe(32)
            account.webhook_token = known if on else False

    @api.depends("webhook_token", "provider")
    def _compute_webhook_url(self):
        for account in self:
            ready = account.id and account.webhook_token and account.webhook_support
            account.webhook_url = ready and (
                f"{account.get_base_url()}{PATH}/{account.id}/{account.webhook_token}"
            )

    def _forget_webhook(self):
        """Have the address told anew: it may be another service, or another account.
        Where it is known already it is not told twice."""
        # sudo: who changes the service may not see its secrets
        forgotten = ("webhook_told", "webhook_ref", "webhook_key")
        self.sudo().write(dict.fromkeys(forgotten, False))
        self._renew_webhook()

    def _renew_webhook(self):
        """Have the worker look at the webhook now, also after a failure."""
        self.write({"webhook_retry": False, "webhook_problem": False})
        for account in self.sudo():
            account.cron_id._trigger()

    # ------------------------------------------------------------------
    # Calls of the service
    # ------------------------------------------------------------------

    def _is_webhook_token(self, token):
        """Return whether this is the secret of an account that wants opt-outs."""
        expected = self.exists().webhook_token or ""
        return hmac.compare_digest(expected.encode(), token.encode()) and expected != ""

    def _listen(self, headers, body):
        """Note what the service says; return the HTTP status of the answer.

        Another call of the same content changes nothing.
        """
        try:
            key = self.webhook_key or ""
            opt_outs = self._get_client().parse_webhook(headers, body, key)
        except webhooks.Forged:
            return 403
        except errors.ProviderError:
            return 400
        waiting = self.env["newsletter.opt.out"]
        if not waiting._has_room(self):
            # Services come back later.
            return 503
        if opt_outs:
            waiting._append(self, opt_outs)
            self.cron_id._trigger()
        return 200

    # ------------------------------------------------------------------
    # The worker
    # ------------------------------------------------------------------

    def _note_opt_outs(self):
        """Note whom the service told of."""
        rows = self.env["newsletter.opt.out"]._take(self, OPT_OUTS_AT_ONCE)
        if self.opt_outs == "off":
            return
        members = self.env["newsletter.member"]
        told = {member_id: (kind, at) for member_id, kind, at, _ in rows}
        everywhere = [member_id for member_id, *_, remote_id in rows if not remote_id]
        still_there = members
        if self._get_support().opt_outs == "list":
            # A complaint of spam is about all lists, and made in one of them.
            still_there = members.browse(everywhere)._get_sent()
        members._note_opt_outs(told)
        still_there._take_out()

    def _keep_webhook(self):
        """Tell the service our address, or that it is void; return whether a call was
        made."""
        account = self.sudo()
        if not account._is_webhook_due():
            return False
        url, former = account._get_wanted_webhook(), account.webhook_ref
        client = self._transact(self._get_client)
        for address in filter(None, (url, account.webhook_told)):
            # A service may repeat in a refusal what it was told.
            client.http.hide(address.rpartition("/")[2])
        try:
            if former:
                client.remove_webhook(former)
            made = client.add_webhook(url) if url else webhooks.Webhook("")
        except errors.ProviderError as error:
            self._transact(account._note_webhook_error, error)
        else:
            self._transact(account._note_webhook, url, made)
        return True

    def _is_webhook_due(self):
        waits = self.webhook_retry and self.webhook_retry > fields.Datetime.now()
        return self._get_wanted_webhook() != self.webhook_told and not waits

    def _get_wanted_webhook(self):
        return self.webhook_support == "api" and self.webhook_url

    def _note_webhook(self, url, made):
        self._note_success()
        self.write(
            {
                "webhook_told": url,
                "webhook_ref": made.id,
                "webhook_key": made.key,
                "webhook_retry": False,
                "webhook_problem": False,
            }
        )

    def _note_webhook_error(self, error):
        """Lists go on without: they learn of opt-outs once a day."""
        if isinstance(error, errors.Retryable):
            self._note_error(error)
        self.webhook_retry = fields.Datetime.now() + RETRY_AFTER
        self.webhook_problem = self._explain(error)
