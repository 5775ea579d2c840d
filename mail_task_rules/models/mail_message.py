from odoo import models
from odoo.fields import Domain


class MailMessage(models.Model):
    _inherit = "mail.message"

    def _search(self, domain, *args, **kwargs):
        """Have internal notes not exist for the template of a mail to outsiders."""
        if self.env.context.get("mail_task_hides_notes"):
            domain = Domain(domain) & Domain(self._get_search_domain_share())
        return super()._search(domain, *args, **kwargs)
