from odoo import api, fields, models
from odoo.fields import Domain


class MailTaskIncoming(models.Model):
    _inherit = "mail.task.incoming"

    newsletter_list_id = fields.Many2one(
        "newsletter.list",
        string="Answered Newsletter",
        compute="_compute_newsletter_list_id",
        store=True,
        index="btree_not_null",
        groups="newsletter_sync.group_newsletter_user,mail_task_rules.group_mail_admin",
        help="The list whose replies go to the address, and that its sender is in.",
    )

    @api.depends("alias_ids", "email_from")
    def _compute_newsletter_list_id(self):
        for mail in self:
            mail.newsletter_list_id = mail._find_newsletter_list()

    def _find_newsletter_list(self):
        """Return the list that was last sent to the service with the sender in it, of
        those that name the address. Who has opted out since may answer, too."""
        lists = self.env["newsletter.list"]
        if self.alias_ids and self.email_from:
            lists = lists.search([("alias_id", "in", self.alias_ids.ids)])
        if not lists:
            return lists
        sent = Domain("list_id", "in", lists.ids) & Domain("sent_at", "!=", False)
        sender = Domain("email_normalized", "=", self.email_from)
        members = self.env["newsletter.member"]
        last = "sent_at desc, id desc"
        return members.search(sent & sender, order=last, limit=1).list_id
