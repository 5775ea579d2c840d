from odoo import api, fields, models

from odoo.addons.mail.tools.alias_error import AliasError

from ..engine.run import current_run

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

    def _judge_author(self, author_id, record, error):
        """Return why somebody may not write to the address, or ``False``.

        :param int author_id: the contact that core found for the sender, or a false
            value
        :param record: the task that the mail is for, else whom the address belongs to
        :param AliasError error: what core has against it, or ``False``
        """
        run = current_run()
        is_restricted = self.alias_contact != "everyone"
        if is_restricted and run and (run.is_anonymous() or run.claim.is_disputed):
            return AliasError(
                "error_unauthenticated", self.env._("restricted to senders we know")
            )
        if not author_id and self._takes_unknown_senders():
            return False
        author = self.env["res.partner"].browse(author_id or [])
        if self.alias_contact in ("internal", "project"):
            task = record if record._name == TASK else self.env[TASK]
            words = self._get_alias_contact_description()
            admitted = self._admits(author, task)
            return not admitted and AliasError("error_not_admitted", words)
        return False if self._is_employee(author) else error

    def _takes_unknown_senders(self):
        taken = self.alias_unknown_sender not in (False, "reject")
        return taken and bool(self.alias_kind)

    def _is_employee(self, partner):
        """Tell whether somebody is one of the employees for whom the address is. Odoo
        knows them by one address only."""
        users = partner.user_ids if self.alias_contact == "employees" else ()
        return bool(users) and bool(
            self.env["hr.employee"].search_count(
                [("user_id", "in", users.ids)], limit=1
            )
        )

    def _admits(self, partner, task):
        """Tell whether somebody may write to an address for users.

        :param project.task task: the one that the mail is for, if there is one
        """
        users = partner.user_ids.filtered(lambda user: not user.share)
        if self.alias_contact == "internal":
            return bool(users)
        project = task.project_id or self._get_task_project()
        rules = self.env["mail.task.rule"]
        return any(rules._may_create_task(user, project) for user in users)

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
