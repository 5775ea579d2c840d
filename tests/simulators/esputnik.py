"""eSputnik, which is Yespo as well."""

import base64
import re
from dataclasses import dataclass
from uuid import uuid4

from .server import Response, route
from .service import Refusal, Simulator
from .store import MailingList

ROWS, PAGE_SIZE = 3000, 500
NAMES = ("firstName", "lastName", "languageCode")
GOOD_NAME = re.compile(r"[^\W_][\w\s.'’-]{0,39}|")


@dataclass
class Import:
    values: dict
    polls: int
    status: str = "IMPORTING"


class Esputnik(Simulator):
    service = "esputnik"
    prefix = "/api"
    CHANGES = r"/contacts$"
    UPSERTS = ("POST /api/v1/contacts",)

    def __init__(self, **options):
        super().__init__(**options)
        self.imports, self.fields, self.deleted = {}, {}, set()
        self.visible_at = {}

    def authenticate(self, request):
        kind, _, value = request.headers.get("Authorization", "").partition(" ")
        key = base64.b64decode(value).decode().partition(":")[2]
        if kind != "Basic" or not self.knows(key):
            raise Refusal(401, "Unauthorized")

    def unknown_call(self, request):
        raise Refusal(404, "No such page")

    @route("GET", "/api/v1/account/info")
    def get_account(self, request):
        return {"organisationName": "ACME"}

    @route("GET", "/api/v1/version")
    def get_version(self, request):
        return {"version": "1.0", "protocolVersion": "1"}

    # ------------------------------------------------------------------
    # Segments: born with an import, removed by hand only
    # ------------------------------------------------------------------

    @route("GET", "/api/v1/groups")
    def get_groups(self, request):
        wanted = request.query.get("name", "").lower()
        found = [
            {"id": one.id, "name": one.name, "type": "Static"}
            for one in self.lists.values()
            if wanted in one.name.lower()
            and self.visible_at.get(one.id, 0) <= self.now()
        ]
        return page_of(request, found)

    @route("GET", "/api/v1/group/{group}/contacts")
    def get_members(self, request, group):
        members = self._group(group).members
        rows = [self._show(self.people[email]) for email in members]
        headers = {"TotalCount": str(len(rows))}
        return Response(page_of(request, rows), headers=headers)

    @route("POST", "/api/v1/group/{group}/contacts/detach")
    def detach(self, request, group):
        ids = set(request.json["contactIds"])
        members = self._group(group).members
        for email in [one for one in members if self.people[one].id in ids]:
            del members[email]
        return "OK"

    def _group(self, group):
        if not group.isdigit() or int(group) not in self.lists:
            raise Refusal(404, "Group not found")
        return self.lists[int(group)]

    def _named(self, name):
        """Return the segment of a name, which is made if need be."""
        for one in self.lists.values():
            if one.name == name:
                return one
        one = MailingList(self.number(), name)
        self.lists[one.id] = one
        self.visible_at[one.id] = self.now() + self.options.lag
        return one

    # ------------------------------------------------------------------
    # People
    # ------------------------------------------------------------------

    def make_field(self, name):
        """Add a field, as people do on the website."""
        self.fields.setdefault(name, self.number())

    def delete_by_hand(self, email):
        self.deleted.add(email)
        for one in self.lists.values():
            one.members.pop(email, None)

    @route("GET", "/api/v1/addressbooks")
    def get_books(self, request):
        fields = [{"id": key, "name": name} for name, key in self.fields.items()]
        group = {"name": "Personal", "fields": fields}
        return {"addressBook": {"addressBookId": 1, "fieldGroups": [group]}}

    @route("POST", "/api/v1/contacts")
    def start_import(self, request):
        values = request.json
        if len(values["contacts"]) > ROWS:
            return {"id": 0, "errorMessage": "More than 3000 contacts"}
        session = str(uuid4())
        self.imports[session] = Import(values, self.options.job_polls)
        failed = []
        if self.reading("failed_contacts", "silent") == "listed":
            failed = [
                one for one in map(email_of, values["contacts"]) if self._bad(one)
            ]
        return {"id": 0, "asyncSessionId": session, "failedContacts": failed}

    def _bad(self, email):
        return self.is_refused(email)

    @route("GET", "/api/v1/importstatus/{session}")
    def get_status(self, request, session):
        job = self.imports[session]
        job.polls -= 1
        if job.polls < 0 and job.status == "IMPORTING":
            job.status = "ERROR" if self.options.job_fails else "FINISHED"
            if not self.options.job_fails:
                self._import(job.values)
        if self.reading("status", "json") == "text":
            return "<importStatus/>"
        return {"status": job.status, "description": ""}

    def _import(self, values):
        for row in values["contacts"]:
            email = email_of(row).lower()
            gone = email in self.deleted and not values.get("restoreDeleted")
            if not (self._bad(email) or gone or has_bad_name(row)):
                self._import_row(self.person(email), row, values)

    def _import_row(self, person, row, values):
        self.deleted.discard(person.email)
        listed = values.get("contactFields", NAMES)
        person.fields.update({name: row.get(name) for name in listed if name in NAMES})
        given = {str(one["id"]): one["value"] for one in row.get("fields", ())}
        ids = values.get("customFieldsIDs", self.fields.values())
        person.fields.update({str(key): given.get(str(key)) for key in ids})
        for name in values.get("groupNames", ()):
            self._named(name).members[person.email] = "active"
        for name in values.get("groupNamesExclude", ()):
            self._named(name).members.pop(person.email, None)

    def _show(self, person):
        channel = {"type": "email", "value": person.email}
        names = {name: person.fields.get(name) for name in NAMES}
        return {"id": person.id, "channels": [channel], **names}


class Yespo(Esputnik):
    service = "yespo"


def email_of(row):
    return next(one["value"] for one in row["channels"] if one["type"] == "email")


def has_bad_name(row):
    names = [row.get(name) or "" for name in ("firstName", "lastName")]
    return any(
        not GOOD_NAME.fullmatch(name) or len(re.findall(r"\d", name)) > 3
        for name in names
    )


def page_of(request, items):
    start = int(request.query.get("startindex", 1)) - 1
    size = min(int(request.query.get("maxrows", PAGE_SIZE)), PAGE_SIZE)
    return items[start : start + size]
