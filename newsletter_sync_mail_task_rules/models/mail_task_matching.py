from odoo import api, models


class MailTaskMatching(models.AbstractModel):
    _inherit = "mail.task.matching"

    @api.model
    def _get_rule_fields(self):
        return super()._get_rule_fields() | {"newsletter_list_id"}
