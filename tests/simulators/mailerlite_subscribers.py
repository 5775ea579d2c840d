"""MailerLite's subscribers, and its batches of calls."""

import json
from urllib.parse import urlsplit

from .mailerlite import MailerLiteGroups, invalid, missing, show_group
from .server import Request, Response, find_route, route
from .service import Refusal
from .webhooks import MailerLiteWebhooks

STATUSES = {"active": "active", "opted_out": "unsubscribed", "bounced": "bounced"}
AT_ONCE = 50


class MailerLite(MailerLiteWebhooks, MailerLiteGroups):
    """The whole service."""

    # ------------------------------------------------------------------
    # Subscribers
    # ------------------------------------------------------------------

    @route("GET", "/api/subscribers")
    def get_subscribers(self, request):
        if request.query.get("limit") == "0":
            return {"total": len(self.people)}
        return {"data": [self._show(one) for one in self.people.values()]}

    @route("POST", "/api/subscribers")
    def post_subscriber(self, request):
        values = request.json
        email = values["email"]
        known = self.people.get(email.lower())
        if known and known.status != "active":
            state = STATUSES[known.status]
            raise invalid("email", f"This subscriber is {state} and cannot be imported")
        if self.is_refused(email):
            raise invalid("email", "The email must be a valid email address.")
        self.check_plan([email])
        for group in values.get("groups", ()):
            if group not in self.lists:
                raise invalid("groups.0", "The selected group is invalid.")
        person = self._write(email, values.get("fields"), values.get("groups", ()))
        return Response({"data": self._show(person)}, 200 if known else 201)

    @route("GET", "/api/subscribers/{subscriber}")
    def get_subscriber(self, request, subscriber):
        return {"data": self._show(self._find(subscriber))}

    @route("DELETE", "/api/subscribers/{subscriber}/groups/{group}")
    def leave_group(self, request, subscriber, group):
        person = self._find(subscriber)
        if self._group(group).members.pop(person.email, None) is None:
            raise missing("Subscriber")
        return Response(status=204)

    @route("POST", "/api/subscribers/{subscriber}/groups/{group}")
    def join_group(self, request, subscriber, group):
        person = self._find(subscriber)
        self._group(group).members[person.email] = "active"
        return {"data": show_group(self._group(group))}

    @route("GET", "/api/groups/{group}/subscribers")
    def get_members(self, request, group):
        members = self._group(group).members
        wanted = request.query.get("filter[status]") or "active"
        found = [self.people[email] for email in members]
        found = [one for one in found if STATUSES[one.status] == wanted]
        limit = min(int(request.query.get("limit", 50)), 1000)
        start = int(request.query.get("cursor") or 0)
        following = start + limit
        meta = {"next_cursor": str(following) if following < len(found) else None}
        shown = [self._show(one) for one in found[start:following]]
        return {"data": shown, "meta": {**meta, "per_page": limit}}

    def _find(self, subscriber):
        for email, person in self.people.items():
            if subscriber.lower() in (email, person.id):
                return person
        raise missing("Subscriber")

    def _show(self, person):
        groups = [one for one in self.lists.values() if person.email in one.members]
        return {
            "id": person.id,
            "email": person.email,
            "status": STATUSES[person.status],
            "fields": person.fields,
            "groups": [show_group(one) for one in groups],
        }

    @route("POST", "/api/batch")
    def batch(self, request):
        calls = request.json["requests"]
        if len(calls) > AT_ONCE:
            raise invalid("requests", "A batch has 50 requests at most.")
        if {(one["method"], one["path"]) for one in calls} == {
            ("POST", "api/subscribers")
        }:
            self._count_import()
        answers = [self._call(request, **one) for one in calls]
        good = sum(one["code"] < 400 for one in answers)
        totals = {"total": len(calls), "successful": good, "failed": len(calls) - good}
        return {**totals, "responses": answers}

    def _call(self, request, method, path, body=None):
        content = json.dumps(body or {}).encode()
        path = urlsplit(f"/{path}").path
        inner = Request(method, path, {}, request.headers, content)
        answer = self._answer(inner, find_route(self, inner))
        return {"code": answer.status, "body": answer.body}

    def _answer(self, request, found):
        if not found:
            return self.unknown_call(request)
        function, _, arguments = found
        try:
            answer = function(request, **arguments)
        except Refusal as refusal:
            return refusal.response
        return answer if isinstance(answer, Response) else Response(answer)
