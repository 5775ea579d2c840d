from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.mail_task_rules.engine import conversion
from odoo.addons.mail_task_rules.engine.conversion import ConversionError


def converted(convert, *args, **kwargs):
    """Return the value, or the code of the error."""
    try:
        return convert(*args, **kwargs)
    except ConversionError as error:
        assert error.text == args[0]
        return error.code


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("5", "en_US", 5.0),
        ("1 234,50 €", "de_DE", 1234.5),
        ("1\u202f234,50 €", "en_US", 1234.5),
        ("1,234.50", "de_DE", 1234.5),
        ("1.234,50", "en_US", 1234.5),
        ("EUR 1.234.567", "en_US", 1234567.0),
        ("$1,039.90 USD", "en_US", 1039.9),
        ("1'234.50 CHF", "de_CH", 1234.5),
        ("1’234", "de_CH", 1234.0),
        ("1 250,00 р.", "ru_RU", 1250.0),
        # only the language tells
        ("1.234", "de_DE", 1234.0),
        ("1.234", "en_US", 1.234),
        ("1,234", "en_US", 1234.0),
        ("1,234", "ru_RU", 1.234),
        ("0.125", "de_DE", 0.125),
        ("12.50", "de_DE", 12.5),
        ("1.5", "xx_XX", 1.5),
        # less than nothing
        ("-5", "en_US", -5.0),
        ("\u22125,5", "en_US", -5.5),
        ("(12)", "en_US", -12.0),
        ("(12.50 €)", "en_US", -12.5),
        ("- 7", "en_US", -7.0),
        ("$-1.50", "en_US", -1.5),
        ("-$5", "en_US", -5.0),
        ("5-", "en_US", -5.0),
        ("order-5", "en_US", 5.0),
        # what stands around it
        (".5", "en_US", 0.5),
        ("No.5", "en_US", 5.0),
        ("15 %", "en_US", 15.0),
        ("Total: 5 pcs.", "en_US", 5.0),
        ("٣٤", "en_US", 34.0),
        ("２５", "en_US", 25.0),
        ("none", "en_US", "no_number"),
        ("", "en_US", "empty"),
        ("2 x 5", "en_US", "several_numbers"),
        ("12 34", "en_US", "several_numbers"),
        ("1,,5", "en_US", "several_numbers"),
    ],
)
def test_number(text, language, value):
    assert converted(conversion.to_float, text, language) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5 pcs", 5),
        ("5.0", 5),
        ("5,50", "not_whole"),
        ("99999999999", "too_large"),
        ("five", "no_number"),
    ],
)
def test_whole_number(text, value):
    assert converted(conversion.to_integer, text) == value


@pytest.mark.parametrize(
    ("text", "order", "language", "value"),
    [
        ("2026-03-02", "dmy", "de_DE", date(2026, 3, 2)),
        ("2026/3/2", "mdy", "en_US", date(2026, 3, 2)),
        ("02.03.2026", "dmy", "de_DE", date(2026, 3, 2)),
        ("02.03.26", "dmy", "de_DE", date(2026, 3, 2)),
        ("02.03.68", "dmy", "de_DE", date(2068, 3, 2)),
        ("02.03.69", "dmy", "de_DE", date(1969, 3, 2)),
        ("3/2/2026", "mdy", "en_US", date(2026, 3, 2)),
        ("3/2/2026", "dmy", "en_GB", date(2026, 2, 3)),
        ("26-03-02", "ymd", "ja_JP", date(2026, 3, 2)),
        ("2026. 03. 02.", "ymd", "hu_HU", date(2026, 3, 2)),
        ("2026年3月2日", "ymd", "ja_JP", date(2026, 3, 2)),
        # impossible in the sender's order
        ("13/02/2026", "mdy", "en_US", date(2026, 2, 13)),
        ("02.13.2026", "dmy", "de_DE", date(2026, 2, 13)),
        ("02.03.2026", "ymd", "hu_HU", date(2026, 3, 2)),
        # names of months
        ("2 March 2026", "dmy", "de_DE", date(2026, 3, 2)),
        ("March 2nd, 2026", "mdy", "en_US", date(2026, 3, 2)),
        ("2nd of May 2026", "dmy", "en_GB", date(2026, 5, 2)),
        ("02-Mar-2026", "dmy", "en_GB", date(2026, 3, 2)),
        ("2. März 2026", "dmy", "de_DE", date(2026, 3, 2)),
        ("am 2. MARZ 2026", "dmy", "de_DE", date(2026, 3, 2)),
        ("2 марта 2026 г.", "dmy", "ru_RU", date(2026, 3, 2)),
        ("2 de marzo de 2026", "dmy", "es_ES", date(2026, 3, 2)),
        ("1er février 2026", "dmy", "fr_FR", date(2026, 2, 1)),
        ("Mon, 2 Mar 2026 07:41:12 +0100", "dmy", "en_US", date(2026, 3, 2)),
        ("until 12.05.2026, please", "dmy", "de_DE", date(2026, 5, 12)),
        ("31.02.2026", "dmy", "de_DE", "no_such_date"),
        ("2 March 14:30", "dmy", "en_GB", "no_date"),
        ("2 марта 2026", "dmy", "de_DE", "no_date"),
        ("soon", "dmy", "en_US", "no_date"),
        ("", "dmy", "en_US", "empty"),
    ],
)
def test_date(text, order, language, value):
    assert converted(conversion.to_date, text, order, language) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-03-02", datetime(2026, 3, 1, 23, 0)),
        ("2026-03-02T07:41:12Z", datetime(2026, 3, 2, 7, 41, 12)),
        ("2026-03-02 07:41", datetime(2026, 3, 2, 6, 41)),
        ("2026-03-02T07:41:12.345+03:00", datetime(2026, 3, 2, 4, 41, 12)),
        ("Mon, 2 Mar 2026 07:41:12 -0500", datetime(2026, 3, 2, 12, 41, 12)),
        ("02.03.2026 07:41 UTC", datetime(2026, 3, 2, 7, 41)),
        ("02.03.2026 5:30 pm", datetime(2026, 3, 2, 16, 30)),
        ("02.03.2026, 12:05 a.m.", datetime(2026, 3, 1, 23, 5)),
        ("02.03.2026 25:00", "no_such_date"),
        ("0001-01-01 00:00", "no_such_date"),
        ("07:41", "no_date"),
    ],
)
def test_date_and_time_in_utc(text, value):
    berlin = timezone(timedelta(hours=1))
    assert converted(conversion.to_datetime, text, zone=berlin) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Yes", True),
        (" JA! ", True),
        ("да", True),
        ("Sí", True),
        ("✓", True),
        ("1", True),
        ("on", True),
        ("Nein.", False),
        ("нет", False),
        ("0", False),
        ("maybe", "not_yes_or_no"),
        ("", "empty"),
    ],
)
def test_yes_or_no(text, value):
    assert converted(conversion.to_boolean, text) == value


CHOICES = [("0", "Normal"), ("1", "Hoch"), ("2", "1")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("hoch", "1"),
        ("  NORMAL", "0"),
        ("2", "2"),
        # a key before a label of the same text
        ("1", "1"),
        ("urgent", "no_choice"),
        (" ", "empty"),
    ],
)
def test_choice(text, value):
    assert converted(conversion.to_choice, text, CHOICES) == value


def test_first_words_of_one_label_will_do():
    choices = [("0", "Low priority"), ("1", "High priority"), ("2", "High, very")]
    assert converted(conversion.to_choice, "low", choices) == "0"
    assert converted(conversion.to_choice, "high", choices) == "1"
    assert converted(conversion.to_choice, "lo", choices) == "no_choice"
    choices.append(("3", "High risk"))
    assert converted(conversion.to_choice, "high", choices) == "no_choice"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1h30", (1.5, "")),
        ("1h30m", (1.5, "")),
        ("1:30", (1.5, "")),
        ("0:05", (5 / 60, "")),
        ("1.5", (1.5, "")),
        ("1,5 h fixed it", (1.5, "fixed it")),
        ("2 h, Called Ann", (2.0, "Called Ann")),
        ("90 min", (1.5, "")),
        ("1 h 15 min", (1.25, "")),
        ("1ч30", (1.5, "")),
        ("2 часа созвон", (2.0, "созвон")),
        ("3 std.", (3.0, "")),
        ("1h 3 things", (1.0, "3 things")),
        ("1h99", "no_duration"),
        ("1.5.2", "no_duration"),
        ("yesterday", "no_duration"),
        ("-1", "no_duration"),
        ("0", "no_duration"),
        ("2000h", "no_duration"),
        ("", "empty"),
    ],
)
def test_duration(text, value):
    assert converted(conversion.to_duration, text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Urgent", ["Urgent"]),
        ("a, b;c\n d  e ,, a", ["a", "b", "c", "d e"]),
        (" ,; ", "empty"),
    ],
)
def test_names(text, value):
    assert converted(conversion.to_names, text) == value


def test_text_is_trimmed():
    assert converted(conversion.to_text, " a  b\n") == "a  b"
    assert converted(conversion.to_text, " \n") == "empty"


@pytest.mark.parametrize(
    ("language", "order"),
    [
        ("en_US", "mdy"),
        ("en_GB", "dmy"),
        ("de_DE", "dmy"),
        ("ru_RU", "dmy"),
        ("hu_HU", "ymd"),
        ("zh_CN", "ymd"),
        ("sr@latin", "dmy"),
        ("xx", "mdy"),
    ],
)
def test_order_of_a_date(language, order):
    assert conversion.date_order(language) == order


NUMBERS = st.sampled_from("0123456789.,-()' €$:/TZapm+年 \n")


@pytest.mark.parametrize(
    "convert",
    [
        conversion.to_text,
        conversion.to_float,
        conversion.to_integer,
        conversion.to_date,
        conversion.to_datetime,
        conversion.to_boolean,
        conversion.to_names,
        lambda text: conversion.to_choice(text, CHOICES),
        conversion.to_duration,
    ],
)
@given(st.text() | st.text(NUMBERS))
def test_any_text_is_converted_or_refused(convert, text):
    converted(convert, text)


@given(st.dates(), st.sampled_from(["de_DE", "en_US", "ru_RU", "fr_FR", "pl_PL"]))
def test_date_is_read_as_it_is_written(day, language):
    from babel.dates import format_date

    for form in ("medium", "long", "full"):
        text = format_date(day, form, locale=language)
        if day.year >= 1000:
            order = conversion.date_order(language)
            assert conversion.to_date(text, order, language) == day


@given(
    st.decimals(-(10**9), 10**9, places=2), st.sampled_from(["de_DE", "en_US", "ru"])
)
def test_number_is_read_as_it_is_written(number, language):
    from babel.numbers import format_currency

    text = format_currency(number, "EUR", locale=language)
    assert conversion.to_float(text, language) == float(number)
