"""When digests are due, and what is due when."""

from datetime import datetime

import pytest
import pytz

from odoo.addons.mail_task_rules.engine.schedule import due_group, next_time

BERLIN = pytz.timezone("Europe/Berlin")
NEW_YORK = pytz.timezone("America/New_York")
ALL = range(7)
WORKDAYS = range(5)


@pytest.mark.parametrize(
    "after, zone, weekdays, hour, expected",
    [
        # a Wednesday
        ("2026-12-16 05:00", BERLIN, ALL, 7, "2026-12-16 06:00"),
        ("2026-12-16 06:00", BERLIN, ALL, 7, "2026-12-17 06:00"),
        ("2026-12-16 23:30", BERLIN, ALL, 0.75, "2026-12-16 23:45"),
        ("2026-12-16 02:00", NEW_YORK, ALL, 22, "2026-12-16 03:00"),
        ("2026-12-18 12:00", BERLIN, WORKDAYS, 7.5, "2026-12-21 06:30"),
        ("2026-12-16 12:00", BERLIN, [2], 7, "2026-12-23 06:00"),
        # the clocks change in the night to 29 March and to 25 October
        ("2026-03-28 12:00", BERLIN, ALL, 7, "2026-03-29 05:00"),
        ("2026-03-28 12:00", BERLIN, ALL, 2.5, "2026-03-29 01:30"),
        ("2026-10-24 12:00", BERLIN, ALL, 2.5, "2026-10-25 01:30"),
        ("2026-10-25 01:30", BERLIN, ALL, 2.5, "2026-10-26 01:30"),
    ],
)
def test_next_time(after, zone, weekdays, hour, expected):
    found = next_time(moment(after), zone, weekdays, hour)
    assert found == moment(expected)


def test_no_weekday_is_an_error():
    with pytest.raises(ValueError):
        next_time(moment("2026-12-16 12:00"), BERLIN, [], 7)


@pytest.mark.parametrize(
    "deadline, expected",
    [
        ("2026-12-16 11:59", "overdue"),
        ("2026-12-16 12:00", "today"),
        ("2026-12-16 22:59", "today"),
        ("2026-12-16 23:00", "week"),
        ("2026-12-20 22:59", "week"),
        ("2026-12-20 23:00", "later"),
        (None, "later"),
    ],
)
def test_due_group(deadline, expected):
    now = moment("2026-12-16 12:00")
    assert due_group(deadline and moment(deadline), now, BERLIN) == expected


def moment(text):
    return datetime.strptime(text, "%Y-%m-%d %H:%M")
