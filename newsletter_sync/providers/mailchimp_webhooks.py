"""Mailchimp's webhooks: an audience tells who left it."""

from urllib.parse import parse_qsl

from .webhooks import BOUNCED, COMPLAINED, UNSUBSCRIBED, OptOut, moment

EVENTS = ("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign")
WANTED = {"unsubscribe", "cleaned"}


def values(url):
    """Return what makes a webhook. What we do ourselves by the API is not told."""
    return {
        "url": url,
        "events": {one: one in WANTED for one in EVENTS},
        "sources": {"user": True, "admin": True, "api": False},
    }


def parse(body):
    """Yield an ``OptOut`` with the audience as its list; Mailchimp sends a form with
    one event.
    """
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    kind = _kind(form["type"], form.get("data[reason]"), form.get("data[action]"))
    if kind:
        yield OptOut(
            form["data[email]"],
            kind,
            form["data[list_id]"],
            moment(form.get("fired_at")),
        )


def _kind(event, reason, action):
    if event == "cleaned" or event == "unsubscribe":
        if reason == "abuse":
            return COMPLAINED
        if action in ("archive", "delete"):
            # Somebody tidied up: the person may come back.
            return None
        return UNSUBSCRIBED if event == "unsubscribe" else BOUNCED
    return None
