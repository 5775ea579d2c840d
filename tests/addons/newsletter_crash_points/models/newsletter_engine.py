from odoo import models

from tests import fuses


class NewsletterEngine(models.AbstractModel):
    _inherit = "newsletter.engine"

    def _transact(self, work, *arguments):
        own_fuses = fuses.of_this_process()
        own_fuses.burn(f"before{work.__name__}", b"")
        result = super()._transact(work, *arguments)
        own_fuses.burn(f"after{work.__name__}", b"")
        return result
