"""Who is in a list at Unisender, and who left it."""

import time

from .base import ACTIVE, BOUNCED, OPTED_OUT, PENDING, Member, Page
from .errors import ContactError, Retryable
from .tables import read_table

POLL_SECONDS = 5
COLUMNS = ("email", "email_status", "email_list_ids", "email_unsubscribed_list_ids")
STATUSES = {
    "new": ACTIVE,
    "active": ACTIVE,
    "invited": PENDING,
    "activation_requested": PENDING,
    "unsubscribed": OPTED_OUT,
    "inactive": OPTED_OUT,
    "blocked": BOUNCED,
}
# Of whom we could not find out whether they left.
UNKNOWN = "unknown"
# So many people are looked up one by one; for more the list is exported. If that takes
# too long, so many are looked up nevertheless: each attempt must bring some further.
FEW, SOME = 20, 100
# An export serves for so long, and is waited for so many times.
FRESH_SECONDS = 60
PATIENCE = 10
WAIT_SECONDS = 2


class People:
    def __init__(self, client):
        self._client = client
        self._exported = {}

    def look_up(self, list_id, emails):
        """Return the status of those who are in a list or left it, by address; it may
        be ``UNKNOWN``.

        Whether an import brings somebody back who left is not documented: nobody is
        imported without a look.
        """
        people = self._export(list_id) if len(emails) > FEW else None
        if people is not None:
            return people
        statuses = ((one.lower(), self._status(list_id, one)) for one in emails[:SOME])
        people = {email: status for email, status in statuses if status}
        return people | {email.lower(): UNKNOWN for email in emails[SOME:]}

    def _status(self, list_id, email):
        try:
            found = self._client.call("getContact", email=email, include_lists=1)
        except ContactError:
            return None
        lists = found.get("lists") or ()
        mine = [one for one in lists if str(one.get("id") or one["list_id"]) == list_id]
        overall = STATUSES.get(found["email"]["status"], BOUNCED)
        if any(one.get("status") == "unsubscribed" for one in mine):
            return OPTED_OUT
        # Who left all lists need not be in this one.
        return overall if mine or overall == OPTED_OUT else None

    def note(self, list_id, emails):
        """Remember people whom we just added."""
        people = self._exported.get(list_id, (0, {}))[1]
        people.update((email.lower(), ACTIVE) for email in emails)

    def _export(self, list_id):
        """Return the status of everybody in a list, hardly a minute old; ``None`` if
        that takes too long.
        """
        read_at, people = self._exported.get(list_id, (0, None))
        if people is not None and time.monotonic() - read_at <= FRESH_SECONDS:
            return people
        members = self._wait_for(list_id, self._start(list_id))
        if members is None:
            return None
        people = {one.email.lower(): one.status for one in members}
        self._exported[list_id] = time.monotonic(), people
        return people

    def _wait_for(self, list_id, task):
        for _ in range(PATIENCE):
            members = self._fetch(list_id, task)
            if members is not None:
                return members
            time.sleep(WAIT_SECONDS)
        return None

    def page(self, list_id, cursor):
        if not cursor:
            return Page(cursor=self._start(list_id), wait=POLL_SECONDS)
        members = self._fetch(list_id, cursor)
        if members is None:
            return Page(cursor=cursor, wait=POLL_SECONDS)
        return Page(members)

    def _start(self, list_id):
        """Return the id of a new export."""
        values = {f"field_names[{x}]": name for x, name in enumerate(COLUMNS)}
        values["list_id"] = list_id
        try:
            answer = self._client.call("async/exportContacts", **values)
        except ContactError:
            # Documented as needed, and sent by no client that we know.
            values["notify_url"] = self._client.notify_url
            answer = self._client.change("async/exportContacts", **values)
        return answer["task_uuid"]

    def _fetch(self, list_id, task):
        """Return the members that an export found, ``None`` while it works."""
        try:
            answer = self._client.call("async/getTaskResult", task_uuid=task)
        except ContactError as error:
            # It has expired: another one will do.
            raise Retryable(str(error), error.status) from error
        if answer["status"] != "completed":
            return None
        rows = read_table(self._client.http.download(answer["file_to_download"]))
        # The export also has people of whom only the phone number is in the list.
        return [_member(list_id, row) for row in rows if _is_member(list_id, row)]


def _ids(row, column):
    return {one.strip() for one in (row.get(column) or "").split(",")}


def _is_member(list_id, row):
    ids = _ids(row, "email_list_ids") | _ids(row, "email_unsubscribed_list_ids")
    return bool(row.get("email")) and (list_id in ids or "email_list_ids" not in row)


def _member(list_id, row):
    left = list_id in _ids(row, "email_unsubscribed_list_ids")
    status = STATUSES.get(row.get("email_status", "active"), BOUNCED)
    return Member(row["email"], OPTED_OUT if left else status)
