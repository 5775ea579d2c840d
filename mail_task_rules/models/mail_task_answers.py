from itertools import islice

from odoo import api, models
from odoo.tools import email_normalize, formataddr
from odoo.tools.mail import email_split_tuples

from ..engine.run import current_run

# Where messages to the customers of a task come from, for the company, a project or
# an employee.
ANSWER_SENDERS = [
    ("address", "the address that the task came by"),
    ("own", "the employee's own mailbox"),
    ("company", "the company, as Odoo does"),
]
# Python folds a longer header without the quotes around its name.
_LINE = 68
# Further users are not named in a warning.
_NAMED = 3


class MailTaskAnswers(models.AbstractModel):
    """From which address the customers of a task are written to.

    Wherever a message comes from, replies go to the task's own address, so that
    they join it even without references. Colleagues are notified as Odoo does.
    """

    _name = "mail.task.answers"
    _description = "Senders of Answers to Customers"

    @api.model
    def _get_mail_values(self, task, message, recipient_ids):
        """Return what a notification has beyond what core says, for ``mail.mail``.

        :param list recipient_ids: the contacts it goes to; none if only addresses
        """
        # sudo: settings of employees and servers, whoever writes to the customer
        task, message = task.sudo(), message.sudo()
        if self._is_unproven(message):
            return {"answer_from": self._get_unproven_sender(task, message)}
        recipients = task.env["res.partner"].browse(recipient_ids)
        if not all(partner.partner_share for partner in recipients):
            return {}
        return {
            "answer_from": self._get_sender(task, message),
            "answer_reply_to": self._get_reply_to(task, message),
        }

    # ------------------------------------------------------------------
    # Sender
    # ------------------------------------------------------------------

    def _get_sender(self, task, message):
        """Return the sender of a message to customers; False: core's."""
        choice = self._get_choice(task, message)
        if choice == "company" or message.mail_server_id:
            return False
        own = choice == "own" and self._get_own_mailbox(message)
        return own or self._get_address(task, message)

    def _get_choice(self, task, message):
        """Return the one of ``ANSWER_SENDERS`` that counts: the project's, else that
        of the employee who writes, else the company's."""
        company = self._get_company(task)
        employees = message.author_id.user_ids.employee_ids
        own = employees.filtered(lambda one: one.company_id == company) or employees
        return (
            task.project_id.mail_task_answers_from
            or own.sorted("id")[:1].mail_task_answers_from
            or company.mail_task_answers_from
        )

    def _get_own_mailbox(self, message):
        """Return the address of who writes; False if nothing may send as it.

        Nobody sends from another one's mailbox by writing in their name.
        """
        user = message.create_uid
        if user.partner_id != message.author_id:
            return False
        own = self._has_own_mailbox(user, self._get_public_servers())
        return own and user.email_formatted

    def _has_own_mailbox(self, user, servers):
        """Tell whether a server, such as the user's own, may send as their address."""
        disabled = "mail.disable_personal_mail_servers"
        if not self.env["ir.config_parameter"].sudo().get_param(disabled):
            servers |= user.sudo().outgoing_mail_server_id
        email = user.email_normalized
        return bool(email) and email == self._get_actual_sender(
            email, user.company_id, servers
        )

    def _get_address(self, task, message):
        """Return the address that the task came by, or else its project's."""
        alias = self._get_alias(task)
        if not alias:
            return False
        own = self._get_own_name(task)
        names = [self._join(self._get_person(message), own), own]
        return self._format(alias.alias_full_name, *names)

    def _get_automatic_sender(self, task):
        """Return the sender of what nobody wrote: the address of the task, with its own
        name; empty if it has none, or what customers get leaves from the company."""
        company = self._get_company(task)
        choice = task.project_id.mail_task_answers_from
        choice = choice or company.mail_task_answers_from
        address = choice != "company" and self._get_alias(task).alias_full_name
        return self._format(address, self._get_own_name(task)) if address else ""

    def _get_alias(self, task):
        aliases = task.mail_alias_id | task.project_id.alias_id
        return aliases.filtered(lambda one: one.alias_name and one.alias_domain_id)[:1]

    def _get_company(self, task):
        return task.company_id or self.env.company.sudo()

    def _get_own_name(self, task):
        company = self._get_company(task)
        return self._get_alias(task).with_company(company)._get_sender_name()

    def _get_person(self, message):
        """Return the name of who wrote a message; nothing if it is an automatic one."""
        robot = self.env.ref("base.partner_root")
        return message.author_id != robot and message.author_id.name

    def _join(self, person, own):
        """Return what a customer reads: “Ann Smith (Support)”, or “Support”."""
        if not person or not own or person == own:
            return own or person
        return f"{person} ({own})"

    def _get_reply_to(self, task, message):
        """Return the address at which a reply joins the task, whatever it lacks; core's
        if there is none, or it is not asked for."""
        if not task.task_email or not self._get_company(task).mail_task_by_address:
            return message.reply_to
        person = self._get_person(message)
        own = self._get_own_name(task)
        return self._format(task.task_email, self._join(person, own), own, person)

    def _format(self, email, *names):
        """Return the address with the first of the names that fits into a line."""
        formatted = (formataddr((name, email)) for name in names if name)
        return next((text for text in formatted if len(text) <= _LINE), email)

    # ------------------------------------------------------------------
    # Forged senders
    # ------------------------------------------------------------------

    def _is_unproven(self, message):
        """Tell whether a message is a mail that may be by anybody."""
        run = current_run()
        return bool(run and not run.facts.is_trusted and not message.author_id)

    def _get_unproven_sender(self, task, message):
        """Return the marked name with an address of ours: from the forged one, the
        notification would look like the word of whom it names."""
        company = self._get_company(task)
        email = (
            self._get_alias(task).alias_full_name
            or company.default_from_email
            or company.email_normalized
        )
        names = [name for name, _email in email_split_tuples(message.email_from)]
        return email and formataddr((names[0] if names else "", email))

    # ------------------------------------------------------------------
    # Outgoing servers
    # ------------------------------------------------------------------

    def _get_public_servers(self):
        # sudo: which servers may send as whom, nothing else, is told
        servers = self.env["ir.mail_server"].sudo()
        return servers.search(servers._find_mail_server_allowed_domain())

    def _get_actual_sender(self, email, company, servers):
        """Return the address from which a mail would leave: core silently replaces one
        as which no server may send."""
        sender = company.sudo().alias_domain_id.default_from_email
        servers = servers.with_company(company).with_context(
            domain_notifications_email=sender
        )
        return email_normalize(servers._find_mail_server(email, servers)[1])

    @api.model
    def _explain_address(self, choice, emails, company):
        """Return the sentence that warns of the first address as which customers would
        get no answers; False if there is none.

        :param str choice: one of ``ANSWER_SENDERS``
        """
        if choice == "company":
            return False
        servers = self._get_public_servers()
        for email in filter(None, emails):
            sender = self._get_actual_sender(email, company, servers)
            if sender != email_normalize(email):
                return self.env._(
                    "No outgoing mail server may send as %(email)s: customers would "
                    "get answers from %(sender)s instead. An administrator adds "
                    "%(domain)s to the FROM Filtering of an outgoing mail server.",
                    email=email,
                    sender=sender,
                    domain=email.rpartition("@")[2],
                )
        return False

    @api.model
    def _explain_own(self, choice, users):
        """Return the sentence that warns of users who cannot send from a mailbox of
        their own; False if it is not wanted or all can."""
        if choice != "own":
            return False
        servers = self._get_public_servers()
        lacking = (user for user in users if not self._has_own_mailbox(user, servers))
        names = [user.name for user in islice(lacking, _NAMED + 1)]
        if not names:
            return False
        if len(names) > _NAMED:
            names[_NAMED:] = ["…"]
        return self.env._(
            "Odoo may not send from the own mailbox of %s yet: they connect it in "
            "their preferences. Until then, their answers leave from the address that "
            "the task came by.",
            ", ".join(names),
        )

    @api.model
    def _explain_company(self, choice, company):
        """Return what ``_explain_own`` and ``_explain_address`` say of a company."""
        domain = company.sudo().alias_domain_id
        aliases = self.env["mail.alias"].search(
            [
                ("alias_kind", "!=", False),
                ("alias_name", "!=", False),
                ("alias_domain_id", "=", domain.id),
            ]
        )
        emails = domain and aliases.mapped("alias_full_name") or []
        # sudo: the names of colleagues
        employees = self.env["hr.employee"].sudo()
        users = employees.search([("company_id", "=", company.id)]).user_id
        sentences = (
            self._explain_own(choice, users),
            self._explain_address(choice, emails, company),
        )
        return " ".join(filter(None, sentences))
