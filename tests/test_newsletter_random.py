"""Thousands of random operations here and over there: in the end the lists hold
exactly the filters' people."""

import os
import random
from contextlib import ExitStack

import pytest

from dev import database, postgres
from dev.server import OdooServer
from tests import simulators
from tests.conftest import NO_CRON
from tests.newsletters import Newsletters
from tests.web_client import ServerError

STEPS = int(os.environ.get("NEWSLETTER_STEPS", 2000))
SEED = int(os.environ.get("NEWSLETTER_SEED", 1))
STEPS_BETWEEN_RUNS = 3
CHECKS = 3
# Where people leave a list, and not all of them.
PER_LIST = ("sendpulse", "unisender")
# They tell not of everybody who opted out or was refused.
SILENT = ("sendpulse", "esputnik", "yespo", "endpoint")
# It tells of nobody who is in a list.
UNREADABLE = ("endpoint",)
# An address for Odoo, but not for the services.
REFUSED = "a@b"
FAULTS = (
    {"status": 429, "headers": {"Retry-After": "1"}},
    {"status": 500},
    {"status": 503, "after": True},
    {"drop": True},
    {"drop": True, "after": True},
)


@pytest.fixture(scope="module")
def odoo():
    with postgres.running(), database.fresh("newsletter_random") as db:
        database.speed_up(db)
        with OdooServer(db, extra_args=[NO_CRON]) as server:
            yield server


class World:
    """Contacts, tasks and all services, and random things that happen to them.

    :ivar opted_out: who left what, as service, id of the list or ``None`` for all
        lists, and address
    """

    def __init__(self, newsletters, accounts, seed):
        self.seed = seed
        self.newsletters, self.accounts = newsletters, accounts
        self.admin, self.call = newsletters.admin, newsletters.call
        self.contacts, self.tasks, self.opted_out = [], [], set()
        self.number = 0
        project = self.admin.project("Campaign")
        self.project_id = project
        self.stages = [self.admin.stage(project, name) for name in ("New", "Done")]
        tagged = [("category_id", "in", [newsletters.tag_id])]
        done = [("task_ids.stage_id", "in", [self.stages[1]])]
        self.filters = [
            newsletters.filter("Tagged", tagged),
            newsletters.filter("With a task that is done", done),
        ]
        self.lists = {
            account.mirror(filter_id, brake_minimum=1_000_000): (account, filter_id)
            for account in accounts
            for filter_id in self.filters
        }

    # ------------------------------------------------------------------
    # What may happen
    # ------------------------------------------------------------------

    def create(self):
        self.number += 1
        tagged = self.random.random() < 0.7
        contact = self.newsletters.contact(f"p{self.number}", tagged=tagged)
        self.contacts.append(contact)

    def edit(self):
        self._write(phone=str(self.random.random()))

    def tag(self):
        self._write(category_id=[(4, self.newsletters.tag_id)])

    def untag(self):
        self._write(category_id=[(3, self.newsletters.tag_id)])

    def tag_from_its_own_side(self):
        if self.contacts:
            command = (self.random.choice((3, 4)), self._pick())
            tag = self.newsletters.tag_id
            self.admin.write("res.partner.category", tag, partner_ids=[command])

    def change_address(self):
        self.number += 1
        self._write(email=f"Moved <P{self.number}@Customers.test>")

    def share_address(self):
        other = self.admin.read("res.partner", self._pick(), "email").email
        self._write(email=other)

    def spoil_address(self):
        self._write(
            email=self.random.choice(("no address", "", f"{REFUSED}, c@d.test"))
        )

    def archive(self):
        self._write(active=False)

    def unarchive(self):
        self._write(active=True)

    def delete(self):
        contact = self._pick()
        if contact:
            self.contacts.remove(contact)
            self.call("res.partner", "unlink", [contact])

    def merge(self):
        if len(self.contacts) < 4:
            return
        gone, kept = self.random.sample(self.contacts, 2)
        wizard = self.admin.create(
            "base.partner.merge.automatic.wizard",
            partner_ids=[(6, 0, [gone, kept])],
            dst_partner_id=kept,
        )
        self.call("base.partner.merge.automatic.wizard", "action_merge", [wizard])
        self.contacts.remove(gone)

    def make_task(self):
        if self.contacts:
            stage = self.random.choice(self.stages)
            task = self.admin.create(
                "project.task",
                name="Call",
                project_id=self.project_id,
                partner_id=self._pick(),
                stage_id=stage,
            )
            self.tasks.append(task)

    def move_task(self):
        if self.tasks:
            stage = self.random.choice(self.stages)
            task = self.random.choice(self.tasks)
            self.admin.write("project.task", task, stage_id=stage)

    def block(self):
        if email := self._address():
            self.call("mail.blacklist", "create", {"email": email})
            [entry] = self._entries(email)
            self.admin.write("mail.blacklist", entry.id, active=True)

    def unblock(self):
        for entry in self._entries():
            self.admin.write("mail.blacklist", entry.id, active=False)

    def opt_out_over_there(self):
        simulator = self.random.choice(self.accounts).simulator
        known = [
            (one["id"], email)
            for one in simulator.state()["lists"]
            for email, status in sorted(one["members"].items())
            if status == "active"
        ]
        if known:
            list_id, email = self.random.choice(known)
            act = self.random.choice(("opt_out", "complain"))
            simulator.act(act, email=email, list_id=list_id)
            # A complaint of spam is about all mail.
            per_list = act == "opt_out" and simulator.service in PER_LIST
            only = str(list_id) if per_list else None
            self.opted_out.add((simulator.service, only, email))

    def fail(self):
        simulator = self.random.choice(self.accounts).simulator
        simulator.set_fault(
            **self.random.choice(FAULTS),
            skip=self.random.randrange(4),
            times=self.random.randrange(1, 4),
        )

    def _write(self, **values):
        if self.contacts:
            self.admin.write("res.partner", self._pick(), **values)

    def _pick(self):
        return self.random.choice(self.contacts) if self.contacts else False

    def _address(self):
        contact = self._pick()
        read = contact and self.admin.read("res.partner", contact, "email_normalized")
        return read and read.email_normalized

    def _entries(self, email=None):
        domain = [("active", "in", [True, False])]
        domain += [("email", "=", email)] if email else []
        return self.admin.search("mail.blacklist", domain, "email", "active")

    # ------------------------------------------------------------------
    # Steps and end
    # ------------------------------------------------------------------

    WEIGHTS = {
        "create": 6,
        "edit": 6,
        "tag": 5,
        "untag": 4,
        "tag_from_its_own_side": 2,
        "change_address": 3,
        "share_address": 2,
        "spoil_address": 1,
        "archive": 2,
        "unarchive": 2,
        "delete": 2,
        "merge": 1,
        "make_task": 3,
        "move_task": 3,
        "block": 2,
        "unblock": 0.3,
        "opt_out_over_there": 0.7,
        "fail": 2,
    }

    def step(self, number):
        """Do one thing. What it is depends on its number only, and not on how far
        Odoo and the services were by the clock when another one happened."""
        self.random = random.Random(f"{self.seed}-{number}")
        [name] = self.random.choices([*self.WEIGHTS], [*self.WEIGHTS.values()])
        try:
            getattr(self, name)()
        except ServerError as error:
            # Odoo may refuse an operation, such as a merge of a user's contact.
            assert "UserError" in str(error) or "ValidationError" in str(error), error

    def run(self):
        account = self.random.choice(self.accounts)
        if self.random.random() < 0.5:
            account.skip_pauses()
        account.run()

    def finish(self):
        """Let all faults end, and the workers come to rest."""
        for account in self.accounts:
            account.simulator.set_fault(clear=True)
            account.skip_pauses()
            account.settle()

    def expected(self, list_id):
        account, filter_id = self.lists[list_id]
        blocked = {entry.email for entry in self._entries() if entry.active}
        out = self.out_of(list_id) | self.other_addresses_of_opted_out(list_id)
        return sorted(
            set(self.newsletters.selected(filter_id)) - blocked - out - {REFUSED}
        )

    def out_of(self, list_id):
        """Return who opted out of a list, or of all lists of its account."""
        account, _ = self.lists[list_id]
        service = account.simulator.service
        remote_id = account.list(list_id).remote_id
        return {
            email
            for name, only, email in self.opted_out
            if name == service and only in (None, remote_id)
        }

    def other_addresses_of_opted_out(self, list_id):
        """Return the addresses in a list of those who opted out under another one; who
        they are is what Odoo knew of them then."""
        names = ("email_normalized", "partner_id", "opt_out")
        members = self.admin.search(
            "newsletter.member", [("list_id", "=", list_id)], *names
        )
        told = [one for one in members if one.opt_out in ("unsubscribed", "complained")]
        assert {one.email_normalized for one in told} <= self.out_of(list_id)
        people = {one.partner_id for one in told} - {False}
        return {one.email_normalized for one in members if one.partner_id in people}

    def known(self, list_id):
        """Return who is in a list as far as Odoo can know."""
        account, _ = self.lists[list_id]
        members = set(account.members(list_id))
        if account.simulator.service in SILENT:
            members -= {*self.out_of(list_id), REFUSED}
        return sorted(members)

    def actual(self, list_id):
        account, _ = self.lists[list_id]
        name = account.list(list_id).name
        lists = account.simulator.state()["lists"]
        [members] = [one["members"] for one in lists if one["name"] == name]
        return sorted(email for email, status in members.items() if status == "active")

    def story(self, list_id, emails):
        """Tell all that is known of addresses that are where they should not be."""
        account, _ = self.lists[list_id]
        service = account.simulator.service
        among = [("email_normalized", "in", sorted(emails))]
        of_list = [("list_id", "=", list_id), *among]
        fields = ("email_normalized", "desired", "state", "opt_out", "due", "answer")
        members = self.admin.search("newsletter.member", of_list, *fields)
        contacts = self.admin.search("res.partner", among, "email_normalized")
        return service, account.list(list_id).name, members, contacts


def test_random_operations(odoo):
    newsletters = Newsletters(odoo.url, odoo.db)
    parameters = ("web.base.url", odoo.url)
    newsletters.call("ir.config_parameter", "set_param", *parameters)
    with ExitStack() as stack:
        accounts = []
        for service in simulators.SIMULATORS:
            running = simulators.running(service, job_polls=1)
            simulator = stack.enter_context(running)
            account = newsletters.connect_account(service, simulator)
            newsletters.admin.write("newsletter.account", account.id, opt_outs="note")
            accounts.append(account)
        world = World(newsletters, accounts, SEED)
        for number in range(STEPS):
            world.step(number)
            if number % STEPS_BETWEEN_RUNS == 0:
                world.run()
            if number % (STEPS // CHECKS) == STEPS // CHECKS - 1:
                check(world)


def check(world):
    world.finish()
    for list_id, (account, _) in world.lists.items():
        record = account.list(list_id)
        assert record.state == "active", record.problem
        expected = world.expected(list_id)
        actual = world.actual(list_id)
        assert actual == expected, world.story(list_id, {*actual} ^ {*expected})
        # Who opted out is learned when the person is sent, or once a day.
        if account.simulator.service not in UNREADABLE:
            account.audit(list_id)
        known = world.known(list_id)
        assert known == expected, world.story(list_id, {*known} ^ {*expected})
    for account in world.accounts:
        assert len(account.simulator.state()["lists"]) == 2
