"""The people of a Mailchimp audience, and how they are subscribed."""

from datetime import datetime, timedelta, timezone
from hashlib import md5

from .base import (
    ACTIVE,
    BOUNCED,
    OK,
    OPTED_OUT,
    PENDING,
    REFUSED,
    RETRY,
    Member,
    Page,
    Result,
)
from .errors import ListGone
from .texts import Text as _lt

PAGE_SIZE = 1000
MEMBER_FIELDS = "members.email_address,members.status"
# So many states are asked for one by one; for more the audience is read.
FEW = 25
# How far the service's clock may be from ours when we ask what changed since.
CLOCK_MARGIN = timedelta(minutes=10)
STATUSES = {
    "subscribed": ACTIVE,
    "unsubscribed": OPTED_OUT,
    "cleaned": BOUNCED,
    "pending": PENDING,
}
# What is not changed by us, and why.
LEFT_ALONE = {
    "unsubscribed": (OPTED_OUT, _lt("unsubscribed at %s", "Mailchimp")),
    "cleaned": (REFUSED, _lt("mails to this address bounced")),
    "pending": (REFUSED, _lt("has not confirmed the subscription yet")),
    "transactional": (REFUSED, _lt("has never subscribed to newsletters")),
    None: (RETRY, _lt("not found")),
}


class People:
    """:param path: of the audience, such as ``/lists/a1b2c3d4e5``"""

    def __init__(self, http, path):
        self._http, self._path = http, path
        self._statuses, self._read_at = {}, None

    def path_of(self, email):
        return f"{self._path}/members/{digest(email)}"

    def subscribe(self, contacts):
        """Return a result by address. Whom Mailchimp does not know it subscribes; of
        the others only those come back whom somebody archived.
        """
        settled, unsettled = self._post(contacts, update=False)
        again = []
        for contact, status in self._with_status(unsettled):
            if status in LEFT_ALONE:
                settled[contact.email] = Result(contact.email, *LEFT_ALONE[status])
            elif status == "archived" or contact.fields:
                again.append(contact)
            else:
                settled[contact.email] = Result(contact.email)
        if again:
            updated, dropped = self._post(again, update=True)
            settled.update(updated)
            # Mailchimp says nothing about people who left of their own will.
            for contact in dropped:
                settled[contact.email] = Result(
                    contact.email, *LEFT_ALONE["unsubscribed"]
                )
        return settled

    def _post(self, contacts, update):
        """Return results by address, and the contacts about whom nothing was decided.

        Without ``update`` nobody's status can change: it is the safe first call.
        """
        answer = self._http.call(
            "POST",
            self._path,
            seconds=120,
            params={"skip_merge_validation": "true", "skip_duplicate_check": "true"},
            json={"members": list(map(_member, contacts)), "update_existing": update},
        )
        states = {}
        for one in (*answer["new_members"], *answer["updated_members"]):
            left = LEFT_ALONE.get(one["status"], (OK, ""))
            states[one["email_address"].lower()] = left
        for one in answer["errors"]:
            if one.get("error_code") != "ERROR_CONTACT_EXISTS":
                states[one["email_address"].lower()] = _refusal(one)
        settled = {
            contact.email: Result(contact.email, *states[contact.email.lower()])
            for contact in contacts
            if contact.email.lower() in states
        }
        return settled, [one for one in contacts if one.email not in settled]

    def _with_status(self, contacts):
        """Yield each contact with its status in the audience, ``None`` if unknown."""
        if len(contacts) > FEW:
            self._read_statuses()
            statuses = self._statuses
            yield from ((one, statuses.get(one.email.lower())) for one in contacts)
        else:
            for one in contacts:
                yield one, self.status_of(one.email)

    def status_of(self, email):
        path = self.path_of(email)
        try:
            return self._http.call("GET", path, params={"fields": "status"})["status"]
        except ListGone:
            return None

    def _read_statuses(self):
        """Read the audience once, and afterwards what changed in it."""
        began = datetime.now(timezone.utc)
        since = {}
        if self._read_at:
            moment = self._read_at - CLOCK_MARGIN
            since = {"since_last_changed": moment.isoformat(timespec="seconds")}
        # The first listing may leave the archived out.
        for params in (since, {**since, "status": "archived"}):
            for members in self._pages(params):
                self._statuses.update(map(_address_and_status, members))
        self._read_at = began

    def _pages(self, params):
        offset = 0
        while offset is not None:
            members, offset = self._page(f"{self._path}/members", offset, params)
            yield members

    def _page(self, path, offset, params):
        """Return members, and the offset of the next page or ``None``."""
        fixed = {"count": PAGE_SIZE, "offset": offset, "fields": MEMBER_FIELDS}
        answer = self._http.call("GET", path, params={**fixed, **params})
        members = answer["members"]
        more = len(members) == PAGE_SIZE
        return members, offset + PAGE_SIZE if more else None

    def list_members(self, path, cursor, params):
        members, offset = self._page(path, int(cursor or 0), params)
        return Page(
            [
                Member(one["email_address"], STATUSES[one["status"]])
                for one in members
                if one["status"] in STATUSES
            ],
            str(offset or ""),
        )


def digest(email):
    """Return Mailchimp's id of an address in any audience."""
    return md5(email.lower().encode(), usedforsecurity=False).hexdigest()


def _address_and_status(member):
    return member["email_address"].lower(), member["status"]


def _member(contact):
    fields = dict(contact.fields)
    language = fields.pop("language", None)
    member = {"email_address": contact.email, "status": "subscribed"}
    if fields:
        member["merge_fields"] = fields
    if language:
        # Mailchimp's codes have two letters, but for a few countries.
        member["language"] = language[:2].lower()
    return member


def _refusal(error):
    opted_out = "compliance" in error["error"].lower()
    return OPTED_OUT if opted_out else REFUSED, error["error"]
