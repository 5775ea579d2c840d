from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools import html2plaintext

from .common import MailTaskCommon


class TestCommands(MailTaskCommon):
    """What happens around commands; what each does: test_commands_table.py."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ann.email = "ann@staff.test"
        cls.manager.email = "manager@staff.test"
        cls.task = cls.env["project.task"].create(
            {"name": "Pump", "project_id": cls.support.id, "user_ids": False}
        )
        cls.task.message_subscribe(cls.customer.ids)
        cls.reference = cls.task.message_post(
            body="Hello", subtype_xmlid="mail.mt_comment"
        ).message_id
        cls.new, cls.done = cls.support.type_ids

    def command(self, text, sender="ann@staff.test", **headers):
        return self.deliver(self.make_mail(sender=sender, text=text, **headers))

    def reply(self, text, **headers):
        headers.setdefault("In_Reply_To", self.reference)
        return self.command(text, subject="Re: Pump", **headers)

    def mails_to(self, address):
        return [mail for mail in self._mails if address in str(mail["email_to"])]

    def message_of(self, incoming):
        domain = [("message_id", "=", incoming.message_id)]
        return self.env["mail.message"].search(domain)

    # ------------------------------------------------------------------
    # The report
    # ------------------------------------------------------------------

    def test_report_says_what_came_of_each(self):
        self.reply("Stage: Done\nTags: Purple\nFoo: bar\n\nHello")
        [mail] = self.mails_to("ann@staff.test")
        text = " ".join(html2plaintext(mail["body"]).replace("*", "").split())
        self.assertIn("Stage: Done done Done", text)
        self.assertIn("Tags: Purple not understood there is no “Purple”", text)
        self.assertIn("Foo: bar unknown", text)
        self.assertIn("These commands are known: Project, Stage, Assignee", text)

    def test_report_comes_from_the_address_and_asks_for_answers_to_the_task(self):
        incoming = self.command("Priority: high", message_id="<first@staff.test>")
        [mail] = self.mails_to("ann@staff.test")
        self.assertIn(f"support@{self.domain}", mail["email_from"])
        self.assertEqual(mail["reply_to"], incoming.task_id.sudo().task_email)
        self.assertEqual(mail["headers"]["In-Reply-To"], "<first@staff.test>")
        self.assertIn("<first@staff.test>", mail["references"])
        self.assertEqual(mail["headers"]["Auto-Submitted"], "auto-replied")

    def test_report_is_in_the_language_of_its_reader(self):
        self.env["res.lang"]._activate_lang("ru_RU")
        self.ann.lang = "ru_RU"
        self.reply("Метки: Purple")
        [mail] = self.mails_to("ann@staff.test")
        self.assertIn("«Purple» не существует", mail["body"])

    def test_each_mail_of_a_day_is_reported(self):
        for number in range(8):
            self.reply(f"Deadline: 2026-12-1{number}")
            self.assertEqual(len(self.mails_to("ann@staff.test")), 1, number)

    def test_without_commands_nothing_is_reported(self):
        self.reply("Hello: world")
        self.assertFalse(self.mails_to("ann@staff.test"))

    def test_two_robots_do_not_run_up_mails(self):
        """A robot with the address of a colleague answers each report with the same
        orders and the report; it names no reference, and is not marked."""
        allowed = {"email": "ann@staff.test"}
        self.env["mail.gateway.allowed"].create(allowed)
        text, count = "Priority: high\n", 0
        for _round in range(200):
            self.command(text, subject="Re: Pump", to=self.task.task_email)
            for report in self.mails_to("ann@staff.test"):
                count += 1
                text = f"Priority: high\n\n{html2plaintext(report['body'])}\n"
        self.assertLessEqual(count, 3)
        self.assertGreater(count, 0)
        # and nobody else has to suffer for it
        self.reply("Priority: high", sender="manager@staff.test")
        self.assertTrue(self.mails_to("manager@staff.test"))

    def test_report_given_back_gives_no_orders(self):
        self.reply("Stage: Done")
        [mail] = self.mails_to("ann@staff.test")
        self.task.stage_id = self.new
        self.reply(html2plaintext(mail["body"]))
        self.assertEqual(self.task.stage_id, self.new)
        self.assertFalse(self.mails_to("ann@staff.test"))

    # ------------------------------------------------------------------
    # Chatter and ledger
    # ------------------------------------------------------------------

    def test_followers_get_the_text_without_commands(self):
        incoming = self.reply("Stage: Done\n\nIt runs again.")
        body = self.message_of(incoming).body
        self.assertEqual(body.strip(), "<pre>It runs again.\n</pre>")
        [mail] = self.mails_to(self.customer.email)
        self.assertNotIn("Stage: Done", mail["body"])

    def test_nothing_but_commands_is_a_note(self):
        incoming = self.reply(
            "Stage: Done\n\nOn 2 March 2026, Customer <c@acme.test> wrote:\n> Hello?\n"
        )
        message = self.message_of(incoming)
        self.assertTrue(message.is_internal)
        self.assertEqual(html2plaintext(message.body), "Stage: Done")
        self.assertTrue(incoming.is_cut)
        self.assertFalse(self.mails_to(self.customer.email))

    def test_attachments_are_no_note(self):
        raw = self.make_mail(
            sender="ann@staff.test", text="Stage: Done", In_Reply_To=self.reference
        )
        raw = raw.replace(
            b"Content-Type: text/plain",
            b'Content-Type: multipart/mixed; boundary="x"\n\n--x\n'
            b"Content-Type: application/pdf\nContent-Disposition: attachment; "
            b'filename="a.pdf"\n\nx\n--x\nContent-Type: text/plain',
        )
        message = self.message_of(self.deliver(raw))
        self.assertTrue(message.attachment_ids)
        self.assertFalse(message.is_internal)

    def test_changes_are_tracked_as_the_senders(self):
        self.reply("Stage: Done\nPriority: high\n\nHello")
        [tracking] = self.task.message_ids.filtered("tracking_value_ids")
        self.assertEqual(tracking.author_id, self.ann.partner_id)
        names = tracking.sudo().tracking_value_ids.field_id.mapped("name")
        self.assertEqual(sorted(names), ["priority", "stage_id"])

    def test_ledger_tells_results(self):
        incoming = self.reply("Stage: Done\nTags: Purple")
        lines = [command["line"] for command in incoming.commands]
        self.assertEqual(lines, ["Stage: Done", "Tags: Purple"])
        self.assertIn("Not carried out: “Tags: Purple”.", incoming.reason)
        shown = html2plaintext(incoming.with_user(self.manager).commands_html)
        self.assertIn("Tags: Purple", shown)
        self.assertIn("Stage: Done", incoming.body)

    def test_cut_replies_have_no_commands(self):
        self.env.company.mail_task_cut_replies = True
        incoming = self.reply("Stage: Done\n\nYes.\n-- \nAnn")
        self.assertEqual(html2plaintext(self.message_of(incoming).body), "Yes.")

    # ------------------------------------------------------------------
    # New tasks
    # ------------------------------------------------------------------

    def test_new_task_is_never_in_another_stage(self):
        """Else the mail of the first stage would be sent, and the change tracked."""
        incoming = self.command("Stage: Done\nPriority: high\n\nHello")
        self.env.cr.precommit.run()
        self.assertEqual(incoming.task_id.stage_id, self.done)
        self.assertFalse(incoming.task_id.message_ids.tracking_value_ids)

    def test_new_task_is_the_senders(self):
        incoming = self.command("Project: Accounting\nAssignee: manager\n\nHello")
        self.assertEqual(incoming.task_id.create_uid, self.ann)
        self.assertEqual(incoming.task_id.project_id, self.accounting)
        self.assertEqual(incoming.task_id.user_ids, self.manager)

    def test_command_goes_before_a_rule(self):
        self.make_rule("To accounting", match_any=True, project_id=self.accounting.id)
        incoming = self.command("Project: Support\nStage: Done")
        self.assertEqual(incoming.task_id.project_id, self.support)
        self.assertEqual(incoming.task_id.stage_id, self.done)
        self.assertEqual(incoming.rule_ids.name, "To accounting")

    def test_command_adds_to_the_tags_of_a_rule(self):
        red, blue = self.env["project.tags"].create([{"name": "Red"}, {"name": "Blue"}])
        self.make_rule("Red", match_any=True, tag_ids=[Command.set(red.ids)])
        self.assertEqual(self.command("Tags: Blue").task_id.tag_ids, red | blue)
        self.assertFalse(self.command("Tags: -Red").task_id.tag_ids)

    def test_task_odoo_refuses_is_made_without_the_command(self):
        tasks = self.env.registry["project.task"]
        create, write = tasks.create, tasks.write

        def check(vals):
            if vals.get("priority") == "3":
                raise ValidationError(self.env._("Nothing is urgent."))

        def checked_create(records, vals_list):
            for vals in [vals_list] if isinstance(vals_list, dict) else vals_list:
                check(vals)
            return create(records, vals_list)

        def checked_write(records, vals):
            check(vals)
            return write(records, vals)

        self.patch(tasks, "create", checked_create)
        self.patch(tasks, "write", checked_write)
        incoming = self.command("Priority: urgent\nStage: Done\n\nHello")
        self.assertEqual(incoming.state, "task")
        self.assertEqual(incoming.task_id.stage_id, self.done)
        self.assertEqual(incoming.task_id.priority, "0")
        words = [command["words"] for command in incoming.commands]
        self.assertEqual(words, ["Nothing is urgent.", "Done"])

    # ------------------------------------------------------------------
    # Rights and settings
    # ------------------------------------------------------------------

    def test_field_of_others_is_refused(self):
        field = self.env["project.task"]._fields["priority"]
        self.patch(field, "groups", "base.group_system")
        for incoming in (self.command("Priority: high"), self.reply("Priority: high")):
            self.assertEqual(incoming.commands[0]["state"], "refused")
            self.assertEqual(incoming.task_id.priority, "0")

    def test_task_of_others_is_not_changed(self):
        self.support.privacy_visibility = "followers"
        self.task.message_unsubscribe(self.ann.partner_id.ids)
        incoming = self.reply("Stage: Done\nPriority: high")
        self.assertEqual(incoming.state, "reply")
        self.assertEqual({one["state"] for one in incoming.commands}, {"refused"})
        self.assertEqual(self.task.stage_id, self.new)

    def test_setting_takes_a_command_away(self):
        fields_of_task = self.env.company.mail_task_command_field_ids
        self.env.company.mail_task_command_field_ids = fields_of_task.filtered(
            lambda field: field.name != "stage_id"
        )
        incoming = self.reply("Stage: Done\nPriority: high")
        states = [command["state"] for command in incoming.commands]
        self.assertEqual(states, ["refused", "done"])
        self.assertEqual(self.task.stage_id, self.new)

    def test_without_any_they_are_text(self):
        self.env.company.mail_task_command_field_ids = False
        self.env.company.mail_task_command_time = False
        incoming = self.reply("Stage: Done")
        self.assertFalse(incoming.commands)
        self.assertIn("Stage: Done", self.message_of(incoming).body)

    def test_sender_must_be_proven_where_that_is_required(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("mail_task_rules.sender_authentication", "required")
        self.assertFalse(self.command("Stage: Done").commands)

    def test_properties_keep_their_neighbours(self):
        self.support.task_properties_definition = [
            {"name": "one", "string": "One", "type": "char"},
            {"name": "two", "string": "Two", "type": "integer"},
        ]
        self.task.task_properties = {"one": "kept", "two": 1}
        self.env.company.mail_task_command_field_ids += self.env[
            "ir.model.fields"
        ]._get("project.task", "task_properties")
        self.reply("Two: 2")
        self.assertEqual(dict(self.task.task_properties), {"one": "kept", "two": 2})

    # ------------------------------------------------------------------
    # Again
    # ------------------------------------------------------------------

    def test_mail_that_waited_is_obeyed_when_it_is_processed(self):
        rule = self.make_rule("Wait", match_any=True, action="quarantine")
        incoming = self.command("Stage: Done\n\nHello")
        self.assertEqual(incoming.state, "quarantined")
        self.assertFalse(incoming.commands)
        rule.active = False
        with self.mock_mail_gateway():
            incoming.action_process_again()
            self.commit()
        self.assertEqual(incoming.task_id.stage_id, self.done)
        with self.assertRaises(UserError):
            incoming.action_process_again()
