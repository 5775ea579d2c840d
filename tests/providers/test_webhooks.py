"""Services that call us: who left is understood, and nobody else is believed."""

from datetime import datetime, timedelta, timezone

import pytest

from odoo.addons.newsletter_sync.providers import errors, webhooks

from tests.providers.accounts import codes
from tests.providers.listener import listening

ANN, BOB = "ann@acme.test", "bob@acme.test"
BY_API = codes(webhooks="api")
BY_HAND = codes(webhooks="hand")
TELLING = [*BY_API, *BY_HAND]
SIGNED = ["mailerlite", "sendgrid", "unisender"]
KINDS = {
    "opt_out": webhooks.UNSUBSCRIBED,
    "bounce": webhooks.BOUNCED,
    "complain": webhooks.COMPLAINED,
}
# Who tells which list was left; elsewhere it is the account that was left.
NAMES_LISTS = ("mailchimp_audience", "sendpulse", "unisender", "endpoint")


@pytest.fixture
def calls():
    with listening() as listener:
        yield listener


@pytest.fixture
def key(account, calls):
    """The key of a webhook that was added."""
    if account.support.webhooks == "hand":
        account.simulator.act("add_by_hand_hook", url=calls.url)
        return ""
    return account.client.add_webhook(calls.url).key


@pytest.mark.services(*TELLING)
@pytest.mark.parametrize("act", KINDS)
def test_who_leaves_is_told(account, mirror, calls, key, act):
    account.simulator.act(act, email=ANN, list_id=mirror.id)
    [(headers, body)] = calls.made
    [told] = account.client.parse_webhook(headers, body, key)
    of_list = account.code in NAMES_LISTS and act == "opt_out"
    of_list = of_list or account.code == "mailchimp_audience"
    assert (told.email, told.kind) == (ANN, KINDS[act])
    assert told.list_id == (mirror.id if of_list else "")
    if told.at:
        assert abs(told.at - datetime.now(timezone.utc)) < timedelta(minutes=1)
    elif account.code != "mailerlite":
        raise AssertionError("When it happened is told.")


@pytest.mark.services(*BY_API)
def test_webhook_is_added_once_and_removed(account, mirror, calls):
    account.client.add_webhook(calls.url)
    webhook = account.new_client().add_webhook(calls.url)
    account.simulator.act("opt_out", email=ANN, list_id=mirror.id)
    assert len(calls.made) == 1
    account.client.parse_webhook(*calls.made[0], webhook.key)
    for _ in range(2):
        account.client.remove_webhook(webhook.id)
    account.simulator.act("opt_out", email=BOB, list_id=mirror.id)
    assert len(calls.made) == 1


@pytest.mark.services(*BY_API)
def test_other_webhooks_stay(account, mirror, calls):
    with listening() as other:
        account.client.add_webhook(other.url)
        webhook = account.client.add_webhook(calls.url)
        account.client.remove_webhook(webhook.id)
        account.simulator.act("opt_out", email=ANN, list_id=mirror.id)
        assert len(other.made) == 1
        assert not calls.made


@pytest.mark.services(*SIGNED)
@pytest.mark.parametrize("forgery", ["body", "no signature"])
def test_forged_calls_are_refused(account, mirror, calls, key, forgery):
    account.simulator.act("opt_out", email=ANN, list_id=mirror.id)
    [(headers, body)] = calls.made
    assert account.client.parse_webhook(headers, body, key)
    if forgery == "body":
        body = body.replace(ANN.encode(), BOB.encode())
    else:
        headers, body = {}, body.replace(b'"auth"', b'"other"')
    with pytest.raises(webhooks.Forged):
        account.client.parse_webhook(headers, body, key)


@pytest.mark.services(*SIGNED)
def test_calls_of_another_account_are_refused(account, mirror, calls):
    """Its key is not ours, whatever it signs."""
    account.client.add_webhook(calls.url)
    account.simulator.act("opt_out", email=ANN, list_id=mirror.id)
    [(headers, body)] = calls.made
    other = account.new_client(api_key="other")
    key = {"sendgrid": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"}.get(account.code, "k")
    with pytest.raises(webhooks.Forged):
        other.parse_webhook(headers, body, key)


@pytest.mark.services(*TELLING)
@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"\xff\xfe", b'{"email": 1}', b"type=unsubscribe"]
)
def test_garbage_is_no_opt_out(account, body):
    try:
        told = account.client.parse_webhook({}, body, "")
    except errors.ProviderError:
        return
    assert told == []


@pytest.mark.services("mailchimp")
def test_mailchimp_asks_whether_the_address_is_there(account):
    with pytest.raises(errors.ContactError):
        account.client.add_webhook("http://127.0.0.1:9/hook")


@pytest.mark.services("mailchimp")
def test_other_audiences_are_none_of_our_business(account):
    body = b"type=unsubscribe&data[email]=ann@acme.test&data[list_id]=b9"
    assert account.client.parse_webhook({}, body, "") == []


@pytest.mark.services("mailchimp_audience")
@pytest.mark.parametrize("event", ["subscribe", "upemail", "profile"])
def test_other_events_are_no_opt_outs(account, event):
    body = f"type={event}&data[email]=ann@acme.test&data[list_id]=b9"
    assert account.client.parse_webhook({}, body.encode(), "") == []


@pytest.mark.services("mailchimp_audience")
def test_who_was_archived_has_not_left(account):
    body = b"type=unsubscribe&data[action]=delete&data[email]=a@b.test&data[list_id]=b9"
    assert account.client.parse_webhook({}, body, "") == []


@pytest.mark.services("mailerlite")
def test_events_of_mailerlite_in_a_batch(account, mirror, calls, key):
    account.simulator.options.reading["webhook_layout"] = "batch"
    account.simulator.act("opt_out", email=ANN, list_id=mirror.id)
    [told] = account.client.parse_webhook(*calls.made[0], key)
    assert (told.email, told.kind) == (ANN, webhooks.UNSUBSCRIBED)


@pytest.mark.services("unisender")
@pytest.mark.parametrize("events", ["Events", "events"])
@pytest.mark.parametrize("lists", ["list_ids", "unsubscribed_list_ids", "unknown"])
def test_unsubscriptions_at_unisender(account, mirror, calls, key, events, lists):
    reading = {"events_name": events, "unsubscribe_lists": lists}
    account.simulator.options.reading.update(reading)
    account.simulator.act("opt_out", email=ANN, list_id=mirror.id)
    [told] = account.client.parse_webhook(*calls.made[0], key)
    expected = "" if lists == "unknown" else mirror.id
    assert (told.email, told.list_id) == (ANN, expected)


@pytest.mark.services("sendgrid")
def test_a_block_at_sendgrid_may_pass(account):
    body = b'[{"event": "bounce", "type": "blocked", "email": "ann@acme.test"}]'
    assert account.client.parse_webhook({}, body, "") == []


@pytest.mark.services(webhooks="")
def test_services_without_webhooks_say_so(account):
    for call in (
        lambda: account.client.add_webhook("https://odoo.test/hook"),
        lambda: account.client.remove_webhook("1"),
        lambda: account.client.parse_webhook({}, b"{}", ""),
    ):
        with pytest.raises(errors.Unsupported):
            call()
