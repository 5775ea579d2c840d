from odoo import fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    task_email = fields.Char(
        "Task Address",
        related="employee_id.alias_email",
        related_sudo=True,
        help="E-mail to this address becomes your task.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return [*super().SELF_READABLE_FIELDS, "task_email"]
