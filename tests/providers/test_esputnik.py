"""What is peculiar to eSputnik and Yespo."""

import json

import pytest

from odoo.addons.newsletter_sync.providers import errors, esputnik
from odoo.addons.newsletter_sync.providers.base import Contact

ANN, BOB, EVE = "ann@acme.test", "bob@acme.test", "eve@acme.test"
pytestmark = pytest.mark.services("esputnik", "yespo")


@pytest.fixture
def mirror(account):
    return account.connect("Buyers", ANN, BOB)


def test_each_has_its_host():
    hosts = {one.base_url for one in (esputnik.Esputnik, esputnik.Yespo)}
    assert hosts == {"https://esputnik.com/api", "https://yespo.io/api"}


def test_segment_is_born_with_its_first_member(account):
    mirror = account.connect("Buyers")
    assert (mirror.id, account.simulator.lists) == ("name:Buyers", {})
    mirror.push(ANN)
    assert mirror.id.isdigit()
    assert mirror.there == {ANN: "active"}


def test_provisional_list_is_no_deleted_list(account):
    mirror = account.connect("Buyers")
    assert account.client.get_list(mirror.id).name == "Buyers"
    assert mirror.read() == {}
    assert mirror.remove(ANN)[ANN].state == "ok"


def test_crash_before_the_id_was_known(account):
    """The provisional id leads to the same segment again."""
    account.connect("Buyers", ANN)
    again = account.connect_to("name:Buyers")
    again.push(BOB)
    assert again.mailed == {ANN, BOB}
    assert len(account.simulator.lists) == 1


def test_segment_renamed_during_the_import(account, mirror):
    answer = account.client.remove(mirror.id, [ANN])
    account.simulator.rename_by_hand(mirror.id, "Customers")
    assert mirror.settle(answer, [ANN])[ANN].state == "retry"
    mirror.remove(ANN)
    assert mirror.mailed == {BOB}


def test_unreadable_state_of_an_import(account, mirror, monkeypatch):
    """After a long while what is in the segment counts."""
    account.simulator.options.reading = {"status": "text"}
    answer = account.client.upsert(mirror.id, [Contact(EVE)])
    for _ in range(3):
        answer = account.client.poll_job(answer.job, [EVE])
        assert answer.job
    monkeypatch.setattr(esputnik, "LONGEST_IMPORT", -1)
    answer = account.client.poll_job(answer.job, [EVE, "not.yet@acme.test"])
    assert [one.state for one in answer.results] == ["ok", "retry"]


def test_unreadable_state_of_a_removal(account, mirror, monkeypatch):
    monkeypatch.setattr(esputnik, "LONGEST_IMPORT", -1)
    account.simulator.options.reading = {"status": "text"}
    job = account.client.remove(mirror.id, [ANN]).job
    account.simulator.options.job_polls = 0
    states = [one.state for one in account.client.poll_job(job, [ANN, EVE]).results]
    assert states == ["retry", "ok"]


def test_import_that_still_runs_is_waited_for(account, mirror, monkeypatch):
    monkeypatch.setattr(esputnik, "LONGEST_IMPORT", -1)
    answer = account.client.upsert(mirror.id, [Contact(EVE)])
    assert account.client.poll_job(answer.job, [EVE]).job


def test_too_many_calls_are_no_state_of_an_import(account, mirror):
    answer = account.client.upsert(mirror.id, [Contact(EVE)])
    account.simulator.set_fault(path="/importstatus", status=429)
    with pytest.raises(errors.RateLimited):
        account.client.poll_job(answer.job, [EVE])


def test_contacts_listed_as_failed(account, mirror):
    account.simulator.options.reading = {"failed_contacts": "listed"}
    assert mirror.states("no address", EVE) == {"no address": "refused", EVE: "ok"}


def test_refusal_with_status_200(account, mirror):
    body = '{"id": 0, "errorMessage": "Wrong contact"}'
    account.simulator.set_fault(path="/contacts", status=200, body=body)
    with pytest.raises(errors.ContactError, match="Wrong contact"):
        mirror.push(EVE)


def test_fields_are_named_or_all_would_be_emptied(account, mirror):
    mirror.push(ANN, firstName="Ann")
    mirror.push(ANN)
    mirror.remove(ANN)
    assert account.simulator.fields_of(ANN)["firstName"] == "Ann"
    calls = [
        request.json for request, _ in account.simulator.log if request.method == "POST"
    ]
    assert all(call["contactFields"] for call in calls)


def test_contacts_with_other_fields_are_not_emptied(account, mirror):
    mirror.push(ANN, firstName="Ann")
    mirror.push(Contact(ANN), Contact(BOB, {"firstName": "Bob"}))
    assert account.simulator.fields_of(ANN)["firstName"] == "Ann"
    assert account.simulator.fields_of(BOB)["firstName"] == "Bob"


def test_deleted_contact_is_restored(account, mirror):
    account.simulator.delete_by_hand(ANN)
    mirror.push(ANN)
    assert mirror.mailed == {ANN, BOB}


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("Ann", "Ann"),
        ("Анна-Мария O'Neil", "Анна-Мария O'Neil"),
        ("Ann <3 & Bob*", "Ann 3  Bob"),
        ("Room 1234", "Room"),
        ("R2D2", "R2D2"),
        ("x" * 50, "x" * 40),
        ("_", ""),
    ],
)
def test_names_are_cleaned(account, mirror, name, clean):
    """A name against the rules has the contact dropped without a word."""
    mirror.push(EVE, firstName=name)
    assert account.simulator.fields_of(EVE)["firstName"] == clean


def test_job_is_text_that_outlives_the_process(account, mirror):
    answer = account.client.upsert(mirror.id, [Contact(EVE)])
    assert json.loads(answer.job)["name"] == "Buyers"


def test_more_segments_than_a_page(account, mirror):
    for number in range(500):
        account.simulator._named(f"Segment {number}")
    last = account.client.find_lists("Segment 499")[0]
    assert account.client.get_list(last.id) == last
