from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import email_normalize

# What becomes of a mail that no address claims and no rule wants.
UNPROCESSED_ACTIONS = [
    ("keep", "keep it here for somebody to decide"),
    ("delete", "delete it, also on the mail server"),
    ("forward", "forward it to"),
    ("bounce", "tell the sender that the address does not exist"),
]


class Receipt:
    """What may happen on the mail server to the mail that was fetched last.

    :ivar bool kept: it is safely in the ledger, so it may be marked as read
    :ivar bool unwanted: it shall be deleted
    """

    kept = False
    unwanted = False


class FetchmailServer(models.Model):
    _inherit = "fetchmail.server"

    unprocessed_action = fields.Selection(
        UNPROCESSED_ACTIONS,
        "Mail Nobody Wants",
        default="keep",
        required=True,
        help="What becomes of a mail that no address claims and no rule wants.",
    )
    unprocessed_forward_to = fields.Char("Forward It To")

    @api.constrains("unprocessed_action", "unprocessed_forward_to")
    def _check_unprocessed_forward_to(self):
        for server in self:
            if server.unprocessed_action == "forward" and not email_normalize(
                server.unprocessed_forward_to
            ):
                raise ValidationError(
                    self.env._(
                        "Say to which address “%s” shall forward the mail nobody wants.",
                        server.name,
                    )
                )

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
                if receipt.kept and receipt.unwanted and hasattr(connection, "store"):
                    # IMAP; core closes the mailbox in the end, which expunges it
                    connection.store(number, "+FLAGS", "\\Deleted")

            connection.handled_message = handle_if_kept
        return connection
