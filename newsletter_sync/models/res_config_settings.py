from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    newsletter_birthday_field_id = fields.Many2one(
        "ir.model.fields",
        string="Birthday",
        domain="[('model', '=', 'res.partner'), ('ttype', '=', 'date'),"
        " ('store', '=', True)]",
        compute="_compute_newsletter_birthday_field_id",
        inverse="_inverse_newsletter_birthday_field_id",
        help="The date of a contact that “Days to Birthday” counts to.",
    )

    def _compute_newsletter_birthday_field_id(self):
        name = self.env["res.partner"]._get_birthday_field()
        field = self.env["ir.model.fields"]._get("res.partner", name) if name else False
        self.newsletter_birthday_field_id = field

    def _inverse_newsletter_birthday_field_id(self):
        for settings in self:
            self.env["ir.config_parameter"].set_param(
                "newsletter_sync.birthday_field",
                settings.newsletter_birthday_field_id.name or "",
            )
