"""Unisender."""

import html
import re
from uuid import uuid4

from .files import encode_table
from .server import Response, route
from .service import Refusal, Simulator
from .store import MailingList
from .webhooks import UnisenderWebhooks

ROWS = 500
ROLES = ("info@", "sales@", "no-reply@", "all@")
STATUSES = {"active": "active", "opted_out": "unsubscribed", "bounced": "blocked"}
SYSTEM = {"email", "email_list_ids", "email_excluded_list_ids", "email_status"}


class Unisender(UnisenderWebhooks, Simulator):
    service = "unisender"
    prefix = "/en/api"
    CHANGES = r"/importContacts"
    UPSERTS = ("POST /en/api/importContacts",)

    def __init__(self, **options):
        super().__init__(**options)
        self.exports = {}
        self.fields = [{"id": 1, "name": "Name", "type": "string"}]

    def authenticate(self, request):
        if request.path.startswith("/files/"):
            return
        request.values = parse(request.pairs)
        if not self.knows(request.values.get("api_key")):
            raise error("Call to unknown or disabled API key", "invalid_api_key")

    def check_limits(self, request):
        if self.options.calls and sum(self.calls.values()) > self.options.calls:
            raise error("Too many calls", "api_call_limit_exceeded_for_api_key")

    def unknown_call(self, request):
        raise error("Unknown method", "unknown_method")

    # ------------------------------------------------------------------
    # Lists and fields
    # ------------------------------------------------------------------

    @route("POST", "/en/api/getLists")
    @route("GET", "/en/api/getLists")
    def get_lists(self, request):
        shown = [{"id": one.id, "title": one.name} for one in self.lists.values()]
        return {"result": shown}

    @route("POST", "/en/api/createList")
    def create_list(self, request):
        if self.options.max_lists and len(self.lists) >= self.options.max_lists:
            raise error("The plan allows no further list", "not_enough_money")
        one = MailingList(self.number(), self._checked_title(request))
        self.lists[one.id] = one
        return {"result": {"id": one.id}}

    @route("POST", "/en/api/updateList")
    def update_list(self, request):
        self._list(request.values["list_id"]).name = self._checked_title(request)
        return {"result": {}}

    @route("POST", "/en/api/deleteList")
    def delete_list(self, request):
        del self.lists[self._list(request.values["list_id"]).id]
        return {"result": {}}

    def _checked_title(self, request):
        title = request.values.get("title", "")
        if not title or title in {one.name for one in self.lists.values()}:
            raise self._list_error(f'A list named "{title}" exists already')
        return title

    def _list(self, list_id):
        if not list_id.isdigit() or int(list_id) not in self.lists:
            raise self._list_error(f'There is no list with id "{list_id}"')
        return self.lists[int(list_id)]

    def _list_error(self, text):
        return error(text, self.reading("list_code", "invalid_arg"))

    @route("POST", "/en/api/getFields")
    def get_fields(self, request):
        return {"result": self.fields}

    @route("POST", "/en/api/createField")
    def create_field(self, request):
        name = request.values["name"]
        if not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII):
            raise error(f'"{name}" is no name of a field', "invalid_arg")
        self.fields.append({"id": self.number(), "name": name, "type": "string"})
        return {"result": {"id": self.fields[-1]["id"]}}

    # ------------------------------------------------------------------
    # People
    # ------------------------------------------------------------------

    def opt_out(self, email, list_id=None):
        self._shown_list(list_id).members[email.lower()] = "opted_out"

    @route("POST", "/en/api/importContacts")
    def import_contacts(self, request):
        names = list(request.values["field_names"].values())
        data = request.values["data"]
        if len(data) > ROWS:
            raise error("At most 500 contacts in a call", "invalid_arg")
        unknown = set(names) - SYSTEM - {one["name"] for one in self.fields}
        if unknown:
            raise error(f"Unknown fields: {sorted(unknown)}", "invalid_arg")
        log = []
        for place, cells in data.items():
            row = dict(zip(names, cells.values(), strict=True))
            if self._refuses(row["email"]):
                text = f'Email "{row["email"]}" is invalid'
                line = {"index": int(place), "code": "invalid_arg"}
                log.append({**line, "message": html.escape(text)})
            else:
                self._import(row, request.values)
        counts = {"total": len(data), "inserted": len(data) - len(log)}
        shown = log if self.reading("log", True) else []
        return {"result": {**counts, "updated": 0, "invalid": len(log), "log": shown}}

    def _refuses(self, email):
        return self.is_refused(email) or email.lower().startswith(ROLES)

    def _import(self, row, values):
        person = self.person(row["email"])
        own = row.keys() - SYSTEM
        person.fields.update({name: row[name] for name in own})
        if values.get("overwrite_lists") == "1":
            for one in self.lists.values():
                one.members.pop(person.email, None)
        for one in self._lists_of(row.get("email_list_ids")):
            if self.reading("import_resubscribes", False):
                one.members[person.email] = "active"
            one.members.setdefault(person.email, "active")
        for one in self._lists_of(row.get("email_excluded_list_ids")):
            one.members.pop(person.email, None)

    def _lists_of(self, cell):
        return [self._list(one) for one in (cell or "").split(",") if one]

    @route("POST", "/en/api/exclude")
    def exclude(self, request):
        ids = request.values.get("list_ids")
        lists = self._lists_of(ids) if ids else self.lists.values()
        for one in lists:
            one.members.pop(request.values["contact"].lower(), None)
        return {"result": {}}

    @route("POST", "/en/api/subscribe")
    def subscribe(self, request):
        values = request.values
        person = self.person(values["fields"]["email"])
        if values.get("overwrite") == "1":
            for one in self.lists.values():
                one.members.pop(person.email, None)
        for one in self._lists_of(values["list_ids"]):
            one.members.setdefault(person.email, "active")
        return {"result": {"person_id": person.id}}

    @route("POST", "/en/api/getContact")
    def get_contact(self, request):
        email = request.values["email"].lower()
        if email not in self.people:
            raise error(f'There is no contact "{email}"', "invalid_arg")
        status = STATUSES[self.people[email].status]
        name = self.reading("list_id_name", "id")
        lists = [
            {name: one.id, "title": one.name, "status": STATUSES[one.members[email]]}
            for one in self.lists.values()
            if email in one.members
        ]
        return {"result": {"email": {"email": email, "status": status}, "lists": lists}}

    # ------------------------------------------------------------------
    # Exports
    # ------------------------------------------------------------------

    @route("POST", "/en/api/async/exportContacts")
    def start_export(self, request):
        values = request.values
        if self.reading("notify_url_needed", False) and not values.get("notify_url"):
            raise error("notify_url is required", "invalid_arg")
        task = str(uuid4())
        self.exports[task] = [self._list(values["list_id"]), self.options.job_polls]
        return {"result": {"task_uuid": task, "status": "new"}}

    @route("POST", "/en/api/async/getTaskResult")
    def get_task(self, request):
        task = request.values["task_uuid"]
        if task not in self.exports:
            raise error(f'There is no task "{task}"', "invalid_arg")
        self.exports[task][1] -= 1
        state = {"task_uuid": task, "status": "processing"}
        if self.exports[task][1] < 0:
            url = f"{self.root}/files/{task}.csv"
            state = {**state, "status": "completed", "file_to_download": url}
        return {"result": state}

    @route("GET", "/files/{task}.csv")
    def get_file(self, request, task):
        one, _ = self.exports[task]
        rows = [self._exported(one, *member) for member in one.members.items()]
        columns = ("email", "email_status", "email_list_ids")
        empty = dict.fromkeys((*columns, "email_unsubscribed_list_ids"), "")
        layout = self.reading("export", "csv")
        return Response(encode_table([*rows, {**empty, "email_status": "new"}], layout))

    def _exported(self, one, email, status):
        left = one.id if status == "opted_out" else ""
        return {
            "email": email,
            "email_status": STATUSES[self.people[email].status],
            "email_list_ids": str(one.id),
            "email_unsubscribed_list_ids": str(left),
        }


def parse(pairs):
    """Return PHP's reading of parameters: ``a[0][b]=c`` is ``{a: {0: {b: c}}}``."""
    values = {}
    for name, value in pairs:
        first, *rest = re.findall(r"[^\[\]]+", name)
        node = values
        for key in rest:
            node, first = node.setdefault(first, {}), key
        if name.endswith("[]"):
            node = node.setdefault(first, {})
            first = str(len(node))
        node[first] = value
    return values


def error(text, code):
    return Refusal(200, {"error": html.escape(text), "code": code})
