from odoo import api, fields, models
from odoo.tools import clean_context

from ..models.newsletter_filter import FilterProblem


class NewsletterConnect(models.TransientModel):
    """Asks which service a filter, or a search in the contacts, is mirrored to."""

    _name = "newsletter.connect"
    _description = "Mirror to Newsletter"

    filter_id = fields.Many2one(
        "newsletter.filter", compute="_compute_filter_id", store=True, readonly=False
    )
    name = fields.Char(compute="_compute_name", store=True, readonly=False)
    domain = fields.Char(
        compute="_compute_domain", store=True, readonly=False, string="Contacts"
    )
    ir_filter_id = fields.Many2one(
        "ir.filters",
        string="Favorite",
        readonly=True,
        help="The list follows this favorite when it is saved again.",
    )
    account_id = fields.Many2one(
        "newsletter.account",
        string="Service",
        domain="[('state', '=', 'connected')]",
        default=lambda self: self._default_account_id(),
    )
    policy = fields.Selection(
        lambda self: self.env["newsletter.list"]._fields["policy"].selection,
        default="mirror",
        required=True,
    )
    has_account = fields.Boolean(compute="_compute_has_account")
    summary = fields.Char(compute="_compute_summary")

    @api.model
    def _default_account_id(self):
        accounts = self.env["newsletter.account"].search([("state", "=", "connected")])
        return accounts if len(accounts) == 1 else False

    @api.depends("ir_filter_id")
    def _compute_filter_id(self):
        for wizard in self.filtered("ir_filter_id"):
            wizard.filter_id = self.env["newsletter.filter"].search(
                [
                    ("ir_filter_id", "=", wizard.ir_filter_id.id),
                    ("user_id", "=", self.env.uid),
                ],
                limit=1,
            )

    @api.depends("filter_id", "ir_filter_id")
    def _compute_name(self):
        for wizard in self:
            source = wizard.filter_id or wizard.ir_filter_id
            wizard.name = source.name or wizard.name

    @api.depends("filter_id", "ir_filter_id")
    def _compute_domain(self):
        for wizard in self:
            source = wizard.filter_id or wizard.ir_filter_id
            wizard.domain = source.domain or wizard.domain or "[]"

    def _compute_has_account(self):
        found = self.env["newsletter.account"].search_count(
            [("state", "=", "connected")], limit=1
        )
        self.has_account = bool(found)

    @api.depends("filter_id", "domain", "policy", "account_id")
    def _compute_summary(self):
        for wizard in self:
            try:
                wizard.summary = wizard._prepare_list()._summarize()
            except FilterProblem as problem:
                wizard.summary = str(problem)

    def _prepare_list(self):
        """Return the list as it would be, not saved."""
        source = self.filter_id or self.env["newsletter.filter"].new(
            {
                "domain": self.domain,
                "user_id": self.env.uid,
                "company_id": self.account_id.company_id.id,
            }
        )
        return self.env["newsletter.list"].new(
            {
                "filter_id": source.id,
                "account_id": self.account_id.id,
                "policy": self.policy,
            }
        )

    def action_connect(self):
        """Make the filter unless there is one, and queue its connection."""
        self.ensure_one()
        # The defaults of this dialog are none of what it makes.
        self = self.with_context(clean_context(self.env.context))
        source = self.filter_id or self._create_filter()
        record = self.env["newsletter.list"].create(
            {
                "filter_id": source.id,
                "account_id": self.account_id.id,
                "policy": self.policy,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": "newsletter.list",
            "res_id": record.id,
            "views": [(False, "form")],
        }

    def _create_filter(self):
        return self.env["newsletter.filter"].create(
            {
                "name": self.name,
                "domain": self.domain,
                "ir_filter_id": self.ir_filter_id.id,
                "company_id": self.account_id.company_id.id,
            }
        )
