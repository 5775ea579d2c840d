import ast

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command

OWNER_KINDS = {"project.project": "project", "hr.employee": "employee"}


class MailAlias(models.Model):
    """Addresses at which mail becomes tasks.

    Every field added here starts with ``alias_``: ``mail.alias.mixin`` moves a
    value with the name of an alias field from the owner's values to the alias, so
    a field such as ``description`` would empty every project's description.
    """

    _inherit = "mail.alias"

    alias_kind = fields.Selection(
        [
            ("project", "Project"),
            ("employee", "Employee"),
            ("virtual", "Virtual"),
        ],
        compute="_compute_alias_kind",
        store=True,
        help="Whose address it is, if mail to it becomes tasks.",
    )
    alias_project_id = fields.Many2one(
        "project.project",
        "Project of the Tasks",
        compute="_compute_alias_project_id",
        inverse="_inverse_alias_project_id",
        copy=False,
        help="Empty: the company's project for incoming mail.",
    )
    alias_default_action = fields.Selection(
        [
            ("task", "becomes a task"),
            ("ignore", "is ignored"),
            ("quarantine", "is quarantined"),
        ],
        "Mail Without a Rule",
        default="task",
        required=True,
        help="What becomes of a new mail that no rule matches.",
    )
    alias_task_rule_ids = fields.Many2many(
        "mail.task.rule",
        string="Task Rules",
        copy=False,
        groups="project.group_project_manager,mail_task_rules.group_mail_admin",
    )

    alias_auto_reply_template_id = fields.Many2one(
        "mail.template",
        "Automatic Answer",
        domain="[('model', '=', 'project.task')]",
        help="What the sender of a new mail gets, unless a rule has another answer.",
    )

    alias_owner_name = fields.Char("Belongs To", compute="_compute_alias_owner_name")
    alias_last_mail_date = fields.Datetime(
        "Last E-mail", compute="_compute_alias_last_mail_date"
    )

    @api.depends("alias_kind", "alias_parent_thread_id")
    def _compute_alias_owner_name(self):
        for alias in self:
            alias.alias_owner_name = alias._get_owner().display_name

    def _compute_alias_last_mail_date(self):
        # sudo: when a mail came is no secret, and mails are
        mails = self.env["mail.task.incoming"].sudo()
        dates = dict(
            mails._read_group(
                [("alias_ids", "in", self.ids)], ["alias_ids"], ["create_date:max"]
            )
        )
        for alias in self:
            alias.alias_last_mail_date = dates.get(alias._origin)

    @api.depends("alias_model_id", "alias_parent_model_id")
    def _compute_alias_kind(self):
        for alias in self:
            # ir.model is for administrators, the kind of an address for everybody
            alias_sudo = alias.sudo()
            owner = alias_sudo.alias_parent_model_id.model
            is_task = alias_sudo.alias_model_id.model == "project.task"
            alias.alias_kind = is_task and (
                OWNER_KINDS.get(owner, False) if owner else "virtual"
            )

    @api.depends("alias_defaults")
    def _compute_alias_project_id(self):
        Project = self.env["project.project"]
        for alias in self:
            project_id = alias._get_default_values().get("project_id")
            alias.alias_project_id = Project.browse(project_id).exists()

    def _inverse_alias_project_id(self):
        for alias in self:
            defaults = alias._get_default_values()
            defaults.pop("project_id", None)
            if alias.alias_project_id:
                defaults["project_id"] = alias.alias_project_id.id
            alias.alias_defaults = repr(defaults)

    def _get_default_values(self):
        return dict(ast.literal_eval(self.alias_defaults or "{}"))

    # ------------------------------------------------------------------
    # Gateway
    # ------------------------------------------------------------------

    def _get_mail_task_values(self):
        """Return what the address itself says of a new task."""
        if self.alias_kind != "employee":
            return {}
        employee = self._get_employee().filtered("active")
        return {"user_ids": employee.user_id.filtered("active").ids}

    def _get_owner(self):
        """Return the project or employee that the address belongs to, as the system."""
        model = {kind: name for name, kind in OWNER_KINDS.items()}.get(self.alias_kind)
        owners = self.env[model or "project.project"].sudo()
        return owners.browse(model and self.alias_parent_thread_id or []).exists()

    def _get_default_action(self):
        """Return what becomes of a new mail that no rule matches."""
        owner = self._get_owner()
        is_user = self.alias_kind != "employee" or owner.user_id.active
        if not owner or (owner.active and is_user):
            return self.alias_default_action
        company = owner.company_id or self.env.company.sudo()
        return company.mail_task_abandoned_action

    def _get_owner_company(self):
        return self._get_employee().company_id

    def _get_employee(self):
        owner_id = self.alias_kind == "employee" and self.alias_parent_thread_id
        return self.env["hr.employee"].browse(owner_id or [])

    def _plain_values(self, values):
        """Return a route's values with assignees as ids.

        Core adds the ids of colleagues in To to them, which fails or drops them
        if they are commands.
        """
        values = dict(values or {})
        if "user_ids" in values:
            commands = values["user_ids"] or []
            cache = self.env["project.task"].new({"user_ids": commands})
            values["user_ids"] = (
                cache.user_ids._origin.ids
                if any(isinstance(command, (list, tuple)) for command in commands)
                else list(commands)
            )
        return values

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_give_all_employees_addresses(self):
        """Give each employee who is a user an address, and say how many got one."""
        if not self.env["mail.task.rule"]._is_mail_admin():
            raise AccessError(
                self.env._("Only mail administrators give all employees an address.")
            )
        count = self.env["hr.employee"].sudo()._give_all_task_addresses()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%s employees got an address.", count),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_open_task_rules(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_task_rules.mail_task_rule_action"
        )
        context = {
            "default_scope": "alias",
            "default_alias_ids": [Command.set(self.ids)],
        }
        return {**action, "domain": [("alias_ids", "in", self.ids)], "context": context}
