"""What is peculiar to MailerLite."""

import pytest

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


def test_more_groups_than_a_page(account):
    for number in range(101):
        account.client.create_list(f"Group {number}")
    one = account.client.find_lists("Group 100")[0]
    assert account.client.get_list(one.id) == one


def test_key_of_a_field_comes_from_the_answer(account, mirror):
    assert account.client.ensure_field(mirror.id, "ZIP") == "z_i_p"


def test_person_in_a_batch_that_fails(account, mirror):
    """A batch answers 200 even if its parts do not."""
    body = '{"responses": [{"code": 500, "body": {"message": "Server Error"}}]}'
    account.simulator.set_fault(path="/batch", skip=1, status=200, body=body)
    assert mirror.remove(ANN)[ANN].state == "retry"
