from .common import MailTaskCommon


class TestWatch(MailTaskCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.mail_task_responsible_id = cls.mail_admin

    def watch(self):
        self.env["mail.task.incoming"]._cron_watch()
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", "mail.task.incoming"),
                ("user_id", "=", self.mail_admin.id),
            ]
        )

    def waiting(self):
        return self.deliver_failing(self.make_mail("nobody"), ValueError)

    def test_one_activity_while_something_waits(self):
        self.assertFalse(self.watch())
        waiting = self.waiting() | self.waiting()
        activity = self.watch()
        self.assertEqual(len(activity), 1)
        self.assertIn(activity.res_id, waiting.ids)
        self.assertIn("None of our addresses", activity.note)
        self.assertEqual(self.watch(), activity)
        waiting.state = "ignored"
        self.assertFalse(self.watch())

    def receive(self, *days_ago):
        """Have the ledger hold mails to the support address of these days."""
        mails = self.env["mail.task.incoming"]
        for days in days_ago:
            mail = mails.create({"alias_ids": self.support.alias_id.ids})
            self.env.cr.execute(
                "UPDATE mail_task_incoming SET create_date = create_date - %s * "
                "interval '1 day' WHERE id = %s",
                [days, mail.id],
            )
        self.env.invalidate_all()
        return mail

    def test_alarm_when_an_address_gets_no_mail_any_more(self):
        last = self.receive(*range(20, 3, -1))
        activity = self.watch()
        self.assertEqual(activity.res_id, last.id)
        self.assertIn("support@", activity.summary)
        self.assertEqual(self.watch(), activity, "told once")

    def test_no_alarm_in_the_usual_pauses(self):
        self.receive(*range(20, 2, -1))
        self.assertFalse(self.watch())

    def test_no_alarm_for_an_address_that_gets_little(self):
        self.receive(20, 19, 18, 17)
        self.assertFalse(self.watch())
