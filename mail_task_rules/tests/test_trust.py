from odoo.addons.mail.tests.common import mail_new_test_user

from .common import MailTaskCommon

SERVER = "mx.ours.test"
FAILED = f"{SERVER}; dmarc=fail (p=none) header.from=acme.test"
PASSED = f"{SERVER}; dmarc=pass header.from=acme.test"


class TestTrust(MailTaskCommon):
    """A From header proves nothing: what comes of it when it is forged."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boss = mail_new_test_user(
            cls.env,
            login="boss",
            name="Boss",
            email="boss@acme.test",
            groups="project.group_project_manager",
        )
        cls.parameters = cls.env["ir.config_parameter"]
        cls.parameters.set_param("mail_task_rules.trusted_authserv_ids", SERVER)

    def want(self, value):
        self.parameters.set_param("mail_task_rules.sender_authentication", value)

    def mail_of_boss(self, result=None, **headers):
        headers.setdefault("sender", "Boss <boss@acme.test>")
        if result:
            headers["Authentication_Results"] = result
        return self.make_mail(**headers)

    def assertByBoss(self, task):
        self.assertEqual(task.create_uid, self.boss)
        self.assertEqual(task.partner_id, self.boss.partner_id)
        self.assertEqual(self.get_mail(task).author_id, self.boss.partner_id)

    def assertByNobody(self, task):
        self.assertTrue(task)
        self.assertEqual(task.create_uid, self.env.user)
        self.assertFalse(task.partner_id)
        self.assertFalse(self.get_mail(task).author_id)
        self.assertNotIn(self.boss.partner_id, task.message_partner_ids)
        self.assertFalse(task.user_ids)

    def get_mail(self, task):
        return task.message_ids.filtered(lambda m: m.message_type == "email")

    def test_forged_colleague_is_nobody(self):
        incoming = self.deliver(self.mail_of_boss(FAILED))
        self.assertEqual(incoming.authentication, "fail")
        self.assertEqual(incoming.sender_kind, "unknown")
        self.assertFalse(incoming.sender_user_id | incoming.sender_partner_id.user_ids)
        self.assertIn("Nothing proves", incoming.reason)
        self.assertByNobody(incoming.task_id)
        self.assertIn("boss@acme.test", self.get_mail(incoming.task_id).email_from)

    def test_proven_colleague(self):
        incoming = self.deliver(self.mail_of_boss(PASSED))
        self.assertEqual(incoming.authentication, "pass")
        self.assertByBoss(incoming.task_id)

    def test_colleague_whom_nobody_examined(self):
        for result, expected in (
            (None, "none"),
            ("mx.evil.test; dmarc=pass header.from=acme.test", "untrusted"),
        ):
            with self.subTest(expected):
                incoming = self.deliver(self.mail_of_boss(result))
                self.assertEqual(incoming.authentication, expected)
                self.assertByBoss(incoming.task_id)

    def test_required_proof(self):
        self.want("required")
        self.assertByNobody(self.deliver(self.mail_of_boss()).task_id)
        stranger = "mx.evil.test; dmarc=pass header.from=acme.test"
        self.assertByNobody(self.deliver(self.mail_of_boss(stranger)).task_id)
        self.assertByBoss(self.deliver(self.mail_of_boss(PASSED)).task_id)

    def test_off_believes_everything(self):
        self.want("off")
        incoming = self.deliver(self.mail_of_boss(FAILED))
        self.assertEqual(incoming.authentication, "fail")
        self.assertByBoss(incoming.task_id)

    def test_without_settings_a_failure_counts(self):
        self.parameters.set_param("mail_task_rules.trusted_authserv_ids", False)
        self.assertByNobody(self.deliver(self.mail_of_boss(FAILED)).task_id)

    def test_two_from_headers(self):
        raw = self.mail_of_boss(PASSED).replace(
            b"To:", b"From: Evil <evil@elsewhere.test>\r\nTo:", 1
        )
        incoming = self.deliver(raw)
        self.assertEqual(incoming.authentication, "fail")
        self.assertByNobody(incoming.task_id)

    def test_misleading_display_name(self):
        for sender in (
            '"boss@acme.test" <evil@elsewhere.test>',
            "=?utf-8?q?boss=40acme=2Etest?= <evil@elsewhere.test>",
            "=?utf-8?q?=3Cboss=40acme=2Etest=3E=2C?= <evil@elsewhere.test>",
        ):
            raw = self.make_mail().replace(
                b"Customer <customer@acme.test>", sender.encode()
            )
            with self.subTest(sender):
                incoming = self.deliver(raw)
                self.assertEqual(incoming.email_from, "evil@elsewhere.test")
                self.assertEqual(incoming.from_domain, "elsewhere.test")
                author = self.get_mail(incoming.task_id).author_id
                self.assertEqual(author.email_normalized, "evil@elsewhere.test")

    def test_policies_do_not_accept_a_forged_sender(self):
        for policy in ("known", "internal", "project"):
            rule = self.make_rule(
                policy, sender_policy=policy, project_id=self.accounting.id
            )
            with self.subTest(policy):
                task = self.deliver(self.mail_of_boss(PASSED)).task_id
                self.assertEqual(task.project_id, self.accounting)
                incoming = self.deliver(self.mail_of_boss(FAILED))
                self.assertEqual(incoming.task_id.project_id, self.support)
                self.assertIn("sender", [step["why"] for step in incoming.trace])
            rule.unlink()

    def test_rules_see_the_authentication(self):
        self.make_rule(
            "Forged", domain="[('authentication', '=', 'fail')]", action="quarantine"
        )
        incoming = self.deliver(self.mail_of_boss(FAILED))
        self.assertEqual(incoming.state, "quarantined")
        self.assertEqual(self.deliver(self.mail_of_boss(PASSED)).state, "task")

    def test_forged_reply_waits(self):
        task = self.deliver().task_id
        reference = self.get_mail(task).message_id
        before = task.message_ids
        incoming = self.deliver(self.mail_of_boss(FAILED, In_Reply_To=reference))
        self.assertEqual(incoming.state, "quarantined")
        self.assertFalse(incoming.task_id)
        self.assertEqual(task.message_ids, before)
        incoming = self.deliver(self.mail_of_boss(PASSED, In_Reply_To=reference))
        self.assertEqual(incoming.task_id, task)
        self.assertEqual(self.get_mail(task)[0].author_id, self.boss.partner_id)

    def test_forged_sender_makes_no_portal_user(self):
        self.make_rule("Portal", match_any=True, unknown_sender="portal")
        raw = self.make_mail(Authentication_Results=FAILED)
        self.assertByNobody(self.deliver(raw).task_id)
        self.assertFalse(self.customer.user_ids)
        self.deliver()
        self.assertFalse(self.customer.user_ids, "a contact is not unknown")

    def test_forged_sender_is_not_answered(self):
        self.make_rule("Reject", match_any=True, unknown_sender="reject")
        incoming = self.deliver(self.mail_of_boss(FAILED))
        self.assertEqual(incoming.state, "rejected")
        self.assertFalse(self._new_mails)

    def test_address_for_known_senders(self):
        for contact in ("partners", "employees", "followers"):
            self.support.alias_id.alias_contact = contact
            self.env["hr.employee"].create({"name": "B", "user_id": self.boss.id})
            self.support.message_subscribe(self.boss.partner_id.ids)
            with self.subTest(contact):
                self.assertByBoss(self.deliver(self.mail_of_boss(PASSED)).task_id)
                incoming = self.deliver(self.mail_of_boss(FAILED))
                self.assertEqual(incoming.state, "rejected")
                self.assertFalse(self._new_mails)
            self.env["hr.employee"].search([("user_id", "=", self.boss.id)]).unlink()
