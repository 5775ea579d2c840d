from odoo import api, fields, models

from ..models.newsletter_list import ENDINGS


class NewsletterDisconnect(models.TransientModel):
    """Asks what becomes of the list at the service."""

    _name = "newsletter.disconnect"
    _description = "Disconnect a Newsletter List"

    list_id = fields.Many2one("newsletter.list", required=True, readonly=True)
    ending = fields.Selection(ENDINGS, default="keep", required=True)
    member_count = fields.Integer(related="list_id.member_count")
    obstacle = fields.Char(compute="_compute_obstacle")

    @api.depends("ending")
    def _compute_obstacle(self):
        for wizard in self:
            wizard.obstacle = wizard.list_id._get_obstacle_to(wizard.ending)

    def action_disconnect(self):
        self.ensure_one()
        self.list_id._disconnect(self.ending)
        return {"type": "ir.actions.act_window_close"}
