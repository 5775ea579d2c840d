"""Fixtures for the clients of newsletter services.

``tests.providers.accounts`` is imported late: when pytest reads this file, pytest-odoo
has not told Odoo where the addons are.
"""

import pytest

from tests.simulators import running


def pytest_configure(config):
    line = "services(*codes, **support): run the test for these services only"
    config.addinivalue_line("markers", line)


def pytest_generate_tests(metafunc):
    """Run a test for the services of its mark ``services``, or for all."""
    for name in {"account", "simulator"}.intersection(metafunc.fixturenames):
        mark = metafunc.definition.get_closest_marker("services")
        metafunc.parametrize(name, _services(mark), indirect=True)


def _services(mark):
    from tests.providers.accounts import codes

    if not mark:
        return codes()
    return mark.args or codes(**mark.kwargs)


@pytest.fixture
def simulator(request):
    """A simulated service, for clients that are not ours."""
    with running(request.param) as simulator:
        yield simulator


@pytest.fixture
def account(request, monkeypatch):
    """An account at each service in turn."""
    from odoo.addons.newsletter_sync.providers import unisender_people

    from tests.providers.accounts import running_account

    monkeypatch.setattr(unisender_people, "WAIT_SECONDS", 0)
    with running_account(request.param) as account:
        yield account


@pytest.fixture
def mirror(account):
    """A list in it with two members."""
    return account.connect("Buyers – Ann", "ann@acme.test", "bob@acme.test")
