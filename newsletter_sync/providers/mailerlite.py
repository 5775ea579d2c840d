"""MailerLite (the API at connect.mailerlite.com, not “classic”)."""

from urllib.parse import quote

from .base import (
    ACTIVE,
    BOUNCED,
    OK,
    OPTED_OUT,
    PENDING,
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
from .errors import ContactError, ListError, ListGone, PlanLimit
from .texts import Text as _lt
from .transport import Limiter, explain_status
from .webhooks import BOUNCED as BOUNCED_MAIL
from .webhooks import (
    COMPLAINED,
    UNSUBSCRIBED,
    OptOut,
    Webhook,
    check_hmac,
    events_of,
    moment,
)

PAGE = 100
MEMBERS_PAGE = 1000
AT_ONCE = 50
# Imports are rare (5 in a minute): fewer contacts than this go one by one.
FEW = 10
POLL_SECONDS = 5
STATUSES = {
    "active": ACTIVE,
    "unsubscribed": OPTED_OUT,
    "unconfirmed": PENDING,
    "bounced": BOUNCED,
    "junk": OPTED_OUT,
}
EVENTS = {
    "subscriber.unsubscribed": UNSUBSCRIBED,
    "subscriber.bounced": BOUNCED_MAIL,
    "subscriber.spam_reported": COMPLAINED,
}
# Whom an import did not take: a number, and five of them.
NOT_TAKEN = ("invalid", "mistyped", "role_based", "unsubscribed")


class MailerLite(Provider):
    code = "mailerlite"
    label = "MailerLite"
    base_url = "https://connect.mailerlite.com/api"
    support = Support(
        batch_size=1000,
        remove_size=AT_ONCE,
        answers="counts",
        jobs=True,
        webhooks="api",
    )
    standard_fields = {
        "first_name": "name",
        "last_name": "last_name",
        "company": "company",
        "phone": "phone",
        "city": "city",
        "country": "country",
    }

    def __init__(self, settings, base_url=""):
        super().__init__(settings, base_url)
        self.http.limiter = Limiter(120, 60)

    def authorize(self, request):
        request.headers["Authorization"] = f"Bearer {self._settings['api_key']}"
        request.headers["Accept"] = "application/json"
        request.headers["Content-Type"] = "application/json"

    def explain(self, response):
        error = super().explain(response)
        # A key has no rights of its own: 403 is about the plan.
        if error and error.status == 403:
            return PlanLimit(str(error), 403)
        return error

    def test_connection(self):
        self.http.call("GET", "/subscribers", params={"limit": 0})
        return ""

    # ------------------------------------------------------------------
    # Groups
    # ------------------------------------------------------------------

    def all_lists(self, **params):
        return map(_remote_list, self._pages("/groups", **params))

    def _pages(self, path, **params):
        """Yield what is listed there, page after page."""
        page = 1
        while page:
            params.update(limit=PAGE, page=page)
            answer = self.http.call("GET", path, params=params)
            yield from answer["data"]
            page = page + 1 if answer["links"]["next"] else 0

    def find_lists(self, name):
        groups = self.all_lists(**{"filter[name]": name})
        return [one for one in groups if one.name == name]

    def create_list(self, name):
        return self._name_list("POST", "/groups", name)

    def rename_list(self, list_id, name):
        self._name_list("PUT", f"/groups/{list_id}", name)

    def _name_list(self, method, path, name):
        try:
            return _remote_list(
                self.http.call(method, path, json={"name": name})["data"]
            )
        except ContactError as error:
            raise ListError(str(error), error.status) from error

    def delete_list(self, list_id):
        self.http.delete(f"/groups/{list_id}")

    def ensure_field(self, list_id, name):
        if name in self.standard_fields:
            return self.standard_fields[name]
        for one in self._pages("/fields"):
            if one["name"].casefold() == name.casefold():
                return one["key"]
        values = {"name": name, "type": "text"}
        return self.http.call("POST", "/fields", json=values)["data"]["key"]

    # ------------------------------------------------------------------
    # People
    # ------------------------------------------------------------------

    def upsert(self, list_id, contacts):
        if len(contacts) < FEW:
            self._members_page(list_id, "active", limit=1)
            return Answer([self._upsert_one(list_id, one) for one in contacts])
        path = f"/groups/{list_id}/import-subscribers"
        rows = [{"email": one.email, "fields": dict(one.fields)} for one in contacts]
        answer = self.http.call("POST", path, json={"subscribers": rows})
        number = answer["import_progress_url"].rstrip("/").rpartition("/")[2]
        return Answer(job=f"{list_id}:{number}", wait=POLL_SECONDS)

    def _upsert_one(self, list_id, contact):
        # Neither a status, which brings people back, nor a call that replaces groups.
        values = {"email": contact.email, "groups": [list_id]}
        if contact.fields:
            values["fields"] = dict(contact.fields)
        try:
            answer = self.http.call("POST", "/subscribers", json=values)
        except ContactError as error:
            state = OPTED_OUT if "unsubscribed" in str(error) else REFUSED
            return Result(contact.email, state, str(error))
        person = {"status": answer["data"]["status"]}
        return _result(list_id, contact.email, person, None)

    def poll_job(self, job, emails):
        list_id, number = job.split(":")
        try:
            state = self.http.call("GET", f"/subscribers/import/{number}")["data"]
        except ListGone:
            # The service forgot the import; this says nothing about the list.
            return Answer(again(emails, _lt("The import failed.")))
        if not state["done"]:
            return Answer(job=job, wait=POLL_SECONDS)
        named = {email: kind for kind in NOT_TAKEN for email in _named(state, kind)}
        count = sum(state.get(f"{kind}_count") or 0 for kind in NOT_TAKEN)
        known = max(count, state.get("errored") or 0) <= len(named)
        doubtful = [one for one in emails if one.lower() in named or not known]
        judged = self._judge(list_id, doubtful, named)
        return Answer([judged.get(email) or Result(email) for email in emails])

    def _judge(self, list_id, emails, named):
        """Return a result by address, by what has become of the people."""
        return {
            email: _result(list_id, email, person, named.get(email.lower()))
            for email, person in self._people(emails)
        }

    def _people(self, emails):
        """Yield each address with MailerLite's subscriber, or ``None``."""
        for start in range(0, len(emails), AT_ONCE):
            part = emails[start : start + AT_ONCE]
            paths = [f"api/subscribers/{quote(email, safe='')}" for email in part]
            for email, answer in zip(part, self._batch("GET", paths), strict=True):
                yield email, self._subscriber(answer)

    def _subscriber(self, answer):
        if answer["code"] == 404:
            return None
        text = self.http.redact(str(answer["body"]))
        if error := explain_status(answer["code"], text, {}):
            raise error
        return answer["body"]["data"]

    def _batch(self, method, paths):
        if not paths:
            return []
        calls = [{"method": method, "path": path} for path in paths]
        return self.http.call("POST", "/batch", json={"requests": calls})["responses"]

    def remove(self, list_id, emails):
        self._members_page(list_id, "active", limit=1)
        people = {email: one["id"] for email, one in self._people(emails) if one}
        paths = [f"api/subscribers/{one}/groups/{list_id}" for one in people.values()]
        answers = dict(zip(people, self._batch("DELETE", paths), strict=True))
        return Answer([_removal(email, answers.get(email)) for email in emails])

    def list_members(self, list_id, cursor=""):
        status, cursor = (cursor or "active:").split(":", 1)
        answer = self._members_page(list_id, status, limit=MEMBERS_PAGE, cursor=cursor)
        members = [Member(one["email"], STATUSES[status]) for one in answer["data"]]
        following = answer["meta"].get("next_cursor")
        if not following:
            # Without a filter there are the active only: one status after the other.
            status = dict(zip(STATUSES, [*STATUSES][1:], strict=False)).get(status)
        return Page(members, f"{status}:{following or ''}" if status else "")

    def _members_page(self, list_id, status, **params):
        params = {**params, "filter[status]": status}
        return self.http.call("GET", f"/groups/{list_id}/subscribers", params=params)

    # ------------------------------------------------------------------
    # Webhooks
    # ------------------------------------------------------------------

    def add_webhook(self, url):
        for one in self.http.call("GET", "/webhooks")["data"]:
            if one["url"] == url:
                # Its key may not be shown again.
                self.remove_webhook(one["id"])
        values = {"name": "Odoo", "url": url, "events": list(EVENTS)}
        made = self.http.call("POST", "/webhooks", json=values)["data"]
        return Webhook(str(made["id"]), made.get("secret") or "")

    def remove_webhook(self, webhook_id):
        self.http.delete(f"/webhooks/{webhook_id}")

    def parse_webhook(self, headers, body, key):
        if key:
            check_hmac(key, body, headers.get("Signature"))
        calls = events_of(body)
        events = [event for call in calls for event in call.get("events") or [call]]
        return list(filter(None, map(_opt_out, events)))


def _opt_out(event):
    """Return the ``OptOut`` of an event, which is the subscriber or has it inside."""
    kind = EVENTS.get(event.get("event") or event.get("type"))
    if not kind:
        return None
    person = event.get("subscriber") or event
    return OptOut(person["email"], kind, at=moment(person.get("unsubscribed_at")))


def _named(state, kind):
    """Return the addresses in a list of the report: texts, or objects with one."""
    entries = state.get(kind) or ()
    return [(one if isinstance(one, str) else one["email"]).lower() for one in entries]


def _result(list_id, email, person, kind):
    if not person:
        state = REFUSED if kind else RETRY
        return Result(email, state, _lt("not imported (%s)", kind or "?"))
    if person["status"] != "active":
        state = OPTED_OUT if STATUSES[person["status"]] == OPTED_OUT else REFUSED
        return Result(email, state, _lt("state at MailerLite: %s", person["status"]))
    groups = person.get("groups")
    there = groups is None or list_id in {str(one["id"]) for one in groups}
    return Result(email) if there else Result(email, RETRY, _lt("not in the group"))


def _removal(email, answer):
    """Return a result; nobody to remove (no answer, 404) is a removal as well."""
    if not answer or answer["code"] in (200, 204, 404):
        return Result(email, OK)
    return Result(email, RETRY, str(answer["body"]))


def _remote_list(answer):
    return RemoteList(str(answer["id"]), answer["name"])
