from odoo import models

from tests import fuses


class MailTaskRule(models.Model):
    _inherit = "mail.task.rule"

    def _decide_route(self, run, route, claimed=True):
        fuses.of_this_process().burn(fuses.DECIDE, run.raw)
        return super()._decide_route(run, route, claimed)
