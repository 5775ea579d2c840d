from base64 import b64decode

from odoo import api, fields, models
from odoo.tools import format_datetime

# What people choose in the wizard
CHOICES = ("incoming_id", "file", "file_name", "alias_id", "task_id", "rule_id")


def _as_told(command):
    """Return what is told about a command that nobody carries out."""
    return {**command.as_told(), "state": command.state or "understood"}


class MailTaskTry(models.TransientModel):
    """Try the rules: what they would make of a mail. Writes nothing."""

    _name = "mail.task.try"
    _description = "Try the Rules on an E-mail"

    incoming_id = fields.Many2one("mail.task.incoming", "Incoming E-mail")
    file = fields.Binary("E-mail File", help="As mail programs save it: an .eml file.")
    file_name = fields.Char()
    alias_id = fields.Many2one(
        "mail.alias",
        "Address",
        domain="[('alias_kind', '!=', False), ('alias_name', '!=', False)]",
        compute="_compute_alias_id",
        store=True,
        readonly=False,
        help="To which it is written; empty: to none of ours.",
    )
    task_id = fields.Many2one("project.task", "As a Reply to")
    rule_id = fields.Many2one(
        "mail.task.rule",
        "With the Rule",
        help="An archived rule is tried as if it were active.",
    )
    result = fields.Html(compute="_compute_result")

    @api.depends("incoming_id")
    def _compute_alias_id(self):
        for wizard in self:
            wizard.alias_id = wizard.incoming_id.sudo().alias_ids[:1]

    @api.depends("incoming_id", "file", "alias_id", "task_id", "rule_id")
    def _compute_result(self):
        for wizard in self:
            raw = wizard._get_raw()
            wizard.result = raw and wizard._try(raw)

    def _get_raw(self):
        """Return the mail's octets; empty as long as none is chosen."""
        if self.file:
            return b64decode(self.with_context(bin_size=False).file)
        if self.incoming_id:
            self.incoming_id.check_access("read")
            return self.incoming_id._get_raw()
        return b""

    def _try(self, raw):
        """Return what becomes of the mail, as HTML."""
        self.rule_id.check_access("read")
        # sudo: addresses and rules are read as by the gateway
        Rule = self.env["mail.task.rule"].sudo()
        alias = self.alias_id.sudo()
        with self.env.cr.savepoint() as savepoint:
            run, route = Rule._start_trial(raw, alias, self.task_id)
            candidate = Rule._get_trial_candidate(run, route)
            rules = Rule._get_tried_rules(self.rule_id.sudo())
            matching = rules._get_rules_on_trial(run, candidate)
            plan, new = self._plan(run, route, matching)
            values = {
                "facts": run.facts,
                "rules": [
                    {
                        "name": rule.name,
                        "is_chosen": rule == self.rule_id,
                        "matched": rule in matching,
                        "checks": rule._get_checks(run, candidate),
                    }
                    for rule in rules._get_shown_on_trial(matching)
                ],
                "conclusion": self._conclude(run, route, matching),
                "task": self._get_task_texts(plan, new),
                "commands": list(map(_as_told, plan.commands)),
                "problems": run.problems,
            }
            # What a rule would create by the way, such as a tag. The cache goes with
            # it, and with the cache what was typed into the wizard and is not saved.
            chosen = {} if self.id else {name: self[name] for name in CHOICES}
            savepoint.rollback()
            self.update(chosen)
        return self.env["ir.qweb"]._render("mail_task_rules.trial", values)

    def _conclude(self, run, route, matching):
        """Return in one sentence what would become of the mail."""
        if not matching:
            return self.env._("No rule matches: it becomes what its address says.")
        return self.env._(
            "%(rules)s: %(actions)s.",
            rules=matching._quote(matching.mapped("name")),
            actions=matching[0].action_text,
        )

    def _plan(self, run, route, matching):
        """Return the ``Plan`` for the mail, and the values that its task would get."""
        Rule = matching.browse()
        alias = route[4] or self.env["mail.alias"]
        plan = matching._get_plan(alias)
        if matching and matching[0].action not in ("task", "append"):
            return plan, {}
        self._parse_commands(run)
        values = Rule._get_trial_values(alias)
        company = Rule._get_company(alias, values)
        task = self.task_id.sudo()
        matching._plan_answer(plan, alias.browse() if task else alias.sudo())
        if task:
            matching._plan_update(run, plan, task, company)
            self.env["mail.task.commands"]._foresee(run, plan, task)
            return plan, plan.update
        new = matching._plan_new_task(run, plan, values, company, alias)
        return plan, {"name": run.facts.subject, **(plan.ordered or new)}

    def _parse_commands(self, run):
        """Note the text that commands are in, if they are the user's own: others must
        not learn what their rights would make of them."""
        if run.user_id == self.env.uid:
            parse = self.env["mail.thread"]._message_parse_extract_payload
            run.message_dict["body"] = parse(run.message, {})["body"]

    def _get_task_texts(self, plan, new):
        """Return labels and words of the values that the task would get."""
        task = self.env["project.task"].sudo().new(new)
        answer = (
            self.env["mail.template"].sudo().browse(plan.auto_reply_template_id or [])
        )
        texts = [
            (task._fields[name]._description_string(self.env), text)
            for name in new
            if (text := self._get_text(task, name, new))
        ]
        return [*texts, *((self.env._("Automatic Answer"), one.name) for one in answer)]

    def _get_text(self, task, name, values):
        field = task._fields[name]
        if field.relational:
            return ", ".join(filter(None, task[name].mapped("display_name")))
        if field.type == "selection":
            selection = dict(field._description_selection(self.env))
            return selection.get(values[name], "")
        if field.type == "datetime":
            return format_datetime(self.env, task[name])
        return str(values[name] or "")
