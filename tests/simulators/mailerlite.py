"""MailerLite."""

import json
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .server import Request, Response, find_route, route
from .service import MailingList, Refusal, Simulator

STATUSES = {"active": "active", "opted_out": "unsubscribed", "bounced": "bounced"}
IMPORTS_A_MINUTE, CALLS_A_MINUTE = 5, 120
SAMPLES = 5
AT_ONCE = 50


@dataclass
class Import:
    group: str
    rows: list
    polls: int
    lists: dict = field(default_factory=dict)
    done: bool = False
    taken: int = 0


class MailerLite(Simulator):
    service = "mailerlite"
    prefix = "/api"
    CHANGES = r"/subscribers$|/batch"
    UPSERTS = ("POST /api/groups/{group}/import-subscribers", "POST /api/subscribers")

    def __init__(self, **options):
        super().__init__(**options)
        self.imports, self.import_times = {}, []
        names = ("name", "last_name", "company", "country", "city", "phone", "state")
        self.fields = {
            key: {"id": str(number), "name": key.title(), "key": key, "type": "text"}
            for number, key in enumerate(names, 1)
        }

    def new_id(self):
        # Larger than what a JavaScript number holds: clients must keep texts.
        return str(165971156405323000 + self.number())

    def authenticate(self, request):
        kinds = request.headers.get("Accept"), request.headers.get("Content-Type")
        if set(kinds) != {"application/json"}:
            raise Refusal(415, {"message": "Content-Type and Accept are needed."})
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not self.knows(key):
            raise Refusal(401, {"message": "Unauthenticated."})

    # ------------------------------------------------------------------
    # Groups and fields
    # ------------------------------------------------------------------

    @route("GET", "/api/groups")
    def get_groups(self, request):
        wanted = request.query.get("filter[name]", "").lower()
        found = [one for one in self.lists.values() if wanted in one.name.lower()]
        return {"data": [show_group(one) for one in page_of(request, found)]}

    @route("POST", "/api/groups")
    def create_group(self, request):
        name = request.json["name"]
        if self.options.max_lists and len(self.lists) >= self.options.max_lists:
            raise Refusal(403, {"message": "Your plan does not allow more groups."})
        if not name or len(name) > 255:
            raise invalid("name", "The name has 255 characters at most.")
        group = MailingList(self.new_id(), name)
        self.lists[group.id] = group
        return Response({"data": show_group(group)}, 201)

    @route("PUT", "/api/groups/{group}")
    def rename_group(self, request, group):
        self._group(group).name = request.json["name"]
        return {"data": show_group(self._group(group))}

    @route("DELETE", "/api/groups/{group}")
    def delete_group(self, request, group):
        self._group(group)
        del self.lists[group]
        return Response(status=204)

    def _group(self, group):
        if group not in self.lists:
            raise missing("Group")
        return self.lists[group]

    @route("GET", "/api/fields")
    def get_fields(self, request):
        return {"data": page_of(request, list(self.fields.values()))}

    @route("POST", "/api/fields")
    def create_field(self, request):
        name = request.json["name"]
        key = re.sub(r"\W+", "_", re.sub(r"(?<!^)(?=[A-Z])", "_", name)).lower()
        number = str(len(self.fields) + 1)
        self.fields[key] = {"id": number, "name": name, "key": key, "type": "text"}
        return Response({"data": self.fields[key]}, 201)

    # ------------------------------------------------------------------
    # Imports
    # ------------------------------------------------------------------

    @route("POST", "/api/groups/{group}/import-subscribers")
    def start_import(self, request, group):
        self._group(group)
        self._count_import()
        number = str(self.number())
        rows = request.json["subscribers"]
        self.imports[number] = Import(group, rows, self.options.job_polls)
        url = f"https://connect.mailerlite.com/api/subscribers/import/{number}"
        return {"import_progress_url": url}

    def _count_import(self):
        recent = [one for one in self.import_times if one > self.now() - 60]
        if len(recent) >= IMPORTS_A_MINUTE:
            text = "You're being rate limited on import creation."
            raise Refusal(429, {"message": text}, {"Retry-After": "12"})
        self.import_times = [*recent, self.now()]

    @route("GET", "/api/subscribers/import/{number}")
    def get_import(self, request, number):
        job = self.imports[number]
        job.polls -= 1
        if job.polls < 0 and not job.done:
            self._finish(job)
        kinds = ("invalid", "mistyped", "changed", "unchanged", "unsubscribed")
        state = {"id": number, "total": len(job.rows), "done": job.done}
        for kind in (*kinds, "role_based"):
            state[kind] = job.lists.get(kind, [])[:SAMPLES]
            state[f"{kind}_count"] = len(job.lists.get(kind, []))
        failed = self.options.job_fails and job.done
        errored = len(job.rows) if failed else 0
        return {"data": {**state, "imported": job.taken, "errored": errored}}

    def _finish(self, job):
        job.done = True
        for row in () if self.options.job_fails else job.rows:
            kind = self._import(job.group, row)
            job.lists.setdefault(kind, []).append(row["email"])

    def _import(self, group, row):
        """Take a row; return the list of the report that it goes to."""
        known = self.people.get(row["email"].lower())
        if known and known.status != "active":
            return "unsubscribed"
        if self.is_refused(row["email"]):
            return "invalid"
        self._write(row["email"], row.get("fields"), [group])
        return "changed"

    def _write(self, email, fields, groups):
        person = self.person(email)
        person.fields.update(fields or {})
        for group in groups:
            if group in self.lists:
                self.lists[group].members[person.email] = "active"
        return person

    # ------------------------------------------------------------------
    # Subscribers
    # ------------------------------------------------------------------

    @route("GET", "/api/subscribers")
    def get_subscribers(self, request):
        if request.query.get("limit") == "0":
            return {"total": len(self.people)}
        return {"data": [self._show(one) for one in self.people.values()]}

    @route("POST", "/api/subscribers")
    def post_subscriber(self, request):
        values = request.json
        email = values["email"]
        known = self.people.get(email.lower())
        if known and known.status != "active":
            state = STATUSES[known.status]
            raise invalid("email", f"This subscriber is {state} and cannot be imported")
        if self.is_refused(email):
            raise invalid("email", "The email must be a valid email address.")
        for group in values.get("groups", ()):
            if group not in self.lists:
                raise invalid("groups.0", "The selected group is invalid.")
        person = self._write(email, values.get("fields"), values.get("groups", ()))
        return Response({"data": self._show(person)}, 200 if known else 201)

    @route("GET", "/api/subscribers/{subscriber}")
    def get_subscriber(self, request, subscriber):
        return {"data": self._show(self._find(subscriber))}

    @route("DELETE", "/api/subscribers/{subscriber}/groups/{group}")
    def leave_group(self, request, subscriber, group):
        person = self._find(subscriber)
        if self._group(group).members.pop(person.email, None) is None:
            raise missing("Subscriber")
        return Response(status=204)

    @route("POST", "/api/subscribers/{subscriber}/groups/{group}")
    def join_group(self, request, subscriber, group):
        person = self._find(subscriber)
        self._group(group).members[person.email] = "active"
        return {"data": show_group(self._group(group))}

    @route("GET", "/api/groups/{group}/subscribers")
    def get_members(self, request, group):
        members = self._group(group).members
        wanted = request.query.get("filter[status]") or "active"
        found = [self.people[email] for email in members]
        found = [one for one in found if STATUSES[one.status] == wanted]
        limit = min(int(request.query.get("limit", 50)), 1000)
        start = int(request.query.get("cursor") or 0)
        following = start + limit
        meta = {"next_cursor": str(following) if following < len(found) else None}
        shown = [self._show(one) for one in found[start:following]]
        return {"data": shown, "meta": {**meta, "per_page": limit}}

    def _find(self, subscriber):
        for email, person in self.people.items():
            if subscriber.lower() in (email, person.id):
                return person
        raise missing("Subscriber")

    def _show(self, person):
        groups = [one for one in self.lists.values() if person.email in one.members]
        return {
            "id": person.id,
            "email": person.email,
            "status": STATUSES[person.status],
            "fields": person.fields,
            "groups": [show_group(one) for one in groups],
        }

    @route("POST", "/api/batch")
    def batch(self, request):
        calls = request.json["requests"]
        if len(calls) > AT_ONCE:
            raise invalid("requests", "A batch has 50 requests at most.")
        if {(one["method"], one["path"]) for one in calls} == {
            ("POST", "api/subscribers")
        }:
            self._count_import()
        answers = [self._call(request, **one) for one in calls]
        good = sum(one["code"] < 400 for one in answers)
        totals = {"total": len(calls), "successful": good, "failed": len(calls) - good}
        return {**totals, "responses": answers}

    def _call(self, request, method, path, body=None):
        content = json.dumps(body or {}).encode()
        path = urlsplit(f"/{path}").path
        inner = Request(method, path, {}, request.headers, content)
        function, _, arguments = find_route(self, inner)
        try:
            answer = function(inner, **arguments)
        except Refusal as refusal:
            answer = refusal.response
        answer = answer if isinstance(answer, Response) else Response(answer)
        return {"code": answer.status, "body": answer.body}


def show_group(group):
    return {"id": group.id, "name": group.name, "active_count": len(group.members)}


def page_of(request, items):
    limit = min(int(request.query.get("limit", 25)), 100)
    start = (int(request.query.get("page", 1)) - 1) * limit
    return items[start : start + limit]


def invalid(name, text):
    body = {"message": "The given data was invalid.", "errors": {name: [text]}}
    return Refusal(422, body)


def missing(model):
    return Refusal(404, {"message": f"No query results for model [{model}]"})
