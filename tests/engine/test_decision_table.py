import random
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from odoo.addons.mail_task_rules.engine.facts import MailFacts
from odoo.addons.mail_task_rules.engine.ruleset import Candidate, RuleSet

from . import samples
from .decision_cases import ANN, FETCHED, GROUPS, INVOICE, REPLY, SUPPORT, compiled

CASES = {
    f"{group}: {case.about}": case for group, cases in GROUPS.items() for case in cases
}
# Decisions that end with the action they name.
ACTIONS = {"task", "append", "ignore", "quarantine", "reject", "forward"}


def decide(case, rules):
    return RuleSet(rules).decide(
        case.mail, case.to, lambda rule: case.objections.get(rule.id, "")
    )


def test_table_is_large_and_names_its_cases_once():
    assert len(CASES) == sum(map(len, GROUPS.values())) >= 150


@pytest.mark.parametrize("name", CASES)
def test_rules_decide(name):
    case = CASES[name]
    rules = compiled(case.rules)
    decision = decide(case, rules)
    seen = [step["why"] or rules[step["rule"] - 1].action for step in decision.trace]
    assert tuple(seen) == case.outcome
    matched = [
        rule for rule, why in zip(rules, case.outcome, strict=False) if why in ACTIONS
    ]
    assert decision.rules == matched
    assert decision.action == (matched[0].action if matched else "")


@pytest.mark.parametrize("name", CASES)
def test_each_condition_is_explained(name):
    """What "Try the rules" shows agrees with what is decided."""
    case = CASES[name]
    rules = compiled(case.rules)
    for rule, why in zip(rules, case.outcome, strict=False):
        failed = [code for code, holds in rule.checks(case.mail, case.to) if not holds]
        objection = case.objections.get(rule.id)
        if why in ACTIONS or why in (objection, "other_action"):
            assert failed == []
        else:
            assert failed[0] == why


@pytest.mark.parametrize("name", CASES)
def test_rules_that_do_not_match_may_stand_anywhere(name):
    """Their order, and whether they are there at all, decides nothing."""
    case = CASES[name]
    rules = compiled(case.rules)
    matching = [
        rule
        for rule in rules
        if not rule.first_failure(case.mail, case.to) and rule.id not in case.objections
    ]
    others = [rule for rule in rules if rule not in matching]
    shuffled = random.Random(name)
    for _ in range(5):
        mixed = list(matching)
        for rule in others:
            mixed.insert(shuffled.randint(0, len(mixed)), rule)
        assert decide(case, mixed).rules == decide(case, rules).rules


# One of each: any mail meets any rule.
ALL_RULES = [rule for case in CASES.values() for rule in case.rules]
ALL_MAILS = list({id(case.mail): case.mail for case in CASES.values()}.values())
RULES = st.lists(
    st.tuples(st.sampled_from(ALL_RULES), st.booleans()).map(
        lambda pair: {**pair[0], "stop": pair[1]}
    ),
    max_size=8,
).map(compiled)
MAILS = st.sampled_from(ALL_MAILS)
PLACES = st.sampled_from([SUPPORT, ANN, FETCHED, REPLY, Candidate()])


@given(RULES, MAILS, PLACES)
def test_first_match_decides_the_action(rules, mail, place):
    decision = RuleSet(rules).decide(mail, place)
    first = next((rule for rule in rules if not rule.first_failure(mail, place)), None)
    assert decision.action == (first.action if first else "")
    assert decision.rules[:1] == ([first] if first else [])


@given(RULES, MAILS, PLACES)
def test_nothing_is_looked_at_after_a_rule_that_stops(rules, mail, place):
    decision = RuleSet(rules).decide(mail, place)
    assert not any(rule.stop for rule in decision.rules[:-1])
    if decision.rules and decision.rules[-1].stop:
        assert decision.trace[-1]["rule"] == decision.rules[-1].id
        assert decision.trace[-1]["matched"]
    else:
        assert len(decision.trace) == len(rules)


@given(RULES, MAILS, PLACES)
def test_matching_rules_keep_their_order_and_their_action(rules, mail, place):
    decision = RuleSet(rules).decide(mail, place)
    numbers = [rule.id for rule in decision.rules]
    assert numbers == sorted(set(numbers))
    assert len({rule.action for rule in decision.rules}) <= 1


@given(RULES, MAILS, PLACES, st.randoms(use_true_random=False))
def test_order_of_rules_that_do_not_match_decides_nothing(rules, mail, place, dice):
    fails = [bool(rule.first_failure(mail, place)) for rule in rules]
    assume(any(fails))
    places = [index for index, failed in enumerate(fails) if failed]
    moved = dict(zip(places, dice.sample(places, len(places)), strict=True))
    mixed = [rules[moved.get(index, index)] for index in range(len(rules))]
    decided = RuleSet(mixed).decide(mail, place).rules
    assert decided == RuleSet(rules).decide(mail, place).rules


@given(RULES, MAILS, PLACES)
def test_deciding_twice_is_deciding_once(rules, mail, place):
    ruleset = RuleSet(rules)
    assert ruleset.decide(mail, place) == ruleset.decide(mail, place)


@given(RULES, MAILS, PLACES)
def test_one_pass_over_all_keywords_finds_what_each_finds_alone(rules, mail, place):
    together = RuleSet(rules).decide(mail, place).rules
    mail = replace(mail, keyword_index=None, _found={})
    alone = [rule for rule in rules if not rule.first_failure(mail, place)]
    assert set(together) <= set(alone)
    assert together[:1] == alone[:1]


EVERYTHING = RuleSet(compiled({**rule, "stop": False} for rule in ALL_RULES))


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_deciding_takes_any_octets(head, body):
    facts = samples.facts_of(b"From: a@acme.test\nSubject: " + head + b"\n\n" + body)
    decision = EVERYTHING.decide(facts, SUPPORT)
    assert decision.action in ACTIONS


@given(st.text(), st.text(), st.text())
def test_deciding_takes_any_text(subject, body, headers):
    facts = MailFacts(subject=subject, body=body, html=body, headers=headers)
    assert EVERYTHING.decide(facts, SUPPORT).action in ACTIONS


def test_invoice_is_read_as_the_table_assumes():
    assert INVOICE.from_domain == "mail.acme.test"
    assert INVOICE.to == "orders@mail.example"
