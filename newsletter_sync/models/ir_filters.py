from odoo import models


class IrFilters(models.Model):
    _inherit = "ir.filters"

    def write(self, vals):
        result = super().write(vals)
        if "domain" in vals:
            # sudo: whoever may save the favorite moves those who follow it
            filters = self.env["newsletter.filter"].sudo()
            filters = filters.with_context(active_test=False)
            filters.search([("ir_filter_id", "in", self.ids)])._follow_favorite()
        return result
