from odoo import fields, models

DIGEST_FIELDS = (
    "task_digest",
    "task_digest_weekday",
    "task_digest_hour",
    "task_digest_if_empty",
)


class ResUsers(models.Model):
    _name = "res.users"
    _inherit = ["res.users", "mail.task.digest"]

    task_email = fields.Char(
        "Task Address",
        related="employee_id.alias_email",
        related_sudo=True,
        help="E-mail to this address becomes your task.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return [*super().SELF_READABLE_FIELDS, "task_email", *DIGEST_FIELDS]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return [*super().SELF_WRITEABLE_FIELDS, *DIGEST_FIELDS]
