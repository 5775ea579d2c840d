import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.mail_task_rules.engine.facts import MailFacts
from odoo.addons.mail_task_rules.engine.keywords import Keyword
from odoo.addons.mail_task_rules.engine.ruleset import (
    TRACE_LIMIT,
    Candidate,
    Rule,
    RuleSet,
    domains,
    is_domain,
)

MAIL = MailFacts(
    subject="Ihre Rechnung Nr. 5",
    body="Bitte zahlen Sie\nbis morgen",
    headers="list-id: news",
    to="invoices@mail.example",
    email_from="ann@mail.acme.test",
    from_domain="mail.acme.test",
)
SUPPORT = Candidate(alias_id=1, project_id=10, company_id=100)
NOWHERE = Candidate(company_id=100)


def rule(id=1, **conditions):
    if "keyword" in conditions:
        place = conditions.pop("keyword_in", "subject")
        conditions["keyword"] = Keyword(conditions["keyword"], place)
    if "sender_domains" in conditions:
        conditions["sender_domains"] = frozenset(domains(conditions["sender_domains"]))
    return Rule(id=id, name=f"rule {id}", **conditions)


@pytest.mark.parametrize(
    ("conditions", "candidate", "failure"),
    [
        # no condition at all
        ({}, SUPPORT, "not_empty"),
        ({"match_any": True}, SUPPORT, None),
        ({"match_any": True}, NOWHERE, None),
        # scope
        ({"match_any": True, "scope": "alias"}, SUPPORT, "scope"),
        (
            {"match_any": True, "scope": "alias", "scope_ids": frozenset({1})},
            SUPPORT,
            None,
        ),
        (
            {"match_any": True, "scope": "alias", "scope_ids": frozenset({2})},
            SUPPORT,
            "scope",
        ),
        (
            {"match_any": True, "scope": "project", "scope_ids": frozenset({10})},
            SUPPORT,
            None,
        ),
        (
            {"match_any": True, "scope": "project", "scope_ids": frozenset({10})},
            NOWHERE,
            "scope",
        ),
        # company
        ({"match_any": True, "company_id": 100}, SUPPORT, None),
        ({"match_any": True, "company_id": 200}, SUPPORT, "company"),
        # sender domains
        ({"sender_domains": "mail.acme.test"}, SUPPORT, None),
        ({"sender_domains": "other.test, MAIL.acme.test"}, SUPPORT, None),
        ({"sender_domains": "other.test; @mail.acme.test"}, SUPPORT, None),
        ({"sender_domains": "*.acme.test"}, SUPPORT, None),
        ({"sender_domains": "acme.test"}, SUPPORT, "sender_domains"),
        ({"sender_domains": "*.mail.acme.test"}, SUPPORT, "sender_domains"),
        ({"sender_domains": "*.me.test"}, SUPPORT, "sender_domains"),
        # keyword and place
        ({"keyword": "RECHNUNG nr."}, SUPPORT, None),
        ({"keyword": "rechnung", "keyword_in": "body"}, SUPPORT, "keyword"),
        ({"keyword": "zahlen sie  bis", "keyword_in": "body"}, SUPPORT, None),
        ({"keyword": "List-ID", "keyword_in": "headers"}, SUPPORT, None),
        ({"keyword": "list-id", "keyword_in": "subject"}, SUPPORT, "keyword"),
        ({"keyword": "rechnung", "keyword_in": "anywhere"}, SUPPORT, None),
        ({"keyword": "list-id", "keyword_in": "anywhere"}, SUPPORT, None),
        ({"keyword": "zahlen", "keyword_in": "anywhere"}, SUPPORT, None),
        ({"keyword": "invoices@", "keyword_in": "to"}, SUPPORT, None),
        ({"keyword": "sales@", "keyword_in": "to"}, SUPPORT, "keyword"),
        # all given conditions must hold
        (
            {"keyword": "rechnung", "sender_domains": "other.test"},
            SUPPORT,
            "sender_domains",
        ),
        ({"keyword": "none", "sender_domains": "*.acme.test"}, SUPPORT, "keyword"),
    ],
)
def test_first_condition_that_fails(conditions, candidate, failure):
    assert rule(**conditions).first_failure(MAIL, candidate) == failure


def decided(rules, **kwargs):
    decision = RuleSet(rules).decide(MAIL, SUPPORT, **kwargs)
    return [rule.id for rule in decision.rules]


def test_first_matching_rule_wins():
    assert decided([rule(1), rule(2, match_any=True), rule(3, match_any=True)]) == [2]


def test_rules_add_up_until_one_stops():
    rules = [
        rule(1, match_any=True, stop=False),
        rule(2, keyword="nothing like it", stop=True),
        rule(3, match_any=True),
        rule(4, match_any=True),
    ]
    assert decided(rules) == [1, 3]


def test_another_action_does_not_add_up():
    rules = [
        rule(1, match_any=True, stop=False),
        rule(2, match_any=True, action="ignore"),
        rule(3, match_any=True),
    ]
    assert decided(rules) == [1, 3]


def test_objection_is_no_match_and_its_words_are_in_the_trace():
    rules = [rule(1, match_any=True), rule(2, match_any=True)]
    decision = RuleSet(rules).decide(
        MAIL, SUPPORT, lambda rule: "archived" if rule.id == 1 else ""
    )
    assert [rule.id for rule in decision.rules] == [2]
    assert decision.trace == [
        {"rule": 1, "name": "rule 1", "matched": False, "why": "archived"},
        {"rule": 2, "name": "rule 2", "matched": True, "why": ""},
    ]


def test_no_rule_is_no_action():
    decision = RuleSet([]).decide(MAIL, SUPPORT)
    assert (decision.action, decision.rules, decision.trace) == ("", [], [])


def test_trace_is_short_and_names_the_rule_that_matched():
    rules = [rule(number) for number in range(1, 501)] + [rule(501, match_any=True)]
    trace = RuleSet(rules).decide(MAIL, SUPPORT).trace
    assert len(trace) == TRACE_LIMIT + 1
    assert trace[-1]["matched"]


@pytest.mark.parametrize(
    "good", ["acme.test", "*.acme.test", "localhost", "ü.test", "a@b.test"]
)
def test_domains_are_accepted(good):
    assert is_domain(good)


@pytest.mark.parametrize(
    "bad", ["@b.test", "a@b@c.test", "acme..test", "*", "*acme.test", ".test"]
)
def test_what_is_no_domain_is_refused(bad):
    assert not is_domain(bad)


RULES = st.lists(
    st.builds(
        Rule,
        id=st.integers(1, 1000),
        name=st.text(max_size=5),
        action=st.sampled_from(["task", "ignore"]),
        stop=st.booleans(),
        scope=st.sampled_from(["all", "alias", "project"]),
        sender_domains=st.sampled_from(
            [frozenset(), frozenset({"other.test"}), frozenset({"*.acme.test"})]
        ),
        keyword=st.sampled_from([None, Keyword("rechnung"), Keyword("nowhere")]),
        sender_policy=st.sampled_from(["anyone", "known", "internal"]),
        unknown_sender=st.sampled_from(["contact", "skip"]),
        match_any=st.booleans(),
    ),
    unique_by=lambda rule: rule.id,
)


@given(RULES)
def test_rules_that_do_not_match_change_nothing(rules):
    matching = [rule for rule in rules if not rule.first_failure(MAIL, SUPPORT)]
    assert decided(rules) == decided(matching)


@given(RULES)
def test_nothing_matches_after_a_rule_that_stops(rules):
    found = RuleSet(rules).decide(MAIL, SUPPORT).rules
    assert not any(rule.stop for rule in found[:-1])
    assert len({rule.action for rule in found}) <= 1


@given(RULES, st.binary())
def test_deciding_never_raises(rules, octets):
    facts = MailFacts(subject=octets.decode("latin-1"), from_domain=str(octets))
    RuleSet(rules).decide(facts, NOWHERE)
