import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.mail_task_rules.engine.facts import MailFacts
from odoo.addons.mail_task_rules.engine.patterns import compile_phrase
from odoo.addons.mail_task_rules.engine.proposal import is_public_provider, propose

from ..requirements import shared
from . import samples


def conditions(facts):
    return [
        (one.code, one.field, one.value, one.place) for one in propose(facts).conditions
    ]


def extractions(facts):
    return {one.extraction.name: one.example for one in propose(facts).extractions}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            samples.LIST_MAIL,
            [
                ("list_id", "keyword", "<dev.lists.acme.example>", "headers"),
                ("sender", "sender_domains", "ann@gmail.com", ""),
                ("subject", "keyword", "[acme-dev]", "subject"),
            ],
        ),
        (
            samples.SHOPIFY,
            [
                ("sender_domain", "sender_domains", "shop.example", ""),
                ("subject", "keyword", "[Acme Store]", "subject"),
            ],
        ),
        (
            samples.MONITORING,
            [
                ("sender_domain", "sender_domains", "acme.example", ""),
                ("subject", "keyword", "PROBLEM:", "subject"),
            ],
        ),
        (
            samples.seen(subject="Order #1234 of Ann"),
            [
                ("sender_domain", "sender_domains", "shop.example", ""),
                ("subject", "keyword", "Order #", "subject"),
            ],
        ),
        (
            samples.seen(subject="Re: Order #1234 of Ann"),
            [("sender_domain", "sender_domains", "shop.example", "")],
        ),
        (samples.PERSON, [("sender_domain", "sender_domains", "customer.example", "")]),
        (MailFacts(), []),
    ],
)
def test_conditions(facts, expected):
    assert conditions(facts) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            samples.TILDA,
            {
                "Имя": "Пётр Ёлкин",
                "Телефон": "+7 900 000-00-00",
                "E-mail": "petr@customer.example",
                "Согласие": "да",
                "Номер заказа": "1845670321",
                "Сумма": "1 250,00 р.",
            },
        ),
        (
            samples.FORM_TABLE,
            {"Name": "Ann", "Phone number": "555-01", "Comment": "Call me back: today"},
        ),
        (
            samples.WOOCOMMERCE,
            {
                "Produkt": "Stuhl „Öland“",
                "Zwischensumme": "1.545,50 €",
                "Gesamt": "1.545,50 €",
            },
        ),
        (
            samples.JSON_MAIL,
            {
                "lead name": "Zoë",
                "lead budget": "1500.5",
                "lead vip": "true",
                "items": '{"sku": "A-1", "qty": 2}',
            },
        ),
        (
            samples.LINKED_DATA,
            {"@type": "Order", "orderNumber": "SO-77", "customer name": "Ann"},
        ),
        (
            samples.CONTACT_FORM_7,
            {
                "From": "Ines Müller <ines@customer.example>",
                "Subject": "Need a quote",
                "Message Body": "We need 20 chairs until 12.05.2026.",
            },
        ),
        (
            samples.MONITORING,
            {
                "Host": "db1.acme.example",
                "Severity": "High",
                "Problem started": "2026-03-02 07:41:12",
            },
        ),
        (samples.PERSON, {}),
        (MailFacts(), {}),
    ],
)
def test_extractions(facts, expected):
    assert extractions(facts) == expected


@pytest.mark.parametrize(
    ("domain", "is_public"),
    [
        ("gmail.com", True),
        ("yahoo.co.uk", True),
        ("gmx.net", True),
        ("acme.test", False),
    ],
)
def test_domains_where_everybody_can_have_an_address(domain, is_public):
    assert is_public_provider(domain) == is_public


@pytest.mark.parametrize("folder", ["mikel-mail", "redmine"])
def test_every_mail_of_the_corpus_has_a_proposal_that_works(folder):
    for path in sorted(shared("mail-corpus", folder).glob("*.eml")):
        facts = samples.facts_of(path.read_bytes())
        proposal = propose(facts)
        assert proposal == propose(samples.facts_of(path.read_bytes()))
        for one in proposal.conditions:
            if one.field == "keyword":
                assert compile_phrase(one.value).is_in(facts.searchable(one.place))
            else:
                assert one.value in facts.sender_keys
        for one in proposal.extractions:
            assert one.extraction.find(facts)[0].text == one.example


@given(st.text(), st.text(), st.text())
def test_any_mail_has_a_proposal(subject, text, html):
    propose(MailFacts(subject=subject, body=text, html=html, headers=text))
