from odoo.fields import Command

from .common import MailTaskCommon


class TestGateway(MailTaskCommon):
    """From an e-mail to a task."""

    def test_mail_to_a_project_becomes_its_task(self):
        incoming = self.deliver(self.make_mail(subject="Help", text="Please\n"))
        task = incoming.task_id
        self.assertRecordValues(
            task,
            [
                {
                    "name": "Help",
                    "project_id": self.support.id,
                    "stage_id": self.support.type_ids[0].id,
                    "partner_id": self.customer.id,
                    "mail_alias_id": self.support.alias_id.id,
                }
            ],
        )
        self.assertFalse(task.email_cc)
        self.assertIn("Please", task.description)
        self.assertEqual(incoming.state, "task")
        self.assertEqual(
            incoming.reason, "A task in Support by its address; no rule matched."
        )
        self.assertEqual(incoming.alias_ids, self.support.alias_id)
        self.assertEqual(incoming.sender_partner_id, self.customer)

    def test_customer_gets_the_answer_by_mail(self):
        task = self.deliver().task_id
        self.assertIn(self.customer, task.message_partner_ids)
        with self.mock_mail_gateway():
            task.with_user(self.manager).message_post(
                body="Here you are",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
        self.assertSentEmail(
            f'"Manager (Support)" <support@{self.domain}>', [self.customer]
        )

    def test_attachment_is_attached_byte_by_byte(self):
        mail = (
            b"From: customer@acme.test\r\nTo: support@%s\r\nSubject: File\r\n"
            b"Message-ID: <file@acme.test>\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: application/octet-stream; name=data.bin\r\n"
            b"Content-Disposition: attachment; filename=data.bin\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\nAAEC/w==\r\n"
        ) % self.domain.encode()
        task = self.deliver(mail).task_id
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", "project.task"), ("res_id", "=", task.id)]
        )
        self.assertEqual(attachment.name, "data.bin")
        self.assertEqual(attachment.raw, b"\x00\x01\x02\xff")

    def test_rule_sets_everything_it_names(self):
        stage = self.accounting.type_ids[1]
        tags = self.env["project.tags"].create([{"name": "Invoice"}, {"name": "Acme"}])
        rule = self.make_rule(
            "Invoices",
            keyword="INVOICE",
            sender_domains="acme.test",
            project_id=self.accounting.id,
            stage_id=stage.id,
            priority="2",
            user_ids=[Command.set(self.ann.ids)],
            tag_ids=[Command.set(tags.ids)],
        )
        incoming = self.deliver(self.make_mail(subject="Your invoice 5"))
        self.assertEqual(incoming.rule_ids, rule)
        self.assertEqual(incoming.reason, "A task in Accounting by rule “Invoices”.")
        self.assertRecordValues(
            incoming.task_id,
            [
                {
                    "project_id": self.accounting.id,
                    "stage_id": stage.id,
                    "priority": "2",
                    "user_ids": self.ann.ids,
                    "tag_ids": tags.ids,
                }
            ],
        )

    def test_assignees_of_a_rule_are_not_joined_by_recipients(self):
        self.make_rule("Ann", match_any=True, user_ids=[Command.set(self.ann.ids)])
        to = f"support@{self.domain}, {self.manager.email}"
        task = self.deliver(self.make_mail(to=to)).task_id
        self.assertEqual(task.user_ids, self.ann)

    def test_first_rule_in_the_order_of_the_list_wins(self):
        second = self.make_rule("Second", match_any=True, sequence=2)
        first = self.make_rule("First", match_any=True, sequence=1)
        self.assertEqual(self.deliver().rule_ids, first)
        first.sequence = 3
        self.assertEqual(self.deliver().rule_ids, second)

    def test_rule_without_stop_is_added_to(self):
        tags = self.env["project.tags"].create([{"name": "One"}, {"name": "Two"}])
        self.make_rule(
            "One",
            match_any=True,
            stop=False,
            priority="1",
            tag_ids=[Command.set(tags[0].ids)],
        )
        self.make_rule(
            "Two", match_any=True, priority="3", tag_ids=[Command.set(tags[1].ids)]
        )
        task = self.deliver().task_id
        self.assertEqual(task.tag_ids, tags)
        self.assertEqual(task.priority, "3")

    def test_ignored_mail_is_no_task(self):
        rule = self.make_rule("News", keyword="news", action="ignore")
        incoming = self.deliver(self.make_mail(subject="News of the week"))
        self.assertEqual(incoming.state, "ignored")
        self.assertEqual(incoming.reason, "Ignored by rule “News”.")
        self.assertEqual(incoming.rule_ids, rule)
        self.assertFalse(incoming.task_id)
        self.assertFalse(self.support.task_ids)

    def test_scope_limits_a_rule_to_its_addresses(self):
        invoices = self.make_virtual_address("invoices")
        rule = self.make_rule(
            "Invoices",
            scope="alias",
            alias_ids=[Command.set(invoices.ids)],
            match_any=True,
            project_id=self.accounting.id,
        )
        self.assertFalse(self.deliver(self.make_mail("support")).rule_ids)
        incoming = self.deliver(self.make_mail("invoices"))
        self.assertEqual(incoming.rule_ids, rule)
        self.assertEqual(incoming.task_id.project_id, self.accounting)

    def test_scope_limits_a_rule_to_its_projects(self):
        rule = self.make_rule(
            "Support",
            scope="project",
            project_ids=[Command.set(self.support.ids)],
            match_any=True,
            priority="1",
        )
        self.make_virtual_address("info")
        self.assertFalse(self.deliver(self.make_mail("info")).rule_ids)
        self.assertEqual(self.deliver(self.make_mail("support")).rule_ids, rule)

    def test_mail_without_subject_gets_a_clear_name(self):
        self.assertEqual(
            self.deliver(self.make_mail(subject="")).task_id.name,
            "E-mail from Customer",
        )

    def test_html_without_text_becomes_a_task(self):
        for html in ("<html><head><meta content='cut", " \v\n", "<!-- nothing -->"):
            with self.subTest(html):
                raw = self.make_mail(text=html).replace(b"text/plain", b"text/html")
                self.assertEqual(self.deliver(raw).state, "task")

    def test_mail_without_sender_becomes_a_task(self):
        raw = b"To: support@%s\nSubject: Who?\n\nText" % self.domain.encode()
        incoming = self.deliver(raw)
        self.assertEqual(incoming.state, "task")
        self.assertEqual(incoming.task_id.name, "Who?")
        self.assertFalse(incoming.task_id.partner_id)

    def test_unknown_charset_is_guessed_and_said(self):
        raw = self.make_mail(text="Grüße\n").replace(b"utf-8", b"x-unknown")
        incoming = self.deliver(raw)
        self.assertIn("Grüße", incoming.task_id.description)
        self.assertIn("the charset x-unknown is unknown or wrong", incoming.reason)

    def test_nul_in_the_name_of_a_charset(self):
        raw = self.make_mail(text="Grüße\n").replace(b"utf-8", b"x-un\0known")
        self.assertEqual(self.deliver(raw).state, "task")

    def test_nul_octets_are_removed(self):
        raw = self.make_mail(text="be fore\n").replace(b"be fore", b"be\x00fore")
        incoming = self.deliver(raw)
        self.assertIn("before", incoming.task_id.description)

    def test_text_is_the_description_also_for_another_customer(self):
        other = self.env["res.partner"].create({"name": "Other"})
        self.support.alias_defaults = repr(
            {"project_id": self.support.id, "partner_id": other.id}
        )
        task = self.deliver(self.make_mail(text="Please\n")).task_id
        self.assertEqual(task.partner_id, other)
        self.assertIn("Please", task.description)

    def test_unknown_sender_becomes_a_customer(self):
        mail = self.make_mail(sender="New One <new@elsewhere.test>")
        task = self.deliver(mail).task_id
        self.assertEqual(task.partner_id.name, "New One")
        self.assertEqual(task.partner_id.email, "new@elsewhere.test")

    def test_archived_project_of_a_rule_is_no_match_with_its_reason(self):
        archived = self.make_project("Old", active=False)
        rule = self.make_rule("Old", match_any=True, project_id=archived.id, sequence=1)
        incoming = self.deliver()
        words = "The project “Old” is archived: the rule is passed over."
        self.assertEqual(rule.warning, words)
        self.assertEqual(incoming.task_id.project_id, self.support)
        self.assertEqual(incoming.trace[0]["why"], words)
        self.assertFalse(incoming.rule_ids)

    def test_project_without_address_can_be_the_target(self):
        """Core raises TypeError there."""
        self.assertFalse(self.accounting.alias_name)
        self.make_rule("All", match_any=True, project_id=self.accounting.id)
        incoming = self.deliver()
        self.assertEqual(incoming.task_id.project_id, self.accounting)
        self.assertFalse(incoming.task_id.email_cc)

    def test_mail_to_two_projects_is_a_task_in_each(self):
        self.make_project("Sales", alias_name="sales")
        to = f"support@{self.domain}, sales@{self.domain}, boss@acme.test"
        self.deliver(self.make_mail(to=to))
        tasks = self.env["project.task"].search([("name", "=", "Subject")])
        self.assertEqual(sorted(tasks.project_id.mapped("name")), ["Sales", "Support"])
        self.assertEqual(tasks.mapped("email_cc"), ["boss@acme.test"] * 2)

    def test_reply_is_a_message_on_its_task(self):
        task = self.deliver().task_id
        question = task.with_user(self.manager).message_post(
            body="Which one?", subtype_xmlid="mail.mt_comment"
        )
        self.make_rule("All", match_any=True, project_id=self.accounting.id)
        incoming = self.deliver(
            self.make_mail(
                text="This one\n",
                In_Reply_To=question.message_id,
            )
        )
        self.assertEqual(incoming.state, "reply")
        self.assertEqual(incoming.task_id, task)
        self.assertEqual(incoming.reason, "A reply on “Subject”.")
        self.assertIn("This one", task.message_ids[0].body)
        self.assertEqual(task.project_id, self.support)

    def test_mail_for_another_model_is_delivered_there(self):
        self.make_rule("All", match_any=True, project_id=self.accounting.id)
        self.env["mail.alias"].create(
            {
                "alias_name": "people",
                "alias_model_id": self.env["ir.model"]._get_id("res.partner"),
            }
        )
        incoming = self.deliver(self.make_mail("people", subject="Jane"))
        self.assertEqual(incoming.state, "delivered")
        self.assertEqual(incoming.res_model, "res.partner")
        self.assertEqual(self.env["res.partner"].browse(incoming.res_id).name, "Jane")
        self.assertFalse(incoming.has_original)
        self.assertFalse(incoming._get_raw())
        self.assertFalse(incoming.body)
        self.assertFalse(incoming.task_id)

    def test_unclaimed_mail_is_kept_with_the_reason(self):
        raw = self.make_mail("nobody")
        incoming = self.deliver_failing(raw, ValueError)
        self.assertEqual(incoming.state, "quarantined")
        self.assertIn("None of our addresses", incoming.reason)
        self.assertEqual(incoming.subject, "Subject")
        self.assertEqual(incoming._get_raw(), raw)

    def test_unclaimed_mail_becomes_a_task_by_a_rule(self):
        self.make_rule("All", match_any=True, project_id=self.accounting.id)
        incoming = self.deliver(self.make_mail("nobody@elsewhere.test"))
        self.assertEqual(incoming.state, "task")
        self.assertEqual(incoming.task_id.project_id, self.accounting)

    def test_mailbox_of_a_server_is_nobody_to_write_to(self):
        self.make_rule("All", match_any=True, project_id=self.accounting.id)
        self.env["fetchmail.server"].create(
            {"name": "Shared", "server_type": "imap", "user": "office@corp.test"}
        )
        to = "office@corp.test, friend@acme.test"
        task = self.deliver(self.make_mail(to)).task_id
        self.assertEqual(task.email_cc, "friend@acme.test")

    def test_mail_for_tasks_of_no_project_goes_to_the_company_project(self):
        incoming = self.deliver(self.make_mail("x@elsewhere.test"), "project.task")
        self.assertEqual(
            incoming.task_id.project_id, self.env.company.mail_task_project_id
        )

    def test_bounce_is_ignored_with_its_reason(self):
        incoming = self.deliver(self.make_mail(sender="mailer-daemon@acme.test"))
        self.assertEqual(incoming.state, "ignored")
        self.assertEqual(incoming.reason, "It says that a mail could not be delivered.")

    def test_refused_sender_is_rejected(self):
        self.support.alias_contact = "partners"
        incoming = self.deliver(self.make_mail(sender="stranger@elsewhere.test"))
        self.assertEqual(incoming.state, "rejected")
        self.assertFalse(self.support.task_ids)

    def test_rules_of_another_company_do_not_count(self):
        company = self.env["res.company"].create({"name": "Other"})
        rule = self.make_rule("Other", match_any=True, company_id=company.id)
        self.assertFalse(self.deliver().rule_ids)
        rule.company_id = False
        self.assertEqual(self.deliver().rule_ids, rule)
