"""Skips are for developers' machines: where all must run, a skip is a failure."""

import os
from unittest import TestCase

import pytest

RUN_ALL = "REQUIRE_ALL_TESTS"


def pytest_collection_modifyitems(items):
    """Leave out what Odoo runs by name only. Run the tests inside of Odoo first: at
    their end Odoo stops all processes that this one has started, such as the servers
    for the tests from outside."""
    items[:] = filter(_is_standard, items)
    items.sort(key=lambda item: not issubclass(item.cls or object, TestCase))


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
