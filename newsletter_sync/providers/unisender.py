"""Unisender."""

import html
from contextlib import suppress

from . import unisender_webhook
from .base import (
    OK,
    OPTED_OUT,
    REFUSED,
    Answer,
    Provider,
    RemoteList,
    Result,
    Setting,
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
from .unisender_people import People
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
OPT_OUT = (OPTED_OUT, _lt("unsubscribed at %s", "Unisender"))


class Unisender(Provider):
    code = "unisender"
    label = "Unisender"
    base_url = "https://api.unisender.com/en/api"
    settings = (
        Setting("api_key", _lt("API key"), secret=True),
        Setting(
            "notify_url",
            _lt("Web address of this Odoo"),
            required=False,
            help=_lt("Unisender may want one to tell when a list has been exported."),
        ),
    )
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

    def test_connection(self):
        self.call("getLists")
        return ""

    # ------------------------------------------------------------------
    # Lists
    # ------------------------------------------------------------------

    def all_lists(self):
        return map(_remote_list, self.call("getLists"))

    def create_list(self, name):
        try:
            return RemoteList(str(self.call("createList", title=name)["id"]), name)
        except ContactError as error:
            kind = NameTaken if self.find_lists(name) else ListError
            raise kind(str(error), error.status) from error

    def rename_list(self, list_id, name):
        self.get_list(list_id)
        try:
            self.call("updateList", list_id=list_id, title=name)
        except ContactError as error:
            raise NameTaken(str(error), error.status) from error

    def delete_list(self, list_id):
        try:
            self.call("deleteList", list_id=list_id)
        except ContactError as error:
            if list_id in {one.id for one in self.all_lists()}:
                raise ListError(str(error), error.status) from error

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
        people = self._people.look_up(list_id, [one.email for one in contacts])
        left = [one for one in contacts if people.get(one.email.lower()) == OPTED_OUT]
        results = [Result(one.email, *OPT_OUT) for one in left]
        for names, group in _by_fields(one for one in contacts if one not in left):
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
        left = [one for one in emails if people.get(one.lower()) == OPTED_OUT]
        # An import would make contacts of those whom Unisender does not know.
        there = [one for one in emails if one.lower() in people and one not in left]
        columns = ["email", "email_excluded_list_ids"]
        refused = self._import(columns, [[email, list_id] for email in there])
        results = {one.email: one for one in refused}
        results.update((email, Result(email, *OPT_OUT)) for email in left)
        return Answer([results.get(email) or Result(email) for email in emails])

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
        answer = self.call(
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

    @property
    def notify_url(self):
        return self._settings["notify_url"]

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


def _by_fields(contacts):
    """Return the contacts in groups with the same fields: an empty cell empties."""
    groups = {}
    for contact in contacts:
        groups.setdefault(tuple(sorted(contact.fields)), []).append(contact)
    return groups.items()


def _remote_list(answer):
    return RemoteList(str(answer["id"]), html.unescape(answer["title"]))
