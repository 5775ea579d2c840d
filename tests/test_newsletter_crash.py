"""kill -9 at each step between Odoo and a service: nobody is lost, nothing doubled."""

from contextlib import suppress
from dataclasses import dataclass

import pytest
import requests

from dev import database, odoo_process, postgres
from dev.paths import ROOT
from dev.server import OdooServer
from tests import fuses as points
from tests import simulators
from tests.conftest import NO_CRON
from tests.newsletters import Account, Newsletters

# One that answers at once and one that works on: every point on its own.
PROVIDERS = ("mailchimp", "sendgrid")
SERVICES = sorted(simulators.SIMULATORS)
# Before and after each transaction of the worker, in the order of a list's life:
# before it is as good as in the middle of it, after it is during the call that follows.
CONNECTING = (
    "after_recover",
    "before_note_attempt",
    "after_note_attempt",
    "before_bind",
    "after_bind",
)
SENDING = (
    "before_notice",
    "after_notice",
    "before_claim",
    "after_claim",
    "before_settle",
    "after_settle",
    "before_plan_next_run",
)
POLLING = ("before_resume", "after_resume")
MOST_RUNS = 40
WITHOUT_DELETION = ("esputnik", "yespo")


@dataclass
class FragileOdoo:
    server: OdooServer
    fuses: points.Fuses
    newsletters: Newsletters

    def dies_at(self, point, action):
        """Do what kills the server's worker process at a point; its master, who knows
        nothing of our work, starts another one."""
        self.fuses.arm(point, "")
        with pytest.raises(requests.ConnectionError):
            action()
        assert self.fuses.burned()

    def dies_at_each(self, points, account):
        """Have the account's worker run until it has died at each of the points."""
        self.fuses.disarm_all()
        for point in points:
            self.fuses.arm(point, "")
        for _ in range(MOST_RUNS):
            with suppress(requests.ConnectionError):
                account.run()
            account.skip_pauses()
            account.forget_deaths()
            if self.fuses.burned() == len(points):
                return
        raise AssertionError("It did not pass each point.")


@pytest.fixture(scope="module")
def odoo(tmp_path_factory):
    fuses = points.Fuses(tmp_path_factory.mktemp("fuses"))
    with postgres.running(), database.fresh("newsletter_crash") as db:
        database.speed_up(db)
        paths = next(o for o in odoo_process.options(db) if "--addons-path" in o)
        options = [NO_CRON, f"{paths},{ROOT / 'tests' / 'addons'}"]
        options.append("--init=newsletter_crash_points")
        environment = fuses.environment()
        with OdooServer(db, 1, extra_args=options, env=environment) as server:
            yield FragileOdoo(server, fuses, Newsletters(server.url, db))


@pytest.fixture
def provider(request):
    return request.param


@pytest.fixture
def account(odoo, provider) -> Account:
    """An account at a service that nobody else uses."""
    odoo.fuses.disarm_all()
    with simulators.running(provider) as simulator:
        yield odoo.newsletters.connect_account(provider, simulator)


@pytest.fixture
def people(odoo, request):
    """A filter with three people in it, and their ids."""
    name = "".join(c if c.isalnum() else "-" for c in request.node.name).strip("-")
    ids = [
        odoo.newsletters.contact(f"{name}-{number}", tagged=False, ref=name)
        for number in range(3)
    ]
    return odoo.newsletters.filter(name, [("ref", "=", name)]), ids


@pytest.mark.parametrize("provider", PROVIDERS, indirect=True)
@pytest.mark.parametrize("point", CONNECTING)
def test_while_it_connects(odoo, account, people, point):
    filter_id, _ = people
    list_id = account.mirror(filter_id)

    odoo.dies_at(point, account.run)
    account.settle()

    assert_in_step(odoo, account, filter_id, list_id)


@pytest.mark.parametrize("provider", PROVIDERS, indirect=True)
@pytest.mark.parametrize("point", SENDING)
def test_while_it_sends(odoo, account, people, point):
    """One leaves, one changes their address, one comes, while the server dies."""
    filter_id, (leaver, mover, _) = people
    list_id = account.mirror(filter_id)
    account.settle()
    newsletters = odoo.newsletters
    newsletters.admin.write("res.partner", leaver, ref=False)
    newsletters.admin.write("res.partner", mover, email=f"{point}@moved.test")
    [ref] = newsletters.admin.search("res.partner", [("id", "=", mover)], "ref")
    newsletters.contact(f"new-{point}-{account.id}", tagged=False, ref=ref.ref)

    odoo.dies_at(point, account.run)
    # Another edit that the process that died cannot know of.
    newsletters.admin.write("res.partner", leaver, ref=ref.ref)
    account.settle()

    assert_in_step(odoo, account, filter_id, list_id)


@pytest.mark.parametrize("provider", ["sendgrid"], indirect=True)
@pytest.mark.parametrize("point", POLLING)
def test_while_the_service_works_on(odoo, account, people, point):
    filter_id, (leaver, _, _) = people
    list_id = account.mirror(filter_id)
    account.run()
    odoo.newsletters.admin.write("res.partner", leaver, ref=False)
    account.skip_pauses()

    odoo.dies_at(point, account.run)
    account.settle()

    assert_in_step(odoo, account, filter_id, list_id)


@pytest.mark.parametrize("provider", SERVICES, indirect=True)
def test_at_every_step_of_a_life(odoo, account, people):
    """One death after the other, and the list is in step nevertheless."""
    filter_id, (leaver, mover, _) = people
    newsletters = odoo.newsletters
    list_id = account.mirror(filter_id)
    odoo.dies_at_each(CONNECTING, account)
    account.settle()
    assert_in_step(odoo, account, filter_id, list_id)

    newsletters.admin.write("res.partner", leaver, ref=False)
    newsletters.admin.write("res.partner", mover, email=f"moved@{account.id}.test")
    odoo.dies_at_each(SENDING, account)
    if account.has_jobs():
        newsletters.admin.write("res.partner", mover, phone="1")
        odoo.dies_at_each(POLLING, account)
    account.settle()
    assert_in_step(odoo, account, filter_id, list_id)


@pytest.mark.parametrize("provider", SERVICES, indirect=True)
@pytest.mark.parametrize("ending", ["empty", "delete"])
def test_while_it_is_let_go(odoo, account, people, ending):
    filter_id, _ = people
    list_id = account.mirror(filter_id)
    account.settle()
    [before] = remote_lists(account, list_id)
    newsletters = odoo.newsletters
    wizard = newsletters.admin.create(
        "newsletter.disconnect", list_id=list_id, ending=ending
    )
    if newsletters.admin.read("newsletter.disconnect", wizard, "obstacle").obstacle:
        assert account.simulator.service in WITHOUT_DELETION
        return
    newsletters.call("newsletter.disconnect", "action_disconnect", [wizard])

    # first it waits until the service can find whom it shall remove
    point = "before_settle" if ending == "empty" else "before_end"
    odoo.dies_at_each([point], account)
    account.settle()

    assert account.list(list_id).state == "disconnected"
    assert before["members"]
    left = [one["members"] for one in remote_lists(account, list_id)]
    assert left == ([{}] if ending == "empty" else [])


def assert_in_step(odoo, account, filter_id, list_id):
    """Assert that the service has one list, with exactly the filter's people."""
    record = account.list(list_id)
    assert record.state == "active", record.problem
    selected = odoo.newsletters.selected(filter_id)
    assert selected
    remote = remote_lists(account, list_id)
    assert len(remote) == 1, "made twice"
    assert sorted(remote[0]["members"]) == selected
    assert account.members(list_id) == selected


def remote_lists(account, list_id):
    name = account.list(list_id).name
    lists = account.simulator.state()["lists"]
    return [one for one in lists if one["name"] == name]
