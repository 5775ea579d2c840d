import ast

from anyascii import anyascii

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command, Domain

from .mail_task_answers import ANSWER_SENDERS

# Scopes of rules that name no address, nor whom one belongs to
EVERYWHERE = ("all", "server")
OWNER_KINDS = {"project.project": "project", "hr.employee": "employee"}


class MailAlias(models.Model):
    """Addresses at which mail becomes tasks.

    Every field added here starts with ``alias_``: ``mail.alias.mixin`` moves a
    value with the name of an alias field from the owner's values to the alias, so
    a field such as ``description`` would empty every project's description.
    """

    _name = "mail.alias"
    _inherit = ["mail.alias", "mail.task.address"]

    alias_contact = fields.Selection(
        selection_add=[
            ("internal", "Internal Users"),
            ("project", "Users Who May Create Tasks There"),
        ],
        ondelete={"internal": "set default", "project": "set default"},
    )
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
        compute="_compute_alias_task_rule_ids",
        groups="project.group_project_manager,mail_task_rules.group_mail_admin",
    )

    alias_sender_name = fields.Char(
        "Sender Name",
        help="What customers read as the sender: “Ann Smith (Support)”, or “Support” "
        "if nobody wrote it. Empty: the name of the project, employee or company.",
    )
    alias_answers_from = fields.Selection(
        ANSWER_SENDERS,
        "Answers to Customers",
        compute="_compute_alias_answers_from",
        inverse="_inverse_alias_answers_from",
        copy=False,
        groups="mail_task_rules.group_mail_admin",
        help="Where messages of the employee to customers come from. Empty: as the "
        "company's settings say.",
    )
    alias_answers_warning = fields.Char(compute="_compute_alias_answers_warning")
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

    @api.depends("alias_kind", "alias_parent_thread_id", "alias_project_id")
    def _compute_alias_task_rule_ids(self):
        rules = self.env["mail.task.rule"].search([("scope", "not in", EVERYWHERE)])
        for alias in self:
            domain = alias._get_rules_domain()
            alias.alias_task_rule_ids = rules.filtered_domain(domain)

    def _get_rules_domain(self):
        """Return the domain of the rules that name the address, its project, or the
        employee or a department that it belongs to."""
        employee = self.sudo()._get_employee()
        places = {
            "alias": self,
            "project": self.alias_project_id,
            "employee": employee,
            "department": self.env["mail.task.rule"]._get_departments(employee),
        }
        return Domain.OR(
            Domain("scope", "=", scope) & Domain(f"{scope}_ids", "in", records.ids)
            for scope, records in places.items()
        )

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

    def _sanitize_alias_name(self, name, is_email=False):
        """Write other alphabets in Latin; core makes question marks of them."""
        if name and not is_email:
            name = "".join(
                anyascii(char) if char.lower() != char.upper() else char
                for char in name
            )
        return super()._sanitize_alias_name(name, is_email=is_email)

    # ------------------------------------------------------------------
    # Answers
    # ------------------------------------------------------------------

    def _get_sender_name(self):
        """Return what people read as the name of the address."""
        owner = self._get_owner()
        return self.alias_sender_name or owner.name or self.env.company.sudo().name

    @api.depends("alias_kind", "alias_parent_thread_id")
    def _compute_alias_answers_from(self):
        for alias in self:
            # sudo: a mail administrator need not read employees
            alias.alias_answers_from = (
                alias.sudo()._get_employee().mail_task_answers_from
            )

    def _inverse_alias_answers_from(self):
        for alias in self:
            # sudo: who writes the address of an employee may say this of it, too
            employee = alias.sudo()._get_employee()
            employee.mail_task_answers_from = alias.alias_answers_from

    @api.depends("alias_name", "alias_domain_id", "alias_project_id")
    def _compute_alias_answers_warning(self):
        answers = self.env["mail.task.answers"]
        for alias in self:
            owner = alias._get_owner() or alias.sudo().alias_project_id
            company = owner.company_id or self.env.company.sudo()
            choice = owner.mail_task_answers_from or company.mail_task_answers_from
            email = alias.alias_domain_id and alias.alias_full_name
            alias.alias_answers_warning = answers._explain_address(
                choice, [email], company
            )

    # ------------------------------------------------------------------
    # Gateway
    # ------------------------------------------------------------------

    def _get_alias_contact_description(self):
        if self.alias_contact == "internal":
            return self.env._("internal users")
        if self.alias_contact == "project":
            return self.env._("users who may create tasks there")
        return super()._get_alias_contact_description()

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
        """Give each employee who is a user an address, also those who come later, and
        say how many got one."""
        if not self.env["mail.task.rule"]._is_mail_admin():
            raise AccessError(
                self.env._("Only mail administrators give all employees an address.")
            )
        # sudo: addresses are theirs to give, employees and companies not theirs to edit
        count = self.env["hr.employee"].sudo()._give_all_task_addresses()
        self.env.companies.sudo().mail_task_gives_addresses = True
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%s employees got an address; new ones get theirs at once.", count
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_open_task_rules(self):
        """Show the rules for mail to the address, and make new ones for all of it."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_task_rules.mail_task_rule_action"
        )
        is_project = self.alias_kind == "project"
        scope = "project" if is_project else "alias"
        named = self._get_owner() if is_project else self
        context = {
            "default_scope": scope,
            f"default_{scope}_ids": [Command.set(named.ids)],
            "default_match_any": True,
        }
        domain = list(self._get_rules_domain())
        return {**action, "domain": domain, "context": context}
