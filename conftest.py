"""Skips are for developers' machines: where all must run, a skip is a failure."""

import os

import pytest

RUN_ALL = "REQUIRE_ALL_TESTS"


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
