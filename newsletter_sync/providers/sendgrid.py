"""SendGrid Marketing Campaigns (v3)."""

import re
from urllib.parse import parse_qs, urlsplit

from . import sendgrid_webhook
from .base import (
    REFUSED,
    RETRY,
    Answer,
    Provider,
    RemoteList,
    Result,
    Support,
    again,
)
from .errors import (
    AccountError,
    ContactError,
    ListError,
    ListGone,
    NameTaken,
    RateLimited,
    Retryable,
)
from .names import plain_name
from .sendgrid_export import CONTACTS, POLL_SECONDS, Export
from .sendgrid_request import RESERVED, bad_contacts, is_address, parts, row
from .tables import unpack
from .texts import Text as _lt
from .transport import retry_after
from .webhooks import Webhook, events_of

LISTS = "/v3/marketing/lists"
FIELDS = "/v3/marketing/field_definitions"
PAGE_SIZE = 1000
LONGEST_NAME = 100
ADDRESS = re.compile(r"[^\s,;:\"<>]+@[^\s,;:\"<>]+")
# What a key may do, as its scopes begin, and as SendGrid's website calls it.
PERMISSIONS = {"marketing": "Marketing", "suppression": "Suppressions"}


class _BadContacts(ContactError):
    """:ivar texts: what is wrong with which contact, by its place in the request"""

    texts = {}


class SendGrid(Provider):
    code = "sendgrid"
    label = "SendGrid"
    base_url = "https://api.sendgrid.com"
    support = Support(
        batch_size=30_000,
        remove_size=100,
        unique_names=True,
        answers="counts",
        jobs=True,
        webhooks="api",
        visible_after=60,
    )
    standard_fields = {name: name for name in RESERVED}

    def __init__(self, settings, base_url=""):
        super().__init__(settings, base_url)
        self._export = Export(self.http)

    def authorize(self, request):
        request.headers["Authorization"] = f"Bearer {self._settings['api_key']}"

    def explain(self, response):
        error = super().explain(response)
        if isinstance(error, RateLimited):
            error.retry_after = retry_after(
                response.headers, "X-RateLimit-Reset", error.retry_after
            )
        if isinstance(error, ContactError) and (texts := bad_contacts(response)):
            error = _BadContacts(str(error), error.status)
            error.texts = texts
        return error

    def test_connection(self):
        scopes = self.http.call("GET", "/v3/scopes")["scopes"]
        for start, permission in PERMISSIONS.items():
            if not any(scope.startswith(start) for scope in scopes):
                text = _lt("The key needs the permission “%s”.", permission)
                raise AccountError(text)
        return ""

    # ------------------------------------------------------------------
    # Lists
    # ------------------------------------------------------------------

    def find_lists(self, name):
        return super().find_lists(name[:LONGEST_NAME])

    def all_lists(self):
        params = {"page_size": PAGE_SIZE}
        while params:
            answer = self.http.call("GET", LISTS, params=params)
            yield from map(_remote_list, answer["result"])
            following = urlsplit(answer["_metadata"].get("next", "")).query
            params = parse_qs(following)

    def create_list(self, name):
        values = {"name": name[:LONGEST_NAME]}
        try:
            return _remote_list(self.http.call("POST", LISTS, json=values))
        except ContactError as error:
            kind = NameTaken if self.find_lists(name) else ListError
            raise kind(str(error), error.status) from error

    def get_list(self, list_id):
        return _remote_list(self.http.call("GET", f"{LISTS}/{list_id}"))

    def rename_list(self, list_id, name):
        values = {"name": name[:LONGEST_NAME]}
        try:
            self.http.call("PATCH", f"{LISTS}/{list_id}", json=values)
        except ContactError as error:
            raise NameTaken(str(error), error.status) from error

    def delete_list(self, list_id):
        self.http.delete(f"{LISTS}/{list_id}")

    def ensure_field(self, list_id, name):
        if name in RESERVED:
            return name
        wanted = plain_name(name, LONGEST_NAME)
        for one in self.http.call("GET", FIELDS).get("custom_fields", ()):
            if one["name"].lower() == wanted.lower():
                return one["id"]
        values = {"name": wanted, "field_type": "Text"}
        return self.http.call("POST", FIELDS, json=values)["id"]

    # ------------------------------------------------------------------
    # People
    # ------------------------------------------------------------------

    def upsert(self, list_id, contacts):
        # Unknown lists may be refused now, by the job or by nobody: documents differ.
        self.get_list(list_id)
        contacts, refused = _sort_out(contacts)
        jobs = []
        for part in parts(contacts):
            job, bad = self._put(list_id, part)
            jobs += job
            refused += bad
        return _started("upsert", jobs, refused)

    def _put(self, list_id, contacts):
        """Return the job's id (none if nobody is left) and who was refused.

        One malformed address has the whole request refused: leave it out, repeat.
        """
        refused = []
        while contacts:
            values = {"list_ids": [list_id], "contacts": list(map(row, contacts))}
            try:
                return [self.http.call("PUT", CONTACTS, json=values)["job_id"]], refused
            except _BadContacts as error:
                refused += [
                    Result(contacts[place].email, REFUSED, text)
                    for place, text in error.texts.items()
                ]
                contacts = [
                    one for n, one in enumerate(contacts) if n not in error.texts
                ]
        return [], refused

    def remove(self, list_id, emails):
        self.get_list(list_id)
        ids = self._ids(list_id, emails)
        done = [Result(email) for email in emails if email.lower() not in ids]
        if not ids:
            return Answer(done)
        params = {"contact_ids": ",".join(ids.values())}
        try:
            answer = self.http.call(
                "DELETE", f"{LISTS}/{list_id}/contacts", params=params
            )
        except ListGone as error:
            # Somebody deleted one of them just now: their ids are to be read again.
            raise Retryable(str(error), error.status) from error
        return _started("remove", [answer["job_id"]], done)

    def _ids(self, list_id, emails):
        """Return the ids of those who are in the list by lower-case address."""
        values = {"emails": list(emails)}
        try:
            found = self.http.call("POST", f"{CONTACTS}/search/emails", json=values)
        except ListGone:
            return {}
        contacts = (one.get("contact") for one in found["result"].values())
        return {
            one["email"].lower(): one["id"]
            for one in contacts
            if one and list_id in one["list_ids"]
        }

    def poll_job(self, job, emails):
        kind, ids = job.split(":")
        paths = [f"{CONTACTS}/imports/{one}" for one in ids.split(",")]
        states = [self.http.call("GET", path) for path in paths]
        if any(one["status"] == "pending" for one in states):
            return Answer(job=job, wait=POLL_SECONDS)
        decide = self._imported if kind == "upsert" else _removed
        return Answer(decide(emails, states))

    def _imported(self, emails, states):
        named = {email for one in states for email in self._refused(one)}
        refused = named & {email.lower() for email in emails}
        wrong = sum(map(_errors, states))
        failed = any(one["status"] == "failed" for one in states)
        if not failed and wrong > len(refused):
            raise ContactError(_lt("%s refused some of the contacts.", self.label))
        return [_outcome(email, refused, failed) for email in emails]

    def _refused(self, job):
        """Return the addresses in a job's file of errors, whatever its layout; none
        if it cannot be read.
        """
        url = job["results"].get("errors_url")
        if not url:
            return ()
        try:
            content = unpack(self.http.download(url))
        except ValueError:
            return ()
        except Retryable as error:
            if 400 <= error.status < 500:
                # It has expired.
                return ()
            raise
        return ADDRESS.findall(content.decode(errors="replace").lower())

    def list_members(self, list_id, cursor=""):
        if not cursor:
            self.get_list(list_id)
        return self._export.page(list_id, cursor)

    # ------------------------------------------------------------------
    # Webhook
    # ------------------------------------------------------------------

    def add_webhook(self, url):
        known = self.http.call("GET", f"{sendgrid_webhook.SETTINGS}/all")["webhooks"]
        ids = [one["id"] for one in known if one["url"] == url]
        webhook_id = ids[0] if ids else self._create_webhook(url)
        path = f"{sendgrid_webhook.SETTINGS}/signed/{webhook_id}"
        answer = self.http.call("PATCH", path, json={"enabled": True})
        return Webhook(webhook_id, answer["public_key"])

    def _create_webhook(self, url):
        values = sendgrid_webhook.values(url)
        return self.http.call("POST", sendgrid_webhook.SETTINGS, json=values)["id"]

    def remove_webhook(self, webhook_id):
        self.http.delete(f"{sendgrid_webhook.SETTINGS}/{webhook_id}")

    def parse_webhook(self, headers, body, key):
        if key:
            sendgrid_webhook.check(headers, body, key)
        return list(filter(None, map(sendgrid_webhook.opt_out, events_of(body))))


def _sort_out(contacts):
    """Return the contacts to send, and the results of those without an address.

    One of them would have the whole request refused.
    """
    bad = {one.email for one in contacts if not is_address(one.email)}
    text = _lt("This is no e-mail address.")
    good = [one for one in contacts if one.email not in bad]
    return good, [Result(email, REFUSED, text) for email in bad]


def _started(kind, jobs, results):
    job = f"{kind}:{','.join(jobs)}" if jobs else ""
    return Answer(results, job, POLL_SECONDS if job else 0)


def _errors(state):
    return state["results"].get("errored_count", 0)


def _removed(emails, states):
    """Return results; nobody is refused who has to go."""
    if all(one["status"] == "completed" and not _errors(one) for one in states):
        return [Result(email) for email in emails]
    return again(emails, _lt("The removal failed."))


def _outcome(email, refused, failed):
    if email.lower() in refused:
        return Result(email, REFUSED, _lt("refused by %s", "SendGrid"))
    if failed:
        return Result(email, RETRY, _lt("The import failed."))
    return Result(email)


def _remote_list(answer):
    return RemoteList(answer["id"], answer["name"])
