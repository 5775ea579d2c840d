"""What is peculiar to Unisender."""

import pytest

from odoo.addons.newsletter_sync.providers import errors

ANN, BOB, EVE = "ann@acme.test", "bob@acme.test", "eve@acme.test"
pytestmark = pytest.mark.services("unisender")
IMPORT = "POST /en/api/importContacts"


@pytest.fixture
def mirror(account):
    return account.connect("Buyers", ANN, BOB)


def people(count):
    return [f"person{n:03}@acme.test" for n in range(count)]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("invalid_api_key", errors.WrongCredentials),
        ("access_denied", errors.AccountError),
        ("unknown_method", errors.AccountError),
        ("not_enough_money", errors.PlanLimit),
        ("retry_later", errors.Retryable),
        ("unspecified", errors.Retryable),
        ("api_call_limit_exceeded_for_api_key", errors.RateLimited),
        ("api_call_limit_exceeded_for_ip", errors.RateLimited),
        ("something_new", errors.ListError),
    ],
)
def test_errors_come_with_status_200(account, code, kind):
    body = f'{{"error": "&quot;No&quot; &amp; no", "code": "{code}"}}'
    account.simulator.set_fault(status=200, body=body)
    with pytest.raises(kind, match='"No" & no'):
        account.client.test_connection()


def test_limit_without_a_time_is_a_minute(account):
    account.simulator.options.calls = 1
    account.client.test_connection()
    with pytest.raises(errors.RateLimited) as caught:
        account.client.test_connection()
    assert caught.value.retry_after == 60


def test_key_is_in_no_address(account, mirror):
    key = account.simulator.settings["api_key"]
    assert all(not request.query for request, _ in account.simulator.log)
    assert all(key not in request.path for request, _ in account.simulator.log)


def test_role_address(account, mirror):
    result = mirror.push("info@acme.test", EVE)
    assert (result["info@acme.test"].state, result[EVE].state) == ("refused", "ok")
    assert '"info@acme.test"' in result["info@acme.test"].reason


def test_role_address_that_was_added_over_there_is_removed(account, mirror):
    """Imports refuse it, also to take it out."""
    account.simulator.add_by_hand("info@acme.test", mirror.id)
    states = mirror.remove("info@acme.test", ANN, EVE)
    assert {one.state for one in states.values()} == {"ok"}
    assert mirror.mailed == {BOB}


def test_field_that_somebody_deleted(account, mirror):
    """It is not the fault of any contact: nobody is refused."""
    key = account.field(mirror, "company")
    account.simulator.fields.clear()
    with pytest.raises(errors.ListError, match=key):
        mirror.push(ANN, BOB, **{key: "ACME"})


def test_refusals_that_are_only_counted(account, mirror):
    """The engine halves the batch."""
    account.simulator.options.reading = {"log": False}
    with pytest.raises(errors.ContactError):
        mirror.push("info@acme.test", EVE)


@pytest.mark.parametrize("resubscribes", [True, False])
@pytest.mark.parametrize("count", [1, 100])
@pytest.mark.parametrize("id_name", ["id", "list_id"])
def test_import_of_somebody_who_left(account, mirror, resubscribes, count, id_name):
    """Whether it brings them back is not known: they are not imported."""
    account.simulator.options.reading = {
        "import_resubscribes": resubscribes,
        "list_id_name": id_name,
    }
    account.simulator.opt_out(ANN, mirror.id)
    states = mirror.states(ANN, *people(count))
    assert states[ANN] == "opted_out"
    assert mirror.mailed == {BOB, *people(count)}


def test_absent_people_are_not_made_by_a_removal(account, mirror):
    mirror.remove(EVE, *people(30))
    assert account.simulator.people.keys() == {ANN, BOB}


def test_batches_after_each_other_need_one_export(account, mirror):
    for _ in range(3):
        mirror.push(*people(50))
    exports = account.simulator.count("POST /en/api/async/exportContacts")
    assert exports == 1


@pytest.mark.parametrize("needed", [True, False])
def test_export_gets_an_address_to_tell_if_it_wants_one(account, needed):
    account.simulator.options.reading = {"notify_url_needed": needed}
    account.client = account.new_client(odoo_url="https://odoo.test")
    account.connect("Buyers", ANN).read()
    told = ("notify_url", "https://odoo.test")
    assert needed == any(told in call.pairs for call, _ in account.simulator.log)


def test_refused_export_is_no_contact_s_fault(account, mirror):
    account.simulator.options.reading = {"notify_url_needed": True}
    with pytest.raises(errors.ListError, match="notify_url is required"):
        mirror.push(*people(50))


def test_export_that_has_expired_is_begun_anew(account, mirror):
    cursor = account.client.list_members(mirror.id).cursor
    account.simulator.exports.clear()
    with pytest.raises(errors.Retryable, match="There is no task"):
        account.client.list_members(mirror.id, cursor)


def test_export_that_takes_long_holds_nobody_up(account, mirror):
    """Each attempt brings some of the contacts further."""
    account.simulator.options.job_polls = 1000
    account.simulator.opt_out(ANN, mirror.id)
    emails = [ANN, *people(150)]
    states = mirror.states(*emails)
    assert states[ANN] == "opted_out"
    later = [email for email in emails if states[email] == "retry"]
    assert mirror.mailed == {BOB, *people(150)} - set(later)
    assert len(later) == 51
    assert set(mirror.states(*later).values()) == {"ok"}
    assert mirror.mailed == {BOB, *people(150)}
    later = [one.email for one in mirror.remove(*emails).values() if one.state != "ok"]
    assert mirror.mailed == {BOB, *later} - {ANN}
    mirror.remove(*later)
    assert mirror.mailed == {BOB}


@pytest.mark.parametrize("layout", ["csv", "csv;", "csv\t", "csv.gz", "csv;.gz"])
def test_export_in_any_layout(account, mirror, layout):
    account.simulator.options.reading = {"export": layout}
    assert mirror.read() == {ANN: "active", BOB: "active"}


def test_contacts_with_other_fields_are_not_emptied(account, mirror):
    contact = account.contact
    key = account.field(mirror, "company")
    mirror.push(ANN, **{key: "ACME"})
    mirror.push(contact(ANN), contact(BOB, **{key: "Umbrella"}))
    assert account.simulator.fields_of(ANN)[key] == "ACME"


def test_membership_of_other_lists_is_not_replaced(account, mirror):
    other = account.connect("Other", ANN)
    mirror.push(ANN)
    mirror.remove(ANN)
    assert other.mailed == {ANN}
    for request, _ in account.simulator.log:
        if request.path.endswith("importContacts"):
            assert ("overwrite_lists", "0") in request.pairs


@pytest.mark.parametrize("code", ["invalid_arg", "unspecified"])
def test_code_of_a_refusal_that_is_about_the_list(account, mirror, code):
    account.simulator.options.reading = {"list_code": code}
    account.connect("Customers")
    with pytest.raises(errors.NameTaken):
        account.client.create_list("Buyers")
    with pytest.raises(errors.NameTaken):
        account.client.rename_list(mirror.id, "Customers")
    account.client.rename_list(mirror.id, "Buyers")
    account.simulator.drop_list(mirror.id)
    account.client.delete_list(mirror.id)


@pytest.mark.parametrize("verb", ["create_list", "rename_list", "delete_list"])
def test_list_refused_for_another_reason(account, mirror, verb):
    body = '{"error": "Not now", "code": "invalid_arg"}'
    account.simulator.set_fault(
        path="(create|update|delete)List", status=200, body=body
    )
    arguments = {"create_list": ["New"], "rename_list": [mirror.id, "New"]}
    with pytest.raises(errors.ListError, match="Not now") as caught:
        getattr(account.client, verb)(*arguments.get(verb, [mirror.id]))
    assert not isinstance(caught.value, errors.NameTaken)
