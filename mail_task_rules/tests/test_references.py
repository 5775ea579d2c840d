from odoo.addons.mail.tests.common import mail_new_test_user

from .common import MailTaskCommon


class TestReferences(MailTaskCommon):
    """Mail that answers no message of a task, and is for it all the same."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.task = cls.env["project.task"].create(
            {
                "name": "Printer is broken",
                "project_id": cls.accounting.id,
                "partner_id": cls.customer.id,
            }
        )
        cls.company = cls.env.company

    def deliver_subject(self, subject, **headers):
        return self.deliver(self.make_mail(subject=subject, **headers))

    def assertJoins(self, incoming, task=None):
        self.assertEqual(incoming.state, "reply")
        self.assertEqual(incoming.task_id, task or self.task)

    def assertNew(self, incoming):
        self.assertEqual(incoming.state, "task")
        self.assertNotEqual(incoming.task_id, self.task)
        return incoming.task_id

    # ------------------------------------------------------------------
    # Addresses
    # ------------------------------------------------------------------

    def test_tag_in_an_address(self):
        self.make_rule("Urgent", domain="[('plus_tag', '=', 'urgent')]", priority="1")
        incoming = self.deliver(self.make_mail("Support+Urgent"))
        self.assertEqual(incoming.plus_tag, "urgent")
        self.assertEqual(incoming.task_id.project_id, self.support)
        self.assertEqual(incoming.task_id.priority, "1")
        self.assertFalse(incoming.task_id.email_cc)
        self.assertEqual(incoming.alias_ids, self.support.alias_id)

    def test_tag_at_a_domain_of_others(self):
        mail = self.make_mail(f"support@{self.domain}, support+x@elsewhere.test")
        incoming = self.deliver(mail)
        self.assertFalse(incoming.plus_tag)
        self.assertIn("support+x@elsewhere.test", incoming.task_id.email_cc)

    def test_address_that_has_a_plus_itself(self):
        self.make_virtual_address("support+vip", alias_project_id=self.accounting.id)
        incoming = self.deliver(self.make_mail("support+vip"))
        self.assertEqual(incoming.task_id.project_id, self.accounting)
        self.assertFalse(incoming.plus_tag)

    def test_task_address_proves_itself(self):
        stranger = "Stranger <stranger@elsewhere.test>"
        self.assertRegex(
            self.task.task_email, rf"^task\+{self.task.id}-[0-9a-f]{{16}}@"
        )
        incoming = self.deliver(self.make_mail(self.task.task_email, sender=stranger))
        self.assertJoins(incoming)
        self.assertFalse(self.task.email_cc)

    def test_task_address_beside_another_one(self):
        to = f"support@{self.domain}, {self.task.task_email.upper()}"
        self.assertJoins(self.deliver(self.make_mail(to)))

    def test_token_of_another_task(self):
        other = self.task.copy({"partner_id": False})
        forged = self.task.task_email.replace(f"+{self.task.id}-", f"+{other.id}-")
        sender = "Stranger <stranger@elsewhere.test>"
        mail = self.make_mail(f"support@{self.domain}, {forged}", sender=sender)
        task = self.assertNew(self.deliver(mail))
        self.assertNotEqual(task, other)
        self.assertFalse(task.mail_linked_task_id)
        self.assertFalse(task.email_cc)
        alone = self.make_mail(forged, sender=sender)
        self.assertEqual(self.deliver_failing(alone, ValueError).state, "quarantined")

    def test_task_address_without_token_is_for_those_who_take_part(self):
        address = f"task+{self.task.id}@{self.domain}"
        self.assertJoins(self.deliver(self.make_mail(address)))
        stranger = self.make_mail(address, sender="x@elsewhere.test")
        self.assertFalse(self.deliver_failing(stranger, ValueError).task_id)

    def test_forged_sender_at_the_task_address_waits(self):
        mail = self.make_mail(
            self.task.task_email, Authentication_Results="mx.test; dmarc=fail"
        )
        incoming = self.deliver_failing(mail, ValueError)
        self.assertEqual(incoming.state, "quarantined")
        self.assertIn("nothing proves", incoming.reason)

    def test_project_address_with_a_number(self):
        mail = self.make_mail(f"project+{self.accounting.id}@{self.domain}")
        task = self.assertNew(self.deliver(mail))
        self.assertEqual(task.project_id, self.accounting)
        self.assertFalse(task.email_cc)

    def test_project_address_keeps_the_permissions_of_the_project(self):
        self.accounting.alias_contact = "followers"
        mail = self.make_mail(f"project+{self.accounting.id}@{self.domain}")
        incoming = self.deliver_failing(mail, ValueError)
        self.assertFalse(incoming.task_id)

    def test_project_address_in_a_mailbox_with_a_project(self):
        mail = self.make_mail(f"project+{self.accounting.id}@{self.domain}")
        incoming = self.deliver(mail, model="project.task")
        self.assertEqual(incoming.task_id.project_id, self.accounting)

    def test_number_of_no_project(self):
        mail = self.make_mail(f"project+999999@{self.domain}")
        self.assertFalse(self.deliver_failing(mail, ValueError).task_id)

    # ------------------------------------------------------------------
    # Numbers
    # ------------------------------------------------------------------

    def test_number_by_those_who_take_part(self):
        follower = self.env["res.partner"].create(
            {"name": "Follower", "email": "follower@acme.test"}
        )
        self.task.message_subscribe(follower.ids)
        self.task.user_ids = self.ann
        for sender in ("customer@acme.test", "follower@acme.test", self.ann.email):
            with self.subTest(sender):
                subject = f"[#{self.task.id}] More"
                self.assertJoins(self.deliver_subject(subject, sender=sender))

    def test_number_by_who_may_write_the_task(self):
        subject = f"More on #{self.task.id}"
        self.assertJoins(self.deliver_subject(subject, sender=self.manager.email))

    def test_number_by_others_is_a_new_task(self):
        self.env["res.partner"].create({"name": "X", "email": "x@elsewhere.test"})
        for sender in ("x@elsewhere.test", "unknown@elsewhere.test"):
            with self.subTest(sender):
                incoming = self.deliver_subject(f"#{self.task.id}", sender=sender)
                self.assertFalse(self.assertNew(incoming).mail_linked_task_id)

    def test_number_by_who_may_only_see_it_is_linked(self):
        reader = mail_new_test_user(self.env, login="reader", groups="base.group_user")
        self.accounting.privacy_visibility = "employees"
        seen = self.task.with_user(reader)
        self.assertTrue(seen.has_access("read") and not seen.has_access("write"))
        incoming = self.deliver_subject(f"#{self.task.id}", sender=reader.email)
        self.assertEqual(self.assertNew(incoming).mail_linked_task_id, self.task)

    def test_false_friends(self):
        self.assertNew(self.deliver_subject(f"Invoice #{self.task.id}"))
        self.company.mail_task_false_friends = "Vorgang"
        self.assertNew(self.deliver_subject(f"Vorgang #{self.task.id}"))
        self.assertJoins(self.deliver_subject(f"Invoice #{self.task.id}"))

    def test_number_of_no_task(self):
        self.assertNew(self.deliver_subject("#999999999"))

    def test_number_in_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.accounting.company_id = other
        self.task.partner_id = False
        incoming = self.deliver_subject(f"#{self.task.id}", sender=self.manager.email)
        self.assertFalse(self.assertNew(incoming).mail_linked_task_id)

    def test_number_in_the_text_says_nothing(self):
        mail = self.make_mail(text=f"see #{self.task.id}\n")
        self.assertNew(self.deliver(mail))

    def test_forged_sender_does_not_take_part(self):
        incoming = self.deliver_subject(
            f"#{self.task.id}", Authentication_Results="mx.test; dmarc=fail"
        )
        self.assertFalse(self.assertNew(incoming).mail_linked_task_id)

    def test_numbers_turned_off(self):
        self.company.mail_task_by_number = False
        self.assertNew(self.deliver_subject(f"#{self.task.id}"))

    # ------------------------------------------------------------------
    # Subjects and senders
    # ------------------------------------------------------------------

    def test_reply_to_the_title(self):
        self.assertJoins(self.deliver_subject("RE: printer  IS broken"))
        self.assertNew(self.deliver_subject("Re: Printer"))
        self.company.mail_task_by_subject = False
        self.assertNew(self.deliver_subject("Re: Printer is broken"))

    def test_the_same_title_is_no_reply(self):
        self.assertNew(self.deliver_subject("Printer is broken"))

    def test_title_of_the_task_of_others(self):
        sender = "stranger@elsewhere.test"
        self.assertNew(self.deliver_subject("Re: Printer is broken", sender=sender))

    def test_last_task_of_the_sender(self):
        self.assertNew(self.deliver_subject("Anything")).unlink()
        self.company.mail_task_by_sender = True
        self.assertJoins(self.deliver_subject("Anything else"))
        sender = "stranger@elsewhere.test"
        self.assertNew(self.deliver_subject("Anything", sender=sender))
        self.task.state = "1_done"
        self.assertNew(self.deliver_subject("Anything"))

    def test_message_that_is_answered_comes_first(self):
        first = self.deliver().task_id
        reference = first.message_ids.filtered(lambda m: m.message_type == "email")
        incoming = self.deliver(
            self.make_mail(
                self.task.task_email,
                subject=f"Re: #{self.task.id}",
                In_Reply_To=reference.message_id,
            )
        )
        self.assertJoins(incoming, first)
