from odoo import api, models

from tests import fuses


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_process(self, model, message, *args, **kwargs):
        raw = getattr(message, "data", message)
        own_fuses = fuses.of_this_process()
        hooks = self.env.cr.postcommit
        # Hooks run in turn: one before those of the addon under test, one after.
        hooks.add(lambda: own_fuses.kill_once(fuses.COMMITTED, raw))
        result = super().message_process(model, message, *args, **kwargs)
        own_fuses.kill_once(fuses.WORKED, raw)
        hooks.add(lambda: own_fuses.kill_once(fuses.CLOSED, raw))
        return result
