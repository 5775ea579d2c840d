from markupsafe import Markup

from odoo import models
from odoo.tools import email_normalize

from ..engine.run import Conclusion
from .fetchmail_server import Receipt


class MailThread(models.AbstractModel):
    """What becomes of a mail that no address claims and no rule wants.

    The incoming mail server it was fetched from says so, or the company if a mail
    transfer agent handed it over.
    """

    _inherit = "mail.thread"

    def _handle_unwanted(self, run, message, message_dict):
        """Do what the setting says, and note the conclusion on the run."""
        owner, prefix = self._get_unwanted_policy()
        action = owner[f"{prefix}unprocessed_action"]
        if action == "forward":
            to = email_normalize(owner[f"{prefix}unprocessed_forward_to"])
            action = "forward" if to else "keep"
        run.noted = {
            "keep": lambda: self._keep_unwanted(),
            "delete": lambda: self._delete_unwanted(),
            "forward": lambda: self._forward_unwanted(run, message, to),
            "bounce": lambda: self._bounce_unwanted(run, message, message_dict),
        }[action]()

    def _get_unwanted_policy(self):
        """Return the record that holds the setting, and the prefix of its fields."""
        server_id = self.env.context.get("default_fetchmail_server_id")
        server = self.env["fetchmail.server"].sudo().browse(server_id or []).exists()
        return (server, "") if server else (self.env.company.sudo(), "mail_task_")

    def _keep_unwanted(self):
        return Conclusion(
            "quarantined",
            self.env._(
                "None of our addresses is among the recipients, and no rule wants it."
            ),
        )

    def _delete_unwanted(self):
        receipt = self.env.context.get("mail_task_receipt")
        if isinstance(receipt, Receipt):
            receipt.unwanted = True
        return Conclusion(
            "ignored",
            self.env._("No address claims it and no rule wants it: deleted, as set."),
        )

    def _forward_unwanted(self, run, message, to):
        """Send the original, as it came, to where somebody looks at it."""
        if self.env["mail.task.notice"]._is_returned(message):
            return self._keep_unwanted()
        reason = self.env._("No address claims this e-mail and no rule wants it.")
        self.env["mail.mail"].sudo().create(
            {
                "subject": self.env._("Fwd: %s", run.facts.subject),
                "body_html": Markup("<p>%s</p>") % reason,
                "email_from": self.env.company.email_formatted,
                "email_to": to,
                "headers": repr(self.env["mail.task.notice"]._get_headers()),
                "auto_delete": True,
                "attachment_ids": [
                    self.env["mail.task.incoming"]._command_create_eml(run.raw)
                ],
            }
        )
        return Conclusion(
            "forwarded", self.env._("%(why)s Forwarded to %(to)s.", why=reason, to=to)
        )

    def _bounce_unwanted(self, run, message, message_dict):
        conclusion = Conclusion(
            "rejected",
            self.env._("The address does not exist; the sender is told so."),
        )
        if self._is_called_by_mail_server():
            # The mail transfer agent tells the sender when we refuse the mail.
            run.refused = True
            return conclusion
        body = self.env._(
            "Your message could not be delivered: the address does not exist."
        )
        self._routing_create_bounce_email(
            message_dict["email_from"], Markup("<p>%s</p>") % body, message
        )
        return conclusion
