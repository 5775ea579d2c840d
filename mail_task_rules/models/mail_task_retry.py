import time

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError

from ..engine.identity import Identity
from ..engine.run import GatewayRun


class MailTaskRetry(models.AbstractModel):
    """What comes back to a mail later: retries, and attempts that never ended."""

    _name = "mail.task.retry"
    _description = "Retries of Incoming E-mails"

    @api.model
    def _cron_retry(self):
        """Process the failed mails whose pause is over, the oldest first."""
        due = self.search(
            [("state", "=", "failed"), ("next_retry", "<=", fields.Datetime.now())],
            order="next_retry",
        )
        Cron = self.env["ir.cron"]
        Cron._commit_progress(remaining=len(due))
        for incoming in due:
            incoming._process_again()
            if not Cron._commit_progress(1):
                break

    @api.model
    def _cron_close_interrupted(self):
        """Close the mails whose process died: by their outcome, or as failed."""
        for incoming in self.search([("attempt_started", "!=", False)]):
            identity = Identity("", "", incoming.message_id)
            try:
                self._lock(identity)
            except ConcurrencyError:
                continue
            if incoming._close_or_count_crash():
                continue
            run = GatewayRun(incoming.id, identity, incoming.size, time.monotonic())
            words = self.env._(
                "The server stopped while it processed this mail. It is kept, and "
                "tried again a few times."
            )
            self._close(run, {"reason": words})

    def _close_or_count_crash(self):
        """Close the mail by its outcome and return True, or note a crash."""
        with self._ledger() as ledger:
            incoming = ledger.browse(self.id)
            closed = incoming._close_interrupted()
            incoming.crashes += not closed
        return closed
