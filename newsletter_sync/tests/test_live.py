"""The services themselves, for whoever has accounts at them: see DEVELOP.md."""

import os
import time
from uuid import uuid4

from odoo.tests import BaseCase, tagged

from ..providers import PROVIDERS, base, errors

# People who do not exist, at a domain that no service takes for an example.
DOMAIN = os.environ.get("NEWSLETTER_DOMAIN", "odoo-newsletter-sync.org")
LONGEST_JOB = 15 * 60


def setting(code, name):
    """Return the value of a setting: ``NEWSLETTER_MAILCHIMP_AUDIENCE`` and so on."""
    name = "key" if name == "api_key" else name
    return os.environ.get(f"NEWSLETTER_{code}_{name}".upper(), "")


@tagged("-standard", "external", "post_install", "-at_install")
class TestLive(BaseCase):
    """One list of two people comes and goes at each service whose key is known."""

    def exercise(self, code):
        provider = PROVIDERS[code]
        settings = {one.name: setting(code, one.name) for one in provider.settings}
        missing = [one.name for one in provider.settings if one.required]
        missing = [name for name in missing if not settings[name]]
        if missing:
            self.skipTest(f"{provider.label}: {', '.join(missing)} not set")
        client = provider(settings, setting(code, "url"))
        client.test_connection()
        name = f"Odoo test {uuid4().hex[:8]}"
        ann, bob = (f"{who}.{uuid4().hex[:8]}@{DOMAIN}" for who in ("ann", "bob"))
        mirror = LiveList(self, client, client.create_list(name).id)
        try:
            mirror.upsert(ann, bob)
            self.assertEqual(mirror.expect(ann, bob), {ann, bob})
            mirror.upsert(ann)
            mirror.remove(ann)
            self.assertEqual(mirror.expect(bob), {bob})
            mirror.upsert(ann)
            self.assertEqual(mirror.expect(ann, bob), {ann, bob})
            found = [one.id for one in client.find_lists(name)]
            self.assertEqual(found, [mirror.list_id])
        finally:
            mirror.clear(ann, bob)


class LiveList:
    """A list at a service, with the patience that it takes."""

    def __init__(self, test, client, list_id):
        self.test, self.client, self.list_id = test, client, list_id

    def upsert(self, *emails):
        contacts = [base.Contact(email) for email in emails]
        self._settle(self.client.upsert(self.list_id, contacts), emails)

    def remove(self, *emails):
        # Until then the service may not find them.
        time.sleep(self.client.support.visible_after)
        self._settle(self.client.remove(self.list_id, emails), emails)

    def _settle(self, answer, emails):
        results = list(answer.results)
        deadline = time.monotonic() + LONGEST_JOB
        while answer.job:
            self.test.assertLess(time.monotonic(), deadline, "the job never ends")
            time.sleep(answer.wait)
            self.list_id = answer.list_id or self.list_id
            answer = self.client.poll_job(answer.job, emails)
            results += answer.results
        self.list_id = answer.list_id or self.list_id
        states = {one.email: (one.state, one.reason) for one in results}
        self.test.assertEqual({state for state, _ in states.values()}, {"ok"}, states)

    def expect(self, *emails):
        """Return who is in the list, as soon as it is these people; at last whoever
        is in there."""
        if not self.client.support.enumerates:
            return set(emails)
        deadline = time.monotonic() + max(self.client.support.visible_after, 60)
        members = self._read()
        while members != set(emails) and time.monotonic() < deadline:
            time.sleep(5)
            members = self._read()
        return members

    def _read(self):
        members, page = set(), self.client.list_members(self.list_id)
        members.update(one.email.lower() for one in page.members)
        while page.cursor:
            time.sleep(page.wait)
            page = self.client.list_members(self.list_id, page.cursor)
            members.update(one.email.lower() for one in page.members)
        return members

    def clear(self, *emails):
        """Leave as little behind as the service allows."""
        self.remove(*emails)
        try:
            self.client.delete_list(self.list_id)
        except errors.Unsupported:
            return


def _test_of(code):
    def test(self):
        self.exercise(code)

    return test


for _code in PROVIDERS:
    setattr(TestLive, f"test_{_code}", _test_of(_code))
