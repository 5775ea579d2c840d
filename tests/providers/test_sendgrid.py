"""What is peculiar to SendGrid."""

import pytest

from odoo.addons.newsletter_sync.providers import errors
from odoo.addons.newsletter_sync.providers.base import Contact

ANN, BOB, EVE = "ann@acme.test", "bob@acme.test", "eve@acme.test"
pytestmark = pytest.mark.services("sendgrid")
UPSERT = "PUT /v3/marketing/contacts"


@pytest.fixture
def mirror(account):
    return account.connect("Buyers", ANN, BOB)


def test_key_without_the_right(account):
    account.simulator.scopes = ["mail.send"]
    with pytest.raises(errors.AccountError, match="Marketing"):
        account.client.test_connection()


@pytest.mark.parametrize("reading", ["seconds", "epoch"])
def test_both_kinds_of_reset(account, reading):
    account.simulator.options.reading = {"reset": reading}
    account.simulator.options.calls = 1
    account.client.test_connection()
    with pytest.raises(errors.RateLimited) as caught:
        account.client.test_connection()
    assert caught.value.retry_after == pytest.approx(20, abs=2)


def test_several_bad_addresses_in_one_request(account, mirror):
    bad = ["000", "no address", "@acme.test"]
    results = mirror.push(bad[0], EVE, *bad[1:])
    assert [results[one].state for one in bad] == ["refused"] * 3
    assert "not valid" in results["000"].reason
    assert mirror.mailed == {ANN, BOB, EVE}


@pytest.mark.parametrize("shown", [True, False])
def test_contacts_refused_by_the_job(account, mirror, shown):
    """Its file says whom; without one the engine halves the batch."""
    account.simulator.options.refuse = [EVE]
    account.simulator.options.reading = {"errors_file": shown}
    if shown:
        states = mirror.states(EVE, "new@acme.test")
        assert states == {EVE: "refused", "new@acme.test": "ok"}
    else:
        with pytest.raises(errors.ContactError):
            mirror.push(EVE, "new@acme.test")


def test_request_stays_below_six_megabytes(account, mirror):
    contacts = [Contact(f"p{n}@acme.test", {"e1_T": "x" * 2000}) for n in range(5000)]
    before = account.simulator.count(UPSERT)
    mirror.push(*contacts)
    assert account.simulator.count(UPSERT) == before + 2
    assert len(mirror.mailed) == 5002


@pytest.mark.parametrize("layout", ["lines", "array", "csv", "lines.gz", "csv;.gz"])
def test_export_in_any_layout(account, mirror, layout):
    account.simulator.options.reading = {"export": layout}
    assert mirror.read() == {ANN: "active", BOB: "active"}


def test_export_in_several_files(account, mirror):
    account.simulator.options.page = 1
    assert mirror.read().keys() == {ANN, BOB}


def test_failed_export(account, mirror):
    account.simulator.options.job_fails = True
    with pytest.raises(errors.Retryable, match="out of order"):
        mirror.read()


def test_key_may_not_read_suppressions(account, mirror):
    account.simulator.opt_out(ANN)
    account.simulator.set_fault(path="/suppression/", status=403, times=0)
    assert mirror.read() == {ANN: "active", BOB: "active"}


def test_person_deleted_while_being_removed(account, mirror):
    """Unknown ids have the whole call refused: it is repeated with fresh ones."""
    account.simulator.set_fault(method="DELETE", status=404)
    with pytest.raises(errors.Retryable):
        mirror.remove(ANN)
    mirror.remove(ANN)
    assert mirror.mailed == {BOB}


def test_names_are_cut(account, mirror):
    name = "x" * 120
    one = account.client.create_list(name)
    assert account.client.find_lists(name) == [one]
    mirror.push(ANN, first_name="y" * 60)
    assert account.simulator.fields_of(ANN)["first_name"] == "y" * 50


def test_more_lists_than_a_page(account):
    for number in range(1001):
        account.client.create_list(f"List {number}")
    assert len(account.client.find_lists("List 1000")) == 1
