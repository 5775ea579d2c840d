from .common import MailTaskCommon


class TestReplies(MailTaskCommon):
    """What rules do with replies: who sees them, and what comes of closed tasks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.new_stage, cls.done_stage = cls.support.type_ids.sorted("id")
        cls.done_stage.fold = True

    def setUp(self):
        super().setUp()
        self.task = self.deliver().task_id
        self.first = self.get_mails(self.task)

    def get_mails(self, task):
        return task.message_ids.filtered(lambda m: m.message_type == "email")

    def make_reply_rule(self, **values):
        return self.make_rule("Replies", applies_to="reply", match_any=True, **values)

    def close(self):
        self.task.write({"state": "1_done", "stage_id": self.done_stage.id})

    def reply(self, **headers):
        headers.setdefault("In_Reply_To", self.first.message_id)
        return self.deliver(self.make_mail(subject="Re: Subject", **headers))

    # ------------------------------------------------------------------
    # Comments and notes
    # ------------------------------------------------------------------

    def test_comment_is_sent_to_customers(self):
        self.make_reply_rule()
        self.reply(sender=self.manager.email)
        message = self.get_mails(self.task)[0]
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_comment"))
        self.assertIn(self.customer, message.notified_partner_ids)

    def test_note_is_for_colleagues(self):
        self.make_reply_rule(message_kind="note")
        self.task.message_subscribe(self.ann.partner_id.ids)
        self.reply(sender=self.manager.email)
        message = self.get_mails(self.task)[0]
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_note"))
        self.assertTrue(message.is_internal)
        self.assertNotIn(self.customer, message.notified_partner_ids)
        self.assertNotIn("customer@acme.test", str(self._mails))

    def test_reply_to_a_note_is_a_note(self):
        self.make_reply_rule(message_kind="comment")
        note = self.task.with_user(self.manager).message_post(
            body="Between us", subtype_xmlid="mail.mt_note"
        )
        self.reply(sender=self.manager.email, In_Reply_To=note.message_id)
        message = self.get_mails(self.task)[0]
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_note"))

    # ------------------------------------------------------------------
    # Closed tasks
    # ------------------------------------------------------------------

    def test_closed_task_stays_closed(self):
        self.make_reply_rule()
        self.close()
        self.assertEqual(self.reply().task_id, self.task)
        self.assertEqual(self.task.state, "1_done")
        self.assertEqual(self.task.stage_id, self.done_stage)

    def test_reopen(self):
        self.make_reply_rule(closed_policy="reopen")
        for state in ("1_done", "1_canceled"):
            self.close()
            self.task.state = state
            with self.subTest(state):
                self.assertEqual(self.reply().task_id, self.task)
                self.assertEqual(self.task.state, "01_in_progress")
                self.assertEqual(self.task.stage_id, self.new_stage)

    def test_reopen_into_a_stage(self):
        stage = self.env["project.task.type"].create(
            {"name": "Reopened", "project_ids": self.support.ids}
        )
        foreign = self.env["project.task.type"].create({"name": "Elsewhere"})
        rule = self.make_reply_rule(closed_policy="reopen", reopen_stage_id=stage.id)
        self.close()
        self.reply()
        self.assertEqual(self.task.stage_id, stage)
        rule.reopen_stage_id = foreign
        self.close()
        self.reply()
        self.assertEqual(self.task.stage_id, self.new_stage)

    def test_open_task_keeps_its_stage(self):
        self.make_reply_rule(closed_policy="reopen")
        self.task.write({"stage_id": self.done_stage.id, "state": "03_approved"})
        self.reply()
        self.assertEqual(self.task.stage_id, self.done_stage)
        self.assertEqual(self.task.state, "03_approved")

    def test_new_task_by_the_rules_of_the_first_address(self):
        address = self.make_virtual_address("sales")
        self.make_rule(
            "Sales",
            scope="alias",
            alias_ids=address.ids,
            match_any=True,
            project_id=self.accounting.id,
            priority="1",
        )
        self.make_reply_rule(closed_policy="new_linked")
        self.task = self.deliver(self.make_mail("sales")).task_id
        self.first = self.get_mails(self.task)
        open_reply = self.reply()
        self.assertEqual(open_reply.task_id, self.task)
        before = self.get_mails(self.task)
        self.task.state = "1_done"
        incoming = self.reply()
        self.assertEqual(incoming.state, "task")
        self.assertNotEqual(incoming.task_id, self.task)
        self.assertEqual(incoming.task_id.mail_linked_task_id, self.task)
        self.assertEqual(incoming.task_id.mail_alias_id, address)
        self.assertEqual(incoming.task_id.project_id, self.accounting)
        self.assertEqual(incoming.task_id.priority, "1")
        self.assertEqual(incoming.task_id.partner_id, self.customer)
        self.assertEqual(self.get_mails(self.task), before)
        self.assertEqual(self.task.state, "1_done")

    def test_new_task_of_a_task_without_address(self):
        self.make_reply_rule(closed_policy="new_linked")
        self.close()
        self.task.mail_alias_id = False
        task = self.reply().task_id
        self.assertNotEqual(task, self.task)
        self.assertEqual(task.project_id, self.support)

    def test_answer_to_the_new_task_stays_there(self):
        self.make_reply_rule(closed_policy="new_linked")
        self.close()
        second = self.reply().task_id
        reference = self.get_mails(second).message_id
        incoming = self.reply(In_Reply_To=reference)
        self.assertEqual(incoming.task_id, second)

    def test_sentence(self):
        rule = self.make_reply_rule(message_kind="note", closed_policy="new_linked")
        self.assertIn("as an internal note", rule.sentence)
        self.assertIn("go on from a closed task", rule.sentence)
        rule.closed_policy = "reopen"
        self.assertIn("reopen a closed task", rule.sentence)
        rule.applies_to = "new"
        self.assertNotIn("reopen", rule.sentence)
