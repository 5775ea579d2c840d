from .common import MailTaskCommon

# What makes a mail one of a robot, for each setting of the company.
ROBOTS = {
    "mail_task_out_of_office_action": {"Auto_Submitted": "auto-replied"},
    "mail_task_list_action": {"List_Id": "<news.acme.test>"},
    "mail_task_bulk_action": {"Precedence": "bulk"},
    "mail_task_automatic_action": {"Auto_Submitted": "auto-generated"},
}


class TestLimits(MailTaskCommon):
    """Robots and floods."""

    def test_each_kind_of_robot_has_its_setting(self):
        states = {"task": "task", "ignore": "ignored", "quarantine": "quarantined"}
        for field, headers in ROBOTS.items():
            for action, state in states.items():
                with self.subTest(field=field, action=action):
                    self.env.company[field] = action
                    incoming = self.deliver(self.make_mail(**headers))
                    self.assertEqual(incoming.state, state)

    def test_setting_counts_before_the_rules(self):
        self.make_rule("All", match_any=True)
        self.env.company.mail_task_bulk_action = "ignore"
        incoming = self.deliver(self.make_mail(Precedence="bulk"))
        self.assertEqual(incoming.state, "ignored")
        self.assertEqual(
            incoming.reason, "Bulk Mail are ignored, as the company's settings say."
        )
        self.assertTrue(incoming.is_bulk)

    def test_out_of_office_reply_does_not_reach_the_task(self):
        task = self.deliver().task_id
        sent = task.message_post(body="?", subtype_xmlid="mail.mt_comment")
        count = len(task.message_ids)
        reply = {"In_Reply_To": sent.message_id}
        incoming = self.deliver(self.make_mail(X_Autoreply="yes", **reply))
        self.assertEqual(incoming.state, "ignored")
        self.assertTrue(incoming.is_auto)
        self.assertEqual(len(task.message_ids), count)
        monitoring = self.make_mail(Auto_Submitted="auto-generated", **reply)
        self.assertEqual(self.deliver(monitoring).state, "reply")

    def test_read_receipt_is_no_bounce(self):
        raw = self.make_mail().replace(
            b'Content-Type: text/plain; charset="utf-8"',
            b"Content-Type: multipart/report; boundary=x;"
            b" report-type=disposition-notification",
        )
        self.env.company.mail_task_receipt_action = "task"
        self.assertEqual(self.deliver(raw).state, "task")

    def limit_to(self, number):
        self.env["ir.config_parameter"].set_param("mail.gateway.loop.threshold", number)

    def test_surplus_is_quarantined_and_nobody_is_bounced(self):
        self.limit_to(3)
        monitor = {"sender": "monitor@srv.test"}
        states = [self.deliver(self.make_mail(**monitor)).state for _ in range(5)]
        self.assertEqual(states, ["task"] * 3 + ["quarantined"] * 2)
        self.assertFalse(self._mails, "a flood is not answered")

    def test_who_always_says_the_same_is_taken_for_a_program(self):
        task = self.deliver(self.make_mail(sender="ivy@acme.test")).task_id
        sent = task.message_post(body="?", subtype_xmlid="mail.mt_comment")
        away = "I am on holiday until Monday.\n\n> quoted"
        reply = {"sender": "ivy@acme.test", "In_Reply_To": sent.message_id}
        states = [
            self.deliver(self.make_mail(text=f"{away} {number}", **reply)).state
            for number in range(5)
        ]
        self.assertEqual(states, ["reply"] * 3 + ["quarantined"] * 2)
        other = self.make_mail(text="Now I am back, and read it.", **reply)
        self.assertEqual(self.deliver(other).state, "reply")
        thanks = [
            self.deliver(self.make_mail(text="Thanks!", **reply)) for _ in "12345"
        ]
        self.assertEqual([mail.state for mail in thanks], ["reply"] * 5)

    def test_two_who_answer_each_other_at_once_are_taken_for_programs(self):
        task = self.deliver(self.make_mail(sender="ivy@acme.test")).task_id
        task.partner_id.email = "ivy@acme.test"
        sent = task.message_post(body="?", subtype_xmlid="mail.mt_comment")

        def reply(sender, number):
            text = f"This is what I have to say, number {number}."
            mail = {"sender": sender, "text": text, "In_Reply_To": sent.message_id}
            return self.deliver(self.make_mail(**mail)).state

        photos = [reply("ivy@acme.test", number) for number in range(8)]
        self.assertEqual(photos, ["reply"] * 8, "nobody answers these")
        states = [reply("joe@acme.test", number) for number in range(6)]
        self.assertEqual(states, ["reply"] * 5 + ["quarantined"])
        self.assertEqual(reply("human@acme.test", 1), "reply")

    def test_bystander_is_not_taken_for_the_flooder(self):
        self.limit_to(2)
        for _number in range(3):
            flood = self.deliver(self.make_mail(sender="monitor@srv.test"))
        self.assertEqual(flood.state, "quarantined")
        self.assertEqual(
            self.deliver(self.make_mail(sender="or@srv.test")).state, "task"
        )

    def test_allowed_sender_has_no_limit(self):
        self.limit_to(1)
        self.env["mail.gateway.allowed"].create({"email": "Monitor@srv.test"})
        for _number in range(3):
            incoming = self.deliver(self.make_mail(sender="monitor@srv.test"))
            self.assertEqual(incoming.state, "task")

    def test_flood_on_one_task_is_quarantined(self):
        self.limit_to(2)
        task = self.deliver().task_id
        sent = task.message_post(body="?", subtype_xmlid="mail.mt_comment")
        reply = {"In_Reply_To": sent.message_id}
        states = [self.deliver(self.make_mail(**reply)).state for _ in range(3)]
        self.assertEqual(states, ["reply", "reply", "quarantined"])

    def test_mails_without_sender_do_not_count_together(self):
        self.limit_to(1)
        raw = b"To: support@%s\nSubject: %d\n\nText"
        for number in range(3):
            incoming = self.deliver(raw % (self.domain.encode(), number))
            self.assertEqual(incoming.state, "task")
