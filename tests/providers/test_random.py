"""Many operations in any order, with faults in between: the list ends as it should."""

import random

import pytest

from odoo.addons.newsletter_sync.providers import errors

STEPS = 150
PEOPLE = [f"person{n}@acme.test" for n in range(12)]
FAULTS = (
    {"after": True, "drop": True},
    {"drop": True},
    {"status": 500},
    {"status": 429, "headers": {"Retry-After": "1"}},
)


class Run:
    """A list, and what it should hold.

    :ivar wanted: whom we added; ``left``: who opted out over there
    """

    def __init__(self, account, seed):
        self.random = random.Random(seed)
        self.account = account
        self.mirror = account.connect("Buyers", PEOPLE[0])
        self.wanted, self.left = {PEOPLE[0]}, set()

    def step(self):
        operations = [self.push, self.push, self.remove, self.break_next]
        self.random.choice([*operations, self.opt_out, self.rename])()

    def push(self):
        emails = self._some(PEOPLE)
        self._until_done(self.mirror.push, emails)
        self.wanted.update(emails)

    def remove(self):
        emails = self._some(PEOPLE)
        self._until_done(self.mirror.remove, emails)
        self.wanted.difference_update(emails)

    def opt_out(self):
        there = sorted(self.mirror.mailed)
        if there:
            email = self.random.choice(there)
            self.account.simulator.opt_out(email, self.mirror.id)
            self.left.add(email)

    def rename(self):
        name = f"Name {self.random.random()}"
        self.account.simulator.rename_by_hand(self.mirror.id, name)

    def break_next(self):
        skip = self.random.randrange(3)
        self.account.simulator.set_fault(skip=skip, **self.random.choice(FAULTS))

    def _some(self, people):
        return self.random.sample(people, self.random.randrange(1, len(people) + 1))

    def _until_done(self, verb, emails):
        """Repeat as the engine does."""
        for _ in range(20):
            try:
                states = {one.state for one in verb(*emails).values()}
            except errors.RateLimited as error:
                self.account.wait(error.retry_after)
                continue
            except errors.Retryable:
                continue
            if "retry" not in states:
                return
        raise AssertionError("It is never done.")


@pytest.mark.parametrize("seed", range(3))
def test_list_ends_as_it_should(account, seed):
    account.simulator.options.job_polls = 1
    run = Run(account, seed)
    for _ in range(STEPS):
        run.step()
        assert run.mirror.mailed == run.wanted - run.left
    assert len(account.simulator.shown_lists()) == 1
