"""Mailchimp (Marketing API 3.0).

Lists are static segments of one audience, which every plan allows and which bills a
person once; or audiences of their own, where to remove is to archive.
"""

import re
from dataclasses import replace

from . import mailchimp_webhooks
from .base import OK, REFUSED, Answer, Provider, RemoteList, Result, Setting, Support
from .errors import AccountError, ListGone, PlanLimit, RateLimited
from .mailchimp_people import LEFT_ALONE, PAGE_SIZE, People, digest
from .texts import Text as _lt
from .transport import basic, retry_after
from .webhooks import Webhook

CONCURRENCY_PAUSE = 10


class _Mailchimp(Provider):
    standard_fields = {
        "first_name": "FNAME",
        "last_name": "LNAME",
        "phone": "PHONE",
        "language": "language",
    }

    no_address = _lt("A Mailchimp key ends with a data center, as in “-us21”.")

    def _default_url(self):
        center = self._settings["api_key"].rpartition("-")[2]
        if not re.fullmatch(r"[a-z]{2,4}\d{1,4}", center):
            return ""
        return f"https://{center}.api.mailchimp.com/3.0"

    def authorize(self, request):
        key = self._settings["api_key"]
        request.headers["Authorization"] = basic("odoo", key)

    def explain(self, response):
        status = response.status_code
        if status == 429 or status == 403 and not _is_json(response):
            pause = retry_after(response.headers, default=CONCURRENCY_PAUSE)
            return RateLimited(_lt("Too many calls at once."), pause, status)
        return super().explain(response)

    def test_connection(self):
        answer = self.http.call("GET", "/", params={"fields": "account_name"})
        return answer["account_name"]

    def _audience_path(self, list_id):
        """Return the path of the audience that a list is, or is part of."""
        raise NotImplementedError

    def _all(self, path, kind, **params):
        """Yield every ``RemoteList`` of a listing."""
        fields = f"{kind}.id,{kind}.name"
        found, offset = True, 0
        while found:
            params.update(count=PAGE_SIZE, offset=offset, fields=fields)
            found = self.http.call("GET", path, params=params)[kind]
            yield from map(_remote_list, found)
            offset += len(found)

    def ensure_field(self, list_id, name):
        if name in self.standard_fields:
            return self.standard_fields[name]
        path = f"{self._audience_path(list_id)}/merge-fields"
        known = self.http.call("GET", path, params={"count": 100})["merge_fields"]
        for one in known:
            if one["name"].casefold() == name.casefold():
                return one["tag"]
        values = {"name": name, "type": "text"}
        tag = re.sub(r"[^A-Z0-9]", "", name.upper())[:10]
        if tag and tag not in {one["tag"] for one in known}:
            values["tag"] = tag
        return self.http.call("POST", path, json=values)["tag"]

    def parse_webhook(self, headers, body, key):
        return list(mailchimp_webhooks.parse(body))


class Mailchimp(_Mailchimp):
    """Each list is a static segment of the account's audience."""

    code = "mailchimp"
    label = "Mailchimp"
    settings = (
        Setting("api_key", _lt("API key"), secret=True),
        Setting(
            "audience",
            _lt("Audience ID"),
            help=_lt("Audience → Settings → Audience ID"),
        ),
    )
    support = Support(batch_size=500, remove_size=500, webhooks="api")

    def __init__(self, settings, base_url=""):
        super().__init__(settings, base_url)
        self._path = f"/lists/{self._settings['audience']}"
        self._segments = f"{self._path}/segments"
        self._people = People(self.http, self._path)

    def _audience_path(self, list_id):
        return self._path

    def test_connection(self):
        name = super().test_connection()
        try:
            self.http.call("GET", self._path, params={"fields": "id"})
        except ListGone as error:
            raise AccountError(
                _lt("There is no audience with this ID."), 404
            ) from error
        return name

    def all_lists(self):
        return self._all(self._segments, "segments", type="static")

    def create_list(self, name):
        values = {"name": name, "static_segment": []}
        return _remote_list(self.http.call("POST", self._segments, json=values))

    def get_list(self, list_id):
        return _remote_list(self.http.call("GET", f"{self._segments}/{list_id}"))

    def rename_list(self, list_id, name):
        self.http.call("PATCH", f"{self._segments}/{list_id}", json={"name": name})

    def delete_list(self, list_id):
        self.http.delete(f"{self._segments}/{list_id}")

    def upsert(self, list_id, contacts):
        # People are subscribed first: not for a segment that is gone.
        self.get_list(list_id)
        results = self._people.subscribe(contacts)
        subscribed = [email for email, one in results.items() if one.state == OK]
        if subscribed:
            for email, text in self._change_segment(list_id, members_to_add=subscribed):
                results[email] = Result(email, REFUSED, text)
        return Answer(list(results.values()))

    def remove(self, list_id, emails):
        for email, _ in self._change_segment(list_id, members_to_remove=list(emails)):
            # Text and meaning of errors are not documented: this answer is clear.
            self.http.delete(f"{self._segments}/{list_id}/members/{digest(email)}")
        return Answer([Result(email) for email in emails])

    def _change_segment(self, list_id, **members):
        """Yield address and text of each error."""
        changes = {"members_to_add": [], "members_to_remove": [], **members}
        answer = self.http.call("POST", f"{self._segments}/{list_id}", json=changes)
        sent = {email.lower(): email for emails in changes.values() for email in emails}
        for one in answer["errors"]:
            for email in one["email_addresses"]:
                yield sent.get(email.lower(), email), one["error"]

    def list_members(self, list_id, cursor=""):
        kinds = ("cleaned", "unsubscribed", "transactional")
        params = {f"include_{kind}": "true" for kind in kinds}
        path = f"{self._segments}/{list_id}/members"
        return self._people.list_members(path, cursor, params)

    def add_webhook(self, url):
        path = f"{self._path}/webhooks"
        for one in self.http.call("GET", path)["webhooks"]:
            if one["url"] == url:
                return Webhook(one["id"])
        values = mailchimp_webhooks.values(url)
        return Webhook(self.http.call("POST", path, json=values)["id"])

    def remove_webhook(self, webhook_id):
        self.http.delete(f"{self._path}/webhooks/{webhook_id}")

    def parse_webhook(self, headers, body, key):
        # Who leaves the audience leaves all of its segments.
        audience = self._settings["audience"]
        left = super().parse_webhook(headers, body, key)
        return [replace(one, list_id="") for one in left if one.list_id == audience]


class MailchimpAudience(_Mailchimp):
    """Each list is an audience of its own."""

    code = "mailchimp_audience"
    label = "Mailchimp (an audience for each list)"
    settings = (
        Setting("api_key", _lt("API key"), secret=True),
        Setting("sender_name", _lt("Name of the sender")),
        Setting("sender_email", _lt("E-mail address of the sender")),
        Setting(
            "company",
            _lt("Company"),
            help=_lt("The law wants it in each newsletter."),
        ),
        Setting("street", _lt("Street")),
        Setting("city", _lt("City")),
        Setting("country", _lt("Country code"), help=_lt("Two letters, as in US")),
        Setting("language", _lt("Language code"), required=False),
    )
    support = Support(
        batch_size=500,
        remove_size=50,
        removal="archive",
        opt_outs="list",
        webhooks="hand",
    )

    def __init__(self, settings, base_url=""):
        super().__init__(settings, base_url)
        self._known_people = {}

    def _people(self, list_id):
        # Kept, since it knows who was in there a moment ago.
        path = self._audience_path(list_id)
        return self._known_people.setdefault(list_id, People(self.http, path))

    def _audience_path(self, list_id):
        return f"/lists/{list_id}"

    def all_lists(self):
        return self._all("/lists", "lists")

    def create_list(self, name):
        answer = self.http.call("GET", "/lists", params={"fields": "constraints"})
        limit = PlanLimit(_lt("The plan allows no further audience."), 403)
        if not answer["constraints"]["may_create"]:
            raise limit
        try:
            values = self._audience_values(name)
            return _remote_list(self.http.call("POST", "/lists", json=values))
        except AccountError as error:
            raise limit if error.status == 403 else error from None

    def _audience_values(self, name):
        value = self._settings.__getitem__
        return {
            "name": name,
            "permission_reminder": f"You are a contact of {value('company')}.",
            "email_type_option": False,
            "contact": {
                "company": value("company"),
                "address1": value("street"),
                "city": value("city"),
                "country": value("country"),
            },
            "campaign_defaults": {
                "from_name": value("sender_name"),
                "from_email": value("sender_email"),
                "subject": "",
                "language": value("language") or "en",
            },
        }

    def get_list(self, list_id):
        return _remote_list(self.http.call("GET", f"/lists/{list_id}"))

    def rename_list(self, list_id, name):
        # The specification wants all of it again.
        kept = "contact,permission_reminder,campaign_defaults,email_type_option"
        values = self.http.call("GET", f"/lists/{list_id}", params={"fields": kept})
        values["name"] = name
        self.http.call("PATCH", f"/lists/{list_id}", json=values)

    def delete_list(self, list_id):
        self.http.delete(f"/lists/{list_id}")

    def upsert(self, list_id, contacts):
        return Answer(list(self._people(list_id).subscribe(contacts).values()))

    def remove(self, list_id, emails):
        self.get_list(list_id)
        return Answer([self._archive(list_id, email) for email in emails])

    def _archive(self, list_id, email):
        """Archive a subscriber. Who opted out stays: an archive forgets it."""
        people = self._people(list_id)
        if people.status_of(email) == "unsubscribed":
            return Result(email, *LEFT_ALONE["unsubscribed"])
        try:
            self.http.delete(people.path_of(email))
        except AccountError as error:
            # Archived already, bounced or pending: gets no mail from this list.
            if error.status != 405:
                raise
        return Result(email)

    def list_members(self, list_id, cursor=""):
        path = f"{self._audience_path(list_id)}/members"
        return self._people(list_id).list_members(path, cursor, {})


def _is_json(response):
    try:
        return bool(response.json())
    except ValueError:
        return False


def _remote_list(answer):
    return RemoteList(str(answer["id"]), answer["name"])
