"""SendGrid Marketing Campaigns (v3)."""

from dataclasses import dataclass, field
from uuid import uuid4

from .files import encode_table
from .server import Response, route
from .service import EMAIL, MailingList, Refusal, Simulator

BATCH, SEARCH, URL_IDS = 30_000, 100, 100
REQUEST_BYTES = 6_000_000

DATES = dict.fromkeys(("created_at", "updated_at"), "2026-01-01T00:00:00Z")
EXPORT = {**DATES, "status": "pending", "expires_at": "2026-01-04T00:00:00Z"}


@dataclass
class Job:
    """:ivar work: what it does when it is done; returns the refused addresses"""

    id: str
    kind: str
    work: object
    polls: int
    refused: list = field(default_factory=list)
    status: str = "pending"


class SendGrid(Simulator):
    service = "sendgrid"
    settings = {"api_key": "SG.key-of-the-test-account"}
    CHANGES = r"/contacts$"
    UPSERTS = ("PUT /v3/marketing/contacts",)

    def __init__(self, **options):
        super().__init__(**options)
        self.jobs, self.exports, self.fields = {}, {}, {}
        self.visible_at = {}
        self.scopes = ["marketing.read", "marketing.update", "suppression.read"]

    def new_id(self):
        return str(uuid4())

    def check_limits(self, request):
        if self.options.calls and sum(self.calls.values()) > self.options.calls:
            left = self.reading("reset", "seconds") == "seconds"
            reset = 20 if left else int(self.now()) + 20
            headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset)}
            raise error(429, "too many requests", headers=headers)

    def authenticate(self, request):
        if request.path.startswith("/files/"):
            return
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not self.knows(key):
            raise error(401, "authorization required")

    def unknown_call(self, request):
        raise error(404, "not found")

    @route("GET", "/v3/scopes")
    def get_scopes(self, request):
        return {"scopes": self.scopes}

    # ------------------------------------------------------------------
    # Lists and fields
    # ------------------------------------------------------------------

    @route("GET", "/v3/marketing/lists")
    def get_lists(self, request):
        size = min(int(request.query.get("page_size", 100)), 1000)
        start = int(request.query.get("page_token") or 0)
        lists = list(self.lists.values())
        path = f"{self.root}/v3/marketing/lists?page_size={size}&page_token="
        metadata = {"self": path, "count": len(lists)}
        if start + size < len(lists):
            metadata["next"] = f"{path}{start + size}"
        found = [self._show(one) for one in lists[start : start + size]]
        return {"result": found, "_metadata": metadata}

    @route("POST", "/v3/marketing/lists")
    def create_list(self, request):
        name = self._checked_name(request)
        one = MailingList(self.new_id(), name)
        self.lists[one.id] = one
        return Response(self._show(one), 201)

    @route("GET", "/v3/marketing/lists/{list_id}")
    def get_list(self, request, list_id):
        return self._show(self._list(list_id))

    @route("PATCH", "/v3/marketing/lists/{list_id}")
    def rename_list(self, request, list_id):
        one = self._list(list_id)
        one.name = self._checked_name(request)
        return self._show(one)

    @route("DELETE", "/v3/marketing/lists/{list_id}")
    def delete_list(self, request, list_id):
        one = self._list(list_id)
        if request.query.get("delete_contacts") == "true":
            for email in one.members:
                self.people.pop(email, None)
        del self.lists[list_id]
        return Response(status=204)

    def _checked_name(self, request):
        name = request.json.get("name", "")
        if not 1 <= len(name) <= 100:
            raise error(400, "name has 1 to 100 characters", "name")
        if name in {one.name for one in self.lists.values()}:
            raise error(400, "a list of this name exists", "name")
        return name

    def _list(self, list_id):
        if list_id not in self.lists:
            raise error(404, "list not found")
        return self.lists[list_id]

    def _show(self, one):
        url = f"https://api.sendgrid.com/v3/marketing/lists/{one.id}"
        count = len(one.members)
        metadata = {"self": url}
        return {
            "id": one.id,
            "name": one.name,
            "contact_count": count,
            "_metadata": metadata,
        }

    @route("GET", "/v3/marketing/field_definitions")
    def get_fields(self, request):
        return {"custom_fields": list(self.fields.values()), "reserved_fields": []}

    @route("POST", "/v3/marketing/field_definitions")
    def create_field(self, request):
        key = f"e{len(self.fields) + 1}_T"
        self.fields[key] = {"id": key, **request.json}
        return self.fields[key]

    # ------------------------------------------------------------------
    # People
    # ------------------------------------------------------------------

    @route("PUT", "/v3/marketing/contacts")
    def upsert(self, request):
        values = request.json
        contacts = values["contacts"]
        if len(contacts) > BATCH or len(request.body) > REQUEST_BYTES:
            raise error(400, "too many contacts", "contacts")
        for place, one in enumerate(contacts):
            if not EMAIL.fullmatch(one["email"]) or len(one["email"]) > 254:
                text = f"email '{one['email']}' is not valid"
                raise error(400, text, f"contacts[{place}].email")
        lists = [self._list(one) for one in values.get("list_ids", ())]
        return self._start("upsert", lambda: self._upsert(lists, contacts))

    def _upsert(self, lists, contacts):
        refused = []
        for values in contacts:
            if self.is_refused(values["email"]):
                refused.append(values["email"])
                continue
            person = self.person(values["email"])
            self.visible_at.setdefault(person.email, self.now() + self.options.lag)
            person.fields.update(values.get("custom_fields", {}))
            names = values.keys() & {"first_name", "last_name"}
            person.fields.update({name: values[name] for name in names})
            for one in lists:
                one.members[person.email] = "active"
        return refused

    def _start(self, kind, work):
        job = Job(self.new_id(), kind, work, self.options.job_polls)
        self.jobs[job.id] = job
        return Response({"job_id": job.id}, 202)

    @route("GET", "/v3/marketing/contacts/imports/{job}")
    def get_job(self, request, job):
        job = self.jobs[job]
        job.polls -= 1
        if job.polls < 0 and job.status == "pending":
            self._finish(job)
        wrong = len(job.refused)
        shown = wrong and self.reading("errors_file", True)
        results = {
            "errored_count": wrong,
            "errors_url": f"{self.root}/files/errors/{job.id}" if shown else "",
        }
        return {
            "id": job.id,
            "job_type": job.kind,
            "status": job.status,
            "results": results,
            "started_at": "2026-01-01T00:00:00Z",
        }

    def _finish(self, job):
        if self.options.job_fails:
            job.status = "failed"
        else:
            job.refused = job.work()
            job.status = "errored" if job.refused else "completed"

    @route("GET", "/files/errors/{job}")
    def get_errors(self, request, job):
        lines = [f'"{email}","invalid"' for email in self.jobs[job].refused]
        return "\n".join(["email,error", *lines])

    @route("POST", "/v3/marketing/contacts/search/emails")
    def search(self, request):
        emails = [email.lower() for email in request.json["emails"]]
        if len(emails) > SEARCH:
            raise error(400, "emails has 100 entries at most", "emails")
        result = {email: self._found(email) for email in emails}
        if not any("contact" in one for one in result.values()):
            raise error(404, "not found")
        return {"result": result}

    def _found(self, email):
        person = self.people.get(email)
        if not person or self.visible_at.get(email, 0) > self.now():
            return {"error": "contact not found"}
        lists = [one.id for one in self.lists.values() if email in one.members]
        contact = {**DATES, "id": person.id, "email": email, "list_ids": lists}
        return {"contact": {**contact, "segment_ids": []}}

    @route("DELETE", "/v3/marketing/lists/{list_id}/contacts")
    def remove(self, request, list_id):
        one = self._list(list_id)
        ids = request.query.get("contact_ids", "").split(",")
        by_id = {person.id: email for email, person in self.people.items()}
        if len(ids) > URL_IDS:
            raise error(414, "URL too long")
        if not set(ids) <= by_id.keys():
            raise error(404, "contact not found")
        emails = [by_id[i] for i in ids]
        return self._start("delete", lambda: self._remove(one, emails))

    def _remove(self, one, emails):
        for email in emails:
            one.members.pop(email, None)
        return []

    # ------------------------------------------------------------------
    # Exports and suppressions
    # ------------------------------------------------------------------

    @route("POST", "/v3/marketing/contacts/exports")
    def start_export(self, request):
        lists = [self._list(one) for one in request.json["list_ids"]]
        export = self.new_id()
        self.exports[export] = {"lists": lists, "polls": self.options.job_polls}
        return Response({"id": export, "_metadata": {}}, 202)

    @route("GET", "/v3/marketing/contacts/exports/{export}")
    def get_export(self, request, export):
        job = self.exports[export]
        job["polls"] -= 1
        if job["polls"] >= 0:
            return {**EXPORT, "id": export}
        if self.options.job_fails:
            failure = {"status": "failure", "message": "out of order"}
            return {**EXPORT, "id": export, **failure}
        count = max(1, -(-len(self._exported(export)) // self.options.page))
        urls = [f"{self.root}/files/exports/{export}/{n}" for n in range(count)]
        return {**EXPORT, "id": export, "status": "ready", "urls": urls}

    @route("GET", "/files/exports/{export}/{place}")
    def get_file(self, request, export, place):
        size = self.options.page
        start = int(place) * size
        emails = self._exported(export)[start : start + size]
        return encode_table(
            [{"EMAIL": one} for one in emails], self.reading("export", "lines")
        )

    def _exported(self, export):
        lists = self.exports[export]["lists"]
        emails = dict.fromkeys(email for one in lists for email in one.members)
        return [one for one in emails if self.visible_at.get(one, 0) <= self.now()]

    @route("GET", "/v3/suppression/{kind}")
    def get_suppressions(self, request, kind):
        wanted = {"unsubscribes": "opted_out", "bounces": "bounced"}.get(kind)
        found = [one for one in self.people.values() if one.status == wanted]
        start, size = int(request.query.get("offset", 0)), int(request.query["limit"])
        shown = [{"created": 1, "email": one.email} for one in found]
        return shown[start : start + min(size, 500)]


def error(status, message, field=None, headers=None):
    return Refusal(status, {"errors": [{"field": field, "message": message}]}, headers)
