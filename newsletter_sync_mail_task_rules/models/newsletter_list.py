from odoo import models
from odoo.fields import Domain


class NewsletterList(models.Model):
    _inherit = "newsletter.list"

    def action_open_answers(self):
        """Show the e-mails that answer the list."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_task_rules.mail_task_incoming_action"
        )
        domain = Domain("newsletter_list_id", "=", self.id)
        return {**action, "domain": domain, "context": {}}
