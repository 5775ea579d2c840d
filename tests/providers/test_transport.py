"""The request skeleton that all clients share."""

from contextlib import suppress
from email.utils import formatdate
from time import time

import pytest

from odoo.addons.newsletter_sync.providers import PROVIDERS, errors, tables, transport
from odoo.addons.newsletter_sync.providers.names import plain_name
from odoo.addons.newsletter_sync.providers.tables import read_table

from tests.simulators.files import encode_table


class Clock:
    def __init__(self):
        self.time = 0

    def __call__(self):
        return self.time

    def sleep(self, seconds):
        self.time += seconds


def limiter(calls, seconds):
    clock = Clock()
    return transport.Limiter(calls, seconds, clock, clock.sleep), clock


def test_limiter_lets_a_burst_pass():
    pace, clock = limiter(10, 1)
    for _ in range(10):
        pace.wait()
    assert clock.time == 0


def test_limiter_sleeps_a_little():
    pace, clock = limiter(10, 1)
    for _ in range(25):
        pace.wait()
    assert clock.time == 2


@pytest.mark.parametrize(
    ("code", "calls"), [("mailerlite", 120), ("sendpulse", 10), ("unisender", 1200)]
)
def test_documented_limits_are_kept(code, calls):
    pace = PROVIDERS[code]({}).http.limiter
    pace._clock = Clock()
    for _ in range(calls):
        pace.wait()
    pace.LONGEST_SLEEP = 0
    with pytest.raises(errors.RateLimited):
        pace.wait()


def test_limiter_does_not_sleep_long():
    pace, clock = limiter(2, 60)
    pace.wait()
    clock.sleep(10)
    pace.wait()
    with pytest.raises(errors.RateLimited) as caught:
        pace.wait()
    assert (caught.value.retry_after, clock.time) == (50, 10)
    clock.sleep(50)
    pace.wait()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7), ("0", 1), ("1.5", 1.5), ("soon", 60), ("", 60)],
)
def test_time_to_wait(value, seconds):
    assert transport.retry_after({"Retry-After": value}) == seconds


@pytest.mark.parametrize("write", [int, lambda when: formatdate(when, usegmt=True)])
def test_time_to_wait_as_a_date(write):
    header = str(write(time() + 120))
    assert 110 < transport.retry_after({"Retry-After": header}) <= 120


@pytest.mark.parametrize("secret", ["key-us1", "a b&c/d", 'quo"te', "пароль"])
@pytest.mark.parametrize("way", ["{}", "key={}&x", '{{"key": "{}"}}'])
def test_secrets_are_redacted_however_they_travel(secret, way):
    http = transport.Http("http://localhost", [secret], None, None)
    forms = {
        secret,
        transport.quote(secret, safe=""),
        transport.json.dumps(secret)[1:-1],
    }
    for form in forms:
        assert form not in http.redact(way.format(form))


def test_texts_for_people_are_short():
    http = transport.Http("http://localhost", [], None, None)
    assert len(http.redact("x" * 10_000)) <= transport.LONGEST_TEXT


def test_long_text_does_not_hide_half_a_secret():
    http = transport.Http("http://localhost", ["secret"], None, None)
    text = "x" * (transport.LONGEST_TEXT - 3) + "secret"
    assert "sec" not in http.redact(text)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.ContactError),
        (401, errors.WrongCredentials),
        (402, errors.PlanLimit),
        (403, errors.AccountError),
        (404, errors.ListGone),
        (408, errors.Retryable),
        (410, errors.ListGone),
        (422, errors.ContactError),
        (425, errors.Retryable),
        (429, errors.RateLimited),
        (500, errors.Retryable),
        (599, errors.Retryable),
        (302, errors.AccountError),
    ],
)
def test_families_of_errors(status, kind):
    assert type(transport.explain_status(status, "", {})) is kind


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_success_is_no_error(status):
    assert transport.explain_status(status, "", {}) is None


@pytest.mark.services("endpoint")
def test_slow_answer_is_given_up(account):
    account.simulator.set_fault(latency=2)
    with pytest.raises(errors.Retryable, match="in time"):
        account.client.http.call("POST", "", seconds=0.2, json={})


@pytest.mark.services("sendgrid")
def test_password_file_of_the_user_is_not_used(account, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    account.client.test_connection()


@pytest.mark.services("sendgrid")
def test_errors_do_not_lead_to_the_request(account):
    """A traceback in a log shows neither headers nor the body."""
    account.simulator.set_fault(drop=True)
    with pytest.raises(errors.Retryable) as caught:
        account.client.test_connection()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


with_files = pytest.mark.services("sendgrid", "unisender")


def fetches(account):
    """Return how files were asked for."""
    calls = [request for request, _ in account.simulator.log]
    return [one for one in calls if one.path.startswith("/files/")]


@with_files
def test_files_are_fetched_without_any_key(account, mirror, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    mirror.read()
    assert fetches(account)
    for request in fetches(account):
        assert "Authorization" not in request.headers
        for secret in account.secrets():
            assert secret not in str(request)


@with_files
def test_files_are_not_fetched_from_elsewhere(account, mirror):
    elsewhere = {"Location": f"{account.simulator.root}/files/elsewhere"}
    account.simulator.set_fault(path="^/files/", status=302, headers=elsewhere)
    with pytest.raises(errors.Retryable, match="302"):
        mirror.read()
    assert fetches(account) == []


@pytest.mark.services("unisender")
def test_files_of_services_are_fetched_in_secret(account):
    http = transport.Http("https://api.acme.test", [], None, None)
    with pytest.raises(errors.Retryable):
        http.download(f"{account.simulator.root}/files/export.csv")
    assert fetches(account) == []


@with_files
def test_file_that_is_too_large(account, mirror, monkeypatch):
    monkeypatch.setattr(transport, "LARGEST_FILE", 10)
    with pytest.raises(errors.Retryable, match="too large"):
        mirror.read()


@with_files
@pytest.mark.parametrize(
    "body", [b"\x1f\x8b\x08 none", "[7]", '{"email"', "a\0,\n" * 9]
)
def test_file_that_is_no_table(account, mirror, body):
    account.simulator.set_fault(path="^/files/", status=200, body=body)
    with suppress(errors.Retryable):
        assert mirror.read() == {}


ROWS = [
    {"Email": "ann@acme.test", "Name": "Анна"},
    {"Email": "b@acme.test", "Name": ""},
]


@pytest.mark.parametrize("compression", ["", ".gz"])
@pytest.mark.parametrize("layout", ["lines", "array", "csv", "csv;", "csv\t"])
def test_files_in_any_layout(layout, compression):
    table = read_table(encode_table(ROWS, layout + compression))
    assert [(row["email"], row["name"]) for row in table] == [
        ("ann@acme.test", "Анна"),
        ("b@acme.test", ""),
    ]


def test_archive_that_unpacks_to_too_much(monkeypatch):
    archive = encode_table(ROWS * 100, "csv.gz")
    monkeypatch.setattr(tables, "LARGEST_FILE", len(archive))
    with pytest.raises(ValueError, match="too large"):
        tables.unpack(archive)


@pytest.mark.parametrize("part", [slice(0, -9), slice(0, 12), slice(0, 2)])
def test_archive_that_is_broken(part):
    with pytest.raises(ValueError, match="archive"):
        tables.unpack(encode_table(ROWS, "csv.gz")[part])


def test_empty_file():
    assert read_table(b"") == []


@pytest.mark.parametrize(
    ("name", "plain"),
    [("Company", "Company"), ("Total (EUR)", "Total_EUR"), ("x" * 200, "x" * 100)],
)
def test_plain_name(name, plain):
    assert plain_name(name) == plain


def test_plain_names_of_other_alphabets_differ():
    names = {plain_name(name) for name in ("Компания", "Город", "买家", "1st", "!")}
    assert len(names) == 5
    assert all(name.isascii() for name in names)
