"""eSputnik and Yespo: one API under two names.

A segment comes into being with the first import that names it, and imports know it by
its name alone. So the id of a new list is provisional (``name:Buyers``) until the first
answer brings the real one, and each call begins with a look at its present name.
"""

import json
import re
import time

from .base import (
    REFUSED,
    RETRY,
    Answer,
    Member,
    Page,
    Provider,
    RemoteList,
    Result,
    Support,
    again,
)
from .errors import (
    ContactError,
    ListGone,
    NameTaken,
    RateLimited,
    Retryable,
    Unsupported,
)
from .texts import Text as _lt
from .transport import basic

PAGE_SIZE = 500
POLL_SECONDS = 10
# After this time the segment tells how an import went whose state cannot be read.
LONGEST_IMPORT = 20 * 60
FINISHED, UNKNOWN = "FINISHED", "unknown"
PROVISIONAL = "name:"
LONGEST_NAME = 40
MOST_DIGITS = 3
NOT_IN_NAMES = re.compile(r"[^\w\s.'’-]|_")


class Esputnik(Provider):
    code = "esputnik"
    label = "eSputnik"
    base_url = "https://esputnik.com/api"
    support = Support(
        batch_size=3000,
        remove_size=3000,
        creates_lists="first_contact",
        renames_lists=False,
        deletes_lists=False,
        unique_names=True,
        answers="none",
        jobs=True,
        shows_opt_outs=False,
        creates_fields=False,
        visible_after=300,
    )
    standard_fields = {
        "first_name": "firstName",
        "last_name": "lastName",
        "language": "languageCode",
    }

    def authorize(self, request):
        request.headers["Authorization"] = basic("odoo", self._settings["api_key"])
        request.headers["Accept"] = "application/json; charset=UTF-8"

    def test_connection(self):
        answer = self.http.call("GET", "/v1/account/info")
        return str(answer.get("organisationName") or "")

    # ------------------------------------------------------------------
    # Segments
    # ------------------------------------------------------------------

    def all_lists(self, **params):
        start = 1
        while start:
            params.update(startindex=start, maxrows=PAGE_SIZE)
            groups = self.http.call("GET", "/v1/groups", params=params)
            yield from (RemoteList(str(one["id"]), one["name"]) for one in groups)
            start = start + PAGE_SIZE if len(groups) == PAGE_SIZE else 0

    def find_lists(self, name):
        return [one for one in self.all_lists(name=name) if one.name == name]

    def create_list(self, name):
        if self.find_lists(name):
            # An import would fill that one.
            raise NameTaken(_lt("There is a segment of this name."))
        return RemoteList(PROVISIONAL + name, name)

    def get_list(self, list_id):
        if list_id.startswith(PROVISIONAL):
            name = list_id.removeprefix(PROVISIONAL)
            return next(iter(self.find_lists(name)), RemoteList(list_id, name))
        return super().get_list(list_id)

    def ensure_field(self, list_id, name):
        if name in self.standard_fields:
            return self.standard_fields[name]
        book = self.http.call("GET", "/v1/addressbooks")["addressBook"]
        for group in book["fieldGroups"]:
            for one in group["fields"]:
                if one["name"].casefold() == name.casefold():
                    return str(one["id"])
        raise Unsupported(
            _lt(
                "Add the field “%(field)s” on the website of %(service)s first.",
                field=name,
                service=self.label,
            )
        )

    # ------------------------------------------------------------------
    # People
    # ------------------------------------------------------------------

    def upsert(self, list_id, contacts):
        name = self.get_list(list_id).name
        groups = {}
        for contact in contacts:
            # A field that is listed, and missing in a contact, would be emptied.
            groups.setdefault(tuple(sorted(contact.fields)), []).append(contact)
        answers = [
            self._import(keys, group, groupNames=[name], restoreDeleted=True)
            for keys, group in groups.items()
        ]
        emails = [one.email for one in contacts]
        return self._started(list_id, name, answers, emails, adds=True)

    def remove(self, list_id, emails):
        name = self.get_list(list_id).name
        # Strangers become contacts by that, in no segment. To look for them in this
        # one would be worse: while another removal runs its pages shift, and who is
        # overlooked stays in it.
        contacts = [{"email": email} for email in emails]
        answer = self._post(contacts, contactFields=["email"], groupNamesExclude=[name])
        return self._started(list_id, name, [answer], emails, adds=False)

    def _import(self, keys, contacts, **values):
        # Without these two lists all fields are overwritten.
        plain = [key for key in keys if not key.isdigit()]
        values["contactFields"] = plain or ["email"]
        values["customFieldsIDs"] = [int(key) for key in keys if key.isdigit()]
        rows = [{"email": one.email, **one.fields} for one in contacts]
        return self._post(rows, **values)

    def _post(self, rows, **values):
        values.update(contacts=list(map(_contact, rows)), dedupeOn="email")
        answer = self.http.call("POST", "/v1/contacts", json=values)
        if answer.get("errorMessage"):
            raise ContactError(str(answer["errorMessage"]), 200)
        return answer

    def _started(self, list_id, name, answers, emails, adds):
        failed = json.dumps([one.get("failedContacts") for one in answers]).lower()
        refused = [
            Result(email, REFUSED, _lt("refused by %s", self.label))
            for email in emails
            if json.dumps(email.lower()) in failed
        ]
        job = {
            "list": list_id,
            "name": name,
            "adds": adds,
            "sessions": [one["asyncSessionId"] for one in answers],
            "began": int(time.time()),
        }
        return Answer(refused, json.dumps(job), POLL_SECONDS)

    def poll_job(self, job, emails):
        values = json.loads(job)
        states = {self._state(one) for one in values["sessions"]}
        late = time.time() - values["began"] > LONGEST_IMPORT
        over = states <= {FINISHED, UNKNOWN} if late else states == {FINISHED}
        waiting = Answer(job=job, wait=POLL_SECONDS)
        if "ERROR" in states:
            return Answer(again(emails, _lt("The import failed.")))
        if not over:
            return waiting
        segment = self.get_list(values["list"])
        if segment.id.startswith(PROVISIONAL):
            # Finished, and not to be seen yet.
            missing = again(emails, _lt("The segment did not appear."))
            return Answer(missing) if late else waiting
        if segment.name != values["name"]:
            return Answer(again(emails, _lt("The segment was renamed meanwhile.")))
        if UNKNOWN in states:
            results = self._look(segment.id, values["adds"], emails)
        else:
            results = [Result(email) for email in emails]
        return Answer(results, list_id=segment.id)

    def _look(self, list_id, adds, emails):
        """Return results by who is in the segment now."""
        cursor, there = "1", set()
        while cursor:
            page = self.list_members(list_id, cursor)
            there.update(one.email.lower() for one in page.members)
            cursor = page.cursor
        retry = (RETRY, _lt("It is not known what became of the import."))
        return [
            Result(email) if (email.lower() in there) == adds else Result(email, *retry)
            for email in emails
        ]

    def _state(self, session):
        """Return the state of an import; it cannot be read at times."""
        try:
            answer = self.http.call("GET", f"/v1/importstatus/{session}")
        except RateLimited:
            raise
        except (ContactError, ListGone, Retryable):
            return UNKNOWN
        return answer.get("status", UNKNOWN) if isinstance(answer, dict) else UNKNOWN

    def list_members(self, list_id, cursor=""):
        list_id = self.get_list(list_id).id if not cursor else list_id
        if list_id.startswith(PROVISIONAL):
            return Page()
        start = int(cursor or 1)
        params = {"startindex": start, "maxrows": PAGE_SIZE}
        rows = self.http.call("GET", f"/v1/group/{list_id}/contacts", params=params)
        members = [Member(email) for row in rows for email in _emails(row)]
        return Page(members, str(start + PAGE_SIZE) if len(rows) == PAGE_SIZE else "")


class Yespo(Esputnik):
    code = "yespo"
    label = "Yespo"
    base_url = "https://yespo.io/api"


def _contact(row):
    """Return a contact as the API has it."""
    fields = dict(row)
    contact = {"channels": [{"type": "email", "value": fields.pop("email")}]}
    numbers = [key for key in fields if key.isdigit()]
    custom = [{"id": int(key), "value": fields.pop(key)} for key in numbers]
    if custom:
        contact["fields"] = custom
    for key in ("firstName", "lastName"):
        if key in fields:
            fields[key] = _clean_name(fields[key])
    return {**contact, **fields}


def _clean_name(name):
    """Return a name without what has a contact refused."""
    name = NOT_IN_NAMES.sub("", name)
    if len(re.findall(r"\d", name)) > MOST_DIGITS:
        name = re.sub(r"\d", "", name)
    return name.strip()[:LONGEST_NAME]


def _emails(row):
    return [one["value"] for one in row["channels"] if one["type"] == "email"]
