"""A service of one's own: JSON posted to one address, as DEVELOP.md describes."""

from .base import (
    OPTED_OUT,
    REFUSED,
    Answer,
    Provider,
    RemoteList,
    Result,
    Setting,
    Support,
)
from .errors import AccountError, ContactError, ListError, Unsupported
from .texts import Text as _lt
from .webhooks import UNSUBSCRIBED, OptOut, events_of, moment


class Endpoint(Provider):
    code = "endpoint"
    label = "Own service (JSON)"
    settings = (Setting("api_key", _lt("Token"), secret=True),)
    support = Support(
        batch_size=500,
        remove_size=50,
        renames_lists=False,
        enumerates=False,
        shows_opt_outs=False,
        opt_outs="list",
        webhooks="hand",
    )

    def _call(self, action, error=ListError, **data):
        """Return the answer to an action; raise ``error`` with the service's words."""
        values = {
            "action": action,
            "authToken": self._settings["api_key"],
            "data": data,
        }
        answer = self.http.call("POST", "", json=values)
        if not isinstance(answer, dict) or not answer.get("success"):
            raise error(self.http.redact(str((answer or {}).get("error"))), 200)
        return answer

    def all_lists(self):
        for one in self._call("getLists", error=AccountError)["lists"]:
            yield RemoteList(str(one["listId"]), one["listName"])

    def test_connection(self):
        list(self.all_lists())
        return ""

    def create_list(self, name):
        return RemoteList(str(self._call("createList", listName=name)["listId"]), name)

    def delete_list(self, list_id):
        if any(one.id == list_id for one in self.all_lists()):
            self._call("deleteList", listId=list_id)

    def ensure_field(self, list_id, name):
        return name

    def upsert(self, list_id, contacts):
        self.get_list(list_id)
        rows = [{**one.fields, "email": one.email} for one in contacts]
        answer = self._call(
            "importContacts", error=ContactError, listId=list_id, contacts=rows
        )
        refused, left = answer.get("refused") or {}, answer.get("optedOut") or ()
        return Answer([_result(one.email, refused, left) for one in contacts])

    def remove(self, list_id, emails):
        self.get_list(list_id)
        for email in emails:
            self._call("updateContact", listId=list_id, email=email, subscribed=False)
        return Answer([Result(email) for email in emails])

    def list_members(self, list_id, cursor=""):
        raise Unsupported(_lt("This service does not tell who is in a list."))

    def parse_webhook(self, headers, body, key):
        return [
            OptOut(
                one["email"],
                one.get("kind", UNSUBSCRIBED),
                str(one.get("listId") or ""),
                moment(one.get("at")),
            )
            for one in events_of(body)
        ]


def _result(email, refused, left):
    if email in left:
        return Result(email, OPTED_OUT, _lt("opted out"))
    return Result(email, REFUSED, refused[email]) if email in refused else Result(email)
