from odoo import api, models


class MailBlacklist(models.Model):
    _inherit = "mail.blacklist"

    @api.model_create_multi
    def create(self, vals_list):
        entries = super().create(vals_list)
        entries._note_for_newsletters()
        return entries

    def write(self, vals):
        self._note_for_newsletters()
        result = super().write(vals)
        self._note_for_newsletters()
        return result

    def unlink(self):
        self._note_for_newsletters()
        return super().unlink()

    def _note_for_newsletters(self):
        self.env["newsletter.note"]._note_addresses(self.sudo().mapped("email"))
