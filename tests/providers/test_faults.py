"""What every client makes of a service that does not work as it should."""

from contextlib import contextmanager, suppress

import pytest

from odoo.addons.newsletter_sync.providers import errors, transport

ANN, BOB, EVE = "ann@acme.test", "bob@acme.test", "eve@acme.test"
VERBS = {
    "test": lambda mirror: mirror.client.test_connection(),
    "find": lambda mirror: mirror.client.find_lists("Buyers – Ann"),
    "push": lambda mirror: mirror.push(EVE),
    "remove": lambda mirror: mirror.remove(ANN),
    "field": lambda mirror: mirror.client.ensure_field(mirror.id, "loyalty"),
    "read": lambda mirror: mirror.read(),
}
SEVEN_SECONDS = {"Retry-After": "7"}
# How the answer to a call that was carried out can be lost.
LOSSES = {
    "connection is cut": {"after": True, "drop": True},
    "client waited too long": {"after": True, "drop": True, "latency": 2},
}
PATIENCE = 0.3
each_loss = pytest.mark.parametrize("loss", LOSSES)
each_verb = pytest.mark.parametrize("verb", VERBS)


def fails(mirror, verb, kind, **fault):
    """Check that a verb raises an error of a kind, and return it.

    A service without such a call has nothing to fail at.
    """
    if not mirror.account.can(verb):
        return None
    mirror.account.simulator.set_fault(times=0, **fault)
    with pytest.raises(kind) as caught:
        VERBS[verb](mirror)
    return caught.value


@each_verb
def test_key_is_wrong(account, mirror, verb):
    if not account.can(verb):
        return
    account.simulator.revoke()
    with pytest.raises(errors.WrongCredentials):
        VERBS[verb](mirror)


def test_key_is_wrong_from_the_start(account):
    account.client = account.new_client(api_key="0123-us1", client_secret="wrong")
    with pytest.raises(errors.WrongCredentials):
        account.client.test_connection()


@pytest.mark.parametrize("key", ["ключ", "a\nb", "a\x00b", "x" * 5000])
def test_key_is_nonsense(account, key):
    account.client = account.new_client(api_key=key, client_id="", client_secret=key)
    with pytest.raises(errors.WrongCredentials) as caught:
        account.client.test_connection()
    assert key not in str(caught.value)


def test_key_is_pasted_with_spaces(account):
    secrets = {name: f" {one}\n" for name, one in account.simulator.settings.items()}
    account.client = account.new_client(**secrets)
    account.client.test_connection()


@each_verb
def test_too_many_calls_with_a_time_to_wait(account, mirror, verb):
    error = fails(mirror, verb, errors.RateLimited, status=429, headers=SEVEN_SECONDS)
    assert error is None or error.retry_after == 7


@each_verb
def test_too_many_calls_without_a_time_to_wait(account, mirror, verb):
    error = fails(mirror, verb, errors.RateLimited, status=429)
    assert error is None or 1 <= error.retry_after <= 300


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
@each_verb
def test_service_is_out_of_order(account, mirror, verb, status):
    error = fails(mirror, verb, errors.Retryable, status=status, body="<html>")
    assert not isinstance(error, errors.RateLimited)


@each_verb
def test_connection_is_cut(account, mirror, verb):
    fails(mirror, verb, errors.Retryable, drop=True)


@each_verb
def test_maintenance_page_is_no_success(account, mirror, verb):
    headers = {"Content-Type": "text/html"}
    fails(mirror, verb, errors.Retryable, status=200, headers=headers, body="<html>")


@pytest.mark.parametrize("body", ["{}", "[]", "null", '"text"', "7", '{"data": 1}'])
@each_verb
def test_answer_of_an_unknown_shape(account, mirror, verb, body):
    """Never an error of the program, which would stop the engine."""
    account.simulator.set_fault(times=0, status=200, body=body)
    with suppress(errors.ProviderError):
        VERBS[verb](mirror)


@pytest.mark.parametrize("body", ["{}", "[]", "null", ""])
@pytest.mark.parametrize("verb", ["push", "remove"])
def test_status_200_alone_is_no_success(account, mirror, verb, body):
    fault = {"times": 0, "status": 200, "body": body}
    account.simulator.set_fault(path=account.simulator.CHANGES, **fault)
    with pytest.raises(errors.ProviderError):
        VERBS[verb](mirror)


@each_verb
def test_other_host_does_not_get_the_key(account, mirror, verb):
    headers = {"Location": f"{account.simulator.root}/_state"}
    fails(mirror, verb, errors.AccountError, status=307, headers=headers)


@each_verb
def test_secrets_are_in_no_error(account, mirror, verb):
    secrets = account.secrets()
    body = f"Your key {' and '.join(secrets)} is not allowed to do this."
    error = fails(mirror, verb, errors.ProviderError, status=403, body=body)
    for secret in secrets:
        assert (
            secret
            not in f"{error} {error!r} {account.client!r} {account.client.http!r}"
        )


@pytest.fixture
def impatience(monkeypatch):
    """Return a context in which clients wait for an answer as long as a test may."""
    send = transport.Http._send

    def send_and_wait_briefly(http, method, url, timeout, **options):
        return send(http, method, url, timeout=PATIENCE, **options)

    @contextmanager
    def impatience():
        with monkeypatch.context() as patch:
            patch.setattr(transport.Http, "_send", send_and_wait_briefly)
            yield

    return impatience


@each_loss
@pytest.mark.parametrize("verb", ["push", "remove"])
def test_answer_is_lost_after_the_work(account, mirror, impatience, verb, loss):
    """The worst moment for a connection to break: repeating must be harmless."""
    account.simulator.set_fault(path=account.simulator.CHANGES, **LOSSES[loss])
    with impatience(), pytest.raises(errors.Retryable):
        VERBS[verb](mirror)
    account.simulator.set_fault(clear=True)
    VERBS[verb](mirror)
    assert mirror.mailed == {"push": {ANN, BOB, EVE}, "remove": {BOB}}[verb]


@each_loss
def test_answer_to_the_creation_is_lost(account, impatience, loss):
    """The list is there, and its id can be found."""
    before = account.client.find_lists("New")
    account.simulator.set_fault(method="POST", **LOSSES[loss])
    try:
        with impatience():
            list_id = account.client.create_list("New").id
    except errors.Retryable:
        new = [one for one in account.client.find_lists("New") if one not in before]
        list_id = new[0].id if new else account.client.create_list("New").id
    account.simulator.set_fault(clear=True)
    account.connect_to(list_id).push(ANN)
    assert len(account.client.find_lists("New")) == 1


def test_creation_goes_wrong_before_the_work(account):
    account.simulator.set_fault(method="POST", status=500)
    try:
        account.client.create_list("New")
    except errors.Retryable:
        assert account.client.find_lists("New") == []


def test_nobody_listens(account, mirror):
    account.simulator.root = "http://127.0.0.1:9"
    account.client = account.new_client()
    with pytest.raises(errors.Retryable):
        mirror.push(EVE)


@pytest.mark.parametrize(
    "address", ["nonsense", "ftp://acme.test", "http://[", "http://"]
)
def test_address_is_none(account, address):
    client = account.provider(account.simulator.settings, address)
    with pytest.raises(errors.AccountError, match="address"):
        client.test_connection()


def test_nothing_is_entered_yet(account):
    """A client can be made of any settings: only its calls fail."""
    client = account.provider({}, account.simulator.base_url)
    with pytest.raises(errors.ProviderError):
        client.test_connection()
    assert repr(account.provider({}))


@pytest.mark.services("endpoint", "mailchimp", "mailchimp_audience")
def test_address_is_missing(account):
    with pytest.raises(errors.AccountError):
        account.provider({"api_key": "key"}).test_connection()


def test_fault_passes(account, mirror):
    account.simulator.set_fault(status=500)
    with pytest.raises(errors.Retryable):
        mirror.push(EVE)
    assert mirror.states(EVE) == {EVE: "ok"}
    assert mirror.mailed == {ANN, BOB, EVE}


# More than services take one by one.
SOME = [f"person{n}@acme.test" for n in range(12)]


@pytest.mark.services(jobs=True)
@pytest.mark.parametrize("polls", [0, 1, 7])
def test_slow_job(account, mirror, polls):
    account.simulator.options.job_polls = polls
    assert set(mirror.states(*SOME).values()) == {"ok"}
    mirror.remove(ANN)
    assert mirror.mailed == {BOB, *SOME}


@pytest.mark.services(jobs=True)
def test_running_job_decides_nothing(account, mirror):
    answer = account.client.upsert(mirror.id, [account.contact(one) for one in SOME])
    assert (bool(answer.job), list(answer.results)) == (True, [])
    assert mirror.mailed == {ANN, BOB}
    assert account.client.poll_job(answer.job, SOME).job


@pytest.mark.services(jobs=True)
def test_job_fails(account, mirror):
    account.simulator.options.job_fails = True
    assert set(mirror.states(*SOME).values()) == {"retry"}
    account.simulator.options.job_fails = False
    assert set(mirror.states(*SOME).values()) == {"ok"}


@pytest.mark.services(jobs=True)
def test_list_is_deleted_during_the_job(account, mirror):
    answer = account.client.upsert(mirror.id, [account.contact(one) for one in SOME])
    account.simulator.drop_list(mirror.id)
    with pytest.raises(errors.ListGone):
        mirror.settle(answer, SOME)
        mirror.push(EVE)


def test_changes_are_visible_after_a_while(account):
    account.simulator.options.lag = account.support.visible_after
    mirror = account.connect("Slow", ANN, BOB)
    mirror.remove(ANN)
    assert mirror.mailed == {BOB}
    if account.support.enumerates:
        assert mirror.read() == {BOB: "active"}
