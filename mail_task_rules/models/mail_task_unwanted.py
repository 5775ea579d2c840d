from markupsafe import Markup

from odoo import models
from odoo.service.server import thread_local
from odoo.tools import email_normalize

from ..engine.run import Conclusion
from .fetchmail_server import Receipt


class MailTaskUnwanted(models.AbstractModel):
    """What becomes of a mail that no address claims and no rule wants.

    The incoming mail server it was fetched from says so, or the company if a mail
    transfer agent handed it over.
    """

    _name = "mail.task.unwanted"
    _description = "E-mail That Nobody Wants"

    def _handle(self, run):
        """Do what the setting says. Return the ``Conclusion``."""
        action, forward_to = self._get_policy()
        if action == "delete":
            return self._delete()
        if action == "forward" and not self.env["mail.task.notice"]._is_returned(
            run.message
        ):
            why = self.env._("No address claims this e-mail and no rule wants it.")
            return self._forward(run, forward_to, why)
        if action == "bounce":
            return self._bounce(run)
        return self._keep()

    def _get_policy(self):
        """Return what to do, and the address to forward the mail to if that is it."""
        server_id = self.env.context.get("default_fetchmail_server_id")
        server = self.env["fetchmail.server"].sudo().browse(server_id or []).exists()
        if server:
            return server.unprocessed_action, server.unprocessed_forward_to
        company = self.env.company.sudo()
        return (
            company.mail_task_unprocessed_action,
            company.mail_task_unprocessed_forward_to,
        )

    def _keep(self):
        return Conclusion(
            "quarantined",
            self.env._(
                "None of our addresses is among the recipients, and no rule wants it."
            ),
        )

    def _delete(self):
        receipt = self.env.context.get("mail_task_receipt")
        if isinstance(receipt, Receipt):
            receipt.unwanted = True
        return Conclusion(
            "ignored",
            self.env._("No address claims it and no rule wants it: deleted, as set."),
        )

    def _forward(self, run, forward_to, why):
        """Send the original, as it came, to where somebody looks at it."""
        email = email_normalize(forward_to)
        if not email:
            return self._keep()
        original = self.env["mail.task.incoming"]._command_create_eml(run.raw)
        self.env["mail.mail"].sudo().create(
            {
                "subject": self.env._("Fwd: %s", run.facts.subject),
                "body_html": Markup("<p>%s</p>") % why,
                "email_from": self.env.company.email_formatted,
                "email_to": email,
                "auto_delete": True,
                "attachment_ids": [original],
                **self.env["mail.task.notice"]._get_mail_values(run.message),
            }
        )
        words = self.env._("%(why)s Forwarded to %(email)s.", why=why, email=email)
        return Conclusion("forwarded", words)

    def _bounce(self, run):
        if is_called_by_mail_server():
            # The mail transfer agent tells the sender when we refuse the mail.
            run.refused = True
        else:
            text = self.env._(
                "Your message could not be delivered: the address does not exist."
            )
            self._answer(run, text)
        return Conclusion(
            "rejected", self.env._("The address does not exist; the sender is told so.")
        )

    def _answer(self, run, text):
        """Tell the sender, unless the gate for automatic messages is against it; once,
        to however many addresses they wrote."""
        if text in run.told:
            return
        run.told.add(text)
        self.env["mail.thread"]._routing_create_bounce_email(
            run.message_dict["email_from"], Markup("<p>%s</p>") % text, run.message
        )


def is_called_by_mail_server():
    """Return whether a program such as odoo-mailgate.py hands the mail over."""
    method = getattr(thread_local, "rpc_model_method", None) or ""
    return method.endswith(".message_process")
