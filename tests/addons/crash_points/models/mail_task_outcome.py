from odoo import models

from tests import fuses


class MailTaskOutcome(models.Model):
    _inherit = "mail.task.outcome"

    def _record(self, run):
        result = super()._record(run)
        fuses.of_this_process().burn(fuses.OUTCOME, run.raw)
        return result
