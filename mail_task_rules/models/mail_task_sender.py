from odoo import api, models
from odoo.fields import Domain
from odoo.tools import email_normalize_all

from ..engine.run import Claim, current_run


class MailTaskSender(models.AbstractModel):
    """Who writes from an address.

    Odoo knows people by the main address of their contact; they also write from
    others. What people may write about themselves must not make them anybody else, nor
    take another one's mail: a main address comes before further ones, internal users
    before portal users, and these before contacts. Users with equal claims, or an
    outsider whose main address is a further one of a colleague, make it nobody's.
    """

    _name = "mail.task.sender"
    _description = "Senders of E-mails"

    @api.model
    def _get_claim(self, facts):
        """Return the ``Claim`` to the address that a mail was sent from."""
        email = facts.email_from
        if not facts.is_trusted or not email:
            return Claim()
        # sudo: only to tell who wrote
        main = self.env["res.partner"].sudo()._search_by_main_address(email)
        if main:
            return Claim(is_disputed=self._is_disputed(self._get_rivals(main, email)))
        if self._is_ours(email):
            return Claim()
        partners = self._get_closest(self._search_by_others(email))
        if self._is_disputed(partners):
            return Claim(is_disputed=True)
        return Claim(partners.sorted("id")[:1].id or 0)

    @api.model
    def _find_partners(self, records_emails, find):
        """Find, and make, nobody for the sender of a mail who may be anybody: core
        would have the user or contact named in the mail act, and be its author. Find
        who writes from an address that is not their main one.

        :param dict records_emails: lists of addresses by record
        :param find: core's way to find, or make, the contacts of such a dict
        :return: dict of contacts by id of the record
        """
        run = current_run()
        if not run or not (run.is_anonymous() or run.claim.partner_id):
            return find(records_emails)
        others = {
            record: [email for email in emails if not run.is_sender(email)]
            for record, emails in records_emails.items()
        }
        found = find(others)
        if not run.is_anonymous():
            sender = self.env["res.partner"].browse(run.claim.partner_id)
            for record, emails in records_emails.items():
                if len(emails) > len(others[record]):
                    found[record.id] |= sender
        return found

    def _get_rivals(self, main, email):
        """Return who is known by a main address, and who else claims it that they can
        not outdo."""
        partners = self._get_closest(main)
        if partners.user_ids and all(partners.user_ids.mapped("share")):
            partners |= self._search_by_others(email).filtered("user_ids")
        return partners

    def _is_disputed(self, partners):
        return len(partners) > 1 and bool(partners.user_ids)

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
        employees = (
            self.env["hr.employee"]
            .sudo()
            .search(
                Domain("user_id", "!=", False)
                & (
                    Domain("work_email", "ilike", email)
                    | Domain("private_email", "ilike", email)
                )
            )
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
