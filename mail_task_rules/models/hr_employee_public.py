from odoo import fields, models


class HrEmployeePublic(models.Model):
    _inherit = "hr.employee.public"

    alias_email = fields.Char(
        "Task Address", related="employee_id.alias_email", compute_sudo=True
    )
