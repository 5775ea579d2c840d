"""Texts from mails become values of fields."""

import re
import unicodedata
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import get_decimal_symbol

from .searchable import Searchable

# Longer texts are no numbers or dates.
VALUE_LIMIT = 200
# Hours; nobody works longer without writing a mail.
DURATION_LIMIT = 1000
# PostgreSQL's integer
INTEGER_LIMIT = 2**31 - 1
_NUMBER = re.compile(r"(?:(?<!\w)[.,])?\d(?:[\d.,' ]*\d)?")
_MINUS_BEFORE = re.compile(r"(?:^|\W)-[^\w\s]?$|^-\s*$")
# 1.234.567 or 1,234,567, and the same with spaces and apostrophes
_GROUPED = re.compile(r"\d{1,3}(?:([.,' ])\d{3})(?:\1\d{3})*")
_YEAR_FIRST = re.compile(
    r"(?<!\d)(\d{4})(?:\s?[-./]\s?|\s)(\d{1,2})(?:\s?[-./]\s?|\s)(\d{1,2})(?!\d)"
)
_NUMERIC = re.compile(r"(?<!\d)(\d{1,4})\s?[-./]\s?(\d{1,2})\s?[-./]\s?(\d{1,4})(?!\d)")
_TIME = re.compile(
    r"(?<!\d)(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(?:([ap])\.?m\b\.?)?"
    r"\s*(?:(z|utc|gmt)?\s*([+-]\d{2}):?(\d{2})|(z|utc|gmt)\b)?"
)
_HOURS = r"(?:h|ч|std)[^\W\d]*\.?"
_MINUTES = r"(?:m|мин)[^\W\d]*\.?"
# 1h30, 1:30, 1 h 5 min; 90 min; 1.5, 2 h
_DURATIONS = [
    re.compile(rf"{hours}{minutes}(?![^\W_]|[.,]\d)", re.IGNORECASE)
    for hours, minutes in (
        (
            rf"(?P<hours>\d{{1,4}})\s?(?::|{_HOURS})\s?",
            rf"(?P<minutes>[0-5]\d|\d(?=\s?{_MINUTES}))(?:\s?{_MINUTES})?",
        ),
        ("", rf"(?P<minutes>\d{{1,5}})\s?{_MINUTES}"),
        (rf"(?P<hours>\d{{1,4}}(?:[.,]\d{{1,4}})?)(?:\s?{_HOURS})?", ""),
    )
]
_EAST_ASIAN = str.maketrans("年月日년월일", "-- -- ")
_ORDERS = {"dmy": (2, 1, 0), "mdy": (2, 0, 1), "ymd": (0, 1, 2)}
_YES = frozenset(
    "1 x y yes true on ok checked ja j wahr oui o vrai si s sim verdadeiro vero da tak "
    "ano igen kylla joo evet да д истина так ✓ ✔ ☑ はい 是".split()
)
_NO = frozenset(
    "0 - n no false off unchecked nein falsch non faux nao falso nie ne nem ei hayir "
    "nee nej нет н ложь ні ✗ ✘ ☐ いいえ 否".split()
)


class ConversionError(ValueError):
    """A text is no value of the wanted kind.

    :ivar str code: ``empty``, ``no_number``, ``several_numbers``, ``not_whole``,
        ``too_large``, ``no_date``, ``no_such_date``, ``not_yes_or_no``, ``no_choice``
        or ``no_duration``
    :ivar str text: what should have been converted
    :ivar list candidates: what it may have meant, as far as that is known
    """

    def __init__(self, code, text, candidates=()):
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.candidates = list(candidates)


def to_text(text):
    """Return the text without white space around it."""
    stripped = text.strip()
    if not stripped:
        raise ConversionError("empty", text)
    return stripped


def to_float(text, language="en_US"):
    """Return the only number of a text, whatever currency or unit stands beside it.

    :param str language: of the sender. It tells only whether ``1.234`` is more than
        a thousand; all else a number says itself.
    """
    plain = _plain(text).replace("\u2212", "-").replace("\u2019", "'")
    numbers = _NUMBER.findall(plain)
    if not numbers:
        raise ConversionError("no_number", text)
    if len(numbers) > 1:
        raise ConversionError("several_numbers", text)
    value = _number(numbers[0], language)
    if value is None:
        raise ConversionError("several_numbers", text)
    return -value if _is_negative(plain, numbers[0]) else value


def to_integer(text, language="en_US"):
    """Return the only number of a text, which must be whole."""
    value = to_float(text, language)
    if not value.is_integer():
        raise ConversionError("not_whole", text)
    if abs(value) > INTEGER_LIMIT:
        raise ConversionError("too_large", text)
    return int(value)


def to_date(text, order="dmy", language="en_US"):
    """Return the first date of a text; its year must be there.

    :param str order: how the sender writes ``1/2/2026``: ``dmy``, ``mdy`` or ``ymd``.
        A date that is impossible that way is read the other way.
    :param str language: of the names of months; English ones are always known
    """
    return _date(_plain(text).lower(), text, order, language)


def to_datetime(text, order="dmy", language="en_US", zone=timezone.utc):
    """Return the first date and time of a text in UTC, naive. No time is midnight.

    :param zone: a tzinfo, for times that tell none
    """
    plain = _plain(text).lower()
    day = _date(plain, text, order, language)
    found = _TIME.search(plain)
    try:
        moment = _moment(day, found, zone) if found else _midnight(day, zone)
        return moment.astimezone(timezone.utc).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise ConversionError("no_such_date", text) from error


def to_boolean(text):
    """Return whether a text says yes, in one of many languages."""
    word = Searchable(text[:VALUE_LIMIT]).folded_phrase.strip(" .!")
    if word not in _YES | _NO:
        raise ConversionError("not_yes_or_no" if word else "empty", text)
    return word in _YES


def to_choice(text, choices):
    """Return the key of the choice that is meant.

    :param choices: pairs of key and label; both are compared without case and accents.
        The first words of a label will do where they are those of no other one.
    """
    wanted = Searchable(text).folded_phrase
    if not wanted:
        raise ConversionError("empty", text)
    for place in (0, 1):
        for choice in choices:
            if Searchable(choice[place]).folded_phrase == wanted:
                return choice[0]
    begun = [
        choice
        for choice in choices
        if Searchable(choice[1]).folded_phrase.startswith(f"{wanted} ")
    ]
    if len(begun) == 1:
        return begun[0][0]
    candidates = [label for _, label in begun or choices]
    raise ConversionError("no_choice", text, candidates)


def to_duration(text):
    """Return the hours at the start of a text, such as 1.5 for ``1h30 Called Ann``,
    and what follows them."""
    plain = _plain(text)
    matches = (expression.match(plain) for expression in _DURATIONS)
    found = next(filter(None, matches), None)
    if not found:
        raise ConversionError("no_duration", text)
    parts = found.groupdict("0")
    hours = float(parts.get("hours", "0").replace(",", "."))
    duration = hours + int(parts.get("minutes", 0)) / 60
    if not 0 < duration <= DURATION_LIMIT:
        raise ConversionError("no_duration", text)
    return duration, plain[found.end() :].strip(" ,;:-–")


def to_names(text):
    """Return the names in a list that has commas, semicolons or lines, each once."""
    names = (" ".join(name.split()) for name in re.split(r"[,;\n]", text))
    found = list(dict.fromkeys(name for name in names if name))
    if not found:
        raise ConversionError("empty", text)
    return found


def date_order(language):
    """Return in which order people of a language, such as ``en_US``, write a day,
    month and year: ``dmy``, ``mdy`` or ``ymd``."""
    pattern = _locale(language).date_formats["short"].pattern.lower()
    return "".join(dict.fromkeys(re.sub("[^dmy]", "", pattern)))


def _plain(text):
    if not text.strip():
        raise ConversionError("empty", text)
    plain = unicodedata.normalize("NFKC", text[:VALUE_LIMIT])
    digits = (
        str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in plain
    )
    return " ".join("".join(digits).split())


def _locale(language):
    try:
        return Locale.parse(language.replace("-", "_").partition("@")[0])
    except (UnknownLocaleError, ValueError):
        return Locale("en", "US")


def _number(text, language):
    """Return a number as it is written, or ``None`` if it is two of them."""
    signs = {sign for sign in text if not sign.isdigit()}
    last = max(signs, key=text.rindex, default="")
    if last in (".", ",") and not _is_grouping(text, last, language):
        whole, _, fraction = text.rpartition(last)
        signs = {sign for sign in whole if not sign.isdigit()}
    else:
        whole, fraction = text, ""
    if signs and not _GROUPED.fullmatch(whole):
        return None
    digits = "".join(filter(str.isdigit, whole))
    return float(f"{digits}.{fraction or 0}")


def _is_grouping(text, sign, language):
    """Tell whether the last separator of a number only groups its digits."""
    if not _GROUPED.fullmatch(text):
        return False
    if text.count(sign) > 1:
        return True
    return get_decimal_symbol(_locale(language)) != sign and text[0] != "0"


def _is_negative(plain, number):
    before, _, after = plain.partition(number)
    if _MINUS_BEFORE.search(before) or after.lstrip()[:1] == "-":
        return True
    return before.lstrip().startswith("(") and after.rstrip().endswith(")")


def _date(plain, text, order, language):
    plain = plain.translate(_EAST_ASIAN)
    day = _year_first(plain) or _numeric(plain, order) or _named(plain, language)
    if day is None:
        raise ConversionError("no_date", text)
    try:
        return date(*day)
    except ValueError as error:
        raise ConversionError("no_such_date", text) from error


def _year_first(plain):
    found = _YEAR_FIRST.search(plain)
    return found and tuple(map(int, found.groups()))


def _numeric(plain, order):
    found = _NUMERIC.search(plain)
    if not found:
        return None
    # a year of four digits is no day, whatever the order
    order = "dmy" if order == "ymd" and len(found[3]) == 4 else order
    year, month, day = (int(found[place + 1]) for place in _ORDERS[order])
    if month > 12 >= day:
        month, day = day, month
    return _full_year(year), month, day


def _named(plain, language):
    folded = Searchable(plain).folded
    for expression in _named_dates(language):
        found = expression.search(folded)
        if found:
            month = _months(language)[found["name"]]
            return _full_year(int(found["year"])), month, int(found["day"])
    return None


@lru_cache
def _named_dates(language):
    """Return the expressions of "2. März 2026" and of "March 2nd, 2026"."""
    names = sorted(_months(language), key=len, reverse=True)
    month = rf"(?<![^\W\d])(?P<name>{'|'.join(map(re.escape, names))})(?![^\W\d])[.,]?"
    day = r"(?<!\d)(?P<day>\d{1,2})(?:st|nd|rd|th|er|o|a)?"
    year = r"(?P<year>\d{4}|\d{2})(?![\d:])"
    return (
        re.compile(
            rf"{day}\.?[\s./-]*(?:(?:de|of)\s+)?{month}[\s./-]+(?:del?\s+)?{year}"
        ),
        re.compile(rf"{month}\s+{day},?\s+{year}"),
    )


@lru_cache
def _months(language):
    """Return the numbers of the months by their names without case and accents."""
    names = {}
    for locale in (Locale("en", "US"), _locale(language)):
        for form in ("format", "stand-alone"):
            for width in ("abbreviated", "wide"):
                for number, name in locale.months[form][width].items():
                    names[Searchable(name).folded_phrase.rstrip(".")] = number
    return names


def _full_year(year):
    # as POSIX reads two digits
    return year if year > 99 else year + (2000 if year < 69 else 1900)


def _midnight(day, zone):
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _moment(day, found, zone):
    hour, minute, second, half, _, hours, minutes, utc = found.groups()
    hour = int(hour)
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    if hours:
        sign = -1 if hours[0] == "-" else 1
        offset = timedelta(hours=int(hours[1:]), minutes=int(minutes))
        zone = timezone(sign * offset)
    elif utc:
        zone = timezone.utc
    return datetime(
        *(day.year, day.month, day.day, hour, int(minute), int(second or 0)),
        tzinfo=zone,
    )
