from odoo import api, models
from odoo.exceptions import AccessError, ValidationError

OWN_ACTIONS = ("task", "append", "ignore", "quarantine")


class MailTaskAuthorship(models.AbstractModel):
    """Who may write which rules.

    Mail administrators: all. Project managers: those for the addresses of projects,
    into projects, that they may write. Project users: their own, for mail to
    their own address.
    """

    _name = "mail.task.authorship"
    _description = "Authors of Rules for Incoming E-mails"

    @api.model
    def _is_mail_admin(self):
        return self.env.su or self.env.user.has_group(
            "mail_task_rules.group_mail_admin"
        )

    @api.model
    def _is_project_manager(self):
        return self.env.user.has_group("project.group_project_manager")

    @api.model
    def _default_user_id(self):
        own = not (self._is_mail_admin() or self._is_project_manager())
        return self.env.user if own else self.env["res.users"]

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        if values.get("user_id"):
            values["scope"] = "employee"
            employees = self.env["hr.employee.public"]
            own = employees.search([("user_id", "=", self.env.uid)])
            values["employee_ids"] = own.ids
        elif not self._is_mail_admin():
            values["scope"] = "project"
        return values

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        rules._check_author()
        return rules

    def write(self, vals):
        result = super().write(vals)
        self._check_author()
        return result

    def _check_author(self):
        """Refuse what the author may not have a rule do.

        :raise AccessError, ValidationError: with a sentence that says what
        """
        for rule in self:
            if rule.user_id:
                rule._check_own()
            elif not self._is_mail_admin():
                rule._check_manager()

    def _check_manager(self):
        """Check a rule of a project manager."""
        if self.scope != "project" or not self.project_ids:
            raise AccessError(
                self.env._(
                    "Your rules can be for the addresses of projects only: choose them "
                    "in “comes to”."
                )
            )
        (self.project_ids | self.project_id).check_access("write")
        # once more: constraints are checked as superuser
        self._check_domain_fields()

    def _check_own(self):
        """Check somebody's own rule: it may do what the owner may do."""
        owner = self.user_id
        if self.scope != "employee" or self.employee_ids.user_id != owner:
            raise ValidationError(self._explain_own_scope())
        if self.action not in OWN_ACTIONS or self.unknown_sender in (
            "reject",
            "portal",
        ):
            raise ValidationError(
                self.env._(
                    "An own rule may not forward, reject or make portal users: ask a "
                    "mail administrator."
                )
            )
        own = self.with_user(owner)
        own.project_id.check_access("read")
        own.env["project.task"].check_access("create")
        (own.parent_id | own.template_task_id).check_access("read")
        own.auto_reply_template_id.check_access("read")
        own._check_domain_fields()
        own._check_settable_fields()

    def _explain_own_scope(self):
        """Return what to do to have a rule be for mail to its owner's address."""
        owner = self.user_id
        own = [("user_id", "=", owner.id)]
        if self.env["hr.employee.public"].search_count(own, limit=1):
            return self.env._(
                "An own rule is for mail to its owner's address: choose “these "
                "employees” and %s.",
                owner.name,
            )
        return self.env._(
            "An own rule is for mail to its owner's address, and only employees have "
            "one: ask an administrator to press “Create employee” in the user %s.",
            owner.name,
        )

    def _get_owner_obstacle(self, candidate):
        """Return why the owner of one's own rule may not do what it does, which may
        have changed since it was written, or an empty string."""
        if not self.user_id:
            return ""
        own = self.with_user(self.user_id)
        task = own.env["project.task"].browse(candidate.task_id or [])
        if not own.has_access("write") or not task.has_access("write"):
            return self.env._("its owner may not change the task")
        read = own.project_id, own.parent_id, own.template_task_id
        if not all(records.has_access("read") for records in read):
            return self.env._("its owner may no longer see what it names")
        return ""

    def _check_settable_fields(self):
        task = self.env["project.task"]
        for field in self.value_ids.field_id.sudo():
            if not task._has_field_access(task._fields[field.name], "write"):
                raise AccessError(
                    self.env._("You may not write “%s”.", field.field_description)
                )
