from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..providers import PROVIDERS, errors, matrix
from ..providers.texts import Text, translate
from .newsletter_engine import kept_clients

STATES = [
    ("new", "Not tested"),
    ("connected", "Connected"),
    ("paused", "Paused"),
    ("failed", "Failed"),
]
CREDENTIALS = {"provider", "api_key", "setting_ids", "base_url"}


class NewsletterAccount(models.Model):
    """A connection to an account at a newsletter service."""

    _name = "newsletter.account"
    _inherit = [
        "newsletter.engine",
        "newsletter.webhook",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "Newsletter Service"
    _order = "name, id"

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    provider = fields.Selection(
        [(code, provider.label) for code, provider in PROVIDERS.items()],
        string="Service",
        required=True,
        tracking=True,
    )
    company_id = fields.Many2one("res.company", help="Empty: for all companies.")
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        required=True,
        default=lambda self: self.env.user,
        help="Is told when the service refuses the account.",
    )
    api_key = fields.Char(string="API Key", groups="base.group_system", copy=False)
    abilities = fields.Html(
        string="What It Can Do", compute="_compute_abilities", sanitize=False
    )
    has_api_key = fields.Boolean(compute="_compute_has_api_key")
    setting_ids = fields.One2many(
        "newsletter.setting",
        "account_id",
        string="Settings",
        groups="base.group_system",
        compute="_compute_setting_ids",
        store=True,
        readonly=False,
    )
    base_url = fields.Char(
        string="Address of the API",
        groups="base.group_system",
        help="Only for services of one's own and for tests.",
    )
    state = fields.Selection(STATES, default="new", readonly=True, copy=False)
    problem = fields.Char(readonly=True, copy=False)
    next_call = fields.Datetime(
        readonly=True, copy=False, help="The service asked for a pause until then."
    )
    failures = fields.Integer(
        readonly=True, copy=False, help="How many calls failed in a row."
    )
    database_uuid = fields.Char(
        groups="base.group_system",
        readonly=True,
        copy=False,
        export_string_translation=False,
    )
    cron_id = fields.Many2one(
        "ir.cron",
        export_string_translation=False,
        groups="base.group_system",
        readonly=True,
        copy=False,
        ondelete="set null",
    )
    list_ids = fields.One2many("newsletter.list", "account_id", string="Lists")

    @api.depends("provider")
    @api.depends_context("lang")
    def _compute_abilities(self):
        for account in self:
            account.abilities = account.provider and Markup(
                "<table class='table table-sm'>%s</table>"
            ) % Markup().join(
                Markup("<tr><td>%s</td><td>%s</td></tr>") % line
                for line in account._get_abilities()
            )

    def _get_abilities(self):
        """Return titles and texts of what the service can do, and how fast it is."""
        lines = matrix.describe(self._get_client_class(), self.env)
        seconds = self.env["newsletter.batch"]._get_typical_latency(self._origin)
        if seconds is not None:
            measured = self.env._("%s s, measured in 30 days", round(seconds, 1))
            lines.append((self.env._("Changes typically took"), measured))
        return lines

    @api.depends("provider")
    def _compute_has_api_key(self):
        for account in self:
            settings = account._get_provider_settings()
            account.has_api_key = any(one.name == "api_key" for one in settings)

    @api.depends("provider")
    def _compute_setting_ids(self):
        for account in self:
            wanted = account._get_settings()
            known = account.setting_ids.mapped("name")
            account.setting_ids = [
                Command.delete(line.id)
                for line in account.setting_ids
                if line.name not in wanted
            ] + [Command.create({"name": name}) for name in wanted if name not in known]

    def _get_settings(self):
        """Return the settings of the service that are no field of the account."""
        return {
            setting.name: setting
            for setting in self._get_provider_settings()
            if setting.name not in self._fields
        }

    def _get_provider_settings(self):
        return self._get_client_class().settings if self.provider else ()

    # ------------------------------------------------------------------
    # Create, write, delete
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        accounts = super().create(vals_list)
        for account in accounts:
            account.sudo().cron_id = account._create_cron()
        return accounts

    def write(self, vals):
        if vals.keys() & CREDENTIALS:
            vals = {"state": "new", "problem": False, **vals}
        if vals.keys() & {"active", "state"}:
            self.env.registry.clear_cache()
        result = super().write(vals)
        if vals.keys() & CREDENTIALS:
            self._forget_webhook()
        if "opt_outs" in vals:
            self._renew_webhook()
        return result

    def unlink(self):
        crons = self.sudo().cron_id
        result = super().unlink()
        crons.unlink()
        return result

    def _create_cron(self):
        """Return the scheduled action that works for this account."""
        # sudo: makers of accounts may not make scheduled actions of any kind
        return (
            self.env["ir.cron"]
            .sudo()
            .create(
                {
                    "name": self.env._("Newsletter lists of %s", self.name),
                    "model_id": self.env["ir.model"]._get_id(self._name),
                    "state": "code",
                    "code": f"model._cron_run({self.id})",
                    "interval_number": 5,
                    "interval_type": "minutes",
                    "user_id": self.env.ref("base.user_root").id,
                }
            )
        )

    # ------------------------------------------------------------------
    # The service
    # ------------------------------------------------------------------

    @api.model
    def _get_provider_class(self, code):
        """Return the client of a service.

        An addon that adds a service extends the selection of ``provider`` and
        overrides this method.
        """
        return PROVIDERS[code]

    def _get_client_class(self):
        return self._get_provider_class(self.provider)

    def _get_support(self):
        return self._get_client_class().support

    def _get_client(self):
        """Return the service's client with the account's credentials."""
        # sudo: the worker and the responsible use keys that they may not see
        account_sudo = self.sudo()
        provider, clients = self._get_client_class(), kept_clients.get()
        settings = {
            setting.name: account_sudo[setting.name] or ""
            for setting in provider.settings
            if setting.name in self._fields
        }
        for line in account_sudo.setting_ids:
            settings[line.name] = line._get_value()
        base_url = account_sudo.base_url or ""
        if clients is None:
            return provider(settings, base_url)
        key = (self.id, provider.code, base_url, *sorted(settings.items()))
        if key not in clients:
            clients[key] = provider(settings, base_url)
        return clients[key]

    def _explain(self, error):
        """Return sentences for people: what went wrong, and what to do."""
        advice = {
            errors.WrongCredentials: self.env._(
                "Ask an administrator to enter a valid key."
            ),
            errors.PlanLimit: self.env._(
                "Choose a larger plan there, or disconnect a list."
            ),
            errors.ListGone: self.env._(
                "The list was deleted there. Disconnect it here; then the filter can "
                "be mirrored anew."
            ),
            errors.NameTaken: self.env._("Give the list another name."),
        }.get(type(error), "")
        words = _as_sentence(translate(error, self.env) or type(error).__name__)
        if not isinstance(str(error), Text):
            words = self.env._("The service says: %s", words)
        return f"{words} {advice}".strip()

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_test(self):
        """Make one call to the service, and let the worker go on if it succeeds.

        The only call that a user's transaction makes.
        """
        self.ensure_one()
        self.check_access("write")
        self._check_settings()
        try:
            self._get_client().test_connection()
        except errors.ProviderError as error:
            raise UserError(self._explain(error)) from error
        self._claim()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The service accepts the key."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _check_settings(self):
        lines = self.sudo().setting_ids
        missing = lines.filtered(
            lambda line: line.is_required and not line._get_value()
        )
        if missing:
            raise UserError(
                self.env._(
                    "The service also needs: %s.", ", ".join(missing.mapped("label"))
                )
            )

    def action_claim(self):
        """Let this database work with the account from now on."""
        self.check_access("write")
        self._claim()

    def _claim(self):
        for account in self.sudo():
            account.write(
                {
                    "state": "connected",
                    "problem": False,
                    "failures": 0,
                    "next_call": False,
                    "database_uuid": self._get_database_uuid(),
                }
            )
            account._go_on()

    def _go_on(self):
        """Have the worker look at all that happened while it stood still."""
        self.activity_unlink(["mail.mail_activity_data_warning"])
        self.list_ids._look_again()
        self.cron_id._trigger()

    def action_pause(self):
        self.check_access("write")
        self.write({"state": "paused", "problem": self.env._("Paused by hand.")})

    def action_resume(self):
        """Go on; a copied database is stopped again by the worker."""
        self.check_access("write")
        for account in self.sudo():
            state = "connected" if account.database_uuid else "new"
            account.write({"state": state, "problem": False, "next_call": False})
            account._go_on()


def _as_sentence(words):
    words = words.strip()
    return words if words[-1] in ".!?" else f"{words}."
