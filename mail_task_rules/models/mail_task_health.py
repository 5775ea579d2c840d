from datetime import timedelta

from odoo import api, fields, models

# After that long without a mail, a rule is marked in the list.
IDLE_DAYS = 90


class MailTaskHealth(models.AbstractModel):
    """What is wrong with a rule, and how much it is used."""

    _name = "mail.task.health"
    _description = "Health of Rules for Incoming E-mails"

    warning = fields.Char(compute="_compute_warning")
    hit_count = fields.Integer("E-mails Taken", compute="_compute_hits")
    last_hit = fields.Datetime("Last E-mail", compute="_compute_hits")

    # ------------------------------------------------------------------
    # Hits
    # ------------------------------------------------------------------

    def _compute_hits(self):
        # sudo: numbers only, of rules that the user may read
        statistics = self.env["mail.task.statistics"].sudo()
        outcomes = self.env["mail.task.outcome"].sudo()
        days = statistics._read_group(
            [("rule_id", "in", self.ids)], ["rule_id"], ["count:sum", "date:max"]
        )
        since = outcomes._read_group(
            [("rule_ids", "in", self.ids), ("is_counted", "=", False)],
            ["rule_ids"],
            ["__count", "create_date:max"],
        )
        counted, recent = (
            {rule.id: (count, latest) for rule, count, latest in groups}
            for groups in (days, since)
        )
        for rule in self:
            count, last_day = counted.get(rule._origin.id, (0, False))
            recent_count, latest = recent.get(rule._origin.id, (0, False))
            rule.hit_count = count + recent_count
            rule.last_hit = latest or last_day

    # ------------------------------------------------------------------
    # Warnings
    # ------------------------------------------------------------------

    @api.depends(
        "scope",
        "alias_ids",
        "project_ids",
        "department_ids",
        "employee_ids",
        "sender_policy",
        "sender_domains",
        "keyword",
        "domain",
        "extraction_ids.required",
        "match_any",
        "action",
        "active",
        "sequence",
        "project_id.active",
        "user_ids.active",
        "auto_reply_template_id.active",
        "stop",
    )
    def _compute_warning(self):
        takers = self._get_takers()
        for rule in self:
            try:
                rule.warning = rule._get_warning(takers)
            except Exception as error:
                rule.warning = self.env._("The rule cannot be evaluated: %s", error)

    def _get_warning(self, takers):
        obstacle = self._get_obstacle()
        if obstacle:
            return obstacle
        compiled = self._compile()
        return (
            self._get_emptiness(compiled)
            or self._get_missing_address()
            or self._get_archived()
            or self._get_shadow(compiled, takers)
            or self._get_idleness()
        )

    def _get_obstacle(self):
        """Return why the rule can not be carried out now, or an empty string."""
        if self.action in ("task", "append") and self.project_id.active is False:
            if self.project_id:
                return self.env._(
                    "The project “%s” is archived: the rule is passed over.",
                    self.project_id.display_name,
                )
        if self.user_id and not self.user_id.active:
            return self.env._("Its owner is archived: the rule is passed over.")
        return ""

    def _get_emptiness(self, compiled):
        """Return why the rule can never match, or an empty string."""
        if not (compiled.match_any or compiled.is_conditional):
            return self.env._(
                "The rule has no condition, so it never matches. Give it one, or "
                "tick “any e-mail at all”."
            )
        if self.scope == "all" or compiled.scope_ids:
            return ""
        texts = {
            "alias": self.env._("No address is chosen, so the rule never matches."),
            "project": self.env._("No project is chosen, so the rule never matches."),
            "department": self.env._(
                "No department is chosen, so the rule never matches."
            ),
            "employee": self.env._("No employee is chosen, so the rule never matches."),
            "server": self.env._(
                "No incoming mail server is chosen, so the rule never matches."
            ),
        }
        return texts[self.scope]

    def _get_missing_address(self):
        """Return that none of the employees has an address, or an empty string."""
        if self.scope != "employee" or any(self.employee_ids.mapped("alias_email")):
            return ""
        return self.env._(
            "No mail comes to %s, who has no task address yet. Ask a mail "
            "administrator for one: Project ▸ Configuration ▸ Task Addresses.",
            ", ".join(self.employee_ids.mapped("name")),
        )

    def _get_archived(self):
        """Return which records the rule names that are archived."""
        names = ("user_ids", "project_ids", "employee_ids", "template_task_id")
        names += ("auto_reply_template_id",)
        archived = [
            record.display_name
            for name in (*names, "category_id", "parent_id", "partner_id")
            for record in self.sudo().with_context(active_test=False)[name]
            if not record.active
        ]
        if not archived:
            return ""
        return self.env._("It names what is archived: %s.", ", ".join(archived))

    def _get_takers(self):
        """Return the rules that let nothing past them, with what they compile to."""
        rules = self.env["mail.task.rule"].sudo()
        pairs = ((rules.browse(one.id), one) for one in self._get_rule_set().takers)
        return [(rule, one) for rule, one in pairs if not rule._get_obstacle()]

    def _get_shadow(self, compiled, takers):
        """Return which earlier rule leaves nothing to this one."""
        place = self._get_place_in_list()
        for taker, its_compiled in takers:
            if taker._get_place_in_list() >= place or taker == self._origin:
                continue
            if its_compiled.covers(compiled):
                return self.env._(
                    "It never gets a mail: “%s” before it takes them all.", taker.name
                )
        return ""

    def _get_place_in_list(self):
        return (self.level or "1", self.sequence, self._origin.id or float("inf"))

    def _get_idleness(self):
        limit = fields.Datetime.now() - timedelta(days=IDLE_DAYS)
        created = self._origin.create_date
        if not created or created > limit or not self.active:
            return ""
        if self.last_hit and self.last_hit > limit:
            return ""
        return self.env._("It has taken no mail for %s days.", IDLE_DAYS)
