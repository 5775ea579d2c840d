"""What every service must do in the same way, seen from the engine."""

import pytest

from odoo.addons.newsletter_sync.providers import base, errors
from odoo.addons.newsletter_sync.providers.base import Contact

ANN, BOB, EVE = "ann@acme.test", "bob@acme.test", "eve@acme.test"


def addresses(count, domain="acme.test"):
    return [f"person{n:05}@{domain}" for n in range(count)]


# ----------------------------------------------------------------------
# Lists
# ----------------------------------------------------------------------


def test_connection(account):
    assert isinstance(account.client.test_connection(), str)


def test_new_list_is_empty(account):
    mirror = account.connect("Buyers – Ann", ANN)
    mirror.remove(ANN)
    assert mirror.there == {}


@pytest.mark.parametrize(
    "name", ["Buyers – Ann", "Покупатели – Анна", "买家 & <b>", "O'Neil"]
)
def test_list_is_found_by_its_name(account, name):
    mirror = account.connect(name, ANN)
    assert [(one.id, one.name) for one in account.client.find_lists(name)] == [
        (mirror.id, name)
    ]


def test_only_the_whole_name_counts(account):
    account.connect("Buyers – Ann", ANN)
    assert account.client.find_lists("Buyers") == []


def test_list_is_read_by_its_id(account, mirror):
    assert account.client.get_list(mirror.id).name == "Buyers – Ann"


@pytest.mark.services(renames_lists=True)
def test_list_is_renamed(account, mirror):
    account.client.rename_list(mirror.id, "Customers – Ann")
    assert account.client.get_list(mirror.id).name == "Customers – Ann"
    mirror.push(EVE)
    assert mirror.mailed == {ANN, BOB, EVE}


@pytest.mark.services(renames_lists=False)
def test_list_cannot_be_renamed(account, mirror):
    with pytest.raises(errors.Unsupported):
        account.client.rename_list(mirror.id, "Customers – Ann")


def test_list_renamed_over_there_stays_ours(account, mirror):
    before = len(account.simulator.shown_lists())
    account.simulator.rename_by_hand(mirror.id, "Their own name")
    mirror.push(EVE)
    mirror.remove(ANN)
    assert mirror.mailed == {BOB, EVE}
    assert len(account.simulator.shown_lists()) == before


@pytest.mark.services(deletes_lists=True)
def test_list_is_deleted_once_and_again(account, mirror):
    account.client.delete_list(mirror.id)
    account.client.delete_list(mirror.id)
    with pytest.raises(errors.ListGone):
        account.client.get_list(mirror.id)


@pytest.mark.services(deletes_lists=True)
def test_people_outlive_their_list(account, mirror):
    other = account.connect("Other", ANN)
    account.client.delete_list(mirror.id)
    assert other.mailed == {ANN}


@pytest.mark.services(deletes_lists=False)
def test_list_cannot_be_deleted(account, mirror):
    with pytest.raises(errors.Unsupported):
        account.client.delete_list(mirror.id)
    assert mirror.mailed == {ANN, BOB}


@pytest.mark.services(unique_names=True)
def test_name_is_taken(account, mirror):
    with pytest.raises(errors.NameTaken):
        account.connect("Buyers – Ann")


@pytest.mark.services(unique_names=False)
def test_two_lists_of_one_name(account, mirror):
    account.connect("Buyers – Ann", EVE)
    assert len(account.client.find_lists("Buyers – Ann")) == 2


# The others' documents know no limit of lists.
LIMITED_BY_PLAN = ("mailchimp_audience", "mailerlite", "sendpulse", "unisender")


@pytest.mark.services(*LIMITED_BY_PLAN)
def test_plan_allows_no_further_list(account, mirror):
    before = account.simulator.shown_lists()
    account.simulator.options.max_lists = len(account.simulator.lists)
    with pytest.raises(errors.PlanLimit):
        account.connect("Other")
    assert account.simulator.shown_lists() == before
    mirror.push(EVE)
    assert mirror.mailed == {ANN, BOB, EVE}


VERBS_OF_LISTS = {
    "get": lambda mirror: mirror.client.get_list(mirror.id),
    "push": lambda mirror: mirror.push(EVE),
    "remove": lambda mirror: mirror.remove(ANN),
    "read": lambda mirror: mirror.read(),
}


@pytest.mark.parametrize("verb", VERBS_OF_LISTS)
def test_list_deleted_over_there(account, mirror, verb):
    account.simulator.drop_list(mirror.id)
    with pytest.raises(errors.ListGone if account.can(verb) else errors.Unsupported):
        VERBS_OF_LISTS[verb](mirror)


def test_reply_address_is_not_promised(account, mirror):
    if not account.support.sets_reply_to:
        with pytest.raises(errors.Unsupported):
            account.client.set_reply_to(mirror.id, "answers@acme.test")


# ----------------------------------------------------------------------
# Members
# ----------------------------------------------------------------------


def test_contacts_are_added(account, mirror):
    assert mirror.states(EVE) == {EVE: "ok"}
    assert mirror.there == dict.fromkeys([ANN, BOB, EVE], "active")


def test_same_batch_twice_changes_nothing(account, mirror):
    assert mirror.states(ANN, BOB) == {ANN: "ok", BOB: "ok"}
    assert mirror.mailed == {ANN, BOB}


def test_upper_case_is_no_other_person(account, mirror):
    assert mirror.states("Ann@ACME.test") == {"Ann@ACME.test": "ok"}
    assert {email.lower() for email in mirror.there} == {ANN, BOB}
    mirror.remove("ANN@acme.test")
    assert mirror.mailed == {BOB}


def test_contacts_are_removed(account, mirror):
    assert mirror.remove(ANN)[ANN].state == "ok"
    assert mirror.mailed == {BOB}


def test_absent_contact_is_removed(account, mirror):
    assert mirror.remove(EVE)[EVE].state == "ok"
    assert mirror.mailed == {ANN, BOB}


def test_removed_twice(account, mirror):
    mirror.remove(ANN)
    assert mirror.remove(ANN)[ANN].state == "ok"


def test_member_of_another_list_is_not_removed_there(account, mirror):
    other = account.connect("Other", ANN, EVE)
    assert mirror.remove(ANN, EVE)[ANN].state == "ok"
    assert other.mailed == {ANN, EVE}
    assert mirror.mailed == {BOB}


def test_removed_contact_comes_back(account, mirror):
    mirror.remove(ANN)
    assert mirror.states(ANN) == {ANN: "ok"}
    assert mirror.mailed == {ANN, BOB}


def test_last_member_is_removed(account, mirror):
    mirror.remove(ANN, BOB)
    assert mirror.there == {}
    mirror.push(EVE)
    assert mirror.mailed == {EVE}


def test_changed_address(account, mirror):
    mirror.remove(ANN)
    mirror.push("ann.new@acme.test")
    assert mirror.mailed == {"ann.new@acme.test", BOB}


def test_others_people_stay(account, mirror):
    account.simulator.add_by_hand("by.hand@acme.test", mirror.id)
    mirror.push(EVE)
    mirror.remove(ANN, BOB)
    assert mirror.mailed == {EVE, "by.hand@acme.test"}


def test_contact_of_another_list_is_added(account, mirror):
    other = account.connect("Other", EVE)
    mirror.push(EVE)
    assert mirror.mailed == {ANN, BOB, EVE}
    assert other.mailed == {EVE}


def test_as_many_removals_as_one_call_takes(account):
    emails = addresses(account.support.remove_size)
    mirror = account.connect("Many", *emails)
    results = mirror.remove(*emails)
    assert {one.state for one in results.values()} == {"ok"}
    assert mirror.there == {}


# ----------------------------------------------------------------------
# Fields
# ----------------------------------------------------------------------

NAMES = ["José", "Анна", "李", "O'Neil", 'a "quoted", one']


@pytest.mark.parametrize("value", NAMES)
def test_value_of_a_field_arrives(account, mirror, value):
    key = account.field(mirror, "company")
    mirror.push(ANN, **{key: value})
    assert account.simulator.fields_of(ANN)[key] == value


def test_value_of_a_field_is_changed_and_emptied(account, mirror):
    key = account.field(mirror, "company")
    for value in ("ACME", "Umbrella", ""):
        mirror.push(Contact(ANN, {key: value}))
        assert (account.simulator.fields_of(ANN).get(key) or "") == value


def test_other_fields_are_left_alone(account, mirror):
    company, city = (account.field(mirror, name) for name in ("company", "town"))
    mirror.push(ANN, **{company: "ACME", city: "Kyiv"})
    mirror.push(ANN, **{company: "Umbrella"})
    assert account.simulator.fields_of(ANN)[city] == "Kyiv"


def test_field_is_made_once(account, mirror):
    assert account.field(mirror, "Loyalty") == account.field(mirror, "Loyalty")
    assert account.field(mirror, "Loyalty") != account.field(mirror, "Other")


@pytest.mark.services(creates_fields=False)
def test_unknown_field_cannot_be_made(account, mirror):
    with pytest.raises(errors.Unsupported):
        account.client.ensure_field(mirror.id, "Nobody made this")


@pytest.mark.parametrize("name", ["Компания", "Company (long name) of the customer"])
def test_name_of_a_field_may_be_anything(account, mirror, name):
    key = account.field(mirror, name)
    mirror.push(ANN, **{key: "ACME"})
    assert account.simulator.fields_of(ANN)[key] == "ACME"


# ----------------------------------------------------------------------
# Opt-outs
# ----------------------------------------------------------------------


@pytest.mark.parametrize("what", ["opt_out", "bounce"])
def test_who_left_is_not_brought_back(account, mirror, what):
    getattr(account.simulator, what)(ANN, mirror.id)
    for _ in range(2):
        mirror.push(ANN, EVE)
        assert mirror.mailed == {BOB, EVE}


@pytest.mark.parametrize("what", ["opt_out", "bounce"])
def test_new_values_bring_nobody_back(account, mirror, what):
    key = account.field(mirror, "company")
    getattr(account.simulator, what)(ANN, mirror.id)
    mirror.push(ANN, EVE, **{key: "ACME"})
    assert mirror.mailed == {BOB, EVE}


def test_opt_out_outlives_removal(account, mirror):
    account.simulator.opt_out(ANN, mirror.id)
    mirror.remove(ANN)
    mirror.push(ANN)
    assert mirror.mailed == {BOB}


@pytest.mark.services(shows_opt_outs=True)
@pytest.mark.parametrize("what", ["opt_out", "bounce"])
def test_who_left_can_be_read(account, mirror, what):
    getattr(account.simulator, what)(ANN, mirror.id)
    status = {"opt_out": base.OPTED_OUT, "bounce": base.BOUNCED}[what]
    assert mirror.read() == {ANN: status, BOB: base.ACTIVE}


# ----------------------------------------------------------------------
# Reading
# ----------------------------------------------------------------------


@pytest.mark.services(enumerates=True)
def test_members_are_read(account, mirror):
    account.simulator.add_by_hand("by.hand@acme.test", mirror.id)
    assert mirror.read() == dict.fromkeys([ANN, BOB, "by.hand@acme.test"], "active")


@pytest.mark.services(enumerates=True)
def test_empty_list_is_read(account, mirror):
    mirror.remove(ANN, BOB)
    assert mirror.read() == {}


@pytest.mark.services(enumerates=True)
@pytest.mark.parametrize("count", [1000, 1001])
def test_more_members_than_a_page(account, count):
    mirror = account.connect("Many", addresses(1)[0])
    for email in addresses(count):
        account.simulator.add_by_hand(email, mirror.id)
    assert mirror.read().keys() == set(addresses(count))


@pytest.mark.services(enumerates=False)
def test_members_cannot_be_read(account, mirror):
    with pytest.raises(errors.Unsupported):
        mirror.read()


# ----------------------------------------------------------------------
# Batches
# ----------------------------------------------------------------------


def test_biggest_batch_is_one_upsert(account):
    mirror = account.connect("Many", ANN)
    before = account.upserts()
    emails = addresses(account.support.batch_size)
    results = mirror.push(*emails)
    assert account.upserts() == before + 1
    assert {one.state for one in results.values()} == {"ok"}
    assert mirror.mailed == {ANN, *emails}


@pytest.mark.parametrize("bad", ["no address", "refused@acme.test"])
def test_bad_address_in_the_biggest_batch(account, bad):
    account.simulator.options.refuse = ["refused@acme.test"]
    mirror = account.connect("Many", ANN)
    emails = addresses(account.support.batch_size - 1)
    middle = len(emails) // 2
    results = mirror.push(*emails[:middle], bad, *emails[middle:])
    assert mirror.mailed == {ANN, *emails}
    assert {results[email].state for email in emails} == {"ok"}
    if account.support.answers != "none":
        assert results[bad].state == "refused"
        assert results[bad].reason


def test_only_bad_addresses(account, mirror):
    account.simulator.options.refuse = ["refused@acme.test"]
    mirror.push("refused@acme.test")
    assert mirror.mailed == {ANN, BOB}
