from odoo import api, models

from .mail_mail import AnswerSender


class IrMailServer(models.Model):
    """Lets a message to customers have another sender than its author."""

    _inherit = "ir.mail_server"

    @api.model
    def _find_mail_server(self, email_from, mail_servers=None):
        return super()._find_mail_server(
            self._get_answer_from(email_from), mail_servers
        )

    def _build_email__(self, email_from, *args, **kwargs):  # noqa: PLW3201
        return super()._build_email__(
            self._get_answer_from(email_from), *args, **kwargs
        )

    def _get_answer_from(self, email_from):
        sender = self.env.context.get("mail_task_sender")
        return sender.email if isinstance(sender, AnswerSender) else email_from
