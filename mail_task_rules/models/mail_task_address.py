from odoo import api, fields, models

TASK = "project.task"


class MailTaskAddress(models.AbstractModel):
    """What an address that makes tasks says itself: who may write to it, and what a
    task gets that no rule decides about."""

    _name = "mail.task.address"
    _description = "Address for Tasks"

    alias_unknown_sender = fields.Selection(
        [
            ("contact", "become contacts"),
            ("owner", "are named in a task that the address's owner makes"),
            ("portal", "become portal users who follow the task"),
            ("reject", "are told that they may not write here"),
            ("skip", "wait until somebody decides"),
        ],
        "Unknown Senders",
        compute="_compute_alias_unknown_sender",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        help="What becomes of senders who are neither users nor contacts. A rule that "
        "matches says it itself.",
    )
    alias_template_task_id = fields.Many2one(
        "project.task",
        "Task Template",
        domain="[('is_template', '=', True)]",
        ondelete="set null",
        copy=False,
        help="What a new task has, its assignees among it, unless a rule names another "
        "template or project.",
    )
    alias_follower_ids = fields.Many2many(
        "res.partner",
        "mail_alias_task_follower_rel",
        string="Followers of the Tasks",
        copy=False,
    )

    @api.depends("alias_contact")
    def _compute_alias_unknown_sender(self):
        """Odoo sends back what comes from others than may write."""
        for alias in self:
            if alias.alias_contact == "everyone":
                if alias.alias_unknown_sender in (False, "reject"):
                    alias.alias_unknown_sender = "contact"
            elif alias.alias_unknown_sender in (False, "contact"):
                alias.alias_unknown_sender = "reject"

    # ------------------------------------------------------------------
    # Who may write
    # ------------------------------------------------------------------

    def _takes_unknown_senders(self):
        taken = self.alias_unknown_sender not in (False, "reject")
        return taken and bool(self.alias_kind)

    def _is_employee(self, partner):
        """Tell whether somebody is one of those for whom the address is. Odoo knows
        them by one address only."""
        if self.alias_contact != "employees":
            return False
        # sudo: only to tell who wrote
        return bool(partner.sudo().user_ids.employee_ids)

    def _admits(self, partner, task):
        """Tell whether somebody may write to an address for users.

        :param project.task task: the one that the mail is for, if there is one
        """
        # sudo: only to tell who wrote
        users = partner.sudo().user_ids.filtered(lambda user: not user.share)
        if self.alias_contact == "internal":
            return bool(users)
        if self.alias_contact == "project":
            project = task.project_id or self._get_task_project()
            rules = self.env["mail.task.rule"]
            return any(rules._may_create_task(user, project) for user in users)
        return True

    def _get_task_project(self):
        """Return the project that tasks of the address are in without a rule."""
        if self.alias_kind == "project":
            return self._get_owner()
        company = self._get_owner_company() or self.env.company
        return self.alias_project_id or company._get_mail_task_project()

    def _get_answerable_user(self):
        """Return the user in whose name unknown senders' tasks are made."""
        employee = self._get_employee().sudo()
        project = self._get_owner() if self.alias_kind == "project" else None
        project = (project or self.alias_project_id).sudo()
        company = project.company_id or employee.company_id or self.env.company
        users = employee.user_id | project.user_id
        active = users.filtered("active")[:1]
        return active or company.sudo()._get_mail_task_responsible()
