"""A service of one's own, as newsletter_sync/readme/DEVELOP.md describes it."""

from .server import route
from .service import Refusal, Simulator
from .store import MailingList
from .webhooks import EndpointWebhooks


class Endpoint(EndpointWebhooks, Simulator):
    service = "endpoint"
    prefix = "/newsletter.php"
    makes_fields = False
    CHANGES = "newsletter"
    UPSERTS = ("importContacts",)

    def authenticate(self, request):
        if not self.knows(request.json.get("authToken")):
            raise Refusal(401, {"error": "Unknown token"})

    @route("POST", "/newsletter.php")
    def call(self, request):
        action = request.json["action"]
        actions = {
            "getLists": self.get_lists,
            "createList": self.create_list,
            "deleteList": self.delete_list,
            "importContacts": self.import_contacts,
            "updateContact": self.update_contact,
        }
        if action not in actions:
            raise refusal("Unknown action")
        self.calls[action] += 1
        return {"success": True, **actions[action](**request.json["data"])}

    def get_lists(self):
        lists = self.lists.values()
        return {
            "lists": [{"listId": str(one.id), "listName": one.name} for one in lists]
        }

    def create_list(self, listName):
        if self.options.max_lists and len(self.lists) >= self.options.max_lists:
            raise refusal("The plan allows no further list")
        one = MailingList(self.number(), listName)
        self.lists[one.id] = one
        return {"listId": str(one.id)}

    def delete_list(self, listId):
        del self.lists[self._list(listId).id]
        return {}

    def import_contacts(self, listId, contacts):
        members, refused, left = self._list(listId).members, {}, []
        for row in contacts:
            fields = dict(row)
            email = fields.pop("email")
            known = self.people.get(email.lower())
            if self.is_refused(email):
                refused[email] = "This is no address"
            elif known and known.status != "active":
                left.append(email)
            else:
                self.person(email).fields.update(fields)
                members[email.lower()] = "active"
        return {"refused": refused, "optedOut": left}

    def update_contact(self, listId, email, subscribed):
        if not subscribed:
            self._list(listId).members.pop(email.lower(), None)
        return {}

    def _list(self, list_id):
        if int(list_id) not in self.lists:
            raise refusal("Unknown list")
        return self.lists[int(list_id)]


def refusal(text):
    return Refusal(200, {"error": text})
