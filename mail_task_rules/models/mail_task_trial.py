import time
from email import message_from_bytes, policy

from odoo import api, fields, models

from ..engine.facts import MailFacts
from ..engine.identity import Identity
from ..engine.repair import repair
from ..engine.ruleset import RuleSet
from ..engine.run import GatewayRun

TASK = "project.task"
# So much of what was seen is shown.
SEEN_LENGTH = 200


class MailTaskTrial(models.AbstractModel):
    """What rules would make of a mail, condition by condition, nothing written."""

    _name = "mail.task.trial"
    _description = "Trial of Rules for Incoming E-mails"

    sample_id = fields.Many2one("mail.task.incoming", "E-mail to Try", store=False)
    sample_result = fields.Html("Result", compute="_compute_sample_result")

    @api.depends(lambda self: self._get_sample_depends())
    def _compute_sample_result(self):
        """Try the rule as it stands in the form, saved or not."""
        for rule in self:
            rule.sample_result = rule._try_on_sample() if rule.sample_id else False

    @api.model
    def _get_sample_depends(self):
        return [
            "sample_id",
            "scope",
            "applies_to",
            "sender_policy",
            "unknown_sender",
            "sender_domains",
            "keyword",
            "keyword_in",
            "keyword_mode",
            "case_sensitive",
            "domain",
            "extraction_ids",
            "match_any",
        ]

    def _try_on_sample(self):
        self.sample_id.check_access("read")
        mail = self.sample_id
        # sudo: addresses and rules are read as by the gateway
        Rule = self.env["mail.task.rule"].sudo()
        run, route = Rule._start_trial(mail._get_raw(), mail.sudo().alias_ids[:1])
        candidate = Rule._get_trial_candidate(run, route)
        checks = self._get_checks(run, candidate)
        return self.env["ir.qweb"]._render(
            "mail_task_rules.trial_checks", {"checks": checks}
        )

    # ------------------------------------------------------------------
    # A mail on trial
    # ------------------------------------------------------------------

    @api.model
    def _start_trial(self, raw, alias, task=None):
        """Return a ``GatewayRun`` that knows all about a mail, and its route."""
        run = GatewayRun(0, Identity.of(raw), len(raw), time.monotonic())
        guarded = self.env["mail.task.guard"]._guard(raw)
        run.message = message_from_bytes(guarded.raw, policy=policy.SMTP)
        repair(run.message)
        trust = self.env["mail.task.trust"]
        run.facts = MailFacts.of(run.message, len(raw), trust._get_authserv_ids())
        run.facts.is_trusted = trust._is_sufficient(run.facts.authentication)
        run.claim = self.env["mail.task.sender"]._get_claim(run.facts)
        run.message_dict = {"email_from": run.facts.email_from, "author_id": False}
        self._read_addresses(run)
        run.alias_ids = alias.ids
        route = (TASK, task.id if task else 0, {}, self.env.uid, alias or None)
        self._identify_sender(run, [route])
        return run, route

    @api.model
    def _get_trial_candidate(self, run, route):
        alias = route[4] or self.env["mail.alias"]
        values = self._get_trial_values(alias)
        company = self._get_company(alias, values)
        return self._get_candidate(run, route, alias, values, company)

    @api.model
    def _get_trial_values(self, alias):
        """Return what the address says of a new task."""
        defaults = alias._get_default_values() if alias else {}
        return {**alias._plain_values(defaults), **alias._get_mail_task_values()}

    # ------------------------------------------------------------------
    # Conditions
    # ------------------------------------------------------------------

    def _get_checks(self, run, candidate):
        """Return a dict of ``words``, ``holds`` and ``seen`` for each condition."""
        checks = [
            {"words": self._name_check(code), "holds": holds, "seen": seen}
            for code, holds in self._compile().checks(run.facts, candidate)
            for seen in [self._get_seen(code, run, candidate)]
        ]
        checks += self._get_domain_checks(run)
        obstacle = self._get_obstacle_to(run, candidate)
        if obstacle:
            words = self._explain(obstacle)
            checks.append({"words": words, "holds": False, "seen": ""})
        return checks

    def _get_domain_checks(self, run):
        domain = self._get_domain()
        if domain.is_true():
            return []
        mail = self._get_mail_record(run)
        held = bool(mail.filtered_domain(domain))
        checks = [{"words": self._name_check("domain"), "holds": held, "seen": ""}]
        for condition in domain.iter_conditions():
            words = f"· {condition.field_expr} {condition.operator} {condition.value}"
            holds = bool(mail.filtered_domain(condition))
            seen = self._get_seen_of(mail, condition.field_expr)
            checks.append({"words": words, "holds": holds, "seen": seen})
        return checks

    def _get_seen_of(self, mail, path):
        value = mail
        for name in path.split("."):
            if name not in value._fields:
                return ""
            value = value.mapped(name)
            if not isinstance(value, models.BaseModel):
                return ", ".join(map(str, value))[:SEEN_LENGTH]
        return ", ".join(value.mapped("display_name"))[:SEEN_LENGTH]

    @api.model
    def _name_check(self, code):
        words = {
            "company": self.env._("The company"),
            "scope": self.env._("The address"),
            "applies_to": self.env._("New mail or reply"),
            "not_empty": self.env._("Any e-mail"),
            "sender": self.env._("The sender"),
            "sender_domains": self.env._("The sender's domain"),
            "keyword": self.env._("The keyword"),
            "extraction": self.env._("What must be found in it"),
            "domain": self.env._("The further conditions"),
        }
        return words[code]

    def _get_seen(self, code, run, candidate):
        """Return what a condition looked at, as words."""
        if code == "sender_domains":
            return run.facts.email_from
        if code == "sender":
            kinds = self.env["mail.task.incoming"]._fields["sender_kind"]
            return dict(kinds._description_selection(self.env))[run.facts.sender_kind]
        if code == "scope":
            alias = self.env["mail.alias"].browse(candidate.alias_id or [])
            return alias.display_name or ""
        if code == "keyword" and self.keyword_in in ("subject", "to"):
            return getattr(run.facts, self.keyword_in)[:SEEN_LENGTH]
        if code == "extraction":
            return self._get_found_summary(run)
        return ""

    def _get_found_summary(self, run):
        found = [
            f"{extraction.name} = {item.text}"
            for extraction in self.extraction_ids
            for item in extraction._find(run.facts)
        ]
        return "; ".join(found)[:SEEN_LENGTH]

    # ------------------------------------------------------------------
    # All rules
    # ------------------------------------------------------------------

    @api.model
    def _get_tried_rules(self, chosen):
        """Return all active rules in their order, and the chosen one among them."""
        rules = self.search([("active", "=", True)])
        if not chosen or chosen in rules:
            return rules
        return (rules | chosen).sorted(lambda rule: rule._get_place_in_list())

    def _get_rules_on_trial(self, run, candidate):
        """Return which of these rules match, as the gateway decides it."""
        decision = RuleSet(rule._compile() for rule in self).decide(
            run.facts,
            candidate,
            lambda rule: self._get_objection(run, candidate, rule),
        )
        return self.browse(rule.id for rule in decision.rules)

    def _get_shown_on_trial(self, matching):
        """Return the rules up to the one that decides; the gateway sees no others."""
        if not matching or not matching[-1].stop:
            return self
        return self[: self.ids.index(matching[-1].id) + 1]
