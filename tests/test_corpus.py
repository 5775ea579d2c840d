"""Real mails, collected by two other projects: what becomes of each of them."""

import re
from email import message_from_bytes, policy

from odoo.tools import html2plaintext

from odoo.addons.mail_task_rules.tests.common import MailTaskCommon

from tests import requirements

WORD = re.compile(r"\w+")
TAG = re.compile(r"<style.*?</style>|<[^>]*>|&nbsp;", re.DOTALL)
# How many of a mail's words its task has to have.
MOST = 0.9

# Which mails are no tasks, and why a reader agrees.
NO_TASKS = {
    # “THIS IS A WARNING MESSAGE ONLY”: a server could not deliver a mail yet.
    "raw_email_with_mimepart_without_content_type": "ignored",
    "report_422": "ignored",
    # A server could not deliver a mail at all, and says to whom.
    "multi_address_bounce1": "ignored",
    "multi_address_bounce2": "ignored",
    "multipart_report_multiple_status": "ignored",
    "report_530": "ignored",
}
# Whose task may have another text than the first plain one, and why.
OTHER_TEXTS = {
    # The HTML alternative, which Odoo shows, says something else: “hello world”,
    # an empty line, the sender's reply without the form.
    "bad_subject",
    "apple_mail_with_attachment",
    "ticket_reply_with_status",
    # Big5 without a word about it, and Cyrillic UTF-8 cut within a letter: the
    # guess of this test is another one.
    "content_transfer_encoding_empty",
    "invalid_utf8",
    # The boundary has “=” in it and no quotes: Python's parser finds no parts.
    "raw_email_with_illegal_boundary",
    "raw_email_bad_time",
}


class TestCorpus(MailTaskCommon):
    def setUp(self):
        super().setUp()
        # A few people wrote most of the mails.
        limit = "mail.gateway.loop.threshold"
        self.env["ir.config_parameter"].set_param(limit, 1000)
        folder = requirements.shared("mail-corpus")
        self.mails = {
            _name(path): path.read_bytes() for path in sorted(folder.rglob("*.eml"))
        }

    def test_each_by_itself(self):
        states, other_texts = {}, set()
        for name, raw in self.mails.items():
            with self.env.cr.savepoint() as savepoint:
                incoming = self.deliver(raw, "project.task")
                states[name] = incoming.state
                if incoming.task_id and not _is_in(raw, incoming.task_id):
                    other_texts.add(name)
                savepoint.rollback()
            self.env.invalidate_all()
        no_tasks = {name: state for name, state in states.items() if state != "task"}
        self.assertEqual(no_tasks, NO_TASKS)
        self.assertLessEqual(other_texts, OTHER_TEXTS)
        exceptions = len(no_tasks) + len(other_texts)
        self.assertGreaterEqual(1 - exceptions / len(states), 0.85)

    def test_all_together(self):
        """Many share their Message-ID: copies, and others that are none."""
        seen, message_ids = set(), set()
        others = 0
        for name, raw in self.mails.items():
            if NO_TASKS.get(name):
                continue
            message_id, body = _message_id(raw), _body(raw)
            incoming = self.deliver(raw, "project.task")
            is_copy = (message_id, body) in seen
            others += message_id in message_ids and not is_copy
            with self.subTest(name):
                expected = ("duplicate",) if is_copy else ("task", "reply")
                self.assertIn(incoming.state, expected)
            seen.add((message_id, body))
            message_ids.add(message_id)
        self.assertGreater(others, 10)


def _name(path):
    """Return what tells a file from the others: its name without its folders."""
    return re.sub(r"^(spec_fixtures_emails_.*?emails_|test_.*?handler_)", "", path.stem)


def _is_in(raw, task):
    """Tell whether the task's description has most words of the mail's text."""
    found = set(WORD.findall(html2plaintext(task.description or "")))
    words = WORD.findall(_text(raw))
    return sum(word in found for word in words) >= MOST * len(words)


def _text(raw):
    """Return the first plain text of a mail, or else the first HTML without tags."""
    parts = list(message_from_bytes(raw, policy=policy.compat32).walk())
    for content_type in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == content_type and not part.get_filename():
                return TAG.sub(" ", _decoded(part))
    return ""


def _decoded(part):
    octets = part.get_payload(decode=True)
    try:
        return octets.decode(part.get_content_charset("utf-8"))
    except (LookupError, ValueError):
        return octets.decode("latin-1")


def _message_id(raw):
    message = message_from_bytes(raw, policy=policy.compat32)
    return (message["Message-ID"] or raw.decode("latin-1")).strip()


def _body(raw):
    return raw.replace(b"\r", b"").partition(b"\n\n")[2].strip()
