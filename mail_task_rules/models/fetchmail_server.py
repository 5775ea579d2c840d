import logging
import poplib

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import email_normalize

_logger = logging.getLogger(__name__)

# Python gives up on a longer line, core goes on with 64 KiB, and the mail with
# such a line blocks the mailbox for ever: RFC 5322 allows 998 octets, but HTML
# mails without line breaks are sent all the same.
poplib._MAXLINE = 64 * 1024 * 1024

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

    # mail administrators read the servers' names, core has no group here
    password = fields.Char(groups="base.group_system")
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
                        "Say to which address “%s” shall forward what nobody wants.",
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
            connection.handled_message = _if_kept(connection, receipt)
            connection.disconnect = _without_protocol_errors(connection.disconnect)
        return connection


def _if_kept(connection, receipt):
    handled_message = connection.handled_message

    def handle_if_kept(number):
        if not receipt.kept:
            return
        handled_message(number)
        if receipt.unwanted and hasattr(connection, "store"):
            # IMAP; core closes the mailbox in the end, which expunges it
            connection.store(number, "+FLAGS", "\\Deleted")

    return handle_if_kept


def _without_protocol_errors(disconnect):
    """Core lets POP3's errors escape, and no further server is fetched."""

    def disconnect_quietly():
        try:
            disconnect()
        except poplib.error_proto:
            _logger.warning("The mail server broke off the farewell", exc_info=True)

    return disconnect_quietly
