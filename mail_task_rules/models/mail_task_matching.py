import ast
import logging
from functools import lru_cache

from odoo import api, models, tools
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..engine import ruleset
from ..engine.keywords import Keyword
from ..engine.patterns import PatternError
from ..engine.searchable import Searchable
from .mail_task_ledger import FACT_FIELDS

_logger = logging.getLogger(__name__)

# What a rule's domain may name of an incoming e-mail: what is known of it before
# it is decided what becomes of it.
RULE_FIELDS = frozenset(
    FACT_FIELDS
    + ("message_id", "alias_ids", "server_id", "company_id")
    + ("sender_partner_id", "sender_user_id")
)
# What of these a domain compares does not depend on anything but the mail.
PLAIN_TYPES = ("boolean", "char", "integer", "selection", "text")
COMPARISONS = ("in", "<", "<=", ">", ">=")
WILDCARDS = frozenset("%_\\")
# As many texts as a mail has: rule after rule asks for the same ones.
_searchable_once = lru_cache(maxsize=len(FACT_FIELDS))(Searchable)


class MailTaskMatching(models.AbstractModel):
    """The compiled rules, and the conditions that only the database can judge."""

    _name = "mail.task.matching"
    _description = "Matching of Rules for Incoming E-mails"

    # ------------------------------------------------------------------
    # Compiled rules
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
        compiled = (rule._compile_if_possible() for rule in self.sudo().search([]))
        return ruleset.RuleSet(rule for rule in compiled if rule)

    def _compile_if_possible(self):
        """Return the compiled rule, or ``None`` if what was right when it was saved no
        longer is: one broken rule keeps no mail out. Its form tells."""
        try:
            return self._compile()
        except Exception:
            _logger.exception("Rule %s (%s) is passed over", self.id, self.name)
            return None

    def _get_domain(self):
        """Return the further conditions as a ``Domain``.

        :raise ValueError, SyntaxError: they are none
        """
        return Domain(ast.literal_eval((self.domain or "").strip() or "[]"))

    def _compile(self):
        return ruleset.Rule(
            id=self.id or 0,
            name=self.name or "",
            action=self.action,
            stop=self.stop,
            scope=self.scope,
            scope_ids=frozenset(self._get_scope_records().ids),
            applies_to=self.applies_to,
            company_id=self.company_id.id,
            sender_policy=self.sender_policy,
            unknown_sender=self.unknown_sender,
            sender_domains=frozenset(ruleset.domains(self.sender_domains)),
            keyword=self._compile_keyword(),
            extractions=tuple(record._compile() for record in self.extraction_ids),
            domain=self._compile_domain(),
            owner_id=self.user_id.id or 0,
            match_any=self.match_any,
        )

    def _get_scope_records(self):
        """Return the addresses, projects, … that the rule is for."""
        if self.scope == "all":
            return self.browse()
        return self[f"{self.scope}_ids"]

    def _compile_keyword(self):
        """Return the ``Keyword``, or ``None``.

        :raise ValidationError: nothing could match it
        """
        if not self.keyword:
            return None
        try:
            return Keyword(
                self.keyword, self.keyword_in, self.keyword_mode, self.case_sensitive
            )
        except PatternError as error:
            raise ValidationError(self._explain_pattern_error(error)) from error

    @api.model
    def _explain_pattern_error(self, error):
        """Return in a sentence why a ``PatternError`` was raised."""
        texts = {
            "empty": self.env._("There is nothing in it to look for."),
            "too_long": self.env._("It is too long."),
            "word_boundary": self.env._(
                "\\b and \\B know Latin letters only: write a space or the like."
            ),
            "table_column_missing": self.env._("It names no column."),
            "table_counts_from_one": self.env._("Rows and columns count from 1."),
            "json_path_missing": self.env._("The JSONPath is missing."),
            "json_path_costly": self.env._(
                "The JSONPath takes too long: use “..” once."
            ),
            "label_missing": self.env._("The label is missing."),
        }
        text = texts.get(error.code) or self.env._(
            "The expression is not right: %s.", error.reason or error.code
        )
        if error.position is None:
            return text
        return self.env._(
            "%(problem)s (At character %(position)s.)",
            problem=text,
            position=error.position + 1,
        )

    def _compile_domain(self):
        """Return the ``Domain``, or ``None`` without further conditions.

        One that was right when it was saved may name what an update removed: the
        rule still compiles, and does not match.
        """
        domain = self._get_domain()
        if domain.is_true():
            return None
        try:
            domain = domain.optimize(self.env["mail.task.incoming"])
        except ValueError:
            return domain
        return domain.map_conditions(self._compile_condition)

    @api.model
    def _compile_condition(self, condition):
        """Return a condition on the mail's own values ready to be compared, which Odoo
        would prepare for each mail anew; any other as it is."""
        operator = condition.operator.removeprefix("not ")
        holds = self._get_predicate(condition.field_expr, operator, condition.value)
        if not holds:
            return condition
        # no SQL: the mail is not stored yet
        compiled = Domain.custom(to_sql=None, predicate=holds)
        return compiled if operator == condition.operator else ~compiled

    @api.model
    def _get_predicate(self, name, operator, value):
        """Return what tells whether a mail fulfils the condition, or ``None``."""
        Incoming = self.env["mail.task.incoming"]
        field = Incoming._fields.get(name)
        if not field or field.type not in PLAIN_TYPES:
            return None
        if operator in COMPARISONS:
            return field.filter_function(Incoming, name, operator, value)
        if operator == "ilike" and WILDCARDS.isdisjoint(str(value)):
            folded = Searchable(str(value)).folded
            return lambda mail: folded in _searchable_once(mail[name] or "").folded
        return None

    # ------------------------------------------------------------------
    # Domains
    # ------------------------------------------------------------------

    def _check_domain_fields(self):
        """Have the domain be one about the mail that its author may ask.

        :raise ValidationError: it is not
        """
        Incoming = self.env["mail.task.incoming"]
        try:
            domain = self._get_domain()
            outcomes = {
                condition.field_expr.partition(".")[0]
                for condition in domain.iter_conditions()
            } - RULE_FIELDS
            domain.validate(Incoming)
        except Exception as error:
            # what people can write there raises many things
            raise ValidationError(
                self.env._("The further conditions are not readable: %s", error)
            ) from error
        if outcomes:
            labels = [
                Incoming._fields[name]._description_string(self.env)
                if name in Incoming._fields
                else name
                for name in sorted(outcomes)
            ]
            raise ValidationError(
                self.env._(
                    "A rule can not ask for %s: that is not known before it is "
                    "decided what becomes of the mail.",
                    self._quote(labels),
                )
            )
        # Raises AccessError for what the author may not read.
        Incoming.search(domain, limit=1)

    # ------------------------------------------------------------------
    # Objections
    # ------------------------------------------------------------------

    @api.model
    def _get_objection(self, run, candidate, rule):
        """Return why a rule whose compiled conditions hold does not match all the
        same: a code of ``_explain`` or words; else an empty string.

        A rule that cannot be evaluated does not match, so that no mail is lost
        by it.

        :param engine.ruleset.Rule rule:
        """
        try:
            if not self._admits_mail(run, rule):
                return "domain"
            return self.browse(rule.id)._get_obstacle_to(run, candidate)
        except Exception as error:
            return self.env._("the rule cannot be evaluated: %s", error)

    def _get_obstacle_to(self, run, candidate):
        return (
            self._get_obstacle()
            or self._get_owner_obstacle(candidate)
            or self._get_sender_obstacle(run, candidate)
            or self._get_append_obstacle(run)
        )

    def _admits_mail(self, run, rule):
        """Tell whether the mail fulfils the domain; one's own rule looks at nothing
        that its owner may not see."""
        if rule.domain is None:
            return True
        mail = self._get_mail_record(run)
        if rule.owner_id:
            mail = mail.with_user(rule.owner_id)
        return bool(mail.filtered_domain(rule.domain))

    @api.model
    def _get_mail_record(self, run):
        """Return the mail as a record that is not stored, for domains to look at."""
        if run.mail is None:
            run.mail = self.env["mail.task.incoming"].new(
                {
                    **{name: getattr(run.facts, name) for name in FACT_FIELDS},
                    "message_id": run.identity.message_id,
                    "alias_ids": run.alias_ids,
                    "server_id": run.server_id,
                    "company_id": run.company_id,
                    "sender_partner_id": run.partner_id,
                    "sender_user_id": run.user_id,
                }
            )
        return run.mail

    def _get_sender_obstacle(self, run, candidate):
        """Return why the sender may not have the rule's task, or an empty string."""
        user = self.env["res.users"].browse(run.user_id or [])
        if self.sender_policy == "project" and run.facts.sender_kind != "unknown":
            project_id = self.project_id.id or candidate.project_id
            project = self.env["project.project"].browse(project_id or [])
            if not self._may_create_task(user, project):
                return "sender"
        if self.category_id and not self.category_id._is_allowed(user):
            return self.env._(
                "the sender may not create tasks of the category “%s”",
                self.category_id.name,
            )
        return ""

    def _may_create_task(self, user, project):
        """Tell what can be told before there is a task; see ``project.task``."""
        return bool(
            user
            and project.with_user(user).has_access("read")
            and self.env["project.task"].with_user(user).has_access("create")
        )

    @api.model
    def _explain(self, why):
        """Return the words for a code of ``engine.ruleset``; words stay as they are."""
        words = {
            "": self.env._("matched"),
            "company": self.env._("another company"),
            "scope": self.env._("another address"),
            "applies_to": self.env._("not for a reply, or only for replies"),
            "not_empty": self.env._("the rule has no condition"),
            "sender": self.env._("not for this sender"),
            "sender_domains": self.env._("another sender domain"),
            "keyword": self.env._("the keyword is not there"),
            "extraction": self.env._("a required text is not there"),
            "domain": self.env._("a further condition does not hold"),
            "other_action": self.env._("an earlier rule does something else"),
        }
        return words.get(why, why)
