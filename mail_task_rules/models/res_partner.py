from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import email_normalize, email_normalize_all

# Of several addresses in the e-mail field, the first one is the main one.
SEVERAL_ADDRESSES = "%@%@%"


class ResPartner(models.Model):
    _inherit = "res.partner"

    further_emails = fields.Char(
        "Further E-mail Addresses",
        help="Addresses that they also write from, separated by commas. Mail from "
        "these is theirs; mail to them goes to their e-mail address.",
    )

    _further_emails_idx = models.Index("(id) WHERE further_emails IS NOT NULL")
    _several_emails_idx = models.Index(
        lambda registry: f"(id) WHERE email LIKE '{SEVERAL_ADDRESSES}'"
    )

    @api.constrains("further_emails")
    def _check_further_emails(self):
        for partner in self:
            for address in (partner.further_emails or "").split(","):
                if address.strip() and not email_normalize(address):
                    raise ValidationError(
                        self.env._(
                            "“%s” is not an e-mail address. Write for example "
                            "ann@home.example, ann@school.example.",
                            address.strip(),
                        )
                    )

    def _search_by_main_address(self, email):
        return self.search([("email_normalized", "=", email)])

    def _search_by_further_address(self, email):
        """Return those that have an address which is not their main one.

        :param str email: normalized
        """
        several = Domain("email", "=like", SEVERAL_ADDRESSES)
        further = Domain("further_emails", "!=", False)
        found = self.search(
            (several & Domain("email", "ilike", email))
            | (further & Domain("further_emails", "ilike", email))
        )
        return found.filtered(lambda partner: email in partner._get_all_emails())

    def _get_all_emails(self):
        """Return all addresses of one contact, normalized."""
        texts = filter(None, (self.email, self.further_emails))
        return email_normalize_all(", ".join(texts))
