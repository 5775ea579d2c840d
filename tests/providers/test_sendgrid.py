"""What is peculiar to SendGrid."""

import pytest
from freezegun import freeze_time

from odoo.addons.newsletter_sync.providers import errors
from odoo.addons.newsletter_sync.providers.base import Contact

ANN, BOB, EVE = "ann@acme.test", "bob@acme.test", "eve@acme.test"
pytestmark = pytest.mark.services("sendgrid")
UPSERT = "PUT /v3/marketing/contacts"


@pytest.fixture
def mirror(account):
    return account.connect("Buyers", ANN, BOB)


@pytest.mark.parametrize("missing", ["Marketing", "Suppressions"])
def test_key_without_the_right(account, missing):
    account.simulator.scopes = [
        one for one in account.simulator.scopes if one[:4] != missing.lower()[:4]
    ]
    with pytest.raises(errors.AccountError, match=missing):
        account.client.test_connection()


@freeze_time("2026-11-21")
@pytest.mark.parametrize("reading", ["seconds", "epoch"])
def test_both_kinds_of_reset(account, reading):
    account.simulator.options.reading = {"reset": reading}
    account.simulator.options.calls = 1
    account.client.test_connection()
    with pytest.raises(errors.RateLimited) as caught:
        account.client.test_connection()
    assert caught.value.retry_after == pytest.approx(20, abs=2)


LONG = f"{'x' * 245}@acme.test"


def test_bad_addresses_are_not_sent(account, mirror):
    """Each of them would have the whole request refused."""
    bad = ["000", "no address", "@acme.test", "ann@acme", LONG]
    before = account.simulator.count(UPSERT)
    results = mirror.push(bad[0], EVE, *bad[1:])
    assert [results[one].state for one in bad] == ["refused"] * 5
    assert "no e-mail address" in results["000"].reason
    assert mirror.mailed == {ANN, BOB, EVE}
    assert account.simulator.count(UPSERT) == before + 1


def test_service_is_stricter_about_addresses(account, mirror):
    bad = ["a,b@acme.test", "ann@acme.t", "<b>@acme.test"]
    results = mirror.push(bad[0], EVE, *bad[1:])
    assert [results[one].state for one in bad] == ["refused"] * 3
    assert "not valid" in results["ann@acme.t"].reason
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


def test_address_with_an_apostrophe_in_the_file_of_errors(account, mirror):
    account.simulator.options.refuse = ["o'neil@acme.test"]
    states = mirror.states("O'Neil@acme.test", "neil@acme.test")
    assert states == {"O'Neil@acme.test": "refused", "neil@acme.test": "ok"}


@pytest.mark.parametrize("layout", ["csv", "csv.cut"])
def test_file_of_errors_cannot_be_read(account, mirror, layout):
    """It has expired, or is an archive that was cut off: as if there was none."""
    account.simulator.options.refuse = [EVE]
    account.simulator.options.reading = {"errors": layout}
    if layout == "csv":
        account.simulator.set_fault(path="/files/errors", status=403)
    with pytest.raises(errors.ContactError):
        mirror.push(EVE, "new@acme.test")


def test_file_of_errors_comes_later(account, mirror):
    account.simulator.options.refuse = [EVE]
    account.simulator.set_fault(path="/files/errors", status=503)
    with pytest.raises(errors.Retryable):
        mirror.push(EVE)


@pytest.mark.parametrize("layout", ["array", "lines", "csv;", "csv.gz"])
def test_file_of_errors_in_any_layout(account, mirror, layout):
    account.simulator.options.refuse = [EVE]
    account.simulator.options.reading = {"errors": layout}
    assert mirror.states(EVE, "x@acme.test") == {EVE: "refused", "x@acme.test": "ok"}


@pytest.mark.parametrize("shown", [True, False])
def test_removal_that_was_not_carried_out(account, mirror, shown):
    """Nobody is refused who has to go: the removal is repeated."""
    account.simulator.options.refuse = [ANN]
    account.simulator.options.reading = {"errors_file": shown}
    states = {one.state for one in mirror.remove(ANN, BOB).values()}
    assert (states, mirror.mailed) == ({"retry"}, {ANN})
    account.simulator.options.refuse = []
    assert mirror.remove(ANN)[ANN].state == "ok"
    assert mirror.mailed == set()


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


def test_files_are_fetched_without_the_key(account, mirror):
    mirror.read()
    calls = {request.path[:7]: request.headers for request, _ in account.simulator.log}
    assert "Authorization" in calls["/v3/mar"]
    assert "Authorization" not in calls["/files/"]


def test_failed_export(account, mirror):
    account.simulator.options.job_fails = True
    with pytest.raises(errors.Retryable, match="out of order"):
        mirror.read()


@pytest.mark.parametrize("status", [401, 403])
def test_key_may_not_read_suppressions(account, mirror, status):
    """Who opted out is never read as one who gets mail."""
    account.simulator.opt_out(ANN)
    account.simulator.set_fault(path="/suppression/", status=status)
    with pytest.raises(errors.AccountError):
        mirror.read()


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
