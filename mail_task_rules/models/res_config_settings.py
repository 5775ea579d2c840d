from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    mail_task_project_id = fields.Many2one(
        related="company_id.mail_task_project_id", readonly=False
    )
