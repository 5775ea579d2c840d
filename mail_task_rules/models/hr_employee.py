from itertools import chain, count

from anyascii import anyascii

from odoo import api, fields, models

from .mail_task_answers import ANSWER_SENDERS


class HrEmployee(models.Model):
    """An employee may have an address; mail to it becomes the employee's task."""

    _name = "hr.employee"
    _inherit = ["hr.employee", "mail.alias.mixin.optional"]

    # Colleagues read the address on hr.employee.public.
    alias_id = fields.Many2one(groups="hr.group_hr_user", index="btree_not_null")
    alias_name = fields.Char("Task Address", groups="hr.group_hr_user")
    alias_domain_id = fields.Many2one(groups="hr.group_hr_user")
    alias_domain = fields.Char(groups="hr.group_hr_user")
    alias_defaults = fields.Text(groups="hr.group_hr_user")
    alias_email = fields.Char("Task E-mail Address")
    mail_task_answers_from = fields.Selection(
        ANSWER_SENDERS,
        "Answers to Customers",
        groups="hr.group_hr_user",
        help="Where messages of the employee to customers come from, unless the "
        "project has another setting. Empty: as the company's settings say.",
    )
    mail_task_answers_warning = fields.Char(
        compute="_compute_mail_task_answers_warning", groups="hr.group_hr_user"
    )

    @api.depends("mail_task_answers_from", "alias_email", "company_id", "user_id")
    def _compute_mail_task_answers_warning(self):
        answers = self.env["mail.task.answers"]
        for employee in self:
            company = employee.company_id
            chosen = employee.mail_task_answers_from
            choice = chosen or company.sudo().mail_task_answers_from
            sentences = (
                answers._explain_own(choice, employee.user_id),
                answers._explain_address(choice, [employee.alias_email], company),
            )
            employee.mail_task_answers_warning = " ".join(filter(None, sentences))

    @api.model_create_multi
    def create(self, vals_list):
        employees = super().create(vals_list)
        wanted = employees.filtered("company_id.mail_task_gives_addresses")
        wanted._give_task_addresses()
        return employees

    def _alias_get_creation_values(self):
        values = super()._alias_get_creation_values()
        values["alias_model_id"] = self.env["ir.model"]._get_id("project.task")
        if self and not self.alias_id:
            # core would take the domain of who writes the name
            values["alias_domain_id"] = self.company_id.alias_domain_id.id
        return values

    def action_give_task_addresses(self):
        """Give an address to those of the employees who have none."""
        self.check_access("write")
        self._give_task_addresses()

    @api.model
    def _give_all_task_addresses(self):
        """Give an address to all who can get tasks. Return how many got one."""
        employees = self.search(
            [
                ("user_id", "!=", False),
                ("alias_name", "=", False),
                ("company_id", "in", self.env.companies.ids),
            ],
            # Of two of the same name, the first one gets it as it is.
            order="id",
        )
        employees._give_task_addresses()
        return len(employees)

    def _give_task_addresses(self):
        # sudo: whose address is free is not for everybody to read
        for employee in self.sudo().filtered(lambda one: not one.alias_name):
            employee = employee.with_company(employee.company_id)
            employee.alias_name = employee._get_free_alias_name()

    def _get_free_alias_name(self):
        """Return the local part of the login, or one like it if it is taken."""
        domain = self.company_id.alias_domain_id
        wanted = self._get_wanted_alias_name()
        similar = self.env["mail.alias"].search(
            [("alias_name", "=like", f"{wanted}%"), ("alias_domain_id", "=", domain.id)]
        )
        taken = {*similar.mapped("alias_name"), *self._get_reserved_names(domain)}
        names = chain([wanted], (f"{wanted}{number}" for number in count(2)))
        return next(name for name in names if name not in taken)

    def _get_reserved_names(self, domain):
        return domain.bounce_alias, domain.catchall_alias, domain.default_from

    def _get_wanted_alias_name(self):
        """Return what can be an address of the login, the work e-mail or the name."""
        source = self.user_id.login or self.work_email or self.name or ""
        latin = anyascii(source.partition("@")[0])
        name = self.env["mail.alias"]._sanitize_alias_name(latin)
        return (name or "").strip(".-") or f"employee-{self.id}"
