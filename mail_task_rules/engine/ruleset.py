"""Ordered rules, and the decision they make for one mail."""

import re
from dataclasses import dataclass, field
from functools import cached_property

from .keywords import Keyword, KeywordIndex

# How many rules the trace of one mail names, so that it stays readable; of those
# that are not meant for its address or sender at all, only so many.
TRACE_LIMIT = 50
FAR_TRACE_LIMIT = 20
FAR = frozenset(("company", "scope", "applies_to", "sender_domains"))
_DOMAIN = re.compile(r"(\*\.|[^\s@*]+@)?[^\s@.*]+(\.[^\s@.*]+)*")


@dataclass(frozen=True)
class Rule:
    """The conditions of a rule, ready to be compared.

    :ivar str scope: ``all``, or what of a ``Candidate`` is among ``scope_ids``:
        ``alias``, ``project``, ``department``, ``employee`` or ``server``
    :ivar str applies_to: ``new`` mails, ``reply`` or ``both``
    :ivar str sender_policy: which senders that we know may pass: ``anyone``,
        ``known``, ``internal`` or ``project``
    :ivar str unknown_sender: what becomes of the others; ``skip``: the rule does not
        match
    :ivar frozenset sender_domains: lower case; ``*.acme.test`` stands for every
        subdomain of acme.test, ``ann@acme.test`` for one sender
    :ivar Keyword keyword: or ``None``
    :ivar tuple extractions: what is taken out of the mail; those ``required`` are
        conditions
    :ivar domain: further conditions for the caller to check, or ``None``
    :ivar int owner_id: whose own rule it is, or 0
    """

    id: int
    name: str
    action: str = "task"
    stop: bool = True
    scope: str = "all"
    scope_ids: frozenset = frozenset()
    applies_to: str = "new"
    company_id: int = 0
    sender_policy: str = "anyone"
    unknown_sender: str = "contact"
    sender_domains: frozenset = frozenset()
    keyword: Keyword | None = None
    extractions: tuple = ()
    domain: object = None
    owner_id: int = 0
    match_any: bool = False

    def first_failure(self, facts, candidate):
        """Return the code of a condition that does not hold, or ``None``."""
        for code, holds in self.conditions:
            if not holds(facts, candidate):
                return code
        return None

    def checks(self, facts, candidate):
        """Return for each condition its code and whether it holds."""
        return [(code, holds(facts, candidate)) for code, holds in self.conditions]

    @cached_property
    def conditions(self):
        """Codes and predicates of what the rule asks, the cheapest first."""
        required = any(extraction.required for extraction in self.extractions)
        asked = (
            ("sender_domains", self.sender_domains, self._is_from_domain),
            ("company", self.company_id, self._is_for_company),
            ("scope", self.scope != "all", self._is_in_scope),
            ("applies_to", self.applies_to != "both", self._applies),
            ("not_empty", not self.is_conditional, self._takes_any),
            ("sender", True, self._admits_sender),
            ("keyword", self.keyword, self._has_keyword),
            ("extraction", required, self._has_extractions),
        )
        return tuple((code, holds) for code, is_asked, holds in asked if is_asked)

    @cached_property
    def is_conditional(self):
        """Whether the rule asks anything of the mail besides where it came to."""
        return bool(
            self.sender_domains
            or self.keyword
            or self.domain is not None
            or self.sender_policy != "anyone"
            or any(extraction.required for extraction in self.extractions)
        )

    @cached_property
    def takes_everything(self):
        """Whether no mail that comes to its addresses gets past the rule."""
        return (
            self.stop
            and self.match_any
            and not self.is_conditional
            and self.unknown_sender != "skip"
            # what finds no task to add to is passed on
            and self.action != "append"
        )

    def covers(self, other):
        """Tell whether the rule is for all places that another one is for."""
        return (
            self.company_id in (0, other.company_id)
            and self.applies_to in ("both", other.applies_to)
            and (
                self.scope == "all"
                or (self.scope == other.scope and self.scope_ids >= other.scope_ids)
            )
        )

    def _is_from_domain(self, facts, candidate):
        return not self.sender_domains.isdisjoint(facts.sender_keys)

    def _is_for_company(self, facts, candidate):
        return self.company_id == candidate.company_id

    def _is_in_scope(self, facts, candidate):
        return not self.scope_ids.isdisjoint(candidate.places(self.scope))

    def _applies(self, facts, candidate):
        return candidate.is_reply == (self.applies_to == "reply")

    def _takes_any(self, facts, candidate):
        return self.match_any

    def _admits_sender(self, facts, candidate):
        """Whether the sender may do what the policy ``project`` asks, only the caller
        can tell. Who is not who they say is nobody that a policy could be for."""
        if not facts.is_trusted and self.sender_policy != "anyone":
            return False
        if facts.sender_kind == "unknown":
            return self.unknown_sender != "skip"
        return self.sender_policy != "internal" or facts.sender_kind == "user"

    def _has_keyword(self, facts, candidate):
        return facts.has(self.keyword)

    def _has_extractions(self, facts, candidate):
        return all(
            facts.found(extraction)
            for extraction in self.extractions
            if extraction.required
        )


@dataclass(frozen=True)
class Candidate:
    """One place a mail could go: an address of ours, or none (all fields empty).

    :ivar int project_id: of the address, or of the task that the mail replies to
    :ivar int employee_id: whose address it is
    :ivar frozenset department_ids: of the employee, with those above it
    :ivar int server_id: the incoming mail server that it was fetched from
    :ivar int task_id: the task that the mail is for, 0 for a new one
    """

    alias_id: int = 0
    project_id: int = 0
    company_id: int = 0
    employee_id: int = 0
    department_ids: frozenset = frozenset()
    server_id: int = 0
    task_id: int = 0

    @property
    def is_reply(self):
        """Whether the mail is for a task that exists."""
        return bool(self.task_id)

    def places(self, scope):
        """Return the ids that the ``scope`` of a rule is about."""
        if scope == "department":
            return self.department_ids
        return (getattr(self, f"{scope}_id"),)


@dataclass
class Decision:
    """What the rules say about one mail at one address.

    :ivar list rules: the rules that matched, in their order
    :ivar list trace: for each rule looked at, a dict of ``rule`` (id), ``name``,
        ``matched`` and ``why`` (the code of the condition that failed, or the
        objection)
    """

    rules: list = field(default_factory=list)
    trace: list = field(default_factory=list)

    @property
    def action(self):
        """The action of the first rule that matched; empty if none did."""
        return self.rules[0].action if self.rules else ""

    def note(self, rule, why=""):
        limit = FAR_TRACE_LIMIT if why in FAR else TRACE_LIMIT
        if len(self.trace) < limit or not why:
            self.trace.append(
                {"rule": rule.id, "name": rule.name, "matched": not why, "why": why}
            )


class RuleSet:
    """All active rules in their order. Immutable, so it can be cached."""

    def __init__(self, rules):
        self._rules = tuple(rules)
        keywords = (rule.keyword for rule in self._rules if rule.keyword)
        self._index = KeywordIndex(keywords)

    def __len__(self):
        return len(self._rules)

    @property
    def takers(self):
        """The rules that take all mail that comes to their addresses."""
        return [rule for rule in self._rules if rule.takes_everything]

    def decide(self, facts, candidate, objection=lambda rule: ""):
        """Return the decision for a mail that could go to ``candidate``.

        The first rule whose conditions all hold decides; while the matching
        rules have ``stop`` off, later ones with the same action add to it.

        :param MailFacts facts:
        :param Candidate candidate:
        :param objection: given a rule whose conditions in here all hold, returns
            a code, or words, if something that only the caller knows speaks against
            it; else an empty string
        """
        decision = Decision()
        facts.keyword_index = self._index
        for rule in self._rules:
            why = rule.first_failure(facts, candidate) or objection(rule)
            if not why and decision.rules and rule.action != decision.action:
                why = "other_action"
            decision.note(rule, why)
            if not why:
                decision.rules.append(rule)
                if rule.stop:
                    break
        return decision


def domains(text):
    """Return a user's list of domains and addresses, separated by commas,
    semicolons or spaces."""
    words = (text or "").lower().replace(",", " ").replace(";", " ").split()
    return tuple(dict.fromkeys(word.lstrip("@") for word in words))


def is_domain(text):
    """Tell whether ``text`` can stand in a list of domains."""
    return bool(_DOMAIN.fullmatch(text))
