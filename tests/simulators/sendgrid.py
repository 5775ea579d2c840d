"""SendGrid Marketing Campaigns (v3)."""

from uuid import uuid4

from .server import Response, route
from .service import Refusal, Simulator
from .store import MailingList


class SendGridLists(Simulator):
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


def error(status, message, field=None, headers=None):
    return Refusal(status, {"errors": [{"field": field, "message": message}]}, headers)
