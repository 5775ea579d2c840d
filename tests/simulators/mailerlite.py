"""MailerLite."""

import math
import re
from dataclasses import dataclass, field

from .server import Response, route
from .service import Refusal, Simulator
from .store import MailingList

IMPORTS_A_MINUTE, CALLS_A_MINUTE = 5, 120
SAMPLES = 5


@dataclass
class Import:
    group: str
    rows: list
    polls: int
    lists: dict = field(default_factory=dict)
    done: bool = False
    taken: int = 0


class MailerLiteGroups(Simulator):
    service = "mailerlite"
    prefix = "/api"
    CHANGES = r"/subscribers$|/batch"
    UPSERTS = ("POST /api/groups/{group}/import-subscribers", "POST /api/subscribers")

    def __init__(self, **options):
        super().__init__(**options)
        self.imports, self.import_times = {}, []
        self.calls_left, self.minute_ends = CALLS_A_MINUTE, 0
        names = ("name", "last_name", "company", "country", "city", "phone", "state")
        self.fields = {
            key: {"id": str(number), "name": key.title(), "key": key, "type": "text"}
            for number, key in enumerate(names, 1)
        }

    def new_id(self):
        # Larger than what a JavaScript number holds: clients must keep texts.
        return str(165971156405323000 + self.number())

    def authenticate(self, request):
        kinds = (request.headers.get(name, "") for name in ("Accept", "Content-Type"))
        # Its own client for Node.js accepts other kinds of content besides.
        if not all("application/json" in kind for kind in kinds):
            raise Refusal(415, {"message": "Content-Type and Accept are needed."})
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not self.knows(key):
            raise Refusal(401, {"message": "Unauthenticated."})

    def check_limits(self, request):
        left = self.minute_ends - self.now()
        if left <= 0:
            self.calls_left, self.minute_ends = CALLS_A_MINUTE, self.now() + 60
        elif not self.calls_left:
            headers = {**self._limits(), "Retry-After": str(math.ceil(left))}
            raise Refusal(429, {"message": "Too Many Attempts."}, headers)
        self.calls_left -= 1

    def _limits(self):
        limit, left = str(CALLS_A_MINUTE), str(self.calls_left)
        return {"X-RateLimit-Limit": limit, "X-RateLimit-Remaining": left}

    def _serve(self, request, found):
        response = super()._serve(request, found)
        response.headers.update(self._limits())
        return response

    def unknown_call(self, request):
        text = f"The route {request.path[1:]} could not be found."
        return Response({"message": text}, 404)

    # ------------------------------------------------------------------
    # Groups and fields
    # ------------------------------------------------------------------

    @route("GET", "/api/groups")
    def get_groups(self, request):
        wanted = request.query.get("filter[name]", "").lower()
        found = [one for one in self.lists.values() if wanted in one.name.lower()]
        return self._page(request, list(map(show_group, found)))

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

    def _page(self, request, items):
        size = min(
            int(request.query.get("limit", 25)), self.reading("largest_page", 100)
        )
        page, last = int(request.query.get("page", 1)), -(-len(items) // size) or 1
        url = f"https://connect.mailerlite.com{request.path}"
        links = {"first": 1, "last": last, "prev": page - 1, "next": page + 1}
        links = {
            name: f"{url}?page={one}" if 1 <= one <= last else None
            for name, one in links.items()
        }
        meta = {"current_page": page, "last_page": last, "path": url, "per_page": size}
        shown = items[(page - 1) * size : page * size]
        return {"data": shown, "links": links, "meta": {**meta, "total": len(items)}}

    @route("GET", "/api/fields")
    def get_fields(self, request):
        return self._page(request, list(self.fields.values()))

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
        self.check_plan(one["email"] for one in rows)
        self.imports[number] = Import(group, rows, self.options.job_polls)
        url = f"https://connect.mailerlite.com/api/subscribers/import/{number}"
        return {"import_progress_url": url}

    def _count_import(self):
        recent = [one for one in self.import_times if one > self.now() - 60]
        if len(recent) >= IMPORTS_A_MINUTE:
            text = "You're being rate limited on import creation."
            raise Refusal(429, {"message": text}, {"Retry-After": "12"})
        self.import_times = [*recent, self.now()]

    def check_plan(self, emails):
        most = self.reading("max_contacts", 0)
        if most and len(self.people.keys() | set(map(str.lower, emails))) > most:
            text = "Your plan does not allow more subscribers."
            raise Refusal(403, {"message": text})

    @route("GET", "/api/subscribers/import/{number}")
    def get_import(self, request, number):
        if number not in self.imports:
            raise missing("Import")
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


def show_group(group):
    return {"id": group.id, "name": group.name, "active_count": len(group.members)}


def invalid(name, text):
    body = {"message": "The given data was invalid.", "errors": {name: [text]}}
    return Refusal(422, body)


def missing(model):
    return Refusal(404, {"message": f"No query results for model [{model}]"})
