import itertools
import json
from contextlib import contextmanager, nullcontext

from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.base.tests.common import BaseCommon

from ..providers import base as contract
from ..providers import errors, webhooks


class FakeService:
    """What a service has: lists of addresses, and the faults that it is told to have.

    :ivar lists: list id → {email: fields}
    :ivar names: list id → name
    :ivar calls: names of the verbs that were called
    :ivar opted_out: people who said no over there; ``bounced``: whose mail does
    :ivar refused: email → why the service does not take it
    :ivar faults: exceptions that the next calls raise, ``None`` for a call that works
    """

    def __init__(self, support=None):
        self.support = support or contract.Support(batch_size=3, remove_size=2)
        self.lists, self.names, self.calls = {}, {}, []
        self.opted_out, self.refused, self.faults = set(), {}, []
        self.bounced, self.webhooks = set(), {}
        self.bad_for_all, self.unremovable, self.reply_to = set(), set(), {}
        self.jobs, self.on_call = {}, None
        self.page_size, self.job_wait = 2, 0
        self._numbers = itertools.count(1)

    def make_list(self, name):
        number = str(next(self._numbers))
        self.lists[number], self.names[number] = {}, name
        return contract.RemoteList(number, name)

    def addresses(self, name=None):
        """Return the addresses of the only list, or of the one with the name."""
        [number] = [n for n in self.lists if name in (None, self.names[n])]
        return sorted(self.lists[number])

    def count(self, verb):
        return self.calls.count(verb)

    def client_class(self):
        attributes = {"service": self, "support": self.support}
        return type("Client", (FakeClient,), attributes)

    def _begin(self, verb):
        self.calls.append(verb)
        if self.on_call:
            self.on_call(verb)
        fault = self.faults.pop(0) if self.faults else None
        if fault and not isinstance(fault, AfterWork):
            raise fault
        return fault

    @contextmanager
    def _call(self, verb):
        fault = self._begin(verb)
        yield
        if fault:
            raise errors.Retryable("timed out")

    def _add(self, list_id, contact):
        if list_id not in self.lists:
            raise errors.ListGone("no such list")
        if contact.email in self.bad_for_all:
            raise errors.ContactError(f"{contact.email} is not valid")
        if contact.email in self.opted_out:
            return contract.Result(contact.email, contract.OPTED_OUT, "unsubscribed")
        if contact.email in self.refused:
            reason = self.refused[contact.email]
            return contract.Result(contact.email, contract.REFUSED, reason)
        self.lists[list_id][contact.email] = dict(contact.fields)
        return contract.Result(contact.email)

    def _remove(self, list_id, email):
        if email in self.unremovable:
            return contract.Result(email, contract.REFUSED, "in a running campaign")
        self.lists[list_id].pop(email, None)
        return contract.Result(email)

    def _member(self, email):
        status = contract.OPTED_OUT if email in self.opted_out else contract.ACTIVE
        status = contract.BOUNCED if email in self.bounced else status
        return contract.Member(email.title(), status)

    def _answer(self, list_id, results):
        if not self.support.jobs:
            return contract.Answer(results)
        job = f"job-{next(self._numbers)}"
        self.jobs[job] = (1, results)
        return contract.Answer(job=job, wait=self.job_wait)


class FakeClient(contract.Provider):
    """The client of a ``FakeService``."""

    code = "fake"
    label = "Fake"
    service = None

    def __init__(self, settings, base_url=""):
        super().__init__({}, base_url)
        self.settings = settings

    def test_connection(self):
        self.service._begin("test_connection")
        return "Fake account"

    def find_lists(self, name):
        self.service._begin("find_lists")
        return [
            contract.RemoteList(number, name)
            for number, found in self.service.names.items()
            if found == name
        ]

    def create_list(self, name):
        with self.service._call("create_list"):
            return self.service.make_list(name)

    def delete_list(self, list_id):
        with self.service._call("delete_list"):
            self.service.lists.pop(list_id)
            self.service.names.pop(list_id)

    def set_reply_to(self, list_id, address):
        self.service._begin("set_reply_to")
        self.service.reply_to[list_id] = address

    def upsert(self, list_id, contacts):
        with self.service._call("upsert"):
            return self.service._answer(
                list_id, [self.service._add(list_id, c) for c in contacts]
            )

    def remove(self, list_id, emails):
        with self.service._call("remove"):
            return self.service._answer(
                list_id, [self.service._remove(list_id, email) for email in emails]
            )

    def poll_job(self, job, emails):
        self.service._begin("poll_job")
        rounds, results = self.service.jobs[job]
        if rounds:
            self.service.jobs[job] = (rounds - 1, results)
            return contract.Answer(job=job, wait=self.service.job_wait)
        return contract.Answer([r for r in results if r.email in emails])

    def list_members(self, list_id, cursor=""):
        self.service._begin("list_members")
        gone = self.service.opted_out | self.service.bounced
        emails = sorted({*self.service.lists[list_id], *gone})
        start = int(cursor or 0)
        end = start + self.service.page_size
        return contract.Page(
            [self.service._member(email) for email in emails[start:end]],
            str(end) if end < len(emails) else "",
        )

    def ensure_field(self, list_id, name):
        self.service._begin("ensure_field")
        return name.upper()

    def add_webhook(self, url):
        self.service._begin("add_webhook")
        self.service.webhooks[url] = f"id of {url}"
        return webhooks.Webhook(self.service.webhooks[url], "key")

    def remove_webhook(self, webhook_id):
        self.service._begin("remove_webhook")
        self.service.webhooks.pop(webhook_id.removeprefix("id of "))

    def parse_webhook(self, headers, body, key):
        if headers.get("Signature", key) != key:
            raise webhooks.Forged("The signature is wrong.")
        return [webhooks.OptOut(*row) for row in json.loads(body)]


class AfterWork(Exception):
    """A fault: the service does its work, and its answer is lost."""


@tagged("post_install", "-at_install")
class NewsletterCommon(BaseCommon):
    """A service, an employee who makes newsletters, and customers with a tag."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marketer = new_test_user(
            cls.env,
            login="marketer",
            name="Mara",
            groups="base.group_user,base.group_partner_manager,"
            "newsletter_sync.group_newsletter_user",
        )
        cls.tag = cls.env["res.partner.category"].create({"name": "Newsletter"})
        cls.ann, cls.bob, cls.cid = cls.make_contacts("ann", "bob", "cid")

    def setUp(self):
        super().setUp()
        self.service = FakeService()
        account = type(self.env["newsletter.account"])
        self.patch(
            account,
            "_get_provider_class",
            lambda model, code: self.service.client_class(),
        )
        self.account = self.env["newsletter.account"].create(
            {"name": "Fake", "provider": "mailchimp", "api_key": "secret"}
        )
        self.account._claim()

    @classmethod
    def make_contacts(cls, *names, tagged=True, **values):
        return cls.env["res.partner"].create(
            [
                {
                    "name": name.capitalize(),
                    "email": f"{name}@customers.test",
                    "category_id": [(4, cls.tag.id)] if tagged else [],
                    **values,
                }
                for name in names
            ]
        )

    def make_list(self, domain=None, connect=True, **values):
        """Return a list of the marketer's, connected and filled."""
        domain = [("category_id", "in", self.tag.ids)] if domain is None else domain
        mine = self.env["newsletter.filter"].with_user(self.marketer)
        source = mine.create({"name": "Tagged", "domain": repr(domain)})
        record = mine.env["newsletter.list"].create(
            {"filter_id": source.id, "account_id": self.account.id, **values}
        )
        if connect:
            self.work()
        return record.sudo()

    def work(self):
        """Commit, and let the worker run until nothing is left to do now."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        in_test_mode = isinstance(self, HttpCase)
        with nullcontext() if in_test_mode else self.enter_registry_test_mode():
            error = self.account.cron_id.method_direct_trigger()
        self.assertIs(error, True, error)
        self.env.invalidate_all()

    def members(self, record, state="member"):
        found = record.member_ids.filtered(lambda member: member.state == state)
        return found.mapped("email_normalized")

    def member(self, record, email):
        return record.member_ids.filtered(lambda m: m.email_normalized == email)
