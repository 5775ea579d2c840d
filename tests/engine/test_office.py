"""Mails as they came, those of other projects' tests among them, meet the rules of an
office."""

from pathlib import Path

import pytest

from odoo.addons.mail_task_rules.engine.ruleset import Candidate, RuleSet

from ..requirements import shared
from .office_rules import OFFICE, rules
from .samples import facts_of

RULES = RuleSet(rules())
MAILS = Path(__file__).with_name("mails")
MIKEL = "mikel-mail/spec_fixtures_emails_"
REDMINE = "redmine/test_fixtures_mail_handler_"

# Mail → the rule that decides, and the values that it takes out of the mail.
OURS = {
    "away": ("away", {}),
    "bounce-postfix": ("bounce", {}),
    "form-contact-form-7": (
        "form",
        {
            "sender": ["ines.mueller@kunde.example"],
            "text": [
                "Guten Tag,\n\nwir brauchen 20 Stühle bis 12.05.2026.\n"
                "Können Sie auch liefern?"
            ],
        },
    ),
    "form-table": ("form in a table", {"name": ["Ann Lee"], "phone": ["555-0100"]}),
    "form-tilda": (
        "Russian form",
        {"name": ["Пётр Ёлкин"], "phone": ["+7 (900) 000-00-00"]},
    ),
    "list-mailman": ("list", {}),
    "list-newsletter": ("advertising", {}),
    "monitoring-alertmanager": ("problem", {"host": ["api-1:9090", "api-2:9090"]}),
    "monitoring-nagios": ("problem", {"host": ["web1"]}),
    "monitoring-zabbix": ("problem", {"host": ["db1.acme.example"]}),
    "monitoring-zabbix-resolved": ("resolved", {"problem": ["90211"]}),
    "person": ("rest", {}),
    "shop-plain": ("shop text", {"number": ["77-3021"], "paid": ["€ 1,250.00"]}),
    "shop-shopify": ("shop data", {"number": ["1042"], "total": ["$39.90 USD"]}),
    "shop-woocommerce": (
        "shop rows",
        {"number": ["728"], "products": ["Stuhl „Öland“ (#ST-4)", "Tisch (#TI-1)"]},
    ),
}
CORPUS = {
    MIKEL + "mime_emails_raw_email_with_mimepart_without_content_type": ("bounce", {}),
    MIKEL + "multipart_report_emails_multi_address_bounce1": ("bounce", {}),
    MIKEL + "multipart_report_emails_multi_address_bounce2": ("bounce", {}),
    MIKEL + "multipart_report_emails_multipart_report_multiple_status": ("bounce", {}),
    MIKEL + "multipart_report_emails_report_422": ("bounce", {}),
    MIKEL + "multipart_report_emails_report_530": ("bounce", {}),
    MIKEL + "error_emails_empty_in_reply_to": ("list", {}),
    MIKEL + "error_emails_content_transfer_encoding_plain": ("spam", {}),
    MIKEL + "error_emails_content_transfer_encoding_qp_with_space": ("spam", {}),
    MIKEL + "error_emails_content_transfer_encoding_spam": ("spam", {}),
    MIKEL + "error_emails_content_transfer_encoding_with_semi_colon": ("spam", {}),
    MIKEL + "error_emails_new_line_in_to_header": ("lead", {}),
    MIKEL + "error_emails_trademark_character_in_subject": ("lead", {}),
    MIKEL + "error_emails_weird_to_header": ("contact page", {}),
    MIKEL + "plain_emails_raw_email_multiple_from": ("commit", {"revision": ["214"]}),
    MIKEL + "plain_emails_raw_email_quoted_with_0d0a": ("fax", {}),
    MIKEL + "mime_emails_raw_email_encoded_stack_level_too_deep": ("invitation", {}),
    MIKEL + "multi_charset_japanese": ("Japanese", {}),
    MIKEL + "multi_charset_japanese_iso_2022": ("Japanese", {}),
    MIKEL + "multi_charset_japanese_attachment_long_name": ("Japanese", {}),
    MIKEL + "rfc2822_example14": ("Japanese", {}),
    MIKEL + "multi_charset_ks_c_5601-1987": ("Korean", {}),
    MIKEL + "plain_emails_raw_email": ("Korean", {}),
    MIKEL + "plain_emails_raw_email_with_partially_quoted_subject": ("Korean", {}),
    MIKEL + "plain_emails_basic_email": ("colleague", {}),
    MIKEL + "mime_emails_raw_email_with_nested_attachment": ("colleague", {}),
    MIKEL + "mime_emails_sig_only_email": ("colleague", {}),
    MIKEL + "attachment_emails_attachment_pdf": ("document", {}),
    MIKEL + "attachment_emails_attachment_with_base64_encoded_name": ("document", {}),
    MIKEL + "error_emails_content_transfer_encoding_x_uuencode": ("document", {}),
    MIKEL + "mime_emails_raw_email7": ("document", {}),
    MIKEL + "plain_emails_mix_caps_content_type": ("rest", {}),
    MIKEL + "rfc2822_example13": ("rest", {}),
    MIKEL + "rfc6532_utf8_headers": ("rest", {}),
    REDMINE + "body_ks_c_5601-1987": ("Korean", {}),
    REDMINE + "subject_japanese_1": ("Japanese", {}),
    REDMINE + "subject_japanese_2": ("Japanese", {}),
    REDMINE + "multiple_text_parts": ("document", {}),
    REDMINE + "issue_update_with_cc": ("update by number", {"number": ["2"]}),
    REDMINE + "issue_update_with_quoted_reply_above": (
        "update by number",
        {"number": ["2"]},
    ),
    REDMINE + "ticket_reply_with_status": ("update by number", {"number": ["2"]}),
    REDMINE + "ticket_on_given_project": (
        "ticket with project",
        {"project": ["onlinestore"]},
    ),
    REDMINE + "ticket_with_attributes": (
        "ticket with project",
        {"project": ["onlinestore"]},
    ),
    REDMINE + "ticket_with_duplicate_keyword": (
        "ticket with project",
        {"project": ["ecookbook"]},
    ),
    REDMINE + "ticket_with_spaces_between_attribute_and_separator": (
        "ticket with project",
        {"project": ["onlinestore"]},
    ),
    REDMINE + "ticket_without_from_header": (
        "ticket with project",
        {"project": ["onlinestore"]},
    ),
    REDMINE + "ticket_on_project_given_by_to_header": (
        "ticket with status",
        {"status": ["Resolved"]},
    ),
    REDMINE + "japanese_keywords_iso_2022_jp": (
        "ticket with tracker",
        {"tracker": ["開発"]},
    ),
    REDMINE + "ticket_with_localized_attributes": (
        "ticket with tracker",
        {"tracker": ["Feature request"]},
    ),
    REDMINE + "ticket_with_cc": ("ticket", {}),
    REDMINE + "ticket_with_custom_fields": ("ticket", {}),
    REDMINE + "ticket_reply": ("rest", {}),
    REDMINE + "no_subject_header": ("rest", {}),
    REDMINE + "empty_text_and_html_part": ("rest", {}),
}


def decided(raw):
    """Return the name of the rule that decides, and its values."""
    facts = facts_of(raw)
    (rule,) = RULES.decide(facts, Candidate()).rules
    values = {
        extraction.name: [found.text for found in extraction.find(facts)]
        for extraction in rule.extractions
    }
    return rule.name, values


@pytest.mark.parametrize("name", OURS)
def test_mail_of_a_usual_program(name):
    assert decided((MAILS / f"{name}.eml").read_bytes()) == OURS[name]


@pytest.mark.parametrize("name", CORPUS)
def test_mail_of_the_corpus(name):
    raw = shared("mail-corpus", f"{name}.eml").read_bytes()
    assert decided(raw) == CORPUS[name]


def test_every_rule_has_its_mail():
    assert {rule for rule, _ in (OURS | CORPUS).values()} == set(OFFICE)


def test_every_mail_in_the_folder_has_its_rule():
    assert {path.stem for path in MAILS.glob("*.eml")} == set(OURS)


@pytest.mark.parametrize("folder", ["mikel-mail", "redmine"])
def test_whole_corpus_is_decided(folder):
    for path in sorted(shared("mail-corpus", folder).glob("*.eml")):
        assert decided(path.read_bytes())[0] in OFFICE
