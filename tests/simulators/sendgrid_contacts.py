"""SendGrid's contacts, imports and exports."""

from dataclasses import dataclass, field

from .files import encode_table
from .sendgrid import SendGridLists, error
from .server import Response, route
from .store import EMAIL
from .webhooks import SendGridWebhooks

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


class SendGrid(SendGridWebhooks, SendGridLists):
    """The whole service."""

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
        rows = [{"email": one, "error": "invalid"} for one in self.jobs[job].refused]
        return encode_table(rows, self.reading("errors", "csv"))

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
        refused = [email for email in emails if self.is_refused(email)]
        for email in set(emails).difference(refused):
            one.members.pop(email, None)
        return refused

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
