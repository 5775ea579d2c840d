"""What is peculiar to MailerLite."""

import json

import pytest
from freezegun import freeze_time

from odoo.addons.newsletter_sync.providers import errors

ANN, BOB, EVE = "ann@acme.test", "bob@acme.test", "eve@acme.test"
pytestmark = pytest.mark.services("mailerlite")
IMPORT = "POST /api/groups/{group}/import-subscribers"
BATCH = "POST /api/batch"


@pytest.fixture
def mirror(account):
    return account.connect("Buyers", ANN, BOB)


def people(count):
    return [f"person{n:03}@acme.test" for n in range(count)]


def test_ids_are_too_large_for_numbers(account, mirror):
    assert int(mirror.id) > 2**53
    assert account.client.get_list(mirror.id).id == mirror.id


def test_few_contacts_are_no_import(account, mirror):
    """Imports are limited to five in a minute."""
    for number in range(12):
        mirror.push(f"person{number}@acme.test")
    assert account.simulator.count(IMPORT) == 0


def test_too_many_imports(account, mirror):
    for _ in range(5):
        mirror.push(*people(20))
        account.simulator.set_fault(advance=-30)
    with pytest.raises(errors.RateLimited) as caught:
        mirror.push(*people(20))
    assert caught.value.retry_after == 12


@pytest.mark.parametrize("what", ["opt_out", "bounce"])
@pytest.mark.parametrize("count", [1, 5, 6, 30])
def test_report_names_five_of_those_who_left(account, mirror, what, count):
    """The others are looked up."""
    emails = people(40)
    mirror.push(*emails)
    for email in emails[:count]:
        getattr(account.simulator, what)(email)
    account.wait(60)
    states = mirror.states(*emails)
    expected = {"opt_out": "opted_out", "bounce": "refused"}[what]
    assert [states[one] for one in emails[:count]] == [expected] * count
    assert {states[one] for one in emails[count:]} == {"ok"}


def test_too_many_contacts_for_one_import(account, mirror):
    """Their number is not documented: the engine halves a refused batch."""
    account.simulator.set_fault(path="/import", status=413)
    with pytest.raises(errors.ContactError):
        mirror.push(*people(1000))


@pytest.mark.parametrize("status", ["unsubscribed", "bounced", "junk"])
def test_success_for_somebody_who_left(account, mirror, status):
    """Documented as a refusal; another reading is a success without effect."""
    body = f'{{"data": {{"id": "1", "email": "{EVE}", "status": "{status}"}}}}'
    account.simulator.set_fault(
        path="/subscribers$", method="POST", status=200, body=body
    )
    expected = "refused" if status == "bounced" else "opted_out"
    assert mirror.states(EVE) == {EVE: expected}


def test_report_without_problems_needs_no_look(account, mirror):
    before = account.simulator.count(BATCH)
    mirror.push(*people(40))
    assert account.simulator.count(BATCH) == before


@pytest.mark.parametrize("count", [1, 20])
def test_plan_allows_no_further_contact(account, mirror, count):
    """Only the list has to wait: the account is in order."""
    account.simulator.options.reading = {"max_contacts": 2}
    with pytest.raises(errors.PlanLimit, match="Your plan"):
        mirror.push(*people(count))
    assert mirror.mailed == {ANN, BOB}


@pytest.mark.parametrize("largest_page", [100, 30])
def test_more_groups_than_a_page(account, largest_page):
    """Also if the service makes pages smaller than we ask for."""
    account.simulator.options.reading = {"largest_page": largest_page}
    for number in range(101):
        account.client.create_list(f"Group {number}")
    one = account.client.find_lists("Group 100")[0]
    assert account.client.get_list(one.id) == one


def test_more_fields_than_a_page(account, mirror):
    account.simulator.options.reading = {"largest_page": 3}
    for _ in range(2):
        assert account.client.ensure_field(mirror.id, "Loyalty") == "loyalty"
    assert account.simulator.count("POST /api/fields") == 1


def test_key_of_a_field_comes_from_the_answer(account, mirror):
    assert account.client.ensure_field(mirror.id, "ZIP") == "z_i_p"


def inner_failure(code):
    """Return a batch's answer, which is 200 even if its parts fail."""
    inner = {"code": code, "body": {"message": "Out of order"}}
    return {"path": "/batch", "status": 200, "body": json.dumps({"responses": [inner]})}


def test_person_in_a_batch_that_fails(account, mirror):
    account.simulator.set_fault(skip=1, **inner_failure(500))
    assert mirror.remove(ANN)[ANN].state == "retry"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (500, errors.Retryable),
        (429, errors.RateLimited),
        (401, errors.WrongCredentials),
        (422, errors.ContactError),
    ],
)
def test_who_cannot_be_looked_up_is_not_removed(account, mirror, code, kind):
    account.simulator.set_fault(**inner_failure(code))
    with pytest.raises(kind, match="Out of order"):
        mirror.remove(ANN)
    assert mirror.mailed == {ANN, BOB}


def test_address_with_a_slash(account, mirror):
    """It is part of a path."""
    mirror.push("a/b@acme.test")
    mirror.remove("a/b@acme.test")
    assert mirror.mailed == {ANN, BOB}


def test_import_is_forgotten(account, mirror):
    """Its contacts are sent again; the list is there."""
    emails = people(20)
    contacts = [account.contact(one) for one in emails]
    answer = account.client.upsert(mirror.id, contacts)
    account.simulator.imports.clear()
    states = {one.state for one in mirror.settle(answer, emails).values()}
    assert states == {"retry"}


# ----------------------------------------------------------------------
# The simulator's limits
# ----------------------------------------------------------------------


def batch(account, method, path):
    calls = [{"method": method, "path": path, "body": {"email": EVE}}]
    return account.client.http.call("POST", "/batch", json={"requests": calls})


def test_batch_of_new_subscribers_is_an_import(account):
    for _ in range(5):
        batch(account, "POST", "api/subscribers")
    with pytest.raises(errors.RateLimited, match="import creation"):
        batch(account, "POST", "api/subscribers")
    assert batch(account, "GET", f"api/subscribers/{EVE}")["successful"] == 1


def test_unknown_call_in_a_batch(account):
    answer = batch(account, "GET", "api/no/such/call")
    assert answer["responses"][0]["code"] == 404


@freeze_time("2026-11-21")
def test_calls_in_a_minute(account):
    account.client.test_connection()
    headers = account.simulator.log[-1][1].headers
    assert headers == {"X-RateLimit-Limit": "120", "X-RateLimit-Remaining": "119"}
    for _ in range(119):
        account.client.test_connection()
    with pytest.raises(errors.RateLimited, match="Too Many Attempts") as caught:
        account.client.test_connection()
    assert 50 < caught.value.retry_after <= 60
    account.wait(60)
    account.client.test_connection()
