from odoo import api, models
from odoo.tools import email_normalize, formataddr

from ..engine.run import Conclusion
from ..engine.trust import is_sufficient


class MailTaskTrust(models.AbstractModel):
    """Whether a sender is taken for whom the mail names, who may then do what that
    user or contact may do."""

    _name = "mail.task.trust"
    _description = "Trust in the Senders of E-mails"

    @api.model
    def _get_authserv_ids(self):
        """Return the servers that are believed, as a frozenset of lower-case names."""
        value = self._get_parameter("trusted_authserv_ids") or ""
        return frozenset(value.lower().replace(",", " ").split())

    @api.model
    def _is_sufficient(self, authentication):
        wanted = self._get_parameter("sender_authentication") or "fail_only"
        return is_sufficient(authentication, wanted)

    @api.model
    def _mark_unproven(self, email_from):
        """Return a sender who may be anybody as people shall see it."""
        email = email_normalize(email_from)
        name = self.env._("Not verified: %s", email or email_from)
        return formataddr((name, email)) if email else name

    def _get_parameter(self, name):
        name = f"mail_task_rules.{name}"
        return self.env["ir.config_parameter"].sudo().get_param(name)

    @api.model
    def _judge_authentication(self, run, thread_id):
        """Return a ``Conclusion`` for a reply by somebody who may be anybody.

        A new mail of theirs becomes a task without an author; among the messages of
        a task it would look like the word of whom it names.
        """
        if run.facts.is_trusted or not thread_id:
            return None
        return Conclusion(
            "quarantined",
            self.env._(
                "It is for an existing task, but nothing proves that %s wrote it.",
                run.facts.email_from,
            ),
        )
