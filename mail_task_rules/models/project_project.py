from odoo import api, fields, models
from odoo.fields import Domain

from .mail_task_answers import ANSWER_SENDERS

# What project managers set in the project; the alias itself is not theirs.
ADDRESS_FIELDS = frozenset(
    (
        "alias_auto_reply_template_id",
        "alias_default_action",
        "alias_follower_ids",
        "alias_sender_name",
        "alias_template_task_id",
        "alias_unknown_sender",
    )
)


class ProjectProject(models.Model):
    _inherit = "project.project"

    mail_task_answers_from = fields.Selection(
        ANSWER_SENDERS,
        "Answers to Customers",
        help="Where messages to the customers of tasks come from. Empty: as the "
        "settings of the employee who writes, or of the company, say.",
    )
    mail_task_answers_warning = fields.Char(
        compute="_compute_mail_task_answers_warning"
    )

    @property
    def ALIAS_WRITEABLE_FIELDS(self):
        return [*super().ALIAS_WRITEABLE_FIELDS, *ADDRESS_FIELDS]

    def write(self, vals):
        if not ADDRESS_FIELDS.isdisjoint(vals):
            # core checks the rights for values of the project itself only
            self.check_access("write")
        return super().write(vals)

    def action_open_task_rules(self):
        """Show the rules for mail to the project, and those that make tasks in it."""
        action = self.alias_id.action_open_task_rules()
        domain = Domain("project_id", "=", self.id) | Domain(action["domain"])
        return {**action, "domain": list(domain)}

    @api.depends("mail_task_answers_from", "alias_email", "company_id")
    def _compute_mail_task_answers_warning(self):
        answers = self.env["mail.task.answers"]
        for project in self:
            company = project.company_id or self.env.company
            chosen = project.mail_task_answers_from
            choice = chosen or company.sudo().mail_task_answers_from
            project.mail_task_answers_warning = answers._explain_address(
                choice, [project.alias_email], company
            )
