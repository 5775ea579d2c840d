from dataclasses import dataclass

from odoo import fields, models

from ..engine.run import current_run


@dataclass(frozen=True)
class AnswerSender:
    """The sender of the messages being sent.

    It travels in the context, where a remote caller can put texts but no objects.
    """

    email: str


class MailMail(models.Model):
    _inherit = "mail.mail"

    # Sender and reply address of the message are those that colleagues get it with.
    answer_from = fields.Char("Leaves From", readonly=True)
    answer_reply_to = fields.Char("Replies Go To", readonly=True)

    def send(self, *args, **kwargs):
        """Let no message leave the gateway before its work is committed.

        Core sends its bounces at once: if the work is rolled back and done again,
        they would arrive twice.
        """
        waits = "mail_task_send_after_commit"
        if current_run() and not self.env.context.get(waits):
            return self.with_context(**{waits: True}).send_after_commit()
        for sender, mails in self.grouped("answer_from").items():
            if sender:
                mails = mails.with_context(mail_task_sender=AnswerSender(sender))
            super(MailMail, mails).send(*args, **kwargs)
        return True

    def _prepare_outgoing_list(self, *args, **kwargs):
        emails = super()._prepare_outgoing_list(*args, **kwargs)
        if self.answer_reply_to:
            for email in emails:
                email["reply_to"] = self.answer_reply_to
        return emails

    def _filter_mail_mail_servers(self, mail_servers):
        """Have what shall come from the company not leave from an own mailbox."""
        servers = super()._filter_mail_mail_servers(mail_servers)
        if any(mail._comes_from_company() for mail in self):
            servers = servers.filtered(lambda server: not server.owner_user_id)
        return servers

    def _comes_from_company(self):
        return self.answer_reply_to and not self.answer_from and not self.mail_server_id
