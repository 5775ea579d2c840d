from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

from ..engine import ruleset

SCOPES = [
    ("all", "any address, and mail that no address claims"),
    ("alias", "these addresses"),
    ("project", "the addresses of these projects"),
]
PLACES = [
    ("subject", "the subject"),
    ("body", "the text"),
    ("headers", "the headers"),
    ("anywhere", "the subject, the text or the headers"),
    ("to", "the To addresses"),
]


class MailTaskRule(models.Model):
    """One line of the ordered list that decides what becomes of a new mail.

    The record holds what people edit; matching is done by ``engine.ruleset`` on
    a compiled copy of all rules, and carried out by ``mail_task_routing.py``.
    """

    _name = "mail.task.rule"
    _inherit = ["mail.task.routing", "mail.task.limits"]
    _description = "Incoming E-mail Rule"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        help="Only for mail to the addresses of this company. Empty: of all.",
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

    # when
    sender_domains = fields.Char(
        help="Domains or whole addresses of the sender, separated by commas or "
        "spaces. *.acme.test stands for all subdomains of acme.test.",
    )
    keyword = fields.Char(help="A word or phrase. Case and accents do not matter.")
    keyword_in = fields.Selection(PLACES, default="subject", required=True)
    match_any = fields.Boolean(
        "Any E-mail", help="The rule needs no condition: it takes every mail."
    )

    # then
    action = fields.Selection(
        [("task", "create a task"), ("ignore", "ignore the mail")],
        default="task",
        required=True,
    )
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
        string="Assignees",
        domain="[('share', '=', False), ('active', '=', True)]",
    )
    stop = fields.Boolean(
        "Stop Here",
        default=True,
        help="Off: later rules that match add to this one. They override single "
        "values; tags add up.",
    )

    condition_text = fields.Char("If a Mail", compute="_compute_condition_text")
    warning = fields.Char(compute="_compute_warning")
    incoming_count = fields.Integer(compute="_compute_incoming_count")

    # ------------------------------------------------------------------
    # Computes and checks
    # ------------------------------------------------------------------

    @api.depends("project_id")
    def _compute_stage_id(self):
        for rule in self:
            if rule.project_id not in rule.stage_id.project_ids:
                rule.stage_id = False

    @api.depends(
        "scope",
        "alias_ids",
        "project_ids",
        "sender_domains",
        "keyword",
        "match_any",
        "action",
        "project_id.active",
    )
    def _compute_warning(self):
        for rule in self:
            rule.warning = rule._get_obstacle() or rule._get_emptiness()

    def _get_obstacle(self):
        """Return why the rule can not be carried out now, or an empty string."""
        if self.action == "task" and self.project_id and not self.project_id.active:
            return self.env._(
                "The project “%s” is archived: the rule is passed over.",
                self.project_id.display_name,
            )
        return ""

    def _get_emptiness(self):
        """Return why the rule can never match, or an empty string."""
        compiled = self._compile()
        if not (compiled.match_any or compiled.keyword or compiled.sender_domains):
            return self.env._(
                "The rule has no condition, so it never matches. Give it one, or "
                "tick “Any E-mail”."
            )
        if self.scope == "alias" and not self.alias_ids:
            return self.env._("No address is chosen, so the rule never matches.")
        if self.scope == "project" and not self.project_ids:
            return self.env._("No project is chosen, so the rule never matches.")
        return ""

    @api.depends(
        "scope",
        "alias_ids.display_name",
        "project_ids.display_name",
        "sender_domains",
        "keyword",
        "keyword_in",
        "match_any",
    )
    def _compute_condition_text(self):
        for rule in self:
            rule.condition_text = ", ".join(rule._get_condition_texts())

    def _get_condition_texts(self):
        """Return the conditions as they go on after “If a mail …”."""
        texts = []
        if self.scope == "alias" and self.alias_ids:
            texts.append(self.env._("comes to %s", self._join(self.alias_ids)))
        if self.scope == "project" and self.project_ids:
            texts.append(
                self.env._("comes to project %s", self._join(self.project_ids))
            )
        if self.sender_domains:
            texts.append(self.env._("is from %s", self.sender_domains))
        if self.keyword:
            places = dict(self._fields["keyword_in"]._description_selection(self.env))
            texts.append(
                self.env._(
                    "has “%(phrase)s” in %(place)s",
                    phrase=self.keyword,
                    place=places[self.keyword_in],
                )
            )
        if self.match_any and self.scope == "all" and not texts:
            texts.append(self.env._("arrives, whatever it is"))
        return texts

    def _join(self, records):
        return ", ".join(records.mapped("display_name"))

    def _compute_incoming_count(self):
        counts = dict(
            self.env["mail.task.incoming"]._read_group(
                [("rule_ids", "in", self.ids)], ["rule_ids"], ["__count"]
            )
        )
        for rule in self:
            rule.incoming_count = counts.get(rule, 0)

    @api.constrains("keyword")
    def _check_keyword(self):
        for rule in self:
            if rule.keyword and not ruleset.keyword(rule.keyword):
                raise ValidationError(
                    self.env._("The keyword “%s” has no letters.", rule.keyword)
                )

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

    # ------------------------------------------------------------------
    # The compiled rules
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.model
    @tools.ormcache()
    def _get_rule_set(self):
        """Return all active rules, compiled. Columns only: nothing that may change
        without a write on a rule."""
        return ruleset.RuleSet(rule._compile() for rule in self.sudo().search([]))

    def _compile(self):
        return ruleset.Rule(
            id=self.id,
            name=self.name or "",
            action=self.action,
            stop=self.stop,
            scope=self.scope,
            alias_ids=frozenset(self.alias_ids.ids),
            project_ids=frozenset(self.project_ids.ids),
            company_id=self.company_id.id,
            sender_domains=frozenset(ruleset.domains(self.sender_domains)),
            keyword=ruleset.keyword(self.keyword),
            keyword_in=self.keyword_in,
            match_any=self.match_any,
        )

    @api.model
    def _explain(self, why):
        """Return the words for a code of ``engine.ruleset``; words stay as they are."""
        words = {
            "": self.env._("matched"),
            "company": self.env._("another company"),
            "scope": self.env._("another address"),
            "not_empty": self.env._("the rule has no condition"),
            "sender_domains": self.env._("another sender domain"),
            "keyword": self.env._("the keyword is not there"),
            "other_action": self.env._("an earlier rule does something else"),
        }
        return words.get(why, why)

    @api.model
    def _block_sender(self, email):
        """Add an address to the rule that ignores senders; make it if need be."""
        name = "rule_blocked_senders"
        rule = self.env.ref(f"mail_task_rules.{name}", raise_if_not_found=False)
        if rule:
            rule.sender_domains = f"{rule.sender_domains or ''} {email}".strip()
            rule.active = True
            return rule
        rule = self.create(
            {
                "name": self.env._("Blocked senders"),
                "sequence": -100,
                "company_id": False,
                "sender_domains": email,
                "action": "ignore",
            }
        )
        # sudo: a name for the record, so that the next sender joins it
        self.env["ir.model.data"].sudo().create(
            {
                "module": "mail_task_rules",
                "name": name,
                "model": self._name,
                "res_id": rule.id,
                "noupdate": True,
            }
        )
        return rule

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_open_incoming(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_task_rules.mail_task_incoming_action"
        )
        return {**action, "domain": [("rule_ids", "in", self.ids)], "context": {}}
