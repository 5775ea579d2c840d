"""SendPulse."""

import json
import re
from dataclasses import dataclass, field
from uuid import uuid4

from .server import route
from .service import Refusal, Simulator
from .store import MailingList
from .webhooks import SendPulseWebhooks

TOKEN_SECONDS = 3600
PAGE_SIZE = REMOVALS = 100
CODES = {"active": 1, "opted_out": 4, "bounced": 8}
LEFT_ALL_BOOKS = 6
PHP_TEXT = re.compile(r's:\d+:"([^"]*)"')


@dataclass
class Book(MailingList):
    """:ivar gone: who opted out of this book, also after the address was removed"""

    gone: set = field(default_factory=set)


class SendPulse(SendPulseWebhooks, Simulator):
    service = "sendpulse"
    settings = {"client_id": "1a2b3c", "client_secret": "secret-of-the-test-account"}
    makes_fields = False
    CHANGES = r"/emails$"
    UPSERTS = ("POST /addressbooks/{book}/emails",)

    def __init__(self, **options):
        super().__init__(**options)
        self.tokens = {}

    def knows(self, key):
        if self._revoked:
            return False
        known = key == self.settings["client_secret"]
        return known or self.tokens.get(key, 0) > self.now()

    def authenticate(self, request):
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if request.path != "/oauth/access_token" and not self.knows(key):
            raise error(401, "Unauthorized!", 401)

    def check_limits(self, request):
        if self.options.calls and sum(self.calls.values()) > self.options.calls:
            status = self.reading("limit_status", 429)
            raise error(status, "Too many requests per second", 2020202020)

    def unknown_call(self, request):
        raise error(404, "Not found", 404)

    @route("POST", "/oauth/access_token")
    def get_token(self, request):
        values = request.json
        known = all(values.get(name) == one for name, one in self.settings.items())
        if not known or self._revoked:
            body = {
                "error": "invalid_client",
                "message": "Client authentication failed",
            }
            raise Refusal(401, {**body, "error_code": 1})
        token = str(uuid4())
        self.tokens[token] = self.now() + TOKEN_SECONDS
        times = {"token_type": "Bearer", "expires_in": TOKEN_SECONDS}
        return {"access_token": token, **times}

    # ------------------------------------------------------------------
    # Address books
    # ------------------------------------------------------------------

    @route("GET", "/addressbooks")
    def get_books(self, request):
        return page_of(request, [show_book(one) for one in self.lists.values()])

    @route("POST", "/addressbooks")
    def create_book(self, request):
        if self.options.max_lists and len(self.lists) >= self.options.max_lists:
            text = "Access denied! Please change your tariff plan"
            raise error(403, text, 3030303030)
        book = Book(self.number(), self._checked_name(request.json["bookName"]))
        self.lists[book.id] = book
        return {"id": book.id}

    @route("GET", "/addressbooks/{book}")
    def get_book(self, request, book):
        return [show_book(self._book(book))]

    @route("PUT", "/addressbooks/{book}")
    def rename_book(self, request, book):
        self._book(book).name = self._checked_name(request.json["name"])
        return {"result": True}

    @route("DELETE", "/addressbooks/{book}")
    def delete_book(self, request, book):
        del self.lists[self._book(book).id]
        return {"result": True}

    def _checked_name(self, name):
        if name in {one.name for one in self.lists.values()}:
            raise error(422, "Name already in use", 203)
        return name

    def _book(self, book):
        if not book.isdigit() or int(book) not in self.lists:
            raise error(404, "Book not found", 213)
        return self.lists[int(book)]

    # ------------------------------------------------------------------
    # People
    # ------------------------------------------------------------------

    def opt_out(self, email, list_id=None):
        book = self._shown_list(list_id)
        book.members[email.lower()] = "opted_out"
        book.gone.add(email.lower())

    def bounce(self, email, list_id=None):
        self._shown_list(list_id).members[email.lower()] = "bounced"

    @route("POST", "/addressbooks/{book}/emails")
    def add_emails(self, request, book):
        book, rows = self._book(book), decode(request.json.get("emails"))
        if not isinstance(rows, list):
            raise error(422, "Argument emails must be array", 422)
        for row in rows:
            values = {"email": row} if isinstance(row, str) else row
            # Without a word about it.
            if not self.is_refused(values["email"]):
                self._add(book, values)
        return {"result": True}

    def _add(self, book, values):
        person = self.person(values["email"])
        variables = values.get("variables") or {}
        if isinstance(variables, list):
            variables = {one["name"]: one["value"] for one in variables}
        person.fields.update(variables)
        remembers = self.reading("removal_forgets", False) is False
        left = remembers and person.email in book.gone
        book.members.setdefault(person.email, "opted_out" if left else "active")

    @route("DELETE", "/addressbooks/{book}/emails")
    def remove_emails(self, request, book):
        book, emails = self._book(book), decode(request.json["emails"])
        if len(emails) > REMOVALS:
            raise error(422, "Limit is exceeded. Max count: 100", 422)
        found = [one.lower() for one in emails if one.lower() in book.members]
        if not found:
            raise error(422, "No emails", 303)
        for email in found:
            del book.members[email]
        return {"result": True}

    @route("GET", "/addressbooks/{book}/emails")
    def get_emails(self, request, book):
        members = self._book(book).members.items()
        return page_of(request, [self._show(email, own) for email, own in members])

    @route("GET", "/addressbooks/{book}/emails/total")
    def count_emails(self, request, book):
        return {"total": len(self._book(book).members)}

    @route("GET", "/addressbooks/{book}/emails/{email}")
    def get_email(self, request, book, email):
        members = self._book(book).members
        if email.lower() not in members:
            raise error(404, "Email not found", 303)
        return self._show(email.lower(), members[email.lower()])

    @route("POST", "/emails")
    def get_infos(self, request):
        emails = [one.lower() for one in request.json["emails"]]
        found = {email: self._infos(email) for email in emails}
        return {email: infos for email, infos in found.items() if infos}

    def _infos(self, email):
        books = [one for one in self.lists.values() if email in one.members]
        if not self.reading("infos_have_status", True):
            return [{"book_id": one.id} for one in books]
        return [
            {"book_id": one.id, "status": self._code(email, one.members[email])}
            for one in books
        ]

    @route("GET", "/addressbooks/{book}/variables")
    def get_variables(self, request, book):
        emails = self._book(book).members
        names = {name for email in emails for name in self.people[email].fields}
        return [{"name": name, "type": "string"} for name in sorted(names)]

    def _code(self, email, status):
        has_left = self.people[email].status == "opted_out"
        return LEFT_ALL_BOOKS if has_left else CODES[status]

    def _show(self, email, status):
        return {
            "email": email,
            "status": self._code(email, status),
            "status_explain": status,
            "variables": self.people[email].fields,
            "phone": "",
        }


def decode(rows):
    """Return rows that may be text: JSON, as the client for Python sends it, or
    addresses as PHP serializes them, as the one for Node.js does.
    """
    if not isinstance(rows, str):
        return rows
    return PHP_TEXT.findall(rows) if rows.startswith("a:") else json.loads(rows)


def show_book(book):
    count = len(book.members)
    # Numbers as texts, as in the documentation's examples.
    return {
        "id": book.id,
        "name": book.name,
        "all_email_qty": str(count),
        "active_email_qty": str(count),
        "inactive_email_qty": "0",
        "creationdate": "2026-01-01 00:00:00",
        "status": "0",
        "status_explain": "Active",
    }


def page_of(request, items):
    limit = int(request.query.get("limit") or PAGE_SIZE)
    if limit > PAGE_SIZE:
        raise error(422, "Argument limit may not be greater than 100", 422)
    start = int(request.query.get("offset") or 0)
    return items[start : start + limit]


def error(status, message, code):
    return Refusal(status, {"message": message, "error_code": code})
