from odoo import api, fields, models

from ..providers.base import Setting
from ..providers.texts import translate


class NewsletterSetting(models.Model):
    """What a service wants to know beside its key, as its client describes it."""

    _name = "newsletter.setting"
    _description = "Newsletter Service Setting"
    _order = "id"
    _rec_name = "name"

    account_id = fields.Many2one(
        "newsletter.account", required=True, index=True, ondelete="cascade"
    )
    name = fields.Char(required=True)
    value = fields.Char(copy=False)
    secret_value = fields.Char(string="Secret", copy=False)
    label = fields.Char(string="Setting", compute="_compute_description")
    help = fields.Char(compute="_compute_description")
    is_secret = fields.Boolean(compute="_compute_description")
    is_required = fields.Boolean(compute="_compute_description")

    @api.depends("name", "account_id.provider")
    @api.depends_context("lang")
    def _compute_description(self):
        for line in self:
            settings = line.account_id._get_settings()
            setting = settings.get(line.name) or Setting(line.name, line.name)
            line.label = translate(setting.label, self.env)
            line.help = translate(setting.help, self.env)
            line.is_secret = setting.secret
            line.is_required = setting.required

    def _get_value(self):
        return (self.secret_value if self.is_secret else self.value) or ""
