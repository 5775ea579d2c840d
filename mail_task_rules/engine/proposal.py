"""What a rule for mails like a given one could look like."""

import re
from dataclasses import dataclass
from itertools import islice, zip_longest

from . import json_values
from .extraction import Extraction
from .patterns import PatternError
from .tables import spread

CONDITION_LIMIT = 4
EXTRACTION_LIMIT = 20
LINE_LIMIT = 500
# One line "Note: …" makes no form.
FORM_LABELS = 2
# With fewer columns it may be a form whose labels stand in the first one.
TABLE_COLUMNS = 3

# Where everybody can have an address, the domain tells nothing.
_PUBLIC_PROVIDERS = frozenset(
    "126.com 163.com aol.com bk.ru bluewin.ch comcast.net duck.com fastmail.com "
    "free.fr freenet.de gmail.com googlemail.com hey.com i.ua icloud.com inbox.ru "
    "interia.pl laposte.net libero.it list.ru mac.com mail.com mail.ru me.com msn.com "
    "naver.com o2.pl onet.pl orange.fr proton.me protonmail.com qq.com rambler.ru "
    "seznam.cz sfr.fr t-online.de tutanota.com ukr.net wanadoo.fr web.de wp.pl ya.ru "
    "zoho.com".split()
)
_PUBLIC_NAMES = frozenset("gmx hotmail live outlook yahoo yandex ymail".split())

_LIST_ID = re.compile(r"^list-id:[^\n<]{0,500}(<[^>\n]{1,200}>)", re.MULTILINE)
_REPLY = re.compile(r"\s*(?:re|aw|sv|antw|fwd?|wg|отв)\s*:", re.IGNORECASE)
# "[Shop]"; "Order #" before its number; "Contact form:"
_PREFIXES = (
    re.compile(r"\s*(\[[^\]]{2,40}\])"),
    re.compile(r"\s*([^\W\d_]{3}[^\d:]{0,50}?[ #№.]+)\d"),
    re.compile(r"\s*([^\W\d_]{3}[^:]{0,40}:)\s"),
)
_LABEL = re.compile(r"[*_•· \t-]*([^\W\d_][^:=\t\n]{0,39}?)[*_ ]*(?:[:=]|\t)(.*)")
_NO_LABEL = re.compile(r"https?|mailto|[^\n]*[.!?] |hi\b|hello\b|dear\b", re.IGNORECASE)
_REMARK = re.compile(r"\s*\([^()]*\)$")
_LABEL_WORDS = 5


@dataclass(frozen=True)
class ProposedCondition:
    """A condition that the mail fulfils.

    :ivar str code: ``list_id``, ``sender_domain``, ``sender`` or ``subject``
    :ivar str field: of the rule: ``sender_domains`` or ``keyword``
    :ivar str value: of that field
    :ivar str place: where a keyword is looked for, else empty
    """

    code: str
    field: str
    value: str
    place: str = ""


@dataclass(frozen=True)
class ProposedExtraction:
    """A value that can be taken out of the mail.

    :ivar Extraction extraction: with 0 as its id
    :ivar str example: what it finds in this mail first
    """

    extraction: Extraction
    example: str


@dataclass(frozen=True)
class Proposal:
    """The best of both kinds comes first."""

    conditions: tuple
    extractions: tuple


def propose(facts):
    """Return a ``Proposal`` for a rule that matches mails like this one.

    :param MailFacts facts:
    """
    found = (*_list_id(facts), *_sender(facts), *_subject(facts))
    # JSON and tables say more exactly what they mean than lines do
    extractions = (*_of_json(facts), *_of_tables(facts), *_of_labels(facts))
    worked = filter(None, (_tried(one, facts) for one in extractions))
    return Proposal(
        conditions=found[:CONDITION_LIMIT],
        extractions=tuple(islice(worked, EXTRACTION_LIMIT)),
    )


def is_public_provider(domain):
    """Tell whether everybody can have an address of a domain."""
    return domain in _PUBLIC_PROVIDERS or domain.partition(".")[0] in _PUBLIC_NAMES


def _list_id(facts):
    found = _LIST_ID.search(facts.headers)
    if found:
        yield ProposedCondition("list_id", "keyword", found[1], "headers")


def _sender(facts):
    if not facts.from_domain:
        return
    if is_public_provider(facts.from_domain):
        yield ProposedCondition("sender", "sender_domains", facts.email_from)
    else:
        yield ProposedCondition("sender_domain", "sender_domains", facts.from_domain)


def _subject(facts):
    if _REPLY.match(facts.subject):
        return
    found = filter(None, (prefix.match(facts.subject) for prefix in _PREFIXES))
    for prefix in islice(found, 1):
        yield ProposedCondition("subject", "keyword", prefix[1].strip(), "subject")


def _of_json(facts):
    for document in json_values.documents(facts.html, facts.body)[:1]:
        for path, name, repeat in _json_paths(document):
            yield {"name": name, "method": "json", "json_path": path, "repeat": repeat}


def _json_paths(document):
    """Yield path, name and repetition for the simple members and the lists."""
    if isinstance(document, list):
        yield "$[*]", "JSON", "all"
        return
    for name, value in document.items():
        path = f'$."{name}"'
        if isinstance(value, list):
            yield f"{path}[*]", name, "all"
        elif isinstance(value, dict):
            for member in json_values.members(value):
                yield f'{path}."{member}"', f"{name} {member}", "first"
        else:
            yield path, name, "first"


def _of_tables(facts):
    for table in facts.tables:
        name = _header_of(table)
        if name:
            yield {
                **{"name": name, "method": "table", "source": "html"},
                **{"table_column": name, "repeat": "all"},
            }


def _header_of(table):
    """Return the name of the first column, or ``None`` if the table has no header."""
    if not table.rows:
        return None
    names = spread(table.rows[0])
    if len(names) < TABLE_COLUMNS or not all(names) or len(set(names)) < len(names):
        return None
    if any(any(map(str.isdigit, name)) for name in names):
        return None
    return names[0] if any(table.records(0)) else None


def _of_labels(facts):
    labels = _labels(facts.body)
    if len(labels) < FORM_LABELS:
        return
    for label, method in labels.items():
        yield {"name": label, "method": method, "label": label}


def _labels(text):
    """Return the labels in a text with the method that gets at their values."""
    found = {}
    lines = [line[:LINE_LIMIT] for line in text.split("\n") if line.strip()]
    for line, below in zip_longest(lines, lines[1:], fillvalue=""):
        match = _LABEL.fullmatch(line)
        label = match and _REMARK.sub("", match[1].strip())
        if not label or not _is_label(label, match[2]):
            continue
        if match[2].strip():
            found.setdefault(label, "after_label")
        elif not _LABEL.fullmatch(below):
            found.setdefault(label, "next_line")
    return found


def _is_label(label, value):
    if value.startswith("//") or _NO_LABEL.match(label):
        return False
    # a row of a wider table is no label with its value
    return len(label.split()) <= _LABEL_WORDS and "\t" not in value.strip()


def _tried(settings, facts):
    """Return what the settings find, or ``None``: what does not work on the mail that
    it was made from is no proposal."""
    try:
        extraction = Extraction(id=0, **settings)
    except PatternError:
        return None
    found = extraction.find(facts)
    return ProposedExtraction(extraction, found[0].text) if found else None
