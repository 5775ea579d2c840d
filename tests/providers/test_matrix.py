"""What services can do, in words."""

import pytest

from odoo.addons.newsletter_sync.providers import PROVIDERS, matrix


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)
def test_each_property_has_words(provider):
    texts = dict(matrix.describe(provider))
    assert len(texts) == 11
    assert all(texts.values())


def test_words_are_translated():
    class Translator:
        def _(self, text, *values):
            return f"<{text}>{values}"

    texts = matrix.describe(PROVIDERS["sendgrid"], Translator())
    assert texts[1] == ("<A new list>()", "<at once>()")
    assert texts[-1] == ("<Delay at the service>()", "<about %s min>(1,)")


def test_properties_tell_services_apart():
    words = {code: dict(matrix.describe(one)) for code, one in PROVIDERS.items()}
    assert words["mailchimp_audience"]["Who leaves the filter"] == "is archived"
    assert words["yespo"]["Deleting a list"] == "on its website only"
    assert words["sendgrid"]["Contacts in one call"] == "30,000"
    assert words["sendpulse"]["Refused contacts"] == "are dropped silently"
    assert words["sendpulse"]["Who opts out"] == "leaves one list"
    assert words["sendgrid"]["Who opts out"] == "leaves all lists"
    assert words["sendpulse"]["Opt-outs are told"] == "at once"
    assert words["yespo"]["Opt-outs are told"] == "never"
    assert words["yespo"]["Delay at the service"] == "about 5 min"
    assert words["mailchimp_audience"]["Delay at the service"] == "none known"


def test_table_has_a_line_for_each_service():
    lines = matrix.markdown(PROVIDERS.values()).splitlines()
    assert len(lines) == 2 + len(PROVIDERS)
    assert {line.count("|") for line in lines} == {13}
