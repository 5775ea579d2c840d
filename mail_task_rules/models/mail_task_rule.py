from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import ruleset

SCOPES = [
    ("all", "any address, and mail that no address claims"),
    ("alias", "these addresses"),
    ("project", "the addresses of these projects"),
    ("department", "employees of these departments"),
    ("employee", "these employees"),
    ("server", "these incoming mail servers"),
]
PLACES = [
    ("subject", "the subject"),
    ("body", "the text"),
    ("headers", "the headers"),
    ("anywhere", "the subject, the text or the headers"),
    ("to", "the To addresses"),
]
ACTIONS = [
    ("task", "create or update the task"),
    ("append", "add it to an existing task"),
    ("ignore", "ignore it"),
    ("quarantine", "quarantine it"),
    ("reject", "reject it with an answer"),
    ("forward", "forward it"),
]


class MailTaskRule(models.Model):
    """One line of the ordered list that decides what becomes of a mail.

    The record holds what people edit. Matching is done by ``engine.ruleset`` on a
    compiled copy of all rules (``mail_task_matching.py``); what a rule does is
    carried out in ``mail_task_routing.py`` and ``mail_task_preparation.py``.
    """

    _name = "mail.task.rule"
    _inherit = [
        "mail.task.matching",
        "mail.task.routing",
        "mail.task.copies",
        "mail.task.preparation",
        "mail.task.reference",
        "mail.task.refusal",
        "mail.task.replies",
        "mail.task.limits",
        "mail.task.sentence",
        "mail.task.trial",
        "mail.task.health",
        "mail.task.versioned",
        "mail.task.authorship",
    ]
    _description = "Incoming E-mail Rule"
    _order = "level, sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        help="Only for mail to the addresses of this company. Empty: of all.",
    )
    user_id = fields.Many2one(
        "res.users",
        "Owner",
        index="btree_not_null",
        default=lambda self: self._default_user_id(),
        help="Whose own rule it is, for mail to their own address. Empty: a rule of "
        "the company.",
    )
    level = fields.Selection(
        [("1", "Company"), ("2", "Department"), ("3", "Own")],
        compute="_compute_level",
        store=True,
        help="Rules of the company come before those of departments, and these "
        "before the employees' own.",
    )

    # where
    scope = fields.Selection(SCOPES, default="all", required=True)
    alias_ids = fields.Many2many(
        "mail.alias",
        string="Addresses",
        domain="[('alias_kind', '!=', False), ('alias_name', '!=', False)]",
    )
    project_ids = fields.Many2many(
        "project.project",
        "mail_task_rule_scope_project_rel",
        string="Projects",
        check_company=True,
    )
    department_ids = fields.Many2many("hr.department", string="Departments")
    employee_ids = fields.Many2many("hr.employee.public", string="Employees")
    server_ids = fields.Many2many(
        "fetchmail.server",
        string="Incoming Mail Servers",
        groups="mail_task_rules.group_mail_admin",
    )
    applies_to = fields.Selection(
        [("new", "a new mail"), ("reply", "a reply"), ("both", "either")],
        default="new",
        required=True,
    )

    # when
    sender_policy = fields.Selection(
        [
            ("anyone", "anyone"),
            ("known", "somebody we know"),
            ("internal", "a colleague"),
            ("project", "somebody who may create tasks in the project"),
        ],
        "Sender",
        default="anyone",
        required=True,
    )
    unknown_sender = fields.Selection(
        [
            ("contact", "becomes a contact"),
            ("owner", "is named in a task that the rule's owner makes"),
            ("portal", "becomes a portal user who follows the task"),
            ("reject", "is told that they may not write here"),
            ("skip", "is passed over by this rule"),
        ],
        compute="_compute_unknown_sender",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    sender_domains = fields.Char(
        help="Domains or whole addresses of the sender, separated by commas or "
        "spaces. *.acme.test stands for all subdomains of acme.test.",
    )
    keyword = fields.Char(
        help="Case and accents do not matter, unless you tick “case and accents as "
        "written here”.",
    )
    keyword_in = fields.Selection(PLACES, default="subject", required=True)
    keyword_mode = fields.Selection(
        [
            ("phrase", "the phrase"),
            ("words", "all the words"),
            ("regex", "the regular expression"),
        ],
        default="phrase",
        required=True,
    )
    case_sensitive = fields.Boolean("Case and Accents as Written Here")
    domain = fields.Char(
        "Further Conditions",
        help="On anything that is known of the mail: attachments, headers, dates, "
        "the sender's contact with its tags.",
    )
    extraction_ids = fields.One2many(
        "mail.task.extraction", "rule_id", "Texts of the Mail", copy=True
    )
    match_any = fields.Boolean(
        "Any E-mail", help="The rule needs no condition: it takes every mail."
    )

    # then
    action = fields.Selection(ACTIONS, default="task", required=True)
    project_id = fields.Many2one(
        "project.project",
        check_company=True,
        index="btree_not_null",
        help="Empty: the project of the address, or the company's project for "
        "incoming mail.",
    )
    stage_id = fields.Many2one(
        "project.task.type",
        compute="_compute_stage_id",
        store=True,
        readonly=False,
        domain="[('project_ids', '=', project_id)]",
    )
    category_id = fields.Many2one("mail.task.category", index="btree_not_null")
    tag_ids = fields.Many2many("project.tags", string="Tags")
    priority = fields.Selection(
        selection=lambda self: (
            self.env["project.task"]
            ._fields["priority"]
            ._description_selection(self.env)
        )
    )
    user_ids = fields.Many2many(
        "res.users",
        "mail_task_rule_assignee_rel",
        string="Assignees",
        domain="[('share', '=', False), ('active', '=', True)]",
    )
    assign_mode = fields.Selection(
        [
            ("replace", "all of them"),
            ("keep", "all of them, with whom the address belongs to"),
            ("round_robin", "one of them, in turn"),
            ("least_loaded", "the one with the fewest open tasks"),
        ],
        default="replace",
        required=True,
    )
    follower_ids = fields.Many2many(
        "res.partner", "mail_task_rule_follower_rel", string="Followers"
    )
    partner_from = fields.Selection(
        [
            ("sender", "the sender"),
            ("extraction", "found in the mail"),
            ("fixed", "always"),
        ],
        "Customer",
        default="sender",
        required=True,
    )
    partner_id = fields.Many2one("res.partner", "Fixed Customer")
    partner_extraction_id = fields.Many2one(
        "mail.task.extraction",
        "Customer's E-mail",
        domain="[('rule_id', '=', id)]",
        ondelete="set null",
        copy=False,
    )
    milestone_id = fields.Many2one(
        "project.milestone",
        compute="_compute_milestone_id",
        store=True,
        readonly=False,
        domain="[('project_id', '=', project_id)]",
    )
    parent_id = fields.Many2one("project.task", "Parent Task")
    template_task_id = fields.Many2one(
        "project.task", "Task Template", domain="[('is_template', '=', True)]"
    )
    deadline_days = fields.Integer(
        "Deadline", help="Days after the one on which the mail is processed; 0: none."
    )
    deadline_working = fields.Boolean(
        "Working Days", help="By the working hours of the project."
    )
    value_ids = fields.One2many("mail.task.value", "rule_id", "Values", copy=True)
    append_field_id = fields.Many2one(
        "ir.model.fields",
        "Task Field",
        domain="[('model', '=', 'project.task'), ('store', '=', True), "
        "('ttype', 'in', ('char', 'integer', 'float', 'text'))]",
        ondelete="cascade",
    )
    append_extraction_id = fields.Many2one(
        "mail.task.extraction",
        "Extracted Value",
        domain="[('rule_id', '=', id)]",
        ondelete="set null",
        copy=False,
    )
    append_none = fields.Selection(
        [
            ("skip", "the rule is passed over"),
            ("task", "a task is created"),
            ("quarantine", "the mail is quarantined"),
        ],
        "If There Is None",
        default="skip",
        required=True,
    )
    append_many = fields.Selection(
        [
            ("last", "the one changed last is taken"),
            ("skip", "the rule is passed over"),
            ("quarantine", "the mail is quarantined"),
        ],
        "If There Are Several",
        default="last",
        required=True,
    )
    auto_reply_template_id = fields.Many2one(
        "mail.template",
        "Automatic Answer",
        domain="[('model', '=', 'project.task')]",
        help="What the sender gets, once a day, from the address that they wrote to.",
    )
    reject_text = fields.Text("Answer", translate=True)
    forward_to = fields.Char()
    stop = fields.Boolean(
        "Stop Here",
        default=True,
        help="Off: later rules that match add to this one. They override single "
        "values; tags and followers add up.",
    )

    # ------------------------------------------------------------------
    # Computes and checks
    # ------------------------------------------------------------------

    @api.depends("user_id", "scope")
    def _compute_level(self):
        for rule in self:
            if rule.user_id:
                rule.level = "3"
            else:
                rule.level = "2" if rule.scope == "department" else "1"

    @api.depends("sender_policy")
    def _compute_unknown_sender(self):
        for rule in self:
            if rule.sender_policy == "anyone":
                rule.unknown_sender = rule.unknown_sender or "contact"
            elif rule.unknown_sender in (False, "contact"):
                rule.unknown_sender = "skip"

    @api.depends("project_id")
    def _compute_stage_id(self):
        for rule in self:
            if rule.project_id not in rule.stage_id.project_ids:
                rule.stage_id = False

    @api.depends("project_id")
    def _compute_milestone_id(self):
        for rule in self:
            if rule.project_id != rule.milestone_id.project_id:
                rule.milestone_id = False

    @api.constrains("keyword", "keyword_mode", "case_sensitive")
    def _check_keyword(self):
        for rule in self:
            if rule.keyword:
                rule._compile_keyword()

    @api.constrains("sender_domains")
    def _check_sender_domains(self):
        for rule in self:
            for domain in ruleset.domains(rule.sender_domains):
                if not ruleset.is_domain(domain):
                    raise ValidationError(
                        self.env._(
                            "“%s” is not a domain. Write for example acme.test, "
                            "*.acme.test or ann@acme.test.",
                            domain,
                        )
                    )

    @api.constrains("domain")
    def _check_domain(self):
        for rule in self:
            rule._check_domain_fields()

    @api.constrains("action", "forward_to", "append_field_id", "append_extraction_id")
    def _check_action(self):
        for rule in self:
            if rule.action == "forward":
                rule._check_forward()

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_try(self):
        """Open the wizard that says what the rules make of a mail."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_task_rules.mail_task_try_action"
        )
        return {**action, "context": {"default_rule_id": self.id}}

    def action_preview_auto_reply(self):
        """Show the answer as who wrote the last task of the project would get it."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail.mail_template_preview_action"
        )
        domain = [("project_id", "=", self.project_id.id)] if self.project_id else []
        task = self.env["project.task"].search(domain, order="id desc", limit=1)
        context = {"default_mail_template_id": self.auto_reply_template_id.id}
        if task:
            context["default_resource_ref"] = f"project.task,{task.id}"
        return {**action, "context": context}

    def action_open_versions(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Versions of “%s”", self.name),
            "res_model": "mail.task.rule.version",
            "views": [(False, "list")],
            "domain": [("rule_id", "=", self.id)],
        }

    def action_open_incoming(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_task_rules.mail_task_incoming_action"
        )
        return {**action, "domain": [("rule_ids", "in", self.ids)], "context": {}}
