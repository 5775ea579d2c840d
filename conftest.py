"""Which tests run, and in which order. Skips are for developers' machines: where all
must run, a skip is a failure."""

import os
from unittest import TestCase

import pytest

from dev.paths import ROOT
from dev.pytest_run import HALVES

RUN_ALL = "REQUIRE_ALL_TESTS"


def pytest_addoption(parser):
    parser.addoption("--half", choices=HALVES, help="the tests of one half only")


def pytest_collection_modifyitems(config, items):
    """Leave out what Odoo runs by name only. Run the tests inside of Odoo first: at
    their end Odoo stops all processes that this one has started, such as the servers
    for the tests from outside."""
    half = config.getoption("half")
    items[:] = [
        item
        for item in items
        if _is_standard(item) and half in (None, _half_of(item.path))
    ]
    items.sort(key=lambda item: not issubclass(item.cls or object, TestCase))


def _half_of(path):
    """Return where a test belongs; each belongs to exactly one half."""
    place = path.relative_to(ROOT).as_posix()
    return "newsletters" if "newsletter" in place or "providers" in place else "mail"


def _is_standard(item):
    return "standard" in getattr(item.cls, "test_tags", {"standard"})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    return _forbid_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return _forbid_skip((yield))


def _forbid_skip(report):
    expected_failure = hasattr(report, "wasxfail")
    if report.skipped and not expected_failure and os.environ.get(RUN_ALL):
        _, _, reason = report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{RUN_ALL} is set, so this is a failure: {reason}"
    return report
