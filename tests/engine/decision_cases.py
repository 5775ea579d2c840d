"""What rules decide about mails, one case a line.

``outcome`` tells for each rule that was looked at, in their order, why it did not
match, or the action it decided on.
"""

from dataclasses import dataclass, field, replace

from odoo.addons.mail_task_rules.engine.extraction import Extraction
from odoo.addons.mail_task_rules.engine.facts import MailFacts
from odoo.addons.mail_task_rules.engine.keywords import Keyword
from odoo.addons.mail_task_rules.engine.ruleset import Candidate, Rule, domains

from . import samples


@dataclass(frozen=True)
class Case:
    """:ivar dict objections: what the caller has against a rule, by its number"""

    about: str
    mail: MailFacts
    rules: tuple
    outcome: tuple
    to: Candidate
    objections: dict = field(default_factory=dict)


def when(
    keyword="",
    place="subject",
    mode="phrase",
    exact=False,
    senders="",
    extract=(),
    **rest,
):
    """Return the settings of a rule, written short."""
    if keyword:
        rest["keyword"] = Keyword(keyword, place, mode, exact)
    if "ids" in rest:
        rest["scope_ids"] = frozenset(rest.pop("ids"))
    return {
        "sender_domains": frozenset(domains(senders)),
        "extractions": tuple(extract),
        "applies_to": "both",
        **rest,
    }


def always(**rest):
    return when(match_any=True, **rest)


def needs(label="", **rest):
    """Return an extraction that must find something."""
    return Extraction(id=1, name="value", label=label, required=True, **rest)


def wishes(label):
    return replace(needs(label), required=False)


SUPPORT = Candidate(alias_id=1, project_id=10, company_id=100)
NOWHERE = Candidate(company_id=100)
ANN = Candidate(
    alias_id=3, employee_id=30, department_ids=frozenset({301, 300}), company_id=100
)
FETCHED = replace(SUPPORT, server_id=5)
REPLY = replace(SUPPORT, task_id=1)
ABROAD = Candidate(alias_id=4, project_id=40, company_id=200)

INVOICE = samples.seen(
    subject="Ihre Rechnung Nr. 5 für März",
    sender="Ines Müller <Ines@Mail.Acme.TEST>",
    text="Bitte zahlen Sie\nbis morgen 1.250 €.\n\nGrüße, Ines",
    Cc="Boss <boss@acme.test>",
    X_Priority="1",
)
RUSSIAN = samples.seen(
    subject="Счёт на оплату № 7",
    sender="Пётр <petr@firma.test>",
    text="Прошу оплатить счёт до 5 мая.",
)
EMPTY = MailFacts()
NO_SUBJECT = samples.seen(text="hello", sender="ann@acme.test")


def from_kind(kind, mail=INVOICE):
    return replace(mail, sender_kind=kind)


def table(*lines, mail=INVOICE, to=SUPPORT):
    """Make cases of lines of (about, rules, outcome[, changes])."""
    return [
        Case(about, rules=tuple(rules), outcome=tuple(outcome.split()), **settings)
        for about, rules, outcome, *changes in lines
        for settings in [{"mail": mail, "to": to, **(changes[0] if changes else {})}]
    ]


PHRASES = table(
    ("any case", [when("RECHNUNG nr.")], "task"),
    ("accents", [when("fur MARZ")], "task"),
    ("inside a word", [when("echnu")], "task"),
    ("over spaces", [when("ihre   rechnung")], "task"),
    ("another order", [when("rechnung ihre")], "keyword"),
    ("not there", [when("mahnung")], "keyword"),
    ("in another place", [when("rechnung", "body")], "keyword"),
    ("over a line end", [when("zahlen sie bis", "body")], "task"),
    ("body in headers", [when("zahlen", "headers")], "keyword"),
    ("a header", [when("x-priority: 1", "headers")], "task"),
    ("another value of it", [when("x-priority: 3", "headers")], "keyword"),
    ("anywhere: subject", [when("rechnung", "anywhere")], "task"),
    ("anywhere: body", [when("bis morgen", "anywhere")], "task"),
    ("anywhere: headers", [when("x-priority", "anywhere")], "task"),
    ("anywhere: nowhere", [when("mahnung", "anywhere")], "keyword"),
    ("recipient", [when("orders@", "to")], "task"),
    ("no recipient", [when("sales@", "to")], "keyword"),
    ("copy is no recipient", [when("boss@", "to")], "keyword"),
    ("exact", [when("Rechnung Nr.", exact=True)], "task"),
    ("exact: other case", [when("rechnung", exact=True)], "keyword"),
    ("exact: other accent", [when("fur", exact=True)], "keyword"),
    ("signs", [when("1.250 €", "body")], "task"),
    ("no subject", [when("rechnung")], "keyword", {"mail": NO_SUBJECT}),
    ("no mail at all", [when("x", "anywhere")], "keyword", {"mail": EMPTY}),
    ("Russian", [when("СЧЕТ на оплату")], "task", {"mail": RUSSIAN}),
    ("Russian, exact", [when("Счет", exact=True)], "keyword", {"mail": RUSSIAN}),
    ("Russian body", [when("до 5 мая", "body")], "task", {"mail": RUSSIAN}),
)

WORDS = table(
    ("any order", [when("nr rechnung", mode="words")], "task"),
    ("one missing", [when("nr mahnung", mode="words")], "keyword"),
    ("no half words", [when("rechn", mode="words")], "keyword"),
    ("accents", [when("MARZ, fur", mode="words")], "task"),
    ("over lines", [when("morgen zahlen", "body", "words")], "task"),
    ("numbers", [when("5", mode="words")], "task"),
    ("no half numbers", [when("125", "body", "words")], "keyword"),
    ("exact", [when("Nr Ihre", mode="words", exact=True)], "task"),
    ("exact: other case", [when("nr", mode="words", exact=True)], "keyword"),
    ("Russian", [when("7 счет", mode="words")], "task", {"mail": RUSSIAN}),
    ("over two places", [when("rechnung zahlen", "anywhere", "words")], "task"),
)

EXPRESSIONS = table(
    ("number", [when(r"rechnung nr\. \d+", mode="regex")], "task"),
    ("too few digits", [when(r"nr\. \d{2}", mode="regex")], "keyword"),
    ("start", [when("^ihre", mode="regex")], "task"),
    ("not the start", [when("^rechnung", mode="regex")], "keyword"),
    ("end", [when("marz$", mode="regex")], "task"),
    ("start of a line", [when("^bis morgen", "body", "regex")], "task"),
    ("alternatives", [when("mahnung|rechnung", mode="regex")], "task"),
    ("a letter in all languages", [when(r"f\wr", mode="regex")], "task"),
    ("a class with accents", [when("m[äö]rz", mode="regex")], "task"),
    ("a header's line", [when(r"(?m)^x-priority: [12]$", "headers", "regex")], "task"),
    ("exact", [when("[A-Z]hre", mode="regex", exact=True)], "task"),
    (
        "exact: other case",
        [when("[a-z]echnung nr", mode="regex", exact=True)],
        "keyword",
    ),
    ("Russian", [when(r"сч[её]т.*№ \d", mode="regex")], "task", {"mail": RUSSIAN}),
    ("costly elsewhere", [when("(a+)+$", "body", "regex")], "keyword"),
)

SENDERS = table(
    ("domain", [when(senders="mail.acme.test")], "task"),
    ("any case", [when(senders="MAIL.Acme.test")], "task"),
    ("one of several", [when(senders="other.test, mail.acme.test")], "task"),
    ("other separators", [when(senders="other.test; x.test mail.acme.test")], "task"),
    ("with an at", [when(senders="@mail.acme.test")], "task"),
    ("subdomains", [when(senders="*.acme.test")], "task"),
    ("of any depth", [when(senders="*.test")], "task"),
    ("subdomains only", [when(senders="*.mail.acme.test")], "sender_domains"),
    ("no subdomain unasked", [when(senders="acme.test")], "sender_domains"),
    ("no part of a name", [when(senders="*.me.test")], "sender_domains"),
    ("an address", [when(senders="ines@mail.acme.test")], "task"),
    ("another address", [when(senders="ann@mail.acme.test")], "sender_domains"),
    ("part of an address", [when(senders="s@mail.acme.test")], "sender_domains"),
    ("no sender", [when(senders="*.test")], "sender_domains", {"mail": EMPTY}),
    ("with keyword", [when("rechnung", senders="*.acme.test")], "task"),
    ("only the sender", [when("mahnung", senders="*.acme.test")], "keyword"),
    ("only the keyword", [when("rechnung", senders="x.test")], "sender_domains"),
)

SCOPES = table(
    ("its address", [always(scope="alias", ids=[1])], "task"),
    ("one of its addresses", [always(scope="alias", ids=[9, 1])], "task"),
    ("another address", [always(scope="alias", ids=[2])], "scope"),
    ("no address chosen", [always(scope="alias")], "scope"),
    ("no address at all", [always(scope="alias", ids=[1])], "scope", {"to": NOWHERE}),
    ("everywhere", [always()], "task", {"to": NOWHERE}),
    ("its project", [always(scope="project", ids=[10])], "task"),
    ("another project", [always(scope="project", ids=[11])], "scope"),
    ("an address' number is no project's", [always(scope="project", ids=[1])], "scope"),
    ("employee", [always(scope="employee", ids=[30])], "task", {"to": ANN}),
    ("another employee", [always(scope="employee", ids=[31])], "scope", {"to": ANN}),
    ("no employee's address", [always(scope="employee", ids=[30])], "scope"),
    ("department", [always(scope="department", ids=[301])], "task", {"to": ANN}),
    ("department above", [always(scope="department", ids=[300])], "task", {"to": ANN}),
    ("another one", [always(scope="department", ids=[302])], "scope", {"to": ANN}),
    ("no department", [always(scope="department", ids=[300])], "scope"),
    ("server", [always(scope="server", ids=[5])], "task", {"to": FETCHED}),
    ("another server", [always(scope="server", ids=[6])], "scope", {"to": FETCHED}),
    ("mail that was sent here", [always(scope="server", ids=[5])], "scope"),
    ("its company", [always(company_id=100)], "task"),
    ("another company", [always(company_id=100)], "company", {"to": ABROAD}),
    ("all companies", [always()], "task", {"to": ABROAD}),
    (
        "a scope is no condition",
        [when(scope="alias", ids=[1]), when(scope="alias", ids=[2])],
        "not_empty scope",
    ),
)

REPLIES = table(
    ("new mail", [always(applies_to="new")], "task"),
    ("new mails only", [always(applies_to="new")], "applies_to", {"to": REPLY}),
    ("reply", [always(applies_to="reply")], "task", {"to": REPLY}),
    ("replies only", [always(applies_to="reply")], "applies_to"),
    ("both: new", [always(applies_to="both")], "task"),
    ("both: reply", [always(applies_to="both")], "task", {"to": REPLY}),
    (
        "each its own",
        [always(applies_to="new"), always(applies_to="reply", action="ignore")],
        "applies_to ignore",
        {"to": REPLY},
    ),
    (
        "a reply to an unknown task is a new mail",
        [always(applies_to="reply"), always(applies_to="new")],
        "applies_to task",
        {"mail": replace(INVOICE, is_reply=True)},
    ),
)

KNOWN, PORTAL, USER = map(from_kind, ("contact", "portal", "user"))
TRUSTED = {"match_any": True, "unknown_sender": "skip"}

KINDS_OF_SENDERS = table(
    ("anyone: unknown", [always()], "task"),
    ("anyone: user", [always()], "task", {"mail": USER}),
    ("unknown as a contact", [always(sender_policy="known")], "task"),
    ("unknown as a user", [always(sender_policy="internal")], "task"),
    ("skip unknown", [when(**TRUSTED)], "sender"),
    ("skip unknown: contact", [when(**TRUSTED)], "task", {"mail": KNOWN}),
    ("skip unknown: user", [when(**TRUSTED)], "task", {"mail": USER}),
    (
        "known: contact",
        [when(sender_policy="known", **TRUSTED)],
        "task",
        {"mail": KNOWN},
    ),
    (
        "known: portal",
        [when(sender_policy="known", **TRUSTED)],
        "task",
        {"mail": PORTAL},
    ),
    ("known: unknown", [when(sender_policy="known", **TRUSTED)], "sender"),
    (
        "internal: user",
        [when(sender_policy="internal", **TRUSTED)],
        "task",
        {"mail": USER},
    ),
    (
        "internal: contact",
        [when(sender_policy="internal", **TRUSTED)],
        "sender",
        {"mail": KNOWN},
    ),
    (
        "internal: portal",
        [when(sender_policy="internal", **TRUSTED)],
        "sender",
        {"mail": PORTAL},
    ),
    ("a policy is a condition", [when(sender_policy="known")], "task", {"mail": KNOWN}),
    (
        "the next rule takes the others",
        [
            when(sender_policy="internal", unknown_sender="skip"),
            when(sender_policy="known", unknown_sender="skip", action="quarantine"),
            always(action="reject"),
        ],
        "sender sender reject",
    ),
    (
        "the next rule takes the contacts",
        [
            when(sender_policy="internal", unknown_sender="skip"),
            when(sender_policy="known", unknown_sender="skip", action="quarantine"),
            always(action="reject"),
        ],
        "sender quarantine",
        {"mail": KNOWN},
    ),
)

NUMBER = needs(source="subject", method="regex", pattern=r"nr\. (\d+)")

EXTRACTIONS = table(
    ("found", [when(extract=[NUMBER])], "task"),
    ("not found", [when(extract=[needs("Order")])], "extraction"),
    ("one of two", [when(extract=[NUMBER, needs("Order")])], "extraction"),
    ("not required", [always(extract=[wishes("Order")])], "task"),
    (
        "what is not required is no condition",
        [when(extract=[wishes("Nr.")])],
        "not_empty",
    ),
    ("with a keyword", [when("rechnung", extract=[NUMBER])], "task"),
    ("after the keyword", [when("mahnung", extract=[NUMBER])], "keyword"),
    ("a form", [when(extract=[needs("Телефон")])], "task", {"mail": samples.TILDA}),
    ("no form", [when(extract=[needs("Телефон")])], "extraction"),
    (
        "a table",
        [when(extract=[needs(method="table", table_column="Anzahl")])],
        "task",
        {"mail": samples.WOOCOMMERCE},
    ),
    (
        "another table",
        [when(extract=[needs(method="table", table_column="Anzahl")])],
        "extraction",
        {"mail": samples.SHOPIFY},
    ),
    (
        "JSON",
        [when(extract=[needs(method="json", json_path="$.lead.name")])],
        "task",
        {"mail": samples.JSON_MAIL},
    ),
    (
        "JSON without it",
        [when(extract=[needs(method="json", json_path="$.lead.note")])],
        "extraction",
        {"mail": samples.JSON_MAIL},
    ),
    (
        "an empty source",
        [when(extract=[needs(method="whole", source="subject")])],
        "extraction",
        {"mail": NO_SUBJECT},
    ),
)

HIT, MISS = "rechnung", "mahnung"
ADDS = {"stop": False}

ORDER = table(
    ("no rule", [], ""),
    ("the first wins", [when(HIT), when(HIT, action="ignore")], "task"),
    ("the other first", [when(HIT, action="ignore"), when(HIT)], "ignore"),
    ("the first that matches", [when(MISS), when(HIT), always()], "keyword task"),
    ("none matches", [when(MISS), when(senders="x.test")], "keyword sender_domains"),
    ("adds up", [when(HIT, **ADDS), always()], "task task"),
    (
        "adds up over others",
        [when(HIT, **ADDS), when(MISS), always()],
        "task keyword task",
    ),
    (
        "until one stops",
        [always(**ADDS), always(**ADDS), always(), always()],
        "task task task",
    ),
    ("to the end", [always(**ADDS), always(**ADDS)], "task task"),
    (
        "another action is another matter",
        [always(**ADDS), always(action="ignore"), always()],
        "task other_action task",
    ),
    (
        "and does not stop",
        [always(action="ignore", **ADDS), always(), always(action="ignore")],
        "ignore other_action ignore",
    ),
    (
        "a rule that stops, but does not match",
        [when(MISS), always(**ADDS), when(MISS), always()],
        "keyword task keyword task",
    ),
    ("ignore adds to nothing", [always(action="ignore")], "ignore"),
    ("quarantine", [when(MISS), always(action="quarantine")], "keyword quarantine"),
    ("forward", [when(HIT, action="forward"), always()], "forward"),
    ("reject", [when(HIT, action="reject"), always()], "reject"),
    ("append", [when(extract=[NUMBER], action="append"), always()], "append"),
    (
        "append or create",
        [when(extract=[needs("Order")], action="append"), always()],
        "extraction task",
    ),
)

NO_CONDITION = table(
    ("takes nothing", [when()], "not_empty"),
    ("unless it says so", [always()], "task"),
    ("nor of an empty mail", [when()], "not_empty", {"mail": EMPTY}),
    ("any is also an empty one", [always()], "task", {"mail": EMPTY}),
    ("a domain is one", [when(domain="any")], "task"),
    ("any and a keyword is the keyword", [always(keyword=MISS)], "keyword"),
    ("the next rule has one", [when(), when(HIT)], "not_empty task"),
)

OBJECTIONS = table(
    (
        "its project is archived",
        [when(HIT)],
        "archived",
        {"objections": {1: "archived"}},
    ),
    (
        "the next one takes over",
        [when(HIT), always(action="ignore")],
        "archived ignore",
        {"objections": {1: "archived"}},
    ),
    (
        "is not asked about rules that do not match",
        [when(MISS), always()],
        "keyword task",
        {"objections": {1: "archived"}},
    ),
    (
        "the domain does not hold",
        [when(domain="any"), always()],
        "domain task",
        {"objections": {1: "domain"}},
    ),
    (
        "what was objected to stops nothing",
        [always(**ADDS), always(), always()],
        "task archived task",
        {"objections": {2: "archived"}},
    ),
    (
        "all are objected to",
        [always(), always()],
        "archived domain",
        {"objections": {1: "archived", 2: "domain"}},
    ),
)

OFFICE = [
    when("mailer-daemon@", "email_from", action="ignore"),
    when("auto-submitted: auto-replied", "headers", action="ignore"),
    when("problem|recovered", mode="regex", extract=[needs("host")], action="append"),
    when("list-id:", "headers", action="quarantine"),
    when(extract=[needs(method="table", table_column="Produkt")]),
    when(r"order #\d+|заявка", mode="regex"),
    when(senders="mail.acme.test firma.test", extract=[], **ADDS),
    when(extract=[needs("Message body", method="next_line")]),
    always(action="forward"),
]
VACATION = samples.seen(
    subject="Automatische Antwort: Ihre Rechnung",
    sender="ines@customer.example",
    text="Ich bin bis Montag nicht da.",
    Auto_Submitted="auto-replied (vacation)",
)
BOUNCE = samples.seen(
    subject="Undelivered Mail Returned to Sender",
    sender="MAILER-DAEMON@mx.acme.test",
    text="I'm sorry to have to inform you that your message could not be delivered.",
)

AN_OFFICE = [
    Case(
        about,
        mail=mail,
        rules=tuple(OFFICE),
        outcome=tuple(outcome.split()),
        to=SUPPORT,
    )
    for about, mail, outcome in (
        ("a bounce", BOUNCE, "ignore"),
        ("somebody is away", VACATION, "keyword ignore"),
        ("monitoring", samples.MONITORING, "keyword keyword append"),
        ("a mailing list", samples.LIST_MAIL, "keyword keyword keyword quarantine"),
        ("a shop", samples.WOOCOMMERCE, "keyword keyword keyword keyword task"),
        (
            "another shop",
            samples.SHOPIFY,
            "keyword keyword keyword keyword extraction task",
        ),
        (
            "a web form",
            samples.TILDA,
            "keyword keyword keyword keyword extraction task",
        ),
        (
            "another web form",
            samples.CONTACT_FORM_7,
            "keyword keyword keyword keyword extraction keyword sender_domains task",
        ),
        (
            "a customer",
            INVOICE,
            "keyword keyword keyword keyword extraction keyword task extraction "
            "other_action",
        ),
        (
            "somebody",
            samples.PERSON,
            "keyword keyword keyword keyword extraction keyword sender_domains "
            "extraction forward",
        ),
    )
]

GROUPS = {
    "phrase": PHRASES,
    "words": WORDS,
    "regex": EXPRESSIONS,
    "senders": SENDERS,
    "scope": SCOPES,
    "replies": REPLIES,
    "sender": KINDS_OF_SENDERS,
    "extraction": EXTRACTIONS,
    "order": ORDER,
    "no condition": NO_CONDITION,
    "objection": OBJECTIONS,
    "office": AN_OFFICE,
}


def compiled(settings):
    """Return the rules of a case, numbered from 1."""
    return [
        Rule(id=number, name=f"rule {number}", **rule)
        for number, rule in enumerate(settings, start=1)
    ]
