from odoo import api, fields, models

from ..models.newsletter_member import REASONS

KINDS = [
    ("add", "Would be added"),
    ("change", "Would be updated"),
    ("remove", "Would be removed"),
    ("left_out", "Would be left out"),
]


class NewsletterPreview(models.TransientModel):
    """What the next synchronization would do; nothing is sent."""

    _name = "newsletter.preview"
    _description = "Newsletter Preview"

    list_id = fields.Many2one("newsletter.list", required=True, readonly=True)
    summary = fields.Char(compute="_compute_summary")
    line_ids = fields.One2many(
        "newsletter.preview.line",
        "preview_id",
        compute="_compute_line_ids",
        store=True,
    )

    @api.depends("list_id")
    def _compute_summary(self):
        for wizard in self:
            wizard.summary = wizard.list_id._summarize()

    @api.depends("list_id")
    def _compute_line_ids(self):
        for wizard in self:
            wizard.line_ids = [fields.Command.clear()] + [
                fields.Command.create(values)
                for values in wizard.list_id._get_forecast_rows()
            ]


class NewsletterPreviewLine(models.TransientModel):
    _name = "newsletter.preview.line"
    _description = "Newsletter Preview Line"

    preview_id = fields.Many2one("newsletter.preview", ondelete="cascade", index=True)
    kind = fields.Selection(KINDS, string="What")
    email = fields.Char(string="E-mail")
    partner_id = fields.Many2one("res.partner", string="Contact")
    reason = fields.Selection(REASONS)
