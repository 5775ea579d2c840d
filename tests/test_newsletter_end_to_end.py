"""A server as it runs at a customer's, with its scheduler, and a simulated service."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dev import database, postgres
from dev.server import OdooServer
from tests import simulators
from tests.newsletters import Newsletters

# The scheduler looks every minute for what is due; what is triggered starts at once.
SOON_SECONDS = 20
CALL_SECONDS = 6


@pytest.fixture(scope="module")
def newsletters():
    with postgres.running(), database.fresh("newsletters") as db:
        database.speed_up(db)
        with OdooServer(db, extra_args=["--max-cron-threads=1"]) as server:
            yield Newsletters(server.url, db, patient=True)


@pytest.fixture(scope="module")
def mailchimp():
    with simulators.running("mailchimp") as simulator:
        yield simulator


@pytest.fixture(scope="module")
def account(newsletters, mailchimp):
    return newsletters.connect_account("mailchimp", mailchimp)


@pytest.fixture(scope="module")
def list_id(newsletters, account):
    newsletters.contact("first")
    list_id = account.mirror(newsletters.filter("Friends"))
    wait_until(lambda: account.members(list_id) == ["first@customers.test"])
    return list_id


def wait_until(condition):
    deadline = time.monotonic() + SOON_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def remote(mailchimp):
    [segment] = mailchimp.state()["lists"]
    return sorted(segment["members"])


def test_lists_follow_their_contacts_by_themselves(newsletters, mailchimp, list_id):
    contact = newsletters.contact("second", tagged=False)
    newsletters.admin.write(
        "res.partner", contact, category_id=[(4, newsletters.tag_id)]
    )
    wait_until(lambda: "second@customers.test" in remote(mailchimp))
    newsletters.admin.write("res.partner", contact, email="moved@customers.test")
    wait_until(
        lambda: remote(mailchimp) == ["first@customers.test", "moved@customers.test"]
    )
    newsletters.call("res.partner", "unlink", [contact])
    wait_until(lambda: remote(mailchimp) == ["first@customers.test"])


def test_nobody_waits_for_a_call(newsletters, mailchimp, account, list_id):
    """Contacts and lists can be changed while the service takes its time."""
    contact = newsletters.contact("patient")
    wait_until(lambda: "patient@customers.test" in remote(mailchimp))
    wait_until(lambda: "patient@customers.test" in account.members(list_id))
    mailchimp.set_fault(method="POST", latency=CALL_SECONDS)
    newsletters.admin.write("res.partner", contact, phone="1")
    wait_until(lambda: account.members(list_id, "sending"))

    started = time.monotonic()
    newsletters.admin.write("res.partner", contact, phone="2")
    newsletters.admin.write("newsletter.list", list_id, brake_percent=21)
    newsletters.call("newsletter.list", "action_sync_now", [list_id])
    assert time.monotonic() - started < CALL_SECONDS / 2
    assert account.members(list_id, "sending"), "the call was over already"

    wait_until(lambda: not account.members(list_id, "sending"))
    assert account.list(list_id).state == "active"


def test_an_account_is_served_by_one_worker(newsletters, mailchimp, account, list_id):
    """“Run Manually” beside the scheduler does not call twice at the same time."""
    contact = newsletters.contact("single")
    wait_until(lambda: "single@customers.test" in remote(mailchimp))
    mailchimp.most_open_calls, runs = 0, []
    with ThreadPoolExecutor() as pool:
        for number in range(5):
            newsletters.admin.write("res.partner", contact, phone=str(number))
            runs.append(pool.submit(account.run))
    for run in runs:
        run.result()
    wait_until(lambda: not account.members(list_id, "sending"))
    assert mailchimp.most_open_calls == 1
