"""The rules of an office, and what they make of mails as they really come."""

from odoo.addons.mail_task_rules.engine.extraction import Extraction
from odoo.addons.mail_task_rules.engine.keywords import Keyword
from odoo.addons.mail_task_rules.engine.ruleset import Rule


def regex(text, place="subject"):
    return {"keyword": Keyword(text, place, "regex")}


def phrase(text, place="subject"):
    return {"keyword": Keyword(text, place)}


def words(text, place="subject"):
    return {"keyword": Keyword(text, place, "words")}


def takes(**values):
    """Return settings with extractions, each required.

    :param values: a label, or the settings of an extraction
    """
    return {
        "extractions": tuple(
            Extraction(
                id=number,
                name=name,
                required=True,
                **({"label": how} if isinstance(how, str) else how),
            )
            for number, (name, how) in enumerate(values.items(), start=1)
        )
    }


def column(name):
    return {"method": "table", "table_column": name, "repeat": "all"}


def from_subject(pattern):
    return {"source": "subject", "method": "regex", "pattern": pattern}


SPAMMERS = frozenset(("*.tk", "hq.lindsayelec.com", "swissonline.ch", "poetrix.com"))
COLLEAGUES = frozenset(("37signals.com", "lindsaar.net", "*.lindsaar.net"))

# In their order: what programs send first, then forms and shops, then people.
OFFICE = {
    # what no person wrote
    "bounce": {
        "action": "ignore",
        **regex("^(mailer-daemon|postmaster)@", "email_from"),
    },
    "away": {"action": "ignore", **phrase("auto-submitted: auto-replied", "headers")},
    "list": {"action": "ignore", **regex("^list-(id|post):", "headers")},
    "advertising": {"action": "ignore", **phrase("list-unsubscribe:", "headers")},
    "spam": {"action": "quarantine", "sender_domains": SPAMMERS},
    # monitoring: the same problem goes to the same task
    "resolved": {
        "action": "append",
        **regex(r"^resolved\b"),
        **takes(problem="Original problem ID"),
    },
    "problem": {
        **regex(r"\bproblem\b|\[firing"),
        **takes(
            host={
                "method": "regex",
                "pattern": r"^(?:host:|instance =)\s*(?P<value>\S+)",
                "repeat": "all",
            }
        ),
    },
    # shops
    "shop rows": {**takes(number=from_subject(r"#(\d+)"), products=column("Produkt"))},
    "shop data": {
        **takes(
            number={"method": "json", "json_path": "$.orderNumber"},
            total="Total",
        )
    },
    "shop text": {**takes(number="Order number", paid="Amount paid")},
    # web forms
    "form": {
        **takes(
            sender={
                "method": "regex",
                "pattern": r"^(?:Von|From): .*<(?P<value>[^>\s]+@[^>\s]+)>",
            },
            text={
                "method": "between_labels",
                "label": "Nachrichtentext",
                "label_end": "--",
            },
        )
    },
    "Russian form": {**takes(name="имя", phone="телефон")},
    "form in a table": {**takes(name="Full name", phone="phone number")},
    "lead": {**regex(r"lead #?\d*|a lead for you")},
    "contact page": {**phrase("page they were on", "body")},
    # the tracker that was here before: values stand in the text
    "update by number": {
        "action": "append",
        **takes(number=from_subject(r"(?:issue |feature #)(\d+)")),
        **regex("^re:"),
    },
    "ticket with project": {**takes(project="Project")},
    "ticket with status": {"action": "append", **takes(status="Status")},
    "ticket with tracker": {**takes(tracker="Tracker")},
    "ticket": {**words("ticket new")},
    # other programs
    "commit": {"action": "ignore", **takes(revision=from_subject(r"revision (\d+)$"))},
    "fax": {**words("fax arrived", "body")},
    "invitation": {"action": "ignore", "sender_domains": frozenset(("google.com",))},
    # people
    "Japanese": {**regex(r"[\p{Hiragana}\p{Katakana}]")},
    "Korean": {**regex(r"\p{Hangul}{2}", "anywhere")},
    "colleague": {"sender_domains": COLLEAGUES},
    "document": {**regex(r"^application/(pdf|msword)$", "attachment_types")},
    "rest": {"action": "quarantine", "match_any": True},
}


def rules():
    """Return the rules of the office, named and in their order."""
    return [
        Rule(id=number, name=name, applies_to="both", **settings)
        for number, (name, settings) in enumerate(OFFICE.items(), start=1)
    ]
