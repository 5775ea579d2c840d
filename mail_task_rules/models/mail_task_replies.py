from odoo import fields, models

TASK = "project.task"


class MailTaskReplies(models.AbstractModel):
    """What rules do with a mail for a task that exists: who sees it, and what comes
    of a task that was closed."""

    _name = "mail.task.replies"
    _description = "Replies to Tasks by E-mail"

    message_kind = fields.Selection(
        [
            ("comment", "message that the followers get"),
            ("note", "internal note"),
        ],
        "Replies Are Added As",
        default="comment",
        required=True,
        help="Customers never see internal notes. A reply to a note is one, too.",
    )
    closed_policy = fields.Selection(
        [
            ("append", "it stays closed"),
            ("reopen", "it is reopened"),
            ("new_linked", "a new task goes on from it"),
        ],
        "If the Task Is Done or Cancelled",
        default="append",
        required=True,
        help="A new task is made by the rules of the address that the first mail "
        "came to.",
    )
    reopen_stage_id = fields.Many2one(
        "project.task.type",
        "Stage of Reopened Tasks",
        help="Empty, or not one of the project's: the stage it is in, or the "
        "project's first one if that is folded.",
    )

    def _starts_new_task(self, task):
        return task.is_closed and self[:1].closed_policy == "new_linked"

    def _get_linked_route(self, run, route, task):
        """Return the route to a new task that goes on from a closed one."""
        alias = task.mail_alias_id or route[4] or self.env["mail.alias"]
        values = {"project_id": task.project_id.id, **alias._get_default_values()}
        run.linked_task_id = task.id
        return self._decide_route(run, (TASK, 0, values, route[3], alias or None))

    def _get_reopening_values(self, task):
        """Return what reopens a task; nothing if it is open, or shall stay closed."""
        if not task.is_closed or self[:1].closed_policy != "reopen":
            return {}
        stage = self[:1].reopen_stage_id
        if task.project_id not in stage.project_ids:
            stage = task.stage_id
            if stage.fold:
                stages = task.project_id.type_ids
                stage = stages.filtered(lambda one: not one.fold)[:1] or stage
        return {"state": "01_in_progress", "stage_id": stage.id}
