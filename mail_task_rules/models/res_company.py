from odoo import fields, models
from odoo.fields import Command


class ResCompany(models.Model):
    _inherit = "res.company"

    mail_task_project_id = fields.Many2one(
        "project.project",
        "Project for Incoming Mail",
        domain="[('company_id', 'in', (False, id))]",
        help="Where mail to employees and to addresses without a project becomes "
        "tasks, unless a rule says otherwise.",
    )

    def _get_mail_task_project(self):
        """Return the project for mail that nothing places, as the system."""
        company_sudo = self.sudo()
        if not company_sudo.mail_task_project_id.active:
            company_sudo._create_missing_mail_task_project()
        return company_sudo.mail_task_project_id

    def _create_missing_mail_task_project(self):
        for company in self.filtered(lambda c: not c.mail_task_project_id.active):
            company.mail_task_project_id = self.env["project.project"].create(
                company._prepare_mail_task_project_vals()
            )

    def _prepare_mail_task_project_vals(self):
        stages = (self.env._("New"), self.env._("In Progress"), self.env._("Done"))
        return {
            "name": self.env._("Incoming Mail"),
            "company_id": self.id,
            # Mail to one employee is not for all of them to read.
            "privacy_visibility": "followers",
            "type_ids": [
                Command.create({"name": name, "sequence": number, "fold": False})
                for number, name in enumerate(stages)
            ],
        }
