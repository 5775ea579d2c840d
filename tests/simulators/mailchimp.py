"""Mailchimp's Marketing API 3.0."""

import base64
import re
from dataclasses import dataclass, field
from hashlib import md5

from .mailchimp_answers import invalid, missing, paged, problem
from .server import Response, route
from .service import Simulator
from .store import MailingList, Person

STATUSES = {
    "subscribed": "active",
    "unsubscribed": "opted_out",
    "cleaned": "bounced",
    "pending": "pending",
}
BATCH = 500
CONNECTIONS = 10


def digest(email):
    return md5(email.lower().encode()).hexdigest()


@dataclass
class Member(Person):
    """:ivar status: Mailchimp's; ``opted_out``: by the person, not by an admin"""

    status: str = "subscribed"
    opted_out: bool = False
    language: str = ""
    changed: float = 0


@dataclass
class Audience(MailingList):
    """:ivar people: by md5 of the address; ``segments``: lists by id; ``forgotten``:
    md5 of the addresses that were deleted for ever
    """

    people: dict = field(default_factory=dict)
    forgotten: set = field(default_factory=set)
    segments: dict = field(default_factory=dict)
    merge_fields: list = field(default_factory=list)
    values: dict = field(default_factory=dict)


class Mailchimp(Simulator):
    service = "mailchimp"
    prefix = "/3.0"
    settings = {"api_key": "0123456789abcdef-us21", "audience": "a000000001"}
    CHANGES = r"/lists/"
    UPSERTS = ("POST /3.0/lists/{audience}",)

    def __init__(self, **options):
        super().__init__(**options)
        self.make_audience("Everybody")

    def new_id(self):
        return f"a{len(self.lists) + 1:09}"

    def make_audience(self, name):
        tags = ("FNAME", "First Name"), ("LNAME", "Last Name"), ("PHONE", "Phone")
        audience = Audience(self.new_id(), name)
        audience.merge_fields = [
            {"merge_id": n, "tag": tag, "name": label, "type": "text"}
            for n, (tag, label) in enumerate(tags, 1)
        ]
        self.lists[audience.id] = audience
        return audience

    # What tests and people see: the segments, or the other audiences.

    def shown_lists(self):
        own = [one for one in self.lists.values() if one.id != "a000000001"]
        first = self.lists.get("a000000001")
        return [*(first.segments.values() if first else ()), *own]

    def members(self, list_id):
        audience, segment = self._place(list_id)
        people = audience.people.values()
        return {
            one.email: STATUSES[one.status]
            for one in people
            if one.status in STATUSES and (not segment or one.email in segment.members)
        }

    def _place(self, list_id):
        for audience in self.lists.values():
            if audience.id == list_id:
                return audience, None
            if segment := audience.segments.get(list_id):
                return audience, segment
        raise KeyError(list_id)

    def fields_of(self, email, list_id=None):
        return self._anywhere(email, list_id).fields

    def _anywhere(self, email, list_id):
        places = [self._place(list_id)[0]] if list_id else self.lists.values()
        found = (one.people.get(digest(email)) for one in places)
        return next(filter(None, found))

    def opt_out(self, email, list_id=None):
        self.set_status(email, list_id, "unsubscribed")
        self._anywhere(email, list_id).opted_out = True

    def complain(self, email, list_id=None):
        self.opt_out(email, list_id)

    def unsubscribe_by_admin(self, email, list_id=None):
        self.set_status(email, list_id, "unsubscribed")

    def bounce(self, email, list_id=None):
        self.set_status(email, list_id, "cleaned")

    def forget(self, email, list_id=None):
        audience, segment = self._place(list_id)
        del audience.people[digest(email)]
        audience.forgotten.add(digest(email))
        if segment:
            del segment.members[email]

    def set_status(self, email, list_id, status):
        member = self._anywhere(email, list_id)
        member.status, member.changed = status, self.now()

    def add_by_hand(self, email, list_id):
        audience, segment = self._place(list_id)
        audience.people[digest(email)] = Member(0, email, changed=self.now())
        if segment:
            segment.members[email] = "active"

    def drop_list(self, list_id):
        audience, segment = self._place(list_id)
        del (audience.segments if segment else self.lists)[list_id]

    # ------------------------------------------------------------------
    # Calls
    # ------------------------------------------------------------------

    def check_limits(self, request):
        if self.open_calls > CONNECTIONS:
            raise problem(429, "Too Many Requests", "You have exceeded the limit.")

    def authenticate(self, request):
        kind, _, value = request.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            value = base64.b64decode(value).decode().partition(":")[2]
        if not self.knows(value):
            raise problem(401, "API Key Invalid", "Your API key may be invalid.")

    def unknown_call(self, request):
        raise missing()

    @route("GET", "/3.0/ping")
    def ping(self, request):
        return {"health_status": "Everything's Chimpy!"}

    @route("GET", "/3.0")
    def account(self, request):
        return {"account_id": "8d3a3db4d97663a9074efcc16", "account_name": "ACME"}

    @route("GET", "/3.0/lists")
    def get_lists(self, request):
        limit = self.options.max_lists
        count = len(self.lists)
        return {
            "lists": paged(request, [show(one) for one in self.lists.values()]),
            "total_items": count,
            "constraints": {
                "may_create": not limit or count < limit,
                "max_instances": limit or 1000,
                "current_total_instances": count,
            },
        }

    @route("POST", "/3.0/lists")
    def create_list(self, request):
        values = request.json
        check_audience(values)
        if self.options.max_lists and len(self.lists) >= self.options.max_lists:
            text = "User does not have access to the requested operation"
            raise problem(403, "User action not permitted", text)
        audience = self.make_audience(values["name"])
        contact = {"state": "", "zip": "", **values["contact"]}
        audience.values = {**values, "contact": contact}
        return show(audience)

    @route("GET", "/3.0/lists/{audience}")
    def get_list(self, request, audience):
        shown = show(self.audience(audience))
        wanted = request.query.get("fields", "").split(",")
        return {key: shown[key] for key in shown if key in wanted or wanted == [""]}

    @route("PATCH", "/3.0/lists/{audience}")
    def change_list(self, request, audience):
        check_audience(request.json)
        self.audience(audience).name = request.json["name"]
        return show(self.audience(audience))

    @route("DELETE", "/3.0/lists/{audience}")
    def delete_list(self, request, audience):
        self.audience(audience)
        del self.lists[audience]
        return Response(status=204)

    @route("GET", "/3.0/lists/{audience}/merge-fields")
    def get_merge_fields(self, request, audience):
        return {"merge_fields": paged(request, self.audience(audience).merge_fields)}

    @route("POST", "/3.0/lists/{audience}/merge-fields")
    def create_merge_field(self, request, audience):
        known = self.audience(audience).merge_fields
        number = len(known) + 1
        values = {"merge_id": number, "tag": f"MMERGE{number}", **request.json}
        if not re.fullmatch(r"[A-Z0-9_]{1,10}", values["tag"]):
            raise invalid("A merge field's tag has 10 characters at most.")
        known.append(values)
        return values

    def audience(self, list_id):
        if list_id not in self.lists:
            raise missing()
        return self.lists[list_id]


def check_audience(values):
    needed = {"name", "contact", "permission_reminder", "campaign_defaults"}
    if not (needed | {"email_type_option"}) <= values.keys():
        raise invalid("Required fields are missing.")


def show(audience):
    count = sum(one.status == "subscribed" for one in audience.people.values())
    return {
        **audience.values,
        "id": audience.id,
        "web_id": int(audience.id[1:]),
        "name": audience.name,
        "double_optin": False,
        "stats": {"member_count": count, "unsubscribe_count": 0, "cleaned_count": 0},
        "_links": [],
    }
