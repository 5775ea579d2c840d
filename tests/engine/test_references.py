import pytest

from odoo.addons.mail_task_rules.engine.references import (
    is_same_subject,
    numbers_in,
    reference_in,
    replied_subject,
    split_tag,
)

from .growth import grows_with_text


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("task+12-0a1b@ours.test", ("task", 12, "0a1b")),
        ("Task+12-0A1B@ours.test", ("task", 12, "0a1b")),
        ("task+12@ours.test", ("task", 12, "")),
        ("project+3@ours.test", ("project", 3, "")),
        ("task+@ours.test", None),
        ("task+urgent@ours.test", None),
        ("task+12-@ours.test", None),
        ("task+1234567890@ours.test", None),
        ("mytask+12@ours.test", None),
        ("task@ours.test", None),
    ],
)
def test_reference(address, expected):
    assert reference_in(address) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Info+Urgent@ours.test", ("info@ours.test", "urgent")),
        ("info+a+b@ours.test", ("info@ours.test", "a+b")),
        ("info+@ours.test", ("info@ours.test", "")),
        ("info@ours.test", ("info@ours.test", "")),
        ("+urgent@ours.test", ("+urgent@ours.test", "")),
        ("nonsense", ("nonsense", "")),
    ],
)
def test_tag(address, expected):
    assert split_tag(address) == expected


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("#12", [12]),
        ("[#12] Printer", [12]),
        ("Re: Printer (#12)", [12]),
        ("Printer #12: still broken", [12]),
        ("#12, #13", [12, 13]),
        ("no number", []),
        ("12", []),
        ("#", []),
        ("##12", []),
        ("#12a", []),
        ("#12.5", []),
        ("#12-3", []),
        ("&#12;", []),
        ("C#12", []),
        ("#1234567890", []),
        ("invoice #12", []),
        ("Invoice: #12", []),
        ("Your Order no. #12", []),
        ("PR #12", []),
        ("Счёт #12", []),
        ("Rechnung Nr. #12", []),
        ("invoice for the printer: #12", [12]),
        ("invoice #12, task #13", [13]),
    ],
)
def test_numbers(subject, expected):
    assert numbers_in(subject) == expected


def test_own_false_friends():
    assert numbers_in("Vorgang #12", "vorgang, Akte") == []
    assert numbers_in("invoice #12", "vorgang, Akte") == [12]


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Re: Printer", "Printer"),
        ("RE: AW: Fwd: Printer", "Printer"),
        ("Re[2]: Printer", "Printer"),
        ("Ответ: Принтер", "Принтер"),
        ("Printer", ""),
        ("Request: Printer", ""),
        ("Re:", ""),
    ],
)
def test_replied_subject(subject, expected):
    assert replied_subject(subject) == expected


def test_same_subject():
    assert is_same_subject("Printer  is\nbroken", "printer is broken")
    assert is_same_subject("Re: Printer", "Printer")
    assert not is_same_subject("Printer", "Printers")


@pytest.mark.parametrize("piece", ["#1 ", "Re: ", "invoice ", "+"])
@pytest.mark.parametrize("function", [numbers_in, replied_subject, split_tag])
def test_time_grows_with_the_text_and_not_with_its_square(function, piece):
    assert grows_with_text(function, piece, 2_000)
