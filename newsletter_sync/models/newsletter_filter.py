import hashlib

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from .. import domains

SPEEDS = [
    ("instant", "instant"),
    ("minutes", "every 5 minutes"),
    ("midnight", "at midnight"),
]
FOLLOWING = "newsletter_sync_following"
# What decides who is in a filter.
DEFINITION = {"domain", "ir_filter_id", "company_id"}


class FilterProblem(UserError):
    """A filter cannot say whom it selects; the text is a sentence for its owner."""


class NewsletterFilter(models.Model):
    """Contacts described by a domain, as far as the filter's owner may see them."""

    _name = "newsletter.filter"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Contact Filter"
    _order = "name, id"

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        required=True,
        default=lambda self: self.env.user,
        copy=False,
        index=True,
        tracking=True,
        help="The filter selects only contacts that this user may see.",
    )
    domain = fields.Char(string="Contacts", default="[]", required=True, tracking=True)
    ir_filter_id = fields.Many2one(
        "ir.filters",
        string="Favorite",
        domain="[('model_id', '=', 'res.partner')]",
        index="btree_not_null",
        tracking=True,
        copy=False,
        help="The filter follows this favorite search: when it is saved again, the "
        "filter changes with it.",
    )
    company_id = fields.Many2one(
        "res.company",
        tracking=True,
        help="Only contacts that this company sees. Empty: of all the owner's "
        "companies.",
    )
    sharing = fields.Selection(
        [("private", "Only the owner"), ("shared", "All newsletter users")],
        string="Visible to",
        default="private",
        required=True,
        help="Others see the filter and its lists, but not the addresses in them, "
        "and may not change anything.",
    )
    watch = fields.Selection(
        SPEEDS,
        string="Noticed",
        compute="_compute_watch",
        store=True,
        help="How soon the lists follow when a contact starts or stops to match.",
    )
    contact_count = fields.Integer(
        compute="_compute_contact_count",
        help="How many contacts you see in this filter.",
    )
    problem = fields.Char(compute="_compute_contact_count")
    list_ids = fields.One2many("newsletter.list", "filter_id", string="Lists")
    list_count = fields.Integer(compute="_compute_list_count")
    may_edit = fields.Boolean(compute="_compute_may_edit")
    may_connect = fields.Boolean(compute="_compute_may_connect")

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("domain")
    def _compute_watch(self):
        contacts = self.env["res.partner"]
        for record in self:
            try:
                record.watch = domains.speed(record._parse(), contacts)
            except FilterProblem:
                record.watch = "minutes"

    @api.depends("domain", "company_id", "user_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_contact_count(self):
        for record in self:
            record.contact_count, record.problem = 0, False
            try:
                record.contact_count = record._count()
            except FilterProblem as problem:
                record.problem = str(problem)

    def _count(self):
        """Return how many contacts the user sees in the filter, who need not be its
        owner: nobody learns of contacts that they may not read."""
        if self.env.su or self.user_id == self.env.user:
            return self._count_of(self._select())
        return self._count_of(self._select(self.env["res.partner"]))

    def _count_of(self, query):
        count = SQL("SELECT count(*) FROM %s AS found", query.subselect(SQL("1")))
        return 0 if query.is_empty() else self.env.execute_query(count)[0][0]

    def _compute_list_count(self):
        for record in self:
            record.list_count = len(record.list_ids)

    @api.depends("user_id")
    @api.depends_context("uid")
    def _compute_may_edit(self):
        for record in self:
            record.may_edit = (record.user_id or self.env.user) == self.env.user

    @api.depends("user_id")
    @api.depends_context("uid")
    def _compute_may_connect(self):
        for record in self:
            record.may_connect = record.has_access("write")

    # ------------------------------------------------------------------
    # Who is in it
    # ------------------------------------------------------------------

    def _select(self, contacts=None, extra=Domain.TRUE):
        """Return the query of the filter's contacts.

        :param contacts: a ``res.partner`` model to search with; the owner's if none
        :param extra: a domain that must hold, too
        :raise FilterProblem: the filter cannot be evaluated now
        """
        try:
            if not self.active:
                raise FilterProblem(self.env._("The filter is archived."))
            contacts = self._contacts_of_owner() if contacts is None else contacts
            return contacts._search(self._parse() & extra)
        except FilterProblem:
            raise
        except AccessError as error:
            raise FilterProblem(
                self.env._(
                    "%(owner)s may not read what the filter looks at: %(error)s",
                    owner=self.user_id.name,
                    error=_first_line(error),
                )
            ) from error
        except (UserError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise self._broken(error) from error

    def _contacts_of_owner(self):
        """Return ``res.partner`` as the owner sees it, whoever runs this.

        :raise FilterProblem: the owner may not log in any more
        """
        owner = self.user_id
        if not owner.active and owner.id != SUPERUSER_ID:
            raise FilterProblem(
                self.env._(
                    "The owner %s is archived. Give the filter another owner.",
                    owner.name,
                )
            )
        companies = self.company_id or owner.company_ids
        if not companies <= owner.company_ids:
            raise FilterProblem(
                self.env._(
                    "%(owner)s does not belong to the company %(company)s any more.",
                    owner=owner.name,
                    company=self.company_id.name,
                )
            )
        context = {
            "allowed_company_ids": companies.ids,
            "lang": owner.lang,
            "tz": owner.tz,
        }
        return self.env(user=owner.id, su=owner.id == SUPERUSER_ID, context=context)[
            "res.partner"
        ]

    def _parse(self):
        """:raise FilterProblem: the domain is not one"""
        try:
            return domains.parse(self.domain or "[]", self.user_id.id)
        except ValueError as error:
            raise self._broken(error) from error

    def _looks_elsewhere(self):
        """Return whether records that are no contacts may change who is in it. Some are
        listened to, and might be changed unheard all the same."""
        contacts = self.env["res.partner"]
        related = domains.related_fields(self._parse(), contacts)
        return self.watch == "minutes" or any(related)

    def _broken(self, error):
        return FilterProblem(
            self.env._(
                "The filter cannot be evaluated any more. Open it and choose its "
                "contacts anew. (%s)",
                _first_line(error),
            )
        )

    def _get_signature(self):
        """Return a digest of what decides whom the filter selects, besides the
        contacts themselves."""
        owner = self.user_id
        parts = [
            self.domain,
            owner.id,
            (self.company_id or owner.company_ids).ids,
            sorted(owner.all_group_ids.ids),
        ]
        return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()

    # ------------------------------------------------------------------
    # Who may change it
    # ------------------------------------------------------------------

    @api.constrains("domain")
    def _check_domain(self):
        if self.env.context.get(FOLLOWING):
            return
        for record in self:
            try:
                record._select()
            except FilterProblem as problem:
                raise ValidationError(str(problem)) from problem

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_owner(vals)
            vals.update(self._prepare_favorite_vals(vals))
        return super().create(vals_list)

    def write(self, vals):
        self._check_owner(vals)
        takes_over = vals.get("user_id") == self.env.uid
        if vals.keys() & DEFINITION and not takes_over:
            self._check_is_owner()
        vals = {**vals, **self._prepare_favorite_vals(vals)}
        result = super().write(vals)
        if vals.keys() & (DEFINITION | {"user_id", "active"}):
            self.env.registry.clear_cache()
            self.list_ids._look_again()
        return result

    def _check_owner(self, vals):
        """Whose eyes a filter uses may not be chosen: only one's own."""
        owner = vals.get("user_id", self.env.uid)
        if owner != self.env.uid and not self._may_act_for_others():
            raise AccessError(
                self.env._(
                    "A filter shows what its owner may see: you may only make "
                    "yourself the owner."
                )
            )

    def _check_is_owner(self):
        others = self.filtered(lambda record: record.user_id != self.env.user)
        if others and not self._may_act_for_others():
            raise AccessError(
                self.env._(
                    "Only %s may choose the contacts of this filter. Make yourself "
                    "its owner first.",
                    others[0].user_id.name,
                )
            )

    def _may_act_for_others(self):
        return self.env.su or self.env.user.has_group("base.group_system")

    def _prepare_favorite_vals(self, vals):
        if not vals.get("ir_filter_id"):
            return {}
        return {"domain": self.env["ir.filters"].browse(vals["ir_filter_id"]).domain}

    def _follow_favorite(self):
        """Take over the domain of the favorites after they were saved again.

        Who saved the favorite is not stopped by a domain that does not suit the
        filter: the lists are paused, and their owner is told.
        """
        for record in self.with_context(**{FOLLOWING: True}):
            record.domain = record.ir_filter_id.domain

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        return [
            {**vals, "name": self.env._("%s (copy)", record.name), **(default or {})}
            for record, vals in zip(self, vals_list, strict=True)
        ]

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_open_contacts(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "res.partner",
            "view_mode": "list,form",
            "domain": list(self._parse()),
        }

    def action_take_over(self):
        self.check_access("write")
        self.user_id = self.env.user

    def action_connect(self):
        """Open the dialog that asks which service to mirror the filter to."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Mirror to newsletter"),
            "res_model": "newsletter.connect",
            "view_mode": "form",
            "target": "new",
            "context": {"default_filter_id": self.id},
        }


def _first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0]
