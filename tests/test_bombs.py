"""Each bomb through the whole gateway of Odoo, and what it must not be taken for."""

import time
from itertools import count

from odoo.tests import tagged

from odoo.addons.mail_task_rules.tests.common import MailTaskCommon

from tests.bombs import BOMBS, NORMAL, UNHARMED

# Of processor time, for any mail of 10 MB or less
LIMIT_SECONDS = 5


@tagged("post_install", "-at_install")
class TestBombs(MailTaskCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.alias_domain_id.name = "mail.example"
        cls.numbers = count()
        # they all come from one sender
        cls.env["ir.config_parameter"].set_param("mail.gateway.loop.threshold", 1000)

    def receive(self, name, make):
        """Return a mail, and its row in the ledger, in the time that it may take."""
        number = next(self.numbers)
        raw = make().replace(b"<bomb@", b"<bomb-%d@" % number, 1)
        started = time.process_time()
        entry = self.deliver(raw, model="project.task")
        seconds = time.process_time() - started
        self.assertLess(seconds, LIMIT_SECONDS, name)
        self.assertEqual(entry.state, "task", f"{name}: {entry.reason} {entry.error}")
        self.assertEqual(entry._get_raw(), raw)
        return raw, entry

    def test_bombs_become_tasks_in_time(self):
        for name, make in BOMBS.items():
            with self.subTest(name):
                raw, entry = self.receive(name, make)
                self.assertEqual(entry.size, len(raw))
                if name in UNHARMED:
                    self.assertNotIn("attached", entry.reason)
                else:
                    self.check_original(entry, raw)

    def check_original(self, entry, raw):
        original = entry.task_id.message_ids.attachment_ids.filtered(
            lambda attachment: attachment.name == "original_email.eml"
        )
        self.assertEqual(original.raw, raw)
        self.assertIn("The original is attached", entry.reason)
        self.assertIn("The original is attached", entry.task_id.description)

    def test_normal_mails_are_left_alone(self):
        for name, make in NORMAL.items():
            with self.subTest(name):
                _raw, entry = self.receive(name, make)
                self.assertNotIn("attached", entry.reason)
                self.assertTrue(entry.task_id.description)
