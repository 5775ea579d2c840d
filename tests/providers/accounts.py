"""A client and the simulator that it talks to."""

from contextlib import contextmanager

from odoo.addons.newsletter_sync.providers import PROVIDERS
from odoo.addons.newsletter_sync.providers.base import Contact

from tests.simulators import running

# Services whose simulator has another name than the client.
SIMULATOR_OF = {"mailchimp_audience": "mailchimp"}
SETTINGS = {
    "sender_name": "ACME",
    "sender_email": "news@acme.test",
    "company": "ACME",
    "street": "1 Main Street",
    "city": "Kyiv",
    "country": "UA",
}
MANY_POLLS = 60


def codes(**support):
    """Return the codes of the services whose support has these values."""
    return [
        code
        for code, provider in PROVIDERS.items()
        if all(getattr(provider.support, name) == v for name, v in support.items())
    ]


@contextmanager
def running_account(code, **options):
    with running(SIMULATOR_OF.get(code, code), **options) as simulator:
        yield Account(code, simulator)


class Account:
    """An account at a simulated service."""

    def __init__(self, code, simulator):
        self.code, self.simulator = code, simulator
        self.provider = PROVIDERS[code]
        self.support = self.provider.support
        self.client = self.new_client()

    def new_client(self, **settings):
        values = {**SETTINGS, **self.simulator.settings, **settings}
        client = self.provider(values, self.simulator.base_url)
        # Its clock is not the simulator's.
        client.http.limiter = None
        return client

    def connect_to(self, list_id):
        return Mirror(self, list_id)

    def can(self, verb):
        """Return whether a verb makes a call."""
        wanted = {
            "read": self.support.enumerates,
            "field": self.support.creates_fields and self.simulator.makes_fields,
            "find": self.support.finds_lists,
        }
        return wanted.get(verb, True)

    def secrets(self):
        """Return what must never be shown."""
        names = [one.name for one in self.provider.settings if one.secret]
        return [self.simulator.settings[name] for name in names]

    def contact(self, email, **fields):
        return Contact(email, fields)

    def connect(self, name="Buyers – Ann", *emails):
        """Return a new list with some members."""
        mirror = Mirror(self, self.client.create_list(name).id)
        if emails:
            mirror.push(*emails)
        return mirror

    def field(self, mirror, name):
        """Return the key of a field; where fields are made by hand, make it."""
        if not self.support.creates_fields:
            self.simulator.make_field(name)
        return self.client.ensure_field(mirror.id, name)

    def upserts(self):
        """Return how many calls added contacts."""
        return sum(self.simulator.calls[call] for call in self.simulator.UPSERTS)

    def wait(self, seconds):
        self.simulator.set_fault(advance=seconds)

    def become_visible(self):
        self.wait(self.support.visible_after)


class Mirror:
    """A list, as the engine would treat it."""

    def __init__(self, account, list_id):
        self.account, self.id = account, list_id

    @property
    def client(self):
        return self.account.client

    def push(self, *contacts, **fields):
        """Add contacts (or addresses); return the results by address."""
        contacts = [
            Contact(one, fields) if isinstance(one, str) else one for one in contacts
        ]
        answer = self.client.upsert(self.id, contacts)
        return self.settle(answer, [one.email for one in contacts])

    def remove(self, *emails):
        self.account.become_visible()
        return self.settle(self.client.remove(self.id, emails), emails)

    def settle(self, answer, emails):
        results = {}
        for _ in range(MANY_POLLS):
            results.update({one.email: one for one in answer.results})
            self.id = answer.list_id or self.id
            if not answer.job:
                break
            self.account.wait(answer.wait)
            # Any worker may go on with a job.
            self.account.client = self.account.new_client()
            open_ones = [email for email in emails if email not in results]
            answer = self.client.poll_job(answer.job, open_ones)
        assert not answer.job, "The job never ends."
        assert results.keys() == set(emails)
        return results

    def states(self, *contacts, **fields):
        return {
            email: one.state for email, one in self.push(*contacts, **fields).items()
        }

    def read(self):
        """Return the status of each member by address, as the client reads it."""
        self.account.become_visible()
        pages, cursor = [], ""
        for _ in range(200):
            page = self.client.list_members(self.id, cursor)
            pages.append(page.members)
            cursor = page.cursor
            self.account.wait(page.wait)
            if not cursor:
                break
        assert not cursor, "The pages never end."
        return {one.email.lower(): one.status for page in pages for one in page}

    @property
    def there(self):
        """The same as it is over there."""
        return self.account.simulator.members(self.id)

    @property
    def mailed(self):
        """The addresses that get the newsletter."""
        return {email for email, status in self.there.items() if status == "active"}
