"""What is peculiar to Mailchimp."""

from contextlib import ExitStack

import pytest

from odoo.addons.newsletter_sync.providers import errors
from odoo.addons.newsletter_sync.providers.mailchimp import Mailchimp

ANN, BOB, EVE = "ann@acme.test", "bob@acme.test", "eve@acme.test"
pytestmark = pytest.mark.services("mailchimp", "mailchimp_audience")
BATCH = "POST /3.0/lists/{audience}"
own_audience = pytest.mark.services("mailchimp_audience")
segments = pytest.mark.services("mailchimp")


def addresses(count):
    return [f"person{n:05}@acme.test" for n in range(count)]


def test_key_tells_the_host():
    settings = {"api_key": "0123456789abcdef-us21", "audience": "a1"}
    assert Mailchimp(settings).http.base_url == "https://us21.api.mailchimp.com/3.0"


@pytest.mark.parametrize("key", ["", "0123", "0123-", "0123-evil.test/", "0123-us21@x"])
def test_key_cannot_name_another_host(key):
    client = Mailchimp({"api_key": key, "audience": "a1"})
    with pytest.raises(errors.AccountError, match="us21"):
        client.test_connection()


@segments
def test_first_audience_suffices(account):
    """Free plans have one audience: lists are segments of it."""
    account.simulator.options.max_lists = 1
    account.connect("One", ANN)
    account.connect("Two", ANN, BOB)
    assert len(account.simulator.lists) == 1


@own_audience
def test_plan_allows_no_further_audience(account):
    account.simulator.options.max_lists = 1
    with pytest.raises(errors.PlanLimit):
        account.connect()
    assert account.simulator.count("POST /3.0/lists") == 0


@own_audience
def test_plan_limit_that_was_not_announced(account):
    account.simulator.set_fault(method="POST", status=403, body='{"title": "No"}')
    with pytest.raises(errors.PlanLimit):
        account.connect()


@segments
def test_audience_does_not_exist(account):
    account.client = account.new_client(audience="a99")
    with pytest.raises(errors.AccountError, match="audience"):
        account.client.test_connection()


@pytest.mark.parametrize("body", ["", "<html>Forbidden</html>"])
@pytest.mark.parametrize("status", [403, 429])
def test_refusal_without_json_is_about_too_many_calls(account, status, body):
    account.simulator.set_fault(status=status, body=body)
    with pytest.raises(errors.RateLimited):
        account.client.test_connection()


def test_refusal_with_words_is_about_the_account(account):
    account.simulator.set_fault(status=403, body='{"title": "User Disabled"}')
    with pytest.raises(errors.AccountError):
        account.client.test_connection()


@pytest.mark.parametrize("reading", ["error", "dropped"])
@pytest.mark.parametrize("fields", [{}, {"FNAME": "Ann"}])
def test_opt_out_by_the_person(account, reading, fields):
    """Batches may name those who left, or say nothing about them."""
    account.simulator.options.reading = {"compliance": reading}
    mirror = account.connect("Buyers", ANN, BOB)
    account.simulator.opt_out(ANN, mirror.id)
    states = mirror.states(ANN, BOB, EVE, **fields)
    assert states == {ANN: "opted_out", BOB: "ok", EVE: "ok"}
    assert mirror.mailed == {BOB, EVE}


@pytest.mark.parametrize("fields", [{}, {"FNAME": "Ann"}])
def test_unsubscribed_by_an_admin(account, fields):
    """The API would bring them back: we must not even ask."""
    mirror = account.connect("Buyers", ANN, BOB)
    account.simulator.unsubscribe_by_admin(ANN, mirror.id)
    assert mirror.states(ANN, BOB, **fields) == {ANN: "opted_out", BOB: "ok"}
    assert mirror.mailed == {BOB}


@pytest.mark.parametrize("reading", ["error", "dropped"])
def test_archived_after_an_opt_out(account, reading):
    account.simulator.options.reading = {"compliance": reading}
    mirror = account.connect("Buyers", ANN, BOB)
    account.simulator.opt_out(ANN, mirror.id)
    account.simulator.set_status(ANN, mirror.id, "archived")
    assert mirror.states(ANN) == {ANN: "opted_out"}
    assert mirror.mailed == {BOB}


def test_deleted_for_ever(account):
    """Mailchimp never takes these people again, and says why."""
    mirror = account.connect("Buyers", ANN, BOB)
    account.simulator.forget(ANN, mirror.id)
    results = mirror.push(ANN, EVE)
    assert {email: one.state for email, one in results.items()} == {
        ANN: "refused",
        EVE: "ok",
    }
    assert "permanently deleted" in results[ANN].reason
    assert mirror.mailed == {BOB, EVE}


@pytest.mark.parametrize("status", ["pending", "transactional"])
def test_who_never_agreed_is_left_alone(account, status):
    mirror = account.connect("Buyers", ANN, BOB)
    account.simulator.set_status(ANN, mirror.id, status)
    assert mirror.states(ANN) == {ANN: "refused"}
    assert account.simulator._anywhere(ANN, mirror.id).status == status


def test_archived_person_comes_back(account):
    mirror = account.connect("Buyers", ANN, BOB)
    account.simulator.set_status(ANN, mirror.id, "archived")
    assert mirror.states(ANN) == {ANN: "ok"}
    assert mirror.mailed == {ANN, BOB}


def test_eleventh_connection_is_refused(account):
    with ExitStack() as others:
        for _ in range(10):
            others.enter_context(account.simulator.open_call())
        with pytest.raises(errors.RateLimited):
            account.client.test_connection()
    account.client.test_connection()


def test_many_known_people_cost_few_calls(account):
    emails = addresses(400)
    mirror = account.connect("Buyers", *emails)
    for email in emails[:40]:
        account.simulator.unsubscribe_by_admin(email, mirror.id)
    before = sum(account.simulator.calls.values())
    states = mirror.states(*emails, FNAME="Ann")
    assert sum(account.simulator.calls.values()) - before <= 6
    assert {email for email, one in states.items() if one == "opted_out"} == set(
        emails[:40]
    )


def test_opt_out_between_two_batches_is_seen(account):
    emails = addresses(100)
    mirror = account.connect("Buyers", *emails)
    mirror.push(*emails, FNAME="Ann")
    account.simulator.unsubscribe_by_admin(emails[0], mirror.id)
    assert mirror.states(*emails, FNAME="Bob")[emails[0]] == "opted_out"


def test_example_domain_is_refused(account):
    result = account.connect("Buyers", ANN).push("foo@example.com", BOB)
    assert (result["foo@example.com"].state, result[BOB].state) == ("refused", "ok")
    assert "fake" in result["foo@example.com"].reason


@own_audience
def test_opt_out_is_not_archived(account):
    """An archive forgets who opted out."""
    mirror = account.connect("Buyers", ANN, BOB)
    account.simulator.unsubscribe_by_admin(ANN, mirror.id)
    assert mirror.remove(ANN)[ANN].state == "opted_out"
    mirror.push(ANN)
    assert mirror.mailed == {BOB}


@segments
def test_nobody_is_subscribed_for_a_segment_that_is_gone(account):
    mirror = account.connect("Buyers", ANN)
    account.simulator.drop_list(mirror.id)
    with pytest.raises(errors.ListGone):
        mirror.push(EVE)
    assert len(account.simulator.lists["a000000001"].people) == 1


@segments
@pytest.mark.parametrize("path", ["/lists/[^/]+$", r"/segments/\d+$"])
def test_answer_to_one_of_the_calls_is_lost(account, path):
    mirror = account.connect("Buyers", ANN)
    account.simulator.set_fault(method="POST", path=path, after=True, drop=True)
    with pytest.raises(errors.Retryable):
        mirror.push(EVE)
    assert mirror.states(EVE) == {EVE: "ok"}
    assert mirror.mailed == {ANN, EVE}


def test_more_lists_than_a_page(account):
    for number in range(1001):
        account.client.create_list(f"List {number}")
    assert len(account.client.find_lists("List 1000")) == 1


@segments
def test_person_leaves_the_segment_and_stays_in_the_audience(account):
    mirror = account.connect("Buyers", ANN, BOB)
    mirror.remove(ANN)
    assert mirror.there.keys() == {BOB}
    assert account.simulator.lists["a000000001"].people.keys() == {
        account.client._people.path_of(one).rpartition("/")[2] for one in (ANN, BOB)
    }


def test_language_is_no_merge_field(account):
    mirror = account.connect("Buyers", ANN)
    mirror.push(ANN, language="uk_UA", FNAME="Ann")
    member = account.simulator._anywhere(ANN, mirror.id)
    assert (member.language, member.fields) == ("uk", {"FNAME": "Ann"})


def test_field_of_another_name_keeps_its_tag(account):
    mirror = account.connect("Buyers", ANN)
    first = account.client.ensure_field(mirror.id, "Company name")
    second = account.client.ensure_field(mirror.id, "Company-name")
    assert first == "COMPANYNAM"
    assert second != first
