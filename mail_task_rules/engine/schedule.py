"""When something is due, by the clock and the calendar of a place."""

from datetime import datetime, time, timedelta, timezone

SUNDAY = 6


def next_time(after, zone, weekdays, hour):
    """Return the first moment after another one at which a clock shows an hour.

    :param datetime after: naive, UTC; so is the result
    :param tzinfo zone: of pytz, where the clock hangs
    :param weekdays: on which it counts, 0 is Monday
    :param float hour: 7.5 is half past seven
    """
    first = _local(after, zone).date()
    for day in (first + timedelta(days=number) for number in range(8)):
        found = _moment(day, zone, hour)
        if day.weekday() in weekdays and found > after:
            return found
    raise ValueError("There is no such day.")


def due_group(deadline, now, zone):
    """Return ``overdue``, ``today``, ``week`` or ``later``.

    :param datetime deadline: naive, UTC; none is later
    :param datetime now: naive, UTC
    :param tzinfo zone: of pytz, where days begin and weeks end
    """
    if not deadline:
        return "later"
    if deadline < now:
        return "overdue"
    today, day = _local(now, zone).date(), _local(deadline, zone).date()
    if day == today:
        return "today"
    sunday = today + timedelta(days=SUNDAY - today.weekday())
    return "week" if day <= sunday else "later"


def _local(moment, zone):
    return moment.replace(tzinfo=timezone.utc).astimezone(zone)


def _moment(day, zone, hour):
    minutes = round(hour * 60)
    clock = datetime.combine(day, time(minutes // 60, minutes % 60))
    return zone.localize(clock).astimezone(timezone.utc).replace(tzinfo=None)
