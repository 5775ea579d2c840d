import pytest

from odoo.addons.newsletter_sync.providers import unisender_people

from tests.providers.accounts import codes, running_account


def pytest_configure(config):
    line = "services(*codes, **support): run the test for these services only"
    config.addinivalue_line("markers", line)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Clients that wait for a service do it for no time."""
    monkeypatch.setattr(unisender_people, "WAIT_SECONDS", 0)


@pytest.fixture
def account(request):
    """An account at each service in turn."""
    with running_account(request.param) as account:
        yield account


@pytest.fixture
def mirror(account):
    """A list in it with two members."""
    return account.connect("Buyers – Ann", "ann@acme.test", "bob@acme.test")


def pytest_generate_tests(metafunc):
    """Run a test for the services of its mark ``services``, or for all."""
    if "account" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("services")
        names = (
            mark.args if mark and mark.args else codes(**(mark.kwargs if mark else {}))
        )
        metafunc.parametrize("account", names, indirect=True)
