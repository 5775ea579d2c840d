from odoo import models

from ..engine.run import current_run


class MailMail(models.Model):
    _inherit = "mail.mail"

    def send(self, *args, **kwargs):
        """Let no message leave the gateway before its work is committed.

        Core sends its bounces at once: if the work is rolled back and done again,
        they would arrive twice.
        """
        waits = "mail_task_send_after_commit"
        if current_run() and not self.env.context.get(waits):
            return self.with_context(**{waits: True}).send_after_commit()
        return super().send(*args, **kwargs)
