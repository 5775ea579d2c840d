from odoo import api, models
from odoo.fields import Domain
from odoo.tools import email_normalize_all

from ..engine.run import Claim


class MailTaskSender(models.AbstractModel):
    """Who writes from an address.

    Odoo knows people by the main address of their contact; they also write from
    others. The main address comes first, whoever claims it, and internal users come
    before portal users, and these before contacts: so nobody can take another one's
    mail, or make it be nobody's, by what they write about themselves. Two users with
    equal claims are none.
    """

    _name = "mail.task.sender"
    _description = "Senders of E-mails"

    @api.model
    def _get_claim(self, facts):
        """Return the ``Claim`` to the address that a mail was sent from."""
        email = facts.email_from
        if not facts.is_trusted or not email or self._is_ours(email):
            return Claim()
        # sudo: only to tell who wrote
        by_main = self.env["res.partner"].sudo()._search_by_main_address(email)
        partners = self._get_closest(by_main or self._search_by_others(email))
        is_disputed = len(partners) > 1 and bool(partners.user_ids)
        if by_main or is_disputed:
            return Claim(is_disputed=is_disputed)
        return Claim(partners.sorted("id")[:1].id or 0)

    def _is_ours(self, email):
        return bool(self.env["mail.alias.domain"].sudo()._find_aliases([email]))

    def _get_closest(self, partners):
        """Return the internal users among the contacts, else the portal users, else
        all of them."""
        users = partners.filtered("user_ids")
        colleagues = users.filtered(lambda one: not all(one.user_ids.mapped("share")))
        return colleagues or users or partners

    def _search_by_others(self, email):
        """Return the contacts that have an address besides their main one: a further
        one, their login, or the addresses of the employee that they are."""
        # sudo: only to tell who wrote
        users = self.env["res.users"].sudo().search([("login", "ilike", email)])
        employees = self.env["hr.employee"].sudo().search(
            Domain("user_id", "!=", False)
            & (Domain("work_email", "ilike", email) | Domain("private_email", "ilike", email))
        )
        users = users.filtered(lambda user: _is_among(email, user.login))
        employees = employees.filtered(
            lambda one: _is_among(email, one.work_email, one.private_email)
        )
        users |= employees.user_id.filtered("active")
        found = self.env["res.partner"].sudo()._search_by_further_address(email)
        return (found | users.partner_id).filtered("active")


def _is_among(email, *texts):
    return email in email_normalize_all(", ".join(filter(None, texts)))
