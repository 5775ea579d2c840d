from odoo import api, models

from tests import fuses


class MailTaskIncoming(models.Model):
    _inherit = "mail.task.incoming"

    @api.model
    def _keep(self, raw, arguments):
        own_fuses = fuses.of_this_process()
        own_fuses.fail(fuses.BEFORE_KEEP, raw)
        run = super()._keep(raw, arguments)
        own_fuses.kill_once(fuses.KEPT, raw)
        return run
