from odoo import fields, models


class HrEmployee(models.Model):
    """An employee may have an address; mail to it becomes the employee's task."""

    _name = "hr.employee"
    _inherit = ["hr.employee", "mail.alias.mixin.optional"]

    # Colleagues read the address on hr.employee.public.
    alias_id = fields.Many2one(groups="hr.group_hr_user", index="btree_not_null")
    alias_name = fields.Char("Task Address", groups="hr.group_hr_user")
    alias_domain_id = fields.Many2one(groups="hr.group_hr_user")
    alias_domain = fields.Char(groups="hr.group_hr_user")
    alias_defaults = fields.Text(groups="hr.group_hr_user")
    alias_email = fields.Char("Task E-mail Address")

    def _alias_get_creation_values(self):
        return {
            **super()._alias_get_creation_values(),
            "alias_model_id": self.env["ir.model"]._get_id("project.task"),
        }
