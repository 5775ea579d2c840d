"""SendPulse (the e-mail service of its API)."""

from contextlib import suppress
from urllib.parse import quote

from .base import (
    ACTIVE,
    BOUNCED,
    OPTED_OUT,
    PENDING,
    Answer,
    Member,
    Page,
    Provider,
    RemoteList,
    Result,
    Setting,
    Support,
)
from .errors import (
    ContactError,
    ListError,
    ListGone,
    NameTaken,
    PlanLimit,
    RateLimited,
    Retryable,
    WrongCredentials,
)
from .texts import Text as _lt
from .transport import Limiter
from .webhooks import BOUNCED as BOUNCED_MAIL
from .webhooks import COMPLAINED, UNSUBSCRIBED, OptOut, Webhook, events_of, moment

PAGE_SIZE = 100
# Most calls in one second, and how long to wait when it was one too many.
CALLS_A_SECOND = 10
TOO_MANY_CALLS, PAUSE = 2020202020, 2
NO_EMAILS = 303
KINDS = {203: NameTaken, 213: ListGone, 703: ListGone, 3030303030: PlanLimit}
STATUSES = dict(enumerate((ACTIVE, ACTIVE, PENDING, PENDING, OPTED_OUT, BOUNCED)))
STATUSES[6] = OPTED_OUT
DELETED = 1
WEBHOOKS = "/v2/email-service/webhook"
EVENTS = {
    "unsubscribe": UNSUBSCRIBED,
    "hard_bounces": BOUNCED_MAIL,
    "spam": COMPLAINED,
}
_NOT_DONE = _lt("%s did not say that it was done.", "SendPulse")


class _NoEmails(ContactError):
    """None of the addresses is in the list."""


class SendPulse(Provider):
    code = "sendpulse"
    label = "SendPulse"
    base_url = "https://api.sendpulse.com"
    settings = (
        Setting(
            "client_id",
            _lt("ID"),
            required=False,
            help=_lt("Settings → API. Leave it empty if the secret is an API key."),
        ),
        Setting("client_secret", _lt("Secret or API key"), secret=True),
    )
    support = Support(
        batch_size=500,
        remove_size=100,
        unique_names=True,
        answers="none",
        opt_outs="list",
        webhooks="api",
    )

    def __init__(self, settings, base_url=""):
        super().__init__(settings, base_url)
        self.http.limiter = Limiter(CALLS_A_SECOND, 1)
        self._client_id = self._settings["client_id"]
        self._token = "" if self._client_id else self._settings["client_secret"]

    def authorize(self, request):
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"

    def explain(self, response):
        code, failed = _error_code(response)
        error = super().explain(response)
        if code == TOO_MANY_CALLS:
            return RateLimited(_lt("Too many calls in a second."), PAUSE)
        if code == NO_EMAILS:
            return _NoEmails(str(error), response.status_code)
        if code in KINDS:
            return KINDS[code](str(error), response.status_code)
        if failed and not error:
            return ContactError(_NOT_DONE, response.status_code)
        return error

    def _call(self, method, path, **options):
        """Call with a token, which lives for an hour; fetch a new one when it died."""
        fresh = not self._token
        if fresh:
            self._fetch_token()
        try:
            return self.http.call(method, path, **options)
        except WrongCredentials:
            if fresh or not self._client_id:
                raise
            self._fetch_token()
            return self.http.call(method, path, **options)

    def _fetch_token(self):
        self._token = ""
        values = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._settings["client_secret"],
        }
        answer = self.http.call("POST", "/oauth/access_token", json=values)
        self.http.hide(answer["access_token"])
        self._token = answer["access_token"]

    def test_connection(self):
        self._call("GET", "/addressbooks", params={"limit": 1})
        return ""

    # ------------------------------------------------------------------
    # Address books
    # ------------------------------------------------------------------

    def all_lists(self):
        offset = 0
        while offset is not None:
            params = {"limit": PAGE_SIZE, "offset": offset}
            books = self._call("GET", "/addressbooks", params=params)
            yield from map(_remote_list, filter(_is_alive, books))
            offset = offset + PAGE_SIZE if len(books) == PAGE_SIZE else None

    def create_list(self, name):
        answer = self._change_book("POST", "/addressbooks", {"bookName": name})
        return RemoteList(str(answer["id"]), name)

    def get_list(self, list_id):
        books = self._call("GET", f"/addressbooks/{list_id}")
        if not books or not _is_alive(books[0]):
            raise ListGone(_lt("The list was deleted."), 404)
        return _remote_list(books[0])

    def rename_list(self, list_id, name):
        self._change_book("PUT", f"/addressbooks/{list_id}", {"name": name})

    def delete_list(self, list_id):
        try:
            self._change_book("DELETE", f"/addressbooks/{list_id}")
        except ListGone:
            return

    def _change_book(self, method, path, values=None):
        try:
            return self._call(method, path, json=values)
        except ContactError as error:
            raise ListError(str(error), error.status) from error

    def ensure_field(self, list_id, name):
        # Variables are made on first use.
        return name

    # ------------------------------------------------------------------
    # People
    # ------------------------------------------------------------------

    def upsert(self, list_id, contacts):
        values = {"emails": list(map(_row, contacts))}
        path = f"/addressbooks/{list_id}/emails"
        _check(self._call("POST", path, json=values))
        return Answer([Result(one.email) for one in contacts])

    def remove(self, list_id, emails):
        left = self._opted_out(list_id, emails)
        reason = _lt("unsubscribed at %s", self.label)
        results = [Result(one, OPTED_OUT, reason) for one in left]
        others = [one for one in emails if one not in left]
        if others:
            self._remove(list_id, others)
        return Answer([*results, *map(Result, others)])

    def _remove(self, list_id, emails):
        path = f"/addressbooks/{list_id}/emails"
        try:
            _check(self._call("DELETE", path, json={"emails": emails}))
        except _NoEmails:
            return

    def _opted_out(self, list_id, emails):
        """Return those who left this list: a removal may have it forget that."""
        try:
            found = self._call("POST", "/emails", json={"emails": list(emails)}) or {}
        except _NoEmails:
            return []
        books = {email.lower(): books for email, books in found.items()}
        there = {
            email: book
            for email in emails
            for book in books.get(email.lower(), ())
            if str(book["book_id"]) == list_id
        }
        return [
            email
            for email, book in there.items()
            if self._status_in(list_id, email, book) == OPTED_OUT
        ]

    def _status_in(self, list_id, email, book):
        # The specification shows no status there, other clients read one.
        if "status" not in book:
            path = f"/addressbooks/{list_id}/emails/{quote(email, safe='')}"
            book = self._call("GET", path)
        return _status(book)

    def list_members(self, list_id, cursor=""):
        offset = int(cursor or 0)
        params = {"limit": PAGE_SIZE, "offset": offset}
        rows = self._call("GET", f"/addressbooks/{list_id}/emails", params=params)
        members = [Member(one["email"], _status(one)) for one in rows]
        full = len(rows) == PAGE_SIZE
        return Page(members, str(offset + PAGE_SIZE) if full else "")

    # ------------------------------------------------------------------
    # Webhooks
    # ------------------------------------------------------------------

    def add_webhook(self, url):
        # There is one for each event, whatever is asked for.
        known = self._webhooks(url)
        missing = EVENTS.keys() - known.keys()
        if missing:
            values = {"url": url, "actions": sorted(missing)}
            self._call("POST", WEBHOOKS, json=values)
            known = self._webhooks(url)
        return Webhook(",".join(sorted(known.values())))

    def _webhooks(self, url):
        """Return the ids of the webhooks with an address by their event."""
        found = self._call("GET", WEBHOOKS)["data"]
        return {one["action"]: str(one["id"]) for one in found if one["url"] == url}

    def remove_webhook(self, webhook_id):
        for one in webhook_id.split(","):
            with suppress(ListGone):
                self._call("DELETE", f"{WEBHOOKS}/{one}")

    def parse_webhook(self, headers, body, key):
        return [_opt_out(one) for one in events_of(body) if one["event"] in EVENTS]


def _opt_out(event):
    everywhere = str(event.get("from_all", "")) == "1"
    book = "" if everywhere else event.get("book_id") or ""
    kind = EVENTS[event["event"]]
    return OptOut(
        event["email"],
        kind,
        str(book) if kind == UNSUBSCRIBED else "",
        moment(event.get("timestamp")),
    )


def _error_code(response):
    """Return SendPulse's code, and whether the answer is a failure."""
    try:
        answer = response.json()
    except ValueError:
        return None, False
    if not isinstance(answer, dict):
        return None, False
    failed = answer.get("result") is False or answer.get("success") is False
    return answer.get("error_code"), failed


def _check(answer):
    if answer["result"] is not True:
        raise Retryable(_NOT_DONE)


def _row(contact):
    variables = {"variables": dict(contact.fields)} if contact.fields else {}
    return {"email": contact.email, **variables}


def _status(row):
    # Numbers come as texts at times.
    return STATUSES.get(int(row["status"]), BOUNCED)


def _is_alive(book):
    return int(book.get("status") or 0) != DELETED


def _remote_list(book):
    return RemoteList(str(book["id"]), book["name"])
