"""What is peculiar to SendPulse."""

import pytest

from odoo.addons.newsletter_sync.providers import errors

ANN, BOB, EVE = "ann@acme.test", "bob@acme.test", "eve@acme.test"
pytestmark = pytest.mark.services("sendpulse")
TOKEN = "POST /oauth/access_token"


@pytest.fixture
def mirror(account):
    return account.connect("Buyers", ANN, BOB)


def test_one_token_serves_many_calls(account, mirror):
    mirror.push(EVE)
    mirror.read()
    assert account.simulator.count(TOKEN) == 1


def test_token_expires(account, mirror):
    account.wait(3601)
    assert mirror.states(EVE) == {EVE: "ok"}
    assert account.simulator.count(TOKEN) == 2


def test_new_token_does_not_help(account, mirror):
    """One new token, not one after the other."""
    account.simulator.set_fault(path="/emails", status=401, times=0)
    with pytest.raises(errors.WrongCredentials):
        mirror.push(EVE)
    assert account.simulator.count(TOKEN) == 2


def test_token_is_a_secret(account, mirror):
    (token,) = account.simulator.tokens
    account.simulator.set_fault(status=403, body=f'{{"message": "no {token}"}}')
    with pytest.raises(errors.AccountError) as caught:
        mirror.push(EVE)
    assert token not in str(caught.value)


def test_static_key_needs_no_token(account):
    key = account.simulator.settings["client_secret"]
    account.client = account.new_client(client_id="", client_secret=key)
    account.client.test_connection()
    assert account.simulator.count(TOKEN) == 0


def test_wrong_static_key(account):
    account.client = account.new_client(client_id="", client_secret="wrong")
    with pytest.raises(errors.WrongCredentials):
        account.client.test_connection()


@pytest.mark.parametrize("status", [200, 400, 422, 429])
def test_too_many_calls_in_a_second(account, status):
    account.simulator.options.reading = {"limit_status": status}
    account.simulator.options.calls = 2
    account.client.test_connection()
    with pytest.raises(errors.RateLimited):
        account.client.test_connection()


def test_success_that_is_none(account, mirror):
    account.simulator.set_fault(path="/emails", status=200, body='{"result": false}')
    with pytest.raises(errors.ContactError):
        mirror.push(EVE)


def test_too_many_contacts_for_one_call(account, mirror):
    """Their number is not documented: the engine halves a refused batch."""
    body = '{"message": "Argument emails is invalid", "error_code": 422}'
    account.simulator.set_fault(path="/emails", status=422, body=body)
    with pytest.raises(errors.ContactError):
        mirror.push(*(f"person{n}@acme.test" for n in range(500)))


@pytest.mark.parametrize("forgets", [True, False])
@pytest.mark.parametrize("has_status", [True, False])
def test_removal_and_opt_out(account, mirror, forgets, has_status):
    """Whether a removal forgets the opt-out is not known: such people stay."""
    reading = {"removal_forgets": forgets, "infos_have_status": has_status}
    account.simulator.options.reading = reading
    account.simulator.opt_out(ANN, mirror.id)
    states = mirror.remove(ANN, BOB)
    assert (states[ANN].state, states[BOB].state) == ("opted_out", "ok")
    mirror.push(ANN, BOB)
    assert mirror.mailed == {BOB}


def test_address_with_a_slash(account, mirror):
    account.simulator.options.reading = {"infos_have_status": False}
    email = "sales/kyiv@acme.test"
    mirror.push(email)
    mirror.remove(email)
    assert mirror.mailed == {ANN, BOB}


@pytest.mark.parametrize("code", [213, 703])
def test_list_is_gone_by_either_code(account, mirror, code):
    body = f'{{"message": "Can\'t find the mailing list", "error_code": {code}}}'
    account.simulator.set_fault(path="/emails", status=422, body=body)
    with pytest.raises(errors.ListGone):
        mirror.push(EVE)


def test_campaign_uses_the_list(account, mirror):
    body = '{"message": "The address book has active campaign", "error_code": 422}'
    account.simulator.set_fault(method="DELETE", status=422, body=body)
    with pytest.raises(errors.ListError, match="active campaign"):
        account.client.delete_list(mirror.id)


def test_book_is_marked_as_deleted(account, mirror):
    body = f'[{{"id": {mirror.id}, "name": "Buyers", "status": 1}}]'
    account.simulator.set_fault(path="/addressbooks", status=200, body=body)
    with pytest.raises(errors.ListGone):
        account.client.get_list(mirror.id)


def test_more_books_than_a_page(account):
    for number in range(101):
        account.client.create_list(f"Book {number}")
    assert len(account.client.find_lists("Book 100")) == 1
