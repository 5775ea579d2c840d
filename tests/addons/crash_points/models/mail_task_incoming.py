from odoo import api, models

from tests import fuses


class MailTaskIncoming(models.Model):
    _inherit = "mail.task.incoming"

    @api.model
    def _keep(self, raw, arguments):
        own_fuses = fuses.of_this_process()
        own_fuses.burn(fuses.KEEP, raw)
        run = super()._keep(raw, arguments)
        own_fuses.burn(fuses.KEPT, raw)
        return run

    def _prepare_attempt_vals(self, run):
        fuses.of_this_process().burn(fuses.CLOSE, run.raw)
        return super()._prepare_attempt_vals(run)
