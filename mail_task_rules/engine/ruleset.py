"""Ordered rules, and the decision they make for one mail."""

import re
from dataclasses import dataclass, field

from .text import fold_phrase

# How many rules the trace of one mail names, so that it stays readable; of those
# that are not meant for its address or sender at all, only so many.
TRACE_LIMIT = 100
FAR_TRACE_LIMIT = 20
FAR = frozenset(("company", "scope", "sender_domains"))
_DOMAIN = re.compile(r"(\*\.|[^\s@*]+@)?[^\s@.*]+(\.[^\s@.*]+)*")


@dataclass(frozen=True)
class Rule:
    """The conditions of a rule, ready to be compared.

    :ivar str scope: ``all``, ``alias`` (mail to ``alias_ids``) or ``project``
        (mail to the address of one of ``project_ids``)
    :ivar frozenset sender_domains: lower case; ``*.acme.test`` stands for every
        subdomain of acme.test, ``ann@acme.test`` for one sender
    :ivar str keyword: folded phrase, or empty
    :ivar str keyword_in: a text fact of ``MailFacts``, or ``anywhere``
    """

    id: int
    name: str
    action: str = "task"
    stop: bool = True
    scope: str = "all"
    alias_ids: frozenset = frozenset()
    project_ids: frozenset = frozenset()
    company_id: int = 0
    sender_domains: frozenset = frozenset()
    keyword: str = ""
    keyword_in: str = "subject"
    match_any: bool = False

    def first_failure(self, facts, candidate):
        """Return the code of a condition that does not hold, or ``None``.

        First comes what tells most rules apart for the least.
        """
        if self.sender_domains and self.sender_domains.isdisjoint(facts.sender_keys):
            return "sender_domains"
        if self.company_id and self.company_id != candidate.company_id:
            return "company"
        if not self._is_in_scope(candidate):
            return "scope"
        if not (self.match_any or self.sender_domains or self.keyword):
            return "not_empty"
        if self.keyword and self.keyword not in facts.folded(self.keyword_in):
            return "keyword"
        return None

    def _is_in_scope(self, candidate):
        if self.scope == "alias":
            return candidate.alias_id in self.alias_ids
        if self.scope == "project":
            return candidate.project_id in self.project_ids
        return True


@dataclass(frozen=True)
class Candidate:
    """One place a mail could go: an address of ours, or none (all fields empty)."""

    alias_id: int = 0
    project_id: int = 0
    company_id: int = 0


@dataclass
class Decision:
    """What the rules say about one mail at one address.

    :ivar list rules: the rules that matched, in their order
    :ivar list trace: for each rule looked at, a dict of ``rule`` (id), ``name``,
        ``matched`` and ``why`` (the code of the condition that failed, or the
        obstacle in words)
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

    def __len__(self):
        return len(self._rules)

    def decide(self, facts, candidate, obstacle=lambda rule: ""):
        """Return the decision for a mail that could go to ``candidate``.

        The first rule whose conditions all hold decides; while the matching
        rules have ``stop`` off, later ones with the same action add to it.

        :param MailFacts facts:
        :param Candidate candidate:
        :param obstacle: given a rule that matches, returns in words why it can
            not be carried out right now, or an empty string
        """
        decision = Decision()
        for rule in self._rules:
            why = rule.first_failure(facts, candidate) or obstacle(rule)
            if not why and decision.rules and rule.action != decision.action:
                why = "other_action"
            decision.note(rule, why)
            if not why:
                decision.rules.append(rule)
                if rule.stop:
                    break
        return decision


def keyword(text):
    """Return a user's phrase as it is compared."""
    return fold_phrase(text or "")


def domains(text):
    """Return a user's list of domains and addresses, separated by commas,
    semicolons or spaces."""
    words = (text or "").lower().replace(",", " ").replace(";", " ").split()
    return tuple(dict.fromkeys(word.lstrip("@") for word in words))


def is_domain(text):
    """Tell whether ``text`` can stand in a list of domains."""
    return bool(_DOMAIN.fullmatch(text))
