"""Unisender."""

import html
from contextlib import suppress

from . import unisender_webhook
from .base import (
    OK,
    OPTED_OUT,
    REFUSED,
    RETRY,
    Answer,
    Provider,
    RemoteList,
    Result,
    Support,
)
from .errors import (
    AccountError,
    ContactError,
    ListError,
    NameTaken,
    PlanLimit,
    RateLimited,
    Retryable,
    WrongCredentials,
)
from .names import plain_name
from .texts import Text as _lt
from .transport import PAUSE_SECONDS, Limiter
from .unisender_people import UNKNOWN, People
from .webhooks import Webhook

LIMITS = ("api_call_limit_exceeded_for_api_key", "api_call_limit_exceeded_for_ip")
KINDS = {
    "invalid_api_key": WrongCredentials,
    "access_denied": AccountError,
    "unknown_method": AccountError,
    "invalid_arg": ContactError,
    "not_enough_money": PlanLimit,
    "retry_later": Retryable,
    "unspecified": Retryable,
}
# What becomes of people who are neither imported nor taken out, by their status.
KEPT = {
    OPTED_OUT: (OPTED_OUT, _lt("unsubscribed at %s", "Unisender")),
    UNKNOWN: (RETRY, _lt("The export of the list takes too long.")),
}


class Unisender(Provider):
    code = "unisender"
    label = "Unisender"
    base_url = "https://api.unisender.com/en/api"
    support = Support(
        batch_size=500,
        remove_size=500,
        unique_names=True,
        opt_outs="list",
        webhooks="api",
    )

    def __init__(self, settings, base_url=""):
        super().__init__(settings, base_url)
        self.http.limiter = Limiter(1200, 60)
        self.notify_url = settings.get("odoo_url", "")
        self._people = People(self)

    def explain(self, response):
        """Unisender's errors come with status 200, as HTML."""
        try:
            answer = response.json()
        except ValueError:
            return super().explain(response)
        if not isinstance(answer, dict) or not answer.get("code"):
            return super().explain(response)
        text = html.unescape(str(answer.get("error", "")))
        code = answer["code"]
        if code in LIMITS:
            return RateLimited(text, PAUSE_SECONDS, response.status_code)
        return KINDS.get(code, ListError)(text, response.status_code)

    def call(self, method, **params):
        """Return the result of a method; the key is in the body, never in a URL."""
        data = {"format": "json", "api_key": self._settings["api_key"], **params}
        answer = self.http.call("POST", f"/{method}", data=data)
        if not isinstance(answer, dict) or "result" not in answer:
            raise Retryable(_lt("The answer has no result."))
        return answer["result"]

    def change(self, method, **params):
        """Call a method whose refusal is the fault of no contact."""
        try:
            return self.call(method, **params)
        except ContactError as error:
            raise ListError(str(error), error.status) from error

    def test_connection(self):
        self.call("getLists")
        return ""

    # ------------------------------------------------------------------
    # Lists
    # ------------------------------------------------------------------

    def all_lists(self):
        return map(_remote_list, self.call("getLists"))

    def create_list(self, name):
        self._expect_free(name)
        return RemoteList(str(self.change("createList", title=name)["id"]), name)

    def rename_list(self, list_id, name):
        if self.get_list(list_id).name != name:
            self._expect_free(name)
            self.change("updateList", list_id=list_id, title=name)

    def _expect_free(self, name):
        # The code of such a refusal is not documented: it may look like an outage.
        if self.find_lists(name):
            raise NameTaken(_lt("There is a list of this name."))

    def delete_list(self, list_id):
        if any(one.id == list_id for one in self.all_lists()):
            self.change("deleteList", list_id=list_id)

    def ensure_field(self, list_id, name):
        wanted = plain_name(name)
        for one in self.call("getFields"):
            if one["name"].casefold() == wanted.casefold():
                return one["name"]
        self.call("createField", name=wanted, public_name=name, type="string")
        return wanted

    # ------------------------------------------------------------------
    # People
    # ------------------------------------------------------------------

    def upsert(self, list_id, contacts):
        # A list that is gone may be an error, or nothing but a warning.
        self.get_list(list_id)
        emails = [one.email for one in contacts]
        kept = _kept(self._people.look_up(list_id, emails), emails)
        results = list(kept.values())
        for names, group in _by_fields(
            one for one in contacts if one.email not in kept
        ):
            columns = ["email", "email_list_ids", *names]
            rows = [
                [one.email, list_id, *(one.fields[name] for name in names)]
                for one in group
            ]
            results += self._import(columns, rows)
        self._people.note(list_id, [one.email for one in results if one.state == OK])
        return Answer(results)

    def remove(self, list_id, emails):
        self.get_list(list_id)
        people = self._people.look_up(list_id, emails)
        kept = _kept(people, emails)
        # An import would make contacts of those whom Unisender does not know.
        there = [one for one in emails if one.lower() in people and one not in kept]
        columns = ["email", "email_excluded_list_ids"]
        for one in self._import(columns, [[email, list_id] for email in there]):
            if one.state == REFUSED:
                self._exclude(list_id, one.email)
        return Answer([kept.get(email) or Result(email) for email in emails])

    def _exclude(self, list_id, email):
        """Take out one of those whom imports refuse, such as info@…"""
        values = {"contact_type": "email", "contact": email}
        # Without a list it would be all of them.
        self.call("exclude", list_ids=list_id, **values)

    def _import(self, columns, rows):
        """Return a result for each row."""
        if not rows:
            return []
        cells = {
            f"data[{y}][{x}]": value or ""
            for y, row in enumerate(rows)
            for x, value in enumerate(row)
        }
        names = {f"field_names[{x}]": name for x, name in enumerate(columns)}
        # Contacts that are refused are in the log: else it is, say, an unknown field.
        answer = self.change(
            "importContacts", overwrite_lists=0, overwrite_tags=0, **names, **cells
        )
        texts = {int(one["index"]): one["message"] for one in answer.get("log", ())}
        if int(answer.get("invalid") or 0) > len(texts):
            raise ContactError(_lt("%s refused some of the contacts.", self.label))
        return [
            Result(row[0], REFUSED, html.unescape(texts[place]))
            if place in texts
            else Result(row[0])
            for place, row in enumerate(rows)
        ]

    def list_members(self, list_id, cursor=""):
        if not cursor:
            self.get_list(list_id)
        return self._people.page(list_id, cursor)

    # ------------------------------------------------------------------
    # Webhook
    # ------------------------------------------------------------------

    def add_webhook(self, url):
        # The address is its id: another call with it replaces the first one.
        self.call("setHook", hook_url=url, **unisender_webhook.EVENTS)
        return Webhook(url)

    def remove_webhook(self, webhook_id):
        with suppress(ContactError):
            self.call("removeHook", hook_url=webhook_id)

    def parse_webhook(self, headers, body, key):
        unisender_webhook.check(body, self._settings["api_key"])
        return list(unisender_webhook.parse(body))


def _kept(people, emails):
    """Return the result of each who is left alone, by address."""
    statuses = {email: people.get(email.lower()) for email in emails}
    return {
        email: Result(email, *KEPT[status])
        for email, status in statuses.items()
        if status in KEPT
    }


def _by_fields(contacts):
    """Return the contacts in groups with the same fields: an empty cell empties."""
    groups = {}
    for contact in contacts:
        groups.setdefault(tuple(sorted(contact.fields)), []).append(contact)
    return groups.items()


def _remote_list(answer):
    return RemoteList(str(answer["id"]), html.unescape(answer["title"]))
