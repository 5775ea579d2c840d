from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.mail_task_rules.engine.extraction import (
    FOUND_LIMIT,
    METHODS,
    SOURCES,
    Extraction,
)
from odoo.addons.mail_task_rules.engine.facts import MailFacts
from odoo.addons.mail_task_rules.engine.patterns import PatternError

from ..requirements import shared
from . import samples
from .growth import grows_with_text


def extraction(**settings):
    return Extraction(id=1, name="value", **settings)


def texts(facts, **settings):
    return [found.text for found in extraction(**settings).find(facts)]


def body(text):
    return MailFacts(body=text)


@pytest.mark.parametrize(
    ("text", "label", "value"),
    [
        ("Name: Ann", "Name", "Ann"),
        ("name : Ann", "NAME:", "Ann"),
        ("Name - Ann-Marie", "name", "Ann-Marie"),
        ("Name \u2013 Ann", "name", "Ann"),
        ("Name = Ann", "name", "Ann"),
        ("Name\tAnn\tPhone\t5", "name", "Ann"),
        ("Name\uff1aAnn", "name", "Ann"),
        ("*Name*: Ann", "name", "Ann"),
        ("**Name:** Ann", "name", "Ann"),
        ("Name *: Ann", "name", "Ann"),
        ("Name (required): Ann", "name", "Ann"),
        ("| Name | Ann", "name", "Ann"),
        ("Your  order   no.: 5", "order no", None),
        ("Your  order   no.: 5", "Order no.", "5"),
        ("Straße: Am Weg", "STRASSE", "Am Weg"),
        ("Имя клиента: Пётр", "имя  клиента", "Пётр"),
        ("Order #1234 placed", "Order #", "1234 placed"),
        ("Amount: -5 EUR", "amount", "-5 EUR"),
        ("URL: https://a.test/b?c=d", "url", "https://a.test/b?c=d"),
        # the first label that has a value
        ("Name:\nName: Ann", "name", "Ann"),
        # not in the middle of a word, and nothing but a label
        ("Surname: Lee\nName: Ann", "name", "Ann"),
        ("Name of the firm: Acme", "name", None),
        ("Follow-up: no", "follow", None),
        ("Имяреки: нет", "имя", None),
        ("no such thing", "name", None),
    ],
)
def test_value_after_a_label(text, label, value):
    assert texts(body(text), label=label) == ([value] if value else [])


@pytest.mark.parametrize(
    ("text", "label", "label_end", "value"),
    [
        ("From: A\nText: one\ntwo\nEnd: x", "text", "end", "one\ntwo"),
        ("paid by Ann on Monday", "paid by", "on", "Ann"),
        ("paid by Ron on Monday", "paid by", "on", "Ron"),
        ("Text: one", "text", "end", None),
        ("Text:\nEnd", "text", "end", None),
    ],
)
def test_value_between_two_labels(text, label, label_end, value):
    found = texts(body(text), method="between_labels", label=label, label_end=label_end)
    assert found == ([value] if value else [])


@pytest.mark.parametrize(
    ("text", "label", "value"),
    [
        ("Name:\nAnn\nLee", "name", "Ann"),
        ("Name\n\n  Ann", "name", "Ann"),
        ("*Name* (required)\nAnn", "name", "Ann"),
        ("Name: Bob\nAnn", "name", None),
        ("Your name\nAnn", "name", None),
        ("Name:", "name", None),
    ],
)
def test_value_in_the_line_below_a_label(text, label, value):
    found = texts(body(text), method="next_line", label=label)
    assert found == ([value] if value else [])


@pytest.mark.parametrize(
    ("facts", "settings", "values"),
    [
        (
            samples.CONTACT_FORM_7,
            {"label": "from"},
            "Ines Müller <ines@customer.example>",
        ),
        (
            samples.CONTACT_FORM_7,
            {"method": "regex", "pattern": r"^From:.*<(?P<value>[^>]+)>"},
            "ines@customer.example",
        ),
        (
            samples.CONTACT_FORM_7,
            {"method": "next_line", "label": "message body"},
            "We need 20 chairs until 12.05.2026.",
        ),
        (
            samples.CONTACT_FORM_7,
            {"method": "between_labels", "label": "Message body", "label_end": "--"},
            "We need 20 chairs until 12.05.2026.\nPlease call.",
        ),
        (samples.TILDA, {"label": "имя"}, "Пётр Ёлкин"),
        (samples.TILDA, {"label": "Телефон:"}, "+7 900 000-00-00"),
        (samples.TILDA, {"label": "номер заказа"}, "1845670321"),
        (samples.TILDA, {"label": "сумма", "source": "html"}, "1 250,00 р."),
        (
            samples.SHOPIFY,
            {"source": "subject", "method": "regex", "pattern": r"#(\d+)"},
            "1042",
        ),
        (samples.SHOPIFY, {"source": "subject", "label": "placed by"}, None),
        (
            samples.SHOPIFY,
            {"source": "subject", "method": "regex", "pattern": "placed by (.+)"},
            "Ann Lee",
        ),
        (samples.SHOPIFY, {"label": "total"}, "$1,039.90 USD"),
        (
            samples.SHOPIFY,
            {"method": "next_line", "label": "shipping address"},
            "Ann Lee",
        ),
        (samples.SHOPIFY, {"method": "table", "table_column": "2:2"}, "$9.00"),
        (samples.WOOCOMMERCE, {"label": "Gesamt"}, "1.545,50 €"),
        (
            samples.WOOCOMMERCE,
            {"method": "table", "table_column": "Zwischensumme / Preis"},
            "1.545,50 €",
        ),
        (
            samples.WOOCOMMERCE,
            {"method": "table", "table_column": "TISCH / anzahl"},
            "1",
        ),
        (samples.WOOCOMMERCE, {"method": "table", "table_column": "3:1"}, "Tisch"),
        (samples.WOOCOMMERCE, {"method": "table", "table_column": "9:1"}, None),
        (samples.WOOCOMMERCE, {"method": "table", "table_column": "Farbe"}, None),
        (samples.WOOCOMMERCE, {"method": "table", "table_column": "Tür / Preis"}, None),
        (samples.FORM_TABLE, {"label": "phone number"}, "555-01"),
        (samples.FORM_TABLE, {"label": "Comment"}, "Call me back: today"),
        (
            samples.JSON_MAIL,
            {"method": "json", "json_path": "$.lead.name"},
            "Zoë",
        ),
        (samples.JSON_MAIL, {"method": "json", "json_path": "$..budget"}, "1500.5"),
        (samples.JSON_MAIL, {"method": "json", "json_path": "$.lead.vip"}, "true"),
        (samples.JSON_MAIL, {"method": "json", "json_path": "$.lead.note"}, None),
        (samples.JSON_MAIL, {"method": "json", "json_path": "$.lead.age"}, None),
        (
            samples.LINKED_DATA,
            {"method": "json", "json_path": "orderNumber"},
            "SO-77",
        ),
        (
            samples.LINKED_DATA,
            {"method": "json", "source": "subject", "json_path": "$..name"},
            None,
        ),
        (samples.MONITORING, {"label": "host"}, "db1.acme.example"),
        (samples.MONITORING, {"label": "severity"}, "High"),
        (samples.MONITORING, {"label": "free space"}, "3 %"),
        (samples.MONITORING, {"label": "problem started"}, "2026-03-02 07:41:12"),
        (
            samples.MONITORING,
            {"source": "subject", "label": "Problem"},
            "disk full on db1.acme.example",
        ),
        (
            samples.PERSON,
            {"method": "whole", "source": "subject"},
            "Question about the invoice",
        ),
        (samples.PERSON, {"method": "whole", "source": "html"}, None),
    ],
)
def test_value_of_a_real_mail(facts, settings, values):
    assert texts(facts, **settings) == ([values] if values else [])


def test_table_gives_a_value_for_each_row_with_its_other_columns():
    found = extraction(method="table", table_column="produkt", repeat="all").find(
        samples.WOOCOMMERCE
    )
    assert [(one.text, one.groups) for one in found] == [
        (
            "Stuhl „Öland“",
            {"Produkt": "Stuhl „Öland“", "Anzahl": "4", "Preis": "1.196,00 €"},
        ),
        ("Tisch", {"Produkt": "Tisch", "Anzahl": "1", "Preis": "349,50 €"}),
    ]


def test_json_gives_a_value_for_each_object_with_its_members():
    found = extraction(method="json", json_path="$.items[*]", repeat="all").find(
        samples.JSON_MAIL
    )
    assert [one.groups for one in found] == [
        {"sku": "A-1", "qty": "2"},
        {"sku": "B-2", "qty": "1"},
    ]
    assert found[0].text == '{"sku": "A-1", "qty": 2}'


def test_regex_gives_its_named_groups_as_they_were_written():
    found = extraction(
        method="regex", pattern=r"(?P<amount>\d+) (?P<what>stuhle)", repeat="all"
    ).find(body("4 Stühle, 12 STÜHLE"))
    assert [one.groups for one in found] == [
        {"amount": "4", "what": "Stühle"},
        {"amount": "12", "what": "STÜHLE"},
    ]
    assert [one.text for one in found] == ["4", "12"]


def test_case_and_accents_matter_when_asked_for():
    settings = {"label": "Größe", "case_sensitive": True}
    assert texts(body("grosse: 1\nGröße: 2"), **settings) == ["2"]


def test_repeat_all_finds_each_and_first_only_one():
    text = body("Item: a\nItem: b")
    assert texts(text, label="item") == ["a"]
    assert texts(text, label="item", repeat="all") == ["a", "b"]


def test_endless_lists_are_capped():
    text = body("Item: a\n" * (FOUND_LIMIT + 1))
    assert len(texts(text, label="item", repeat="all")) == FOUND_LIMIT


@pytest.mark.parametrize(
    ("settings", "code", "position"),
    [
        ({"label": " "}, "label_missing", None),
        ({"method": "next_line"}, "label_missing", None),
        ({"method": "between_labels", "label": "a"}, "label_missing", None),
        ({"method": "regex", "pattern": "ab(c"}, "syntax", 2),
        ({"method": "regex"}, "empty", None),
        ({"method": "table"}, "table_column_missing", None),
        ({"method": "table", "table_column": " / b"}, "table_column_missing", None),
        ({"method": "table", "table_column": "0:1"}, "table_counts_from_one", None),
        ({"method": "json"}, "json_path_missing", None),
        ({"method": "json", "json_path": "$.a["}, "syntax", 4),
        ({"method": "json", "json_path": "a b"}, "syntax", 2),
        ({"method": "json", "json_path": "$.a[?(@.b)]"}, "syntax", 4),
        ({"method": "json", "json_path": "$..a..b"}, "json_path_costly", 4),
    ],
)
def test_what_cannot_work_is_refused_at_once(settings, code, position):
    with pytest.raises(PatternError) as caught:
        extraction(**settings)
    assert (caught.value.code, caught.value.position) == (code, position)


SETTINGS = {
    "label": "name",
    "label_end": "end",
    "pattern": r"(\w+)\s*=\s*(?P<value>.*)",
    "table_column": "name",
    "json_path": "$..name",
}
EXTRACTIONS = [
    extraction(source=source, method=method, repeat=repeat, **SETTINGS)
    for source in SOURCES
    for method in METHODS
    for repeat in ("first", "all")
]
CORPUS = ["mikel-mail", "redmine"]


@pytest.mark.parametrize("folder", CORPUS)
def test_extractions_take_every_mail_of_the_corpus(folder):
    for path in sorted(shared("mail-corpus", folder).glob("*.eml")):
        raw = path.read_bytes()
        facts = MailFacts.of(message_from_bytes(raw, policy=policy.SMTP), len(raw))
        for one in EXTRACTIONS:
            assert all(found.text for found in one.find(facts))


@pytest.mark.parametrize(
    ("path", "settings", "value"),
    [
        (
            "redmine/test_fixtures_mail_handler_issue_update_with_cc.eml",
            {"source": "subject", "method": "regex", "pattern": r"issue (\d+)"},
            "2",
        ),
        (
            "redmine/test_fixtures_mail_handler_japanese_keywords_iso_2022_jp.eml",
            {"label": "tracker"},
            "開発",
        ),
        (
            "mikel-mail/spec_fixtures_emails_multipart_report_emails_report_422.eml",
            {"method": "regex", "pattern": r"\b(4\.\d\.\d)\b"},
            "4.2.2",
        ),
    ],
)
def test_value_of_a_mail_of_the_corpus(path, settings, value):
    facts = samples.facts_of(shared("mail-corpus", path).read_bytes())
    assert texts(facts, **settings) == [value]


@given(st.text(), st.text(), st.text())
def test_extractions_take_any_text(subject, text, html):
    facts = MailFacts(subject=subject, body=text, html=html)
    for one in EXTRACTIONS:
        assert all(found.text for found in one.find(facts))


FRAGMENTS = st.lists(
    st.sampled_from(
        'name : = end \n \t é ß ﬁ { } [ ] " , 1 <table> <tr> <td> <th colspan=3> </td> '
        "</tr> </table> <script type=application/json> </script> <pre> \u0301".split(
            " "
        )
    )
)


@given(FRAGMENTS.map("".join), FRAGMENTS.map("".join))
def test_extractions_take_any_html(text, html):
    facts = MailFacts(subject=text, body=text, html=html)
    for one in EXTRACTIONS:
        assert all(found.text for found in one.find(facts))


@given(st.text(min_size=1), st.text())
def test_any_label_is_refused_or_looked_for(label, text):
    try:
        one = extraction(label=label)
    except PatternError as error:
        assert error.code == "label_missing"
    else:
        one.find(body(text))


@given(
    st.from_regex(r"[A-Za-zäöüßéЁё]{3,12}", fullmatch=True),
    st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1),
)
def test_value_is_found_as_it_was_written(label, value):
    assert texts(body(f"first\n{label.upper()}: {value}\nlast"), label=label) == [value]


# What makes a careless expression or parser go over the text again and again.
BOMBS = {
    "labels": "name:\n",
    "half labels": "name (",
    "starts": "name: x ",
    "spaces": " ",
    "tables": "<table><tr><td>",
    "cells": "<td colspan=999>name</td>",
    "scripts": "<script type=application/json>",
    "brackets": "[",
    "objects": '{"name":',
    "broken": "{\n",
    "accents": "e\u0301",
    "ligatures": "ﬀ",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_time_grows_with_the_text_and_not_with_its_square(bomb):
    for one in EXTRACTIONS:

        def find(text, one=one):
            one.find(MailFacts(subject=text, body=text, html=text))

        assert grows_with_text(find, BOMBS[bomb], 10_000)
