"""How the services tell of opt-outs: they call the addresses they were given."""

import base64
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from hashlib import md5, sha256
from urllib.parse import urlencode
from uuid import uuid4

import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .server import Response, route
from .service import Refusal

SECONDS = 10


@dataclass
class Hook:
    """:ivar events: the service's names of those that are told"""

    id: object
    url: str
    events: set
    key: str = ""


class Webhooks:
    """:cvar TOLD: the service's event for each act that it tells of"""

    TOLD = {}

    def __init__(self, **options):
        super().__init__(**options)
        self.hooks = {}
        # The answers of those who were called.
        self.told = []

    def act(self, name, **arguments):
        super().act(name, **arguments)
        if event := self.TOLD.get(name):
            self.tell(name, event, **arguments)

    def tell(self, act, event, email, list_id=None):
        """Call each address that wants the event."""
        for hook in [one for one in self.hooks.values() if event in one.events]:
            headers, body = self.webhook_call(hook, act, event, email, list_id)
            response = requests.post(
                hook.url, data=body, headers=headers, timeout=SECONDS
            )
            self.told.append(response.status_code)

    def webhook_call(self, hook, act, event, email, list_id):
        """Return headers and body of a call."""
        raise NotImplementedError

    def add_hook(self, hook_id, url, events, key=""):
        self.hooks[hook_id] = Hook(hook_id, url, set(events), key)
        return self.hooks[hook_id]

    def add_by_hand_hook(self, url):
        """Add a webhook, as people do on the website."""
        self.add_hook(self.number(), url, self.TOLD.values())

    def drop_hook(self, hook_id, error=None):
        if not self.hooks.pop(hook_id, None) and error:
            raise error


def now():
    return datetime.now(timezone.utc)


def to_json(content, **headers):
    return {"Content-Type": "application/json", **headers}, json.dumps(content).encode()


class MailchimpWebhooks(Webhooks):
    """Each audience has its own; who makes one by the API is asked whether it is
    there."""

    TOLD = {"opt_out": "unsubscribe", "bounce": "cleaned", "complain": "unsubscribe"}
    NOT_FOUND = Refusal(404, {"title": "Resource Not Found", "status": 404})

    @route("GET", "/3.0/lists/{audience}/webhooks")
    def get_webhooks(self, request, audience):
        self.audience(audience)
        shown = [
            {"id": one.id, "url": one.url, "list_id": audience}
            for one in self.hooks.values()
        ]
        return {"webhooks": shown, "list_id": audience, "total_items": len(shown)}

    @route("POST", "/3.0/lists/{audience}/webhooks")
    def create_webhook(self, request, audience):
        self.audience(audience)
        values = request.json
        if not self._answers(values["url"]):
            text = "We couldn't connect to the given URL."
            raise Refusal(400, {"title": "Bad Request", "status": 400, "detail": text})
        wanted = [name for name, told in values["events"].items() if told]
        hook = self.add_hook(uuid4().hex[:10], values["url"], wanted)
        return {"id": hook.id, "list_id": audience, **values}

    def _answers(self, url):
        try:
            return requests.get(url, timeout=SECONDS).ok
        except requests.RequestException:
            return False

    @route("DELETE", "/3.0/lists/{audience}/webhooks/{webhook}")
    def delete_webhook(self, request, audience, webhook):
        self.drop_hook(webhook, self.NOT_FOUND)
        return Response(status=204)

    def webhook_call(self, hook, act, event, email, list_id):
        audience, _segment = self._place(list_id or next(iter(self.lists)))
        reason = {"opt_out": "manual", "bounce": "hard", "complain": "abuse"}[act]
        data = {"email": email, "list_id": audience.id, "reason": reason}
        if event == "unsubscribe":
            data["action"] = "unsub"
        form = {"type": event, "fired_at": f"{now():%Y-%m-%d %H:%M:%S}"}
        form.update({f"data[{name}]": value for name, value in data.items()})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return kind, urlencode(form).encode()


class MailerLiteWebhooks(Webhooks):
    """Calls are signed with a key that the webhook's making shows."""

    TOLD = {
        "opt_out": "subscriber.unsubscribed",
        "bounce": "subscriber.bounced",
        "complain": "subscriber.spam_reported",
    }

    @route("GET", "/api/webhooks")
    def get_webhooks(self, request):
        hidden = self.reading("webhook_secret_shown", False)
        return {"data": [self._show_hook(one, hidden) for one in self.hooks.values()]}

    @route("POST", "/api/webhooks")
    def create_webhook(self, request):
        values, key = request.json, uuid4().hex
        hook = self.add_hook(self.new_id(), values["url"], values["events"], key)
        return Response({"data": self._show_hook(hook, True)}, 201)

    def _show_hook(self, hook, with_key):
        shown = {"id": hook.id, "url": hook.url, "events": sorted(hook.events)}
        return {**shown, "enabled": True, **({"secret": hook.key} if with_key else {})}

    @route("DELETE", "/api/webhooks/{webhook}")
    def delete_webhook(self, request, webhook):
        self.drop_hook(webhook, Refusal(404, {"message": "Resource not found."}))
        return Response(status=204)

    def webhook_call(self, hook, act, event, email, list_id):
        person = {"id": self.people[email.lower()].id, "email": email}
        at = {"unsubscribed_at": f"{now():%Y-%m-%d %H:%M:%S}"}
        content = {"event": event, "account_id": 1, **person, **at}
        if self.reading("webhook_layout", "flat") == "batch":
            inner = {"type": event, "subscriber": {**person, **at}}
            content = {"events": [inner], "total": 1}
        headers, body = to_json(content)
        signature = hmac.new(hook.key.encode(), body, sha256).hexdigest()
        return {**headers, "Signature": signature}, body


class SendGridWebhooks(Webhooks):
    """The events of the account are signed once that was asked for."""

    TOLD = {"opt_out": "unsubscribe", "bounce": "bounce", "complain": "spam_report"}
    EVENTS = {"spam_report": "spamreport"}

    @cached_property
    def private_key(self):
        return ec.generate_private_key(ec.SECP256R1())

    @route("GET", "/v3/user/webhooks/event/settings/all")
    def get_webhooks(self, request):
        shown = [{"id": one.id, "url": one.url} for one in self.hooks.values()]
        return {"max_allowed": 5, "webhooks": shown}

    @route("POST", "/v3/user/webhooks/event/settings")
    def create_webhook(self, request):
        values = request.json
        wanted = [name for name, told in values.items() if told is True]
        hook = self.add_hook(str(uuid4()), values["url"], wanted)
        return Response({"id": hook.id, **values}, 201)

    @route("PATCH", "/v3/user/webhooks/event/settings/signed/{webhook}")
    def sign_webhook(self, request, webhook):
        encoding = serialization.Encoding.DER
        kind = serialization.PublicFormat.SubjectPublicKeyInfo
        public = self.private_key.public_key().public_bytes(encoding, kind)
        self.hooks[webhook].key = base64.b64encode(public).decode()
        return {"id": webhook, "public_key": self.hooks[webhook].key}

    @route("DELETE", "/v3/user/webhooks/event/settings/{webhook}")
    def delete_webhook(self, request, webhook):
        self.drop_hook(webhook, Refusal(404, {"errors": [{"message": "not found"}]}))
        return Response(status=204)

    def webhook_call(self, hook, act, event, email, list_id):
        told = {"email": email, "event": self.EVENTS.get(event, event)}
        told["timestamp"] = stamp = int(self.now())
        # Events that nobody asked for come along in real life.
        headers, body = to_json([{**told, "event": "processed"}, told])
        signed = f"{stamp}".encode() + body
        signature = self.private_key.sign(signed, ec.ECDSA(hashes.SHA256()))
        name = "X-Twilio-Email-Event-Webhook"
        headers[f"{name}-Timestamp"] = str(stamp)
        headers[f"{name}-Signature"] = base64.b64encode(signature).decode()
        return headers, body


class SendPulseWebhooks(Webhooks):
    """There is one webhook for each event, and nothing is signed."""

    TOLD = {"opt_out": "unsubscribe", "bounce": "hard_bounces", "complain": "spam"}

    @route("GET", "/v2/email-service/webhook")
    def get_webhooks(self, request):
        shown = [
            {"id": one.id, "user_id": 1, "url": one.url, "action": min(one.events)}
            for one in self.hooks.values()
        ]
        return {"success": True, "data": shown}

    @route("POST", "/v2/email-service/webhook")
    def create_webhooks(self, request):
        for action in request.json["actions"]:
            self.add_hook(self.number(), request.json["url"], [action])
        return self.get_webhooks(request)

    @route("DELETE", "/v2/email-service/webhook/{webhook}")
    def delete_webhook(self, request, webhook):
        missing = Refusal(404, {"message": "Not found", "error_code": 404})
        self.drop_hook(int(webhook), missing)
        return {"success": True, "data": [True]}

    def webhook_call(self, hook, act, event, email, list_id):
        told = {"timestamp": str(int(self.now())), "event": event, "email": email}
        if event == "unsubscribe":
            told.update(book_id=str(list_id), from_all="0", reason=None, categories="")
        return to_json([{**told, "task_id": "3668141"}])


class UnisenderWebhooks(Webhooks):
    """A webhook is known by its address. ``auth`` in the body signs it."""

    TOLD = {
        "opt_out": "unsubscribe",
        "bounce": "email_status",
        "complain": "email_status",
    }
    STATUSES = {"bounce": "err_user_unknown", "complain": "ok_fbl"}

    @route("POST", "/en/api/setHook")
    def set_hook(self, request):
        url = request.values["hook_url"]
        self.add_hook(url, url, request.values["events"])
        return {"result": {}}

    @route("POST", "/en/api/removeHook")
    def remove_hook(self, request):
        missing = Refusal(200, {"error": "No such hook", "code": "invalid_arg"})
        self.drop_hook(request.values["hook_url"], missing)
        return {"result": {}}

    def webhook_call(self, hook, act, event, email, list_id):
        data = {"email": email}
        if event == "unsubscribe":
            named = self.reading("unsubscribe_lists", "just_unsubscribed_list_ids")
            data[named] = [int(list_id)]
        else:
            data["status"] = self.STATUSES[act]
        one = {"event_name": event, "event_data": data}
        one["event_time"] = f"{now():%Y-%m-%d %H:%M:%S}"
        events = self.reading("events_name", "Events")
        key = self.settings["api_key"]
        content = {"auth": key, "num": 1}
        headers, body = to_json(
            {**content, "events_by_user": [{"login": "me", events: [one]}]}
        )
        auth = md5(body).hexdigest()
        return headers, body.replace(key.encode(), auth.encode(), 1)


class EndpointWebhooks(Webhooks):
    """It is written to call the address that Odoo shows."""

    TOLD = {
        "opt_out": "unsubscribed",
        "bounce": "bounced",
        "complain": "complained",
    }

    def webhook_call(self, hook, act, event, email, list_id):
        told = {"email": email, "kind": event, "at": now().isoformat()}
        if event == "unsubscribed":
            told["listId"] = str(list_id)
        return to_json(told)
