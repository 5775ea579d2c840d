"""The tests for the real services, against the simulators: they work when needed."""

import unittest

import pytest

from odoo.addons.newsletter_sync.providers import PROVIDERS
from odoo.addons.newsletter_sync.tests import test_live

from tests.providers.accounts import SETTINGS


def run(code):
    result = unittest.TestResult()
    test_live.TestLive(f"test_{code}").run(result)
    return result


@pytest.fixture
def environment(account, monkeypatch):
    """What somebody with an account at the service would set."""
    settings = {
        **SETTINGS,
        **account.simulator.settings,
        "url": account.simulator.base_url,
    }
    for name, value in settings.items():
        name = "key" if name == "api_key" else name
        monkeypatch.setenv(f"NEWSLETTER_{account.code}_{name}".upper(), value)
    monkeypatch.setattr(test_live, "time", Clock(account.wait))


class Clock:
    """Time that passes when somebody waits, here and at the simulator."""

    def __init__(self, wait):
        self._wait, self._now = wait, 0

    def monotonic(self):
        return self._now

    def sleep(self, seconds):
        self._now += seconds
        self._wait(seconds)


def test_the_live_test_passes(account, environment):
    result = run(account.code)
    assert (result.errors, result.failures, result.skipped) == ([], [], [])
    assert result.testsRun == 1
    left = [one.members for one in account.simulator.shown_lists()]
    assert not any(left), "it leaves nobody behind"
    assert bool(left) is not account.support.deletes_lists


def test_the_live_test_fails(account, environment):
    """A service that loses people does not pass."""
    account.simulator.is_refused = lambda email: email.startswith("ann")
    result = run(account.code)
    assert result.errors or result.failures or not account.support.enumerates


def test_without_a_key_it_is_skipped():
    for code in PROVIDERS:
        result = run(code)
        assert len(result.skipped) == 1
        assert not (result.errors or result.failures)
