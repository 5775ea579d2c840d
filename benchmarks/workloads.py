"""The rules that the mails meet, and what they may cost.

No rule matches, so that all variants make the same task of a mail, and every rule
is looked at.
"""

from collections.abc import Callable
from dataclasses import dataclass

from .mails import ATTACHMENT, DOMAINS, HTML, PLAIN, sender

ACTIVATE = """
    UPDATE mail_task_rule SET active = NOT active WHERE active != (name = ANY(%s))
"""


@dataclass(frozen=True)
class Workload:
    """Some rules that all ask for the same, each in its own words.

    :ivar str name: of the rules, in the plural
    :ivar conditions: returns the field values of the rule with a number, from 0
    :ivar float ratio_aim: our time / stock's at most, or ``None``
    :ivar float share_aim: what the rules add / stock's time at most, or ``None``
    :ivar tuple kinds: of mails
    """

    count: int
    name: str
    conditions: Callable
    ratio_aim: float | None = None
    share_aim: float | None = None
    kinds: tuple = (PLAIN, HTML)

    def __str__(self):
        return f"{self.count:,} {self.name}"

    @property
    def rule_names(self):
        return [f"{self.name} {number}" for number in range(self.count)]


def _sender_and_phrase(number):
    """1 % of the mails pass the sender condition and are searched for the phrase:
    by half of the rules in the subject, by half in the text."""
    in_subject = (number + number // DOMAINS) % 2
    return {
        "sender_domains": sender(number).partition("@")[2],
        "keyword": f"never said {number}",
        "keyword_in": "subject" if in_subject else "body",
    }


def _phrase(number):
    return {"keyword": f"never said {number}", "keyword_in": "body"}


def _expression(number):
    """What companies look for; the words are in the mails, the numbers are not."""
    typical = (
        rf"order (no\.?|number):? {number:05}",
        rf"^contract[ -]?{number:05}$",
        rf"(invoice|receipt).*{number:05}",
        rf"[a-z]+-{number:05}(-[0-9]{{4}})?",
    )
    return {
        "keyword": typical[number % len(typical)],
        "keyword_in": "body",
        "keyword_mode": "regex",
    }


def _own_fields(number):
    return _any_of(
        ("body", "ilike", f"never said {number}"),
        ("from_name", "=", f"Nobody {number}"),
        ("size", ">", 10**9 + number),
    )


def _relations(number):
    return _any_of(
        ("sender_partner_id.category_id.name", "ilike", f"never given {number}"),
        ("sender_partner_id.parent_id.name", "ilike", f"Nobody {number}"),
        ("sender_partner_id.country_id.code", "=", f"X{number}"),
    )


def _any_of(*leaves):
    """None of the leaves holds, so that all are looked at."""
    return {"domain": repr(["|"] * (len(leaves) - 1) + list(leaves))}


ALL_KINDS = (PLAIN, HTML, ATTACHMENT)
NO_RULES = Workload(0, "rules", _sender_and_phrase, kinds=ALL_KINDS)
# Each in two sizes, which show how the time grows.
WORST_CASES = (
    Workload(500, "phrases in the text", _phrase),
    Workload(1_000, "phrases in the text", _phrase, share_aim=0.10),
    Workload(500, "expressions in the text", _expression),
    Workload(1_000, "expressions in the text", _expression, share_aim=0.10),
    Workload(500, "domains on the mail", _own_fields),
    Workload(1_000, "domains on the mail", _own_fields, share_aim=0.5),
    Workload(500, "domains over relations", _relations),
    Workload(1_000, "domains over relations", _relations, share_aim=2.0),
)
WORKLOADS = (
    NO_RULES,
    Workload(100, "rules by sender", _sender_and_phrase, kinds=ALL_KINDS),
    Workload(
        1_000,
        "rules by sender",
        _sender_and_phrase,
        ratio_aim=1.25,
        share_aim=0.10,
        kinds=ALL_KINDS,
    ),
    Workload(10_000, "rules by sender", _sender_and_phrase, share_aim=0.5),
    *WORST_CASES,
)


def create(env):
    """Create the rules of all workloads, archived."""
    largest = {workload.name: workload for workload in WORKLOADS}
    for workload in largest.values():
        env["mail.task.rule"].create(
            [
                {
                    "name": name,
                    "active": False,
                    "company_id": False,
                    **workload.conditions(number),
                }
                for number, name in enumerate(workload.rule_names)
            ]
        )


def activate(env, workload):
    """Have exactly the rules of one workload active."""
    # Not by the ORM: it would make a version of each rule.
    env.cr.execute(ACTIVATE, [workload.rule_names])
    env.cr.commit()
    env.invalidate_all()
    env.registry.clear_cache()


def check_active(env, workload):
    compiled = len(env["mail.task.rule"]._get_rule_set())
    if compiled != workload.count:
        raise AssertionError(f"{compiled} rules were active instead of {workload}")
