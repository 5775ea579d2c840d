"""Every service end to end: from a contact in Odoo to the list of its simulator."""

import re

import pytest

from tests import simulators
from tests.newsletters import Newsletters

SERVICES = sorted(simulators.SIMULATORS)
TELLING = [one for one in SERVICES if hasattr(simulators.SIMULATORS[one], "TOLD")]


@pytest.fixture(scope="module")
def newsletters(odoo):
    return Newsletters(odoo.url, odoo.db)


@pytest.fixture(params=SERVICES)
def account(newsletters, request):
    """An account at each service in turn."""
    with simulators.running(request.param) as simulator:
        yield newsletters.connect_account(request.param, simulator)


@pytest.fixture
def ref(request):
    """What the people of a test have in common."""
    return re.sub(r"\W+", "-", request.node.name).strip("-").replace("_", "-")


@pytest.fixture
def people(newsletters, account, ref):
    """A filter with three people in it; return it and them."""
    people = [
        newsletters.contact(f"{ref}-{number}", tagged=False, ref=ref)
        for number in range(3)
    ]
    return newsletters.filter(ref, [("ref", "=", ref)]), people


def members(account, list_id):
    name = account.list(list_id).name
    lists = account.simulator.state()["lists"]
    [found] = [one["members"] for one in lists if one["name"] == name]
    return sorted(email for email, status in found.items() if status == "active")


def test_a_list_follows_its_filter(newsletters, account, people, ref):
    filter_id, (leaver, mover, _) = people
    list_id = account.mirror(filter_id)
    account.settle()
    assert account.list(list_id).state == "active", account.list(list_id).problem
    assert members(account, list_id) == newsletters.selected(filter_id)
    assert len(members(account, list_id)) == 3

    admin = newsletters.admin
    admin.write("res.partner", leaver, ref=False)
    admin.write("res.partner", mover, email=f"moved-{leaver}@customers.test")
    newsletters.contact(f"new-{leaver}", tagged=False, ref=ref)
    account.settle()
    assert members(account, list_id) == newsletters.selected(filter_id)
    assert account.members(list_id) == newsletters.selected(filter_id)
    assert len(members(account, list_id)) == 3

    admin.write("res.partner", leaver, ref=ref)
    account.settle()
    assert len(members(account, list_id)) == 4


def test_mapped_fields_arrive(newsletters, account, people, ref):
    filter_id, (first, *_) = people
    newsletters.admin.write("res.partner", first, name="Zoe", lang="en_US")
    field = {"path": "name", "remote_name": "first_name"}
    list_id = account.mirror(filter_id, field_ids=[(0, 0, field)])
    account.settle()
    record = account.list(list_id)
    assert (record.state, record.problem) == ("active", False)
    email = f"{ref}-0@customers.test"
    assert "Zoe" in account.simulator.fields_of(email).values()


def test_a_revoked_key_is_told(newsletters, account, people):
    filter_id, (first, *_) = people
    list_id = account.mirror(filter_id)
    account.settle()
    account.simulator.revoke()
    newsletters.admin.write("res.partner", first, phone="1")
    account.run()
    values = newsletters.admin.read(
        "newsletter.account", account.id, "state", "problem"
    )
    assert values.state == "failed"
    assert values.problem
    assert len(members(account, list_id)) == 3


@pytest.mark.parametrize("account", TELLING, indirect=True)
@pytest.mark.parametrize(
    "act, kind",
    [
        ("opt_out", "unsubscribed"),
        ("bounce", "bounced"),
        ("complain", "complained"),
    ],
)
def test_who_leaves_is_told_by_webhook(odoo, newsletters, account, people, act, kind):
    """From the service's call to the blacklist, and the secret is in no log."""
    admin, filter_id = newsletters.admin, people[0]
    newsletters.call("ir.config_parameter", "set_param", "web.base.url", odoo.url)
    admin.write("newsletter.account", account.id, opt_outs="blacklist")
    list_id = account.mirror(filter_id)
    account.settle()
    url = admin.read("newsletter.account", account.id, "webhook_url").webhook_url
    if not account.simulator.hooks:
        account.simulator.act("add_by_hand_hook", url=url)
    before = account.members(list_id)
    remote_id = account.list(list_id).remote_id

    account.simulator.act(act, email=before[0], list_id=remote_id)
    assert set(account.simulator.told) == {200}
    account.run()

    assert account.members(list_id) == before[1:]
    [member] = admin.search(
        "newsletter.member",
        [("list_id", "=", list_id), ("email_normalized", "=", before[0])],
        "opt_out",
    )
    assert member.opt_out == kind
    assert admin.search("mail.blacklist", [("email", "=", before[0])], "email")
    log = odoo.log_path.read_text()
    assert f"/newsletter_sync/webhook/{account.id}/***" in log
    assert url.rpartition("/")[2] not in log


@pytest.mark.parametrize("account", ["sendpulse", "unisender"], indirect=True)
@pytest.mark.parametrize("leaves_one_list", [True, False])
def test_who_complains_gets_nothing_more(
    odoo, newsletters, account, people, leaves_one_list
):
    """Whether the service leaves them in other lists is not known."""
    admin, filter_id = newsletters.admin, people[0]
    newsletters.call("ir.config_parameter", "set_param", "web.base.url", odoo.url)
    admin.write("newsletter.account", account.id, opt_outs="note")
    reading = {"complaint_leaves_one_list": leaves_one_list}
    account.simulator.set_fault(options={"reading": reading})
    domain = [("id", "in", people[1])]
    lists = [account.mirror(filter_id)]
    lists.append(account.mirror(newsletters.filter("Others", domain)))
    account.settle()
    email, *others = account.members(lists[0])

    remote_id = account.list(lists[0]).remote_id
    account.simulator.act("complain", email=email, list_id=remote_id)
    account.settle()
    for list_id in lists:
        assert members(account, list_id) == account.members(list_id) == others


@pytest.mark.parametrize("ending", ["keep", "empty", "delete"])
def test_a_list_is_let_go(newsletters, account, people, ending):
    filter_id, _ = people
    list_id = account.mirror(filter_id)
    account.settle()
    name = account.list(list_id).name
    wizard = newsletters.admin.create(
        "newsletter.disconnect", list_id=list_id, ending=ending
    )
    obstacle = newsletters.admin.read("newsletter.disconnect", wizard, "obstacle")
    if obstacle.obstacle:
        assert "on its website only" in obstacle.obstacle
        return
    newsletters.call("newsletter.disconnect", "action_disconnect", [wizard])
    account.settle()
    assert account.list(list_id).state == "disconnected"
    lists = account.simulator.state()["lists"]
    left = {one["name"]: len(one["members"]) for one in lists}
    expected = {"keep": {name: 3}, "empty": {name: 0}, "delete": {}}[ending]
    assert {key: left[key] for key in left if key == name} == expected
