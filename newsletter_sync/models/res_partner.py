from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

COMPARISONS = {"<", "<=", ">", ">="}


class ResPartner(models.Model):
    """Tells the newsletter workers which contacts were edited, and no more."""

    _inherit = "res.partner"

    days_to_birthday = fields.Integer(
        string="Days to Birthday",
        compute="_compute_days_to_birthday",
        search="_search_days_to_birthday",
        help="0 on the birthday itself. The settings say which date is the birthday.",
    )

    # Contacts that share an address are one member of a list.
    _newsletter_address_idx = models.Index(
        "(email_normalized) WHERE email_normalized IS NOT NULL"
    )

    @api.model_create_multi
    def create(self, vals_list):
        contacts = super().create(vals_list)
        self.env["newsletter.note"]._note_contacts(contacts)
        return contacts

    def write(self, vals):
        result = super().write(vals)
        self.env["newsletter.note"]._note_contacts(self, vals)
        return result

    def unlink(self):
        members = self.env["newsletter.member"].sudo()
        emails = members.search([("partner_id", "in", self.ids)]).mapped(
            "email_normalized"
        )
        self.env["newsletter.note"]._note_addresses(emails)
        return super().unlink()

    # ------------------------------------------------------------------
    # Birthday
    # ------------------------------------------------------------------

    @api.model
    def _get_birthday_field(self):
        """Return the name of the date field that holds the birthday, or nothing."""
        name = (
            self.env["ir.config_parameter"]
            .sudo()
            .get_param("newsletter_sync.birthday_field")
        )
        field = self._fields.get(name)
        return name if field and field.store and field.type == "date" else ""

    @api.depends_context("tz")
    def _compute_days_to_birthday(self):
        name = self._get_birthday_field()
        today = fields.Date.context_today(self)
        for contact in self:
            birthday = name and contact[name]
            contact.days_to_birthday = birthday and _days_to(birthday, today)

    def _search_days_to_birthday(self, operator, value):
        name = self._get_birthday_field()
        if operator not in COMPARISONS | {"in"}:
            return NotImplemented
        if not name:
            raise UserError(
                self.env._("Choose in the settings which date is the birthday first.")
            )
        if operator == "in":
            compare = SQL("= ANY(%s)", [days for days in value if days is not False])
        else:
            compare = SQL("%s %s", SQL(operator), value)
        today = fields.Date.context_today(self)
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "(%s %s)",
                _days_to_sql(model._field_to_sql(alias, name, query), today),
                compare,
            )
        )


def _days_to(birthday, today):
    """Return the days until the next birthday; 29 February is the 28th elsewhere."""
    years = today.year - birthday.year
    following = fields.Date.add(birthday, years=years)
    if following < today:
        following = fields.Date.add(birthday, years=years + 1)
    return (following - today).days


def _days_to_sql(birthday, today):
    def anniversary(year):
        return SQL(
            "(%(day)s + make_interval("
            "years => %(year)s - EXTRACT(YEAR FROM %(day)s)::int))::date",
            day=birthday,
            year=year,
        )

    this, following = anniversary(today.year), anniversary(today.year + 1)
    return SQL(
        "(CASE WHEN %(this)s >= %(today)s THEN %(this)s ELSE %(following)s END"
        " - %(today)s::date)",
        this=this,
        following=following,
        today=today,
    )
