from odoo import fields, models


class MailTaskCategory(models.Model):
    """A kind of task, and who may create such tasks by e-mail."""

    _name = "mail.task.category"
    _description = "Task Category"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    project_ids = fields.Many2many(
        "project.project",
        string="Projects",
        help="Where tasks can be of this category. Empty: in all projects.",
    )
    group_ids = fields.Many2many(
        "res.groups",
        string="May Create by E-mail",
        help="Senders in one of these groups. Empty: everybody.",
    )
    template_task_id = fields.Many2one(
        "project.task",
        "Task Template",
        domain="[('is_template', '=', True)]",
        help="What tasks of this category that are created by e-mail begin with.",
    )

    def _is_allowed(self, user):
        """Tell whether a sender may create tasks of it.

        :param res.users user: the sender; empty for one who is no user
        """
        return not self.group_ids or bool(self.group_ids & user.all_group_ids)
