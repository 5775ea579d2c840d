import pytest

from odoo.addons.mail_task_rules.engine.robots import robot_kind


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, ""),
        ({"auto-submitted": "no"}, ""),
        ({"auto-submitted": "auto-generated"}, "automatic"),
        ({"auto-submitted": "auto-generated; owner=x"}, "automatic"),
        ({"auto-submitted": "auto-replied"}, "out_of_office"),
        ({"auto-submitted": "Auto-Replied; owner=x"}, "out_of_office"),
        ({"x-autoreply": "yes"}, "out_of_office"),
        ({"x-autorespond": "away"}, "out_of_office"),
        ({"precedence": "auto_reply"}, "out_of_office"),
        ({"precedence": "bulk"}, "bulk"),
        ({"precedence": "JUNK"}, "bulk"),
        ({"precedence": "list"}, "list"),
        ({"list-id": "<news.acme.test>"}, "list"),
        ({"list-id": "<news.acme.test>", "list-unsubscribe": "<x>"}, "list"),
        ({"list-unsubscribe": "<mailto:leave@acme.test>"}, "bulk"),
        ({"return-path": "<>"}, "automatic"),
        ({"return-path": "<ann@acme.test>"}, ""),
        # people's own mail programs set it
        ({"x-auto-response-suppress": "All"}, ""),
    ],
)
def test_kind_by_headers(headers, expected):
    kind = robot_kind(list(headers.items()), "ann@acme.test", "text/plain", "")
    assert kind == expected


@pytest.mark.parametrize(
    ("report_type", "expected"),
    [
        ("delivery-status", "bounce"),
        ("disposition-notification", "receipt"),
        ("feedback-report", ""),
    ],
)
def test_kind_by_report(report_type, expected):
    kind = robot_kind([], "ann@acme.test", "multipart/report", report_type)
    assert kind == expected


def test_mailer_daemon_bounces():
    assert robot_kind([], "mailer-daemon@acme.test", "text/plain", "") == "bounce"
