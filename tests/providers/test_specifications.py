"""Our calls and our simulators' answers against the services' specifications."""

import json
import re
from functools import cache

import pytest

from odoo.addons.newsletter_sync.providers import errors

from tests.providers.listener import listening
from tests.providers.specifications import Specification
from tests.simulators.server import Request, Response

ANN, BOB, EVE = "ann@acme.test", "bob@acme.test", "eve@acme.test"
MAILCHIMP = ["mailchimp-marketing-3.0-hevelop-openapi.yaml"]
SENDGRID = [
    f"tsg_{name}_v3.json"
    for name in (
        "mc_contacts",
        "mc_custom_fields",
        "mc_lists",
        "scopes",
        "suppressions",
    )
]
FILES = {
    "mailchimp": ("mailchimp", MAILCHIMP, "/3.0"),
    "mailchimp_audience": ("mailchimp", MAILCHIMP, "/3.0"),
    "sendgrid": ("sendgrid", SENDGRID, ""),
    "sendpulse": ("sendpulse", ["sendpulse-bulk-email-openapi.yml"], ""),
}
# What specifications say and services do not do, in calls that somebody recorded.
WRONG = re.compile(
    r"merge_fields\.\w+: .* is not of type 'object'"  # they are texts and numbers
    r"|errors\[0\]\.field: None is not of type 'string'"
    r"|answer \$: {'errors': .* is not of type 'array'"
    r"|(_qty|status): '\d+' is not of type 'integer'"  # texts at times
    r"|AddEmailsSingleOptIn"  # it takes whatever the other kind takes
    r"|/oauth/access_token: no such call"  # in the documentation only
)

WITH_WEBHOOKS = ("mailchimp", "sendpulse")


@cache
def specification(code):
    folder, names, prefix = FILES[code]
    return Specification(folder, *names, prefix=prefix)


def do_everything(account):
    """Make each call that the client has, also those that are refused."""
    client = account.client
    client.test_connection()
    mirror = account.connect("Buyers – Ann", ANN, BOB)
    mirror.push(ANN, EVE, **{account.field(mirror, "company"): "ACME"})
    mirror.push("no address", BOB)
    account.simulator.opt_out(BOB, mirror.id)
    mirror.push(BOB)
    mirror.read()
    mirror.remove(ANN, "nobody@acme.test")
    mirror.push(ANN)
    client.find_lists("Buyers – Ann")
    if account.code in WITH_WEBHOOKS:
        with listening() as listener:
            webhook = client.add_webhook(listener.url)
            client.remove_webhook(webhook.id)
    client.rename_list(mirror.id, "Customers – Ann")
    client.delete_list(mirror.id)
    with pytest.raises(errors.ListGone):
        client.get_list(mirror.id)
    account.simulator.revoke()
    with pytest.raises(errors.WrongCredentials):
        client.test_connection()


def problems(account):
    """Return what is wrong with the calls made so far and their answers."""
    expected = specification(account.code)
    found = {
        f"{request.method} {request.path}: {problem}"
        for request, response in account.simulator.log
        if not request.path.startswith("/files/")
        for problem in expected.problems(request, response)
    }
    return sorted(line for line in found if not WRONG.search(line))


@pytest.mark.services(*FILES)
def test_calls_and_answers_are_as_specified(account):
    do_everything(account)
    assert problems(account) == []


@pytest.mark.services(*FILES)
def test_biggest_calls_are_as_specified(account):
    support = account.support
    emails = [f"person{n:05}@acme.test" for n in range(support.batch_size)]
    mirror = account.connect("Buyers – Ann", *emails)
    mirror.remove(*emails[: support.remove_size])
    assert problems(account) == []


@pytest.mark.services(*FILES)
def test_specification_finds_mistakes(account):
    """So that the test above can fail."""
    expected = specification(account.code)
    account.client.test_connection()
    request, response = account.simulator.log[-1]
    request.query["nonsense"] = "1"
    assert list(expected.problems(request, response)) == ["no such parameter: nonsense"]
    request.path += "/no/such/call"
    assert list(expected.problems(request, response)) == ["no such call"]


MEMBERS, BOOK = "/3.0/lists/a1/members", "/addressbooks/1/emails"
TOO_MANY = {"emails": [ANN] * 101}
# By what is said of them: service, method, path, query and body of calls.
MISTAKES = {
    "not of type": ("mailchimp", "GET", MEMBERS, {"count": "many"}, None),
    "maximum of 1000": ("mailchimp", "GET", MEMBERS, {"count": "1001"}, None),
    "not one of": ("mailchimp", "GET", MEMBERS, {"status": "gone"}, None),
    "minimum of 1": ("sendpulse", "GET", "/addressbooks", {"limit": "0"}, None),
    "too long": ("sendpulse", "DELETE", BOOK, {}, TOO_MANY),
}


@pytest.mark.parametrize("problem", MISTAKES)
def test_specification_finds_wrong_values(problem):
    code, method, path, query, body = MISTAKES[problem]
    content = json.dumps(body).encode() if body else b""
    request = Request(method, path, query, {}, content)
    found = list(specification(code).problems(request, Response()))
    assert [problem in one for one in found] == [True]
