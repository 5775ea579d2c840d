"""Unisender's webhook: the account tells who left and whose mail failed."""

import json
import re
from hashlib import md5

from .webhooks import (
    BOUNCED,
    COMPLAINED,
    UNSUBSCRIBED,
    OptOut,
    check_digest,
    events_of,
    moment,
)

EVENTS = {
    "event_format": "json_post",
    "events[unsubscribe]": "*",
    "events[email_status]": "*",
}
# What became of a mail, where it is for good.
STATUSES = {
    "ok_unsubscribed": UNSUBSCRIBED,
    "ok_fbl": COMPLAINED,
    "err_user_unknown": BOUNCED,
    "err_user_inactive": BOUNCED,
}
# Of an unsubscription; where neither is given it is about all lists.
LISTS = ("just_unsubscribed_list_ids", "unsubscribed_list_ids", "list_ids")


def check(body, api_key):
    """Raise ``Forged`` unless ``auth`` is the MD5 of the body with the key in its
    place.
    """
    given = str(events_of(body)[0].get("auth") or "")
    signed = body.replace(given.encode(), api_key.encode(), 1) if given else body
    check_digest(md5(signed, usedforsecurity=False).hexdigest(), given)


def parse(body):
    for user in json.loads(body)["events_by_user"]:
        # The case of the letter differs in what is documented.
        for event in user.get("Events") or user.get("events") or ():
            yield from _opt_outs(event)


def _opt_outs(event):
    data, at = event["event_data"], moment(event.get("event_time"))
    if event["event_name"] == "unsubscribe":
        for list_id in _list_ids(data):
            yield OptOut(data["email"], UNSUBSCRIBED, list_id, at)
    elif event["event_name"] == "email_status" and data["status"] in STATUSES:
        yield OptOut(data["email"], STATUSES[data["status"]], "", at)


def _list_ids(data):
    """Return the ids of the lists that somebody left, as numbers or in one text."""
    given = next((data[name] for name in LISTS if data.get(name)), "")
    ids = given if isinstance(given, list) else re.split(r"[,;\s]+", str(given))
    return [str(one) for one in ids] or [""]
