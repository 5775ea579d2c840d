from odoo import models


class Receipt:
    """Whether the mail that was fetched last is safely in the ledger."""

    kept = False


class FetchmailServer(models.Model):
    _inherit = "fetchmail.server"

    def _fetch_mail(self, *args, **kwargs):
        self_receipt = self.with_context(mail_task_receipt=Receipt())
        return super(FetchmailServer, self_receipt)._fetch_mail(*args, **kwargs)

    def _connect__(self, *args, **kwargs):
        """Leave on the server what could not be put into the ledger.

        Core marks every mail as read, or deletes it, also after an error.
        """
        connection = super()._connect__(*args, **kwargs)
        receipt = self.env.context.get("mail_task_receipt")
        if receipt:
            handled_message = connection.handled_message

            def handle_if_kept(number):
                if receipt.kept:
                    handled_message(number)

            connection.handled_message = handle_if_kept
        return connection
