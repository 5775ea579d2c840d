from email import message_from_string, policy
from email.utils import parseaddr

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import mail_new_test_user

from .common import MailTaskCommon

ANN = "ann@staff.test"
CUSTOMER = "customer@acme.test"


class TestAnswers(MailTaskCommon):
    """From which address the customers of a task are written to."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.mail_server"].search([]).unlink()
        cls.server = cls.make_server(from_filter=cls.domain)
        cls.ann.write({"name": "Ann Smith", "email": ANN, "notification_type": "email"})
        cls.bob = mail_new_test_user(
            cls.env,
            login="bob",
            name="Bob",
            email="bob@staff.test",
            groups="project.group_project_user",
            notification_type="email",
        )
        cls.officer = mail_new_test_user(
            cls.env, login="officer", groups="hr.group_hr_user"
        )
        cls.employee = cls.env["hr.employee"].create(
            {"name": "Ann Smith", "user_id": cls.ann.id, "alias_name": "ann"}
        )
        cls.virtual = cls.make_virtual_address(
            "help", alias_project_id=cls.accounting.id, alias_sender_name="Helpdesk"
        )

    @classmethod
    def make_server(cls, **values):
        return cls.env["ir.mail_server"].create(
            {"name": "Server", "smtp_host": "smtp.test", **values}
        )

    @classmethod
    def give_ann_a_mailbox(cls):
        return cls.make_server(
            from_filter=ANN, smtp_user=ANN, owner_user_id=cls.ann.id, sequence=99
        )

    def receive(self, to="support", **headers):
        """Return the task that a customer's mail becomes."""
        task = self.deliver(self.make_mail(to, **headers)).task_id
        task.user_ids = self.ann
        self.flush_tracking()
        return task

    def answer(self, task, user=None, **values):
        """Post a message; return what left, as recipient → ``EmailMessage``."""
        values.setdefault("body", "Answer")
        values.setdefault("message_type", "comment")
        values.setdefault("subtype_xmlid", "mail.mt_comment")
        with self.mock_mail_gateway(), mute_logger("odoo.addons.base.models"):
            task.with_user(user or self.ann).message_post(**values)
        return self.sent()

    def sent(self):
        return {
            recipient: message_from_string(sent["message"], policy=policy.default)
            for sent in self.emails
            for recipient in sent["smtp_to_list"]
        }

    def assertSender(self, mail, name, email):
        self.assertEqual(parseaddr(mail["From"]), (name, email))

    def assertFromAddress(self, task, name, address, user=None):
        mail = self.answer(task, user)[CUSTOMER]
        self.assertSender(mail, name, f"{address}@{self.domain}")
        self.assertReplyJoins(mail, task)

    def assertReplyJoins(self, mail, task):
        """The customer answers with a program that keeps no references."""
        _name, address = parseaddr(mail["Reply-To"])
        self.assertEqual(address, task.task_email)
        incoming = self.deliver(self.make_mail(address, subject="Another subject"))
        self.assertEqual((incoming.state, incoming.task_id), ("reply", task))

    # ------------------------------------------------------------------
    # The address that the task came by
    # ------------------------------------------------------------------

    def test_project_address(self):
        self.assertFromAddress(self.receive(), "Ann Smith (Support)", "support")

    def test_employee_address(self):
        task = self.receive("ann")
        self.assertFromAddress(task, "Ann Smith", "ann")
        task.project_id.privacy_visibility = "employees"
        self.assertFromAddress(task, "Bob (Ann Smith)", "ann", self.bob)

    def test_virtual_address(self):
        self.assertFromAddress(self.receive("help"), "Ann Smith (Helpdesk)", "help")

    def test_virtual_address_without_a_name(self):
        self.virtual.alias_sender_name = False
        company = self.env.company.name = "Acme"
        self.assertFromAddress(self.receive("help"), f"Ann Smith ({company})", "help")

    def test_named_project(self):
        self.support.with_user(self.manager).alias_sender_name = "Team 1"
        self.assertFromAddress(self.receive(), "Ann Smith (Team 1)", "support")

    def test_task_by_no_address_leaves_from_its_project(self):
        task = self.env["project.task"].create(
            {
                "name": "By hand",
                "project_id": self.support.id,
                "partner_id": self.customer.id,
            }
        )
        task.message_subscribe(self.customer.ids)
        self.assertFromAddress(task, "Ann Smith (Support)", "support")

    def test_address_that_is_no_more(self):
        task = self.receive("help")
        task.project_id = self.support
        self.virtual.alias_name = False
        self.assertFromAddress(task, "Ann Smith (Support)", "support")

    def test_no_address_at_all_is_odoos_way(self):
        self.accounting.alias_name = False
        task = self.receive("help")
        self.virtual.unlink()
        mail = self.answer(task)[CUSTOMER]
        self.assertSender(mail, "Ann Smith", f"{self.default_from}@{self.domain}")
        self.assertReplyJoins(mail, task)

    def test_automatic_message_is_the_addresss(self):
        task = self.receive()
        with self.mock_mail_gateway():
            task.with_user(self.env.ref("base.user_root")).message_post(
                body="Done", subtype_xmlid="mail.mt_comment"
            )
        mail = self.sent()[CUSTOMER]
        self.assertSender(mail, "Support", f"support@{self.domain}")

    def test_mail_in_the_queue(self):
        task = self.receive()
        with self.mock_mail_gateway():
            task.with_user(self.ann).message_post(
                body="Later",
                subtype_xmlid="mail.mt_comment",
                force_send=False,
            )
            self.assertFalse(self.emails)
            self.env["mail.mail"].process_email_queue()
        mail = self.sent()[CUSTOMER]
        self.assertSender(mail, "Ann Smith (Support)", f"support@{self.domain}")

    def test_long_names_are_left_out_as_far_as_they_do_not_fit(self):
        self.ann.name = "Ann Margaret Catherine Smith"
        self.support.alias_sender_name = "Support of the Second Floor"
        mail = self.answer(self.receive())[CUSTOMER]
        self.assertSender(mail, "Support of the Second Floor", f"support@{self.domain}")

    # ------------------------------------------------------------------
    # Recipients
    # ------------------------------------------------------------------

    def test_colleagues_are_notified_as_odoo_does(self):
        task = self.receive()
        task.message_subscribe(self.bob.partner_id.ids)
        task.message_subscribe(
            self.env["res.partner"].create({"name": "B", "email": "b@acme.test"}).ids
        )
        mails = self.answer(task)
        self.assertEqual(set(mails), {CUSTOMER, "b@acme.test", "bob@staff.test"})
        for recipient in (CUSTOMER, "b@acme.test"):
            mail = mails[recipient]
            self.assertSender(mail, "Ann Smith (Support)", f"support@{self.domain}")
            self.assertIn(task.task_email, mail["Reply-To"])
        internal = mails["bob@staff.test"]
        self.assertSender(internal, "Ann Smith", f"{self.default_from}@{self.domain}")
        self.assertIn(f"support@{self.domain}", internal["Reply-To"])
        self.assertNotIn(task.task_email, internal["Reply-To"])

    def test_portal_users_are_customers(self):
        portal = mail_new_test_user(
            self.env, login="portal", email="p@acme.test", groups="base.group_portal"
        )
        task = self.receive()
        task.message_subscribe(portal.partner_id.ids)
        mail = self.answer(task)["p@acme.test"]
        self.assertSender(mail, "Ann Smith (Support)", f"support@{self.domain}")

    def test_address_without_a_contact(self):
        mail = self.answer(self.receive(), outgoing_email_to="x@acme.test")
        sender = mail["x@acme.test"]
        self.assertSender(sender, "Ann Smith (Support)", f"support@{self.domain}")

    def test_customers_mail_goes_to_the_others_from_our_address(self):
        task = self.receive()
        other = self.env["res.partner"].create({"name": "B", "email": "b@acme.test"})
        task.message_subscribe(other.ids)
        self.deliver(self.make_mail(task.task_email))
        mail = self.sent()["b@acme.test"]
        self.assertSender(mail, "Customer (Support)", f"support@{self.domain}")
        self.assertIn(task.task_email, mail["Reply-To"])

    def test_message_itself_is_the_authors(self):
        task = self.receive()
        self.answer(task)
        message = task.message_ids[0]
        self.assertEqual(message.email_from, self.ann.email_formatted)
        self.assertEqual(message.author_id, self.ann.partner_id)

    def test_thread_stays_together(self):
        for choice in ("address", "own", "company"):
            self.env.company.mail_task_answers_from = choice
            with self.subTest(choice):
                task = self.receive()
                mail = self.answer(task)[CUSTOMER]
                message = task.message_ids[0]
                self.assertEqual(mail["Message-Id"], message.message_id)
                first = task.message_ids[-1].message_id
                self.assertIn(first, mail["References"])
                reply = self.make_mail(In_Reply_To=mail["Message-Id"])
                self.assertEqual(self.deliver(reply).task_id, task)

    def test_reply_to_all_leaves_our_addresses_out(self):
        task = self.receive()
        mail = self.answer(task)[CUSTOMER]
        reply = self.make_mail(
            f"{mail['Reply-To']}, B <b@acme.test>", In_Reply_To=mail["Message-Id"]
        )
        self.assertEqual(self.deliver(reply).task_id, task)
        message = task.message_ids[0]
        self.assertEqual(message.incoming_email_to, '"B" <b@acme.test>')
        self.assertNotIn(task.task_email, task.email_cc or "")

    # ------------------------------------------------------------------
    # The own mailbox
    # ------------------------------------------------------------------

    def sessions(self):
        """Return the servers that mails left by, by their filters."""
        return {
            address: sent["from_filter"]
            for sent in self.emails
            for address in sent["smtp_to_list"]
        }

    def test_own_mailbox(self):
        self.env.company.mail_task_answers_from = "own"
        self.give_ann_a_mailbox()
        for to in ("support", "ann", "help"):
            with self.subTest(to):
                task = self.receive(to)
                mail = self.answer(task)[CUSTOMER]
                self.assertEqual(self.sessions()[CUSTOMER], ANN)
                self.assertSender(mail, "Ann Smith", ANN)
                self.assertReplyJoins(mail, task)

    def test_own_mailbox_by_a_server_for_its_domain(self):
        self.env.company.mail_task_answers_from = "own"
        self.server.from_filter = f"{self.domain},staff.test"
        self.assertSender(self.answer(self.receive())[CUSTOMER], "Ann Smith", ANN)

    def test_without_an_own_mailbox(self):
        self.env.company.mail_task_answers_from = "own"
        self.assertFromAddress(self.receive(), "Ann Smith (Support)", "support")

    def test_own_mailboxes_that_are_switched_off(self):
        self.env.company.mail_task_answers_from = "own"
        self.give_ann_a_mailbox()
        self.env["ir.config_parameter"].set_param(
            "mail.disable_personal_mail_servers", True
        )
        self.assertFromAddress(self.receive(), "Ann Smith (Support)", "support")

    def test_nobody_sends_from_anothers_mailbox(self):
        self.env.company.mail_task_answers_from = "own"
        self.give_ann_a_mailbox()
        task = self.receive()
        mail = self.answer(task, self.bob, author_id=self.ann.partner_id.id)[CUSTOMER]
        self.assertNotEqual(parseaddr(mail["From"])[1], ANN)
        self.assertNotEqual(self.sessions()[CUSTOMER], ANN)

    def test_mail_in_the_name_of_ann_does_not_leave_by_her_mailbox(self):
        self.env.company.mail_task_answers_from = "own"
        self.give_ann_a_mailbox()
        task = self.receive()
        self.deliver(self.make_mail(task.task_email, sender=f"Ann <{ANN}>"))
        mail = self.sent()[CUSTOMER]
        self.assertSender(mail, "Ann Smith (Support)", f"support@{self.domain}")

    def test_context_of_a_remote_caller_names_no_sender(self):
        task = self.receive().with_context(mail_task_sender="boss@staff.test")
        mail = self.answer(task)[CUSTOMER]
        self.assertSender(mail, "Ann Smith (Support)", f"support@{self.domain}")

    # ------------------------------------------------------------------
    # The company
    # ------------------------------------------------------------------

    def test_company(self):
        self.env.company.mail_task_answers_from = "company"
        for to in ("support", "ann", "help"):
            with self.subTest(to):
                task = self.receive(to)
                mail = self.answer(task)[CUSTOMER]
                default = f"{self.default_from}@{self.domain}"
                self.assertSender(mail, "Ann Smith", default)
                self.assertReplyJoins(mail, task)

    def test_company_does_not_use_own_mailboxes(self):
        self.env.company.mail_task_answers_from = "company"
        self.give_ann_a_mailbox()
        self.answer(self.receive())
        self.assertEqual(self.sessions()[CUSTOMER], self.domain)

    def test_reply_address_that_is_not_asked_for(self):
        self.env.company.mail_task_by_address = False
        mail = self.answer(self.receive())[CUSTOMER]
        self.assertSender(mail, "Ann Smith (Support)", f"support@{self.domain}")
        self.assertEqual(parseaddr(mail["Reply-To"])[1], f"support@{self.domain}")

    def test_server_that_somebody_chose(self):
        other = self.make_server(from_filter="staff.test", sequence=99)
        mail = self.answer(self.receive(), mail_server_id=other.id)[CUSTOMER]
        self.assertSender(mail, "Ann Smith", ANN)
        self.assertEqual(self.sessions()[CUSTOMER], "staff.test")

    # ------------------------------------------------------------------
    # Who says so
    # ------------------------------------------------------------------

    def assertAnswersFrom(self, task, email):
        self.assertEqual(parseaddr(self.answer(task)[CUSTOMER]["From"])[1], email)

    def test_project_comes_before_employee_before_company(self):
        self.give_ann_a_mailbox()
        company = f"{self.default_from}@{self.domain}"
        task = self.receive()
        self.env.company.mail_task_answers_from = "company"
        self.assertAnswersFrom(task, company)
        self.employee.with_user(self.officer).mail_task_answers_from = "own"
        self.assertAnswersFrom(task, ANN)
        self.support.with_user(self.manager).mail_task_answers_from = "address"
        self.assertAnswersFrom(task, f"support@{self.domain}")
        self.support.with_user(self.manager).mail_task_answers_from = False
        self.assertAnswersFrom(task, ANN)

    def test_employees_setting_counts_for_what_they_write(self):
        self.give_ann_a_mailbox()
        self.employee.mail_task_answers_from = "own"
        task = self.receive()
        self.assertFromAddress(task, "Bob (Support)", "support", self.bob)

    def test_mail_admin_sets_it_on_the_page_of_addresses(self):
        alias = self.employee.alias_id.with_user(self.mail_admin)
        form = Form(alias, "mail_task_rules.mail_alias_view_form_virtual")
        form.alias_answers_from = "own"
        form.save()
        self.assertEqual(self.employee.mail_task_answers_from, "own")
        self.assertEqual(alias.alias_answers_from, "own")

    def test_address_of_a_project_says_nothing_of_employees(self):
        alias = self.support.alias_id.with_user(self.mail_admin)
        self.assertFalse(alias.alias_answers_from)
        alias.alias_answers_from = "own"
        self.assertFalse(self.support.mail_task_answers_from)

    def test_who_may_not_set_it(self):
        private = self.make_project("Private", privacy_visibility="followers")
        self.env["ir.rule"].create(
            {
                "name": "Not for managers",
                "model_id": self.env["ir.model"]._get_id("project.project"),
                "domain_force": f"[('id', '!=', {private.id})]",
                "groups": [Command.link(self.env.ref("base.group_user").id)],
            }
        )
        manager, ann, admin = self.manager, self.ann, self.mail_admin
        for record, user, name, value in (
            (self.support, ann, "mail_task_answers_from", "own"),
            (self.support, ann, "alias_sender_name", "Evil"),
            (self.employee, ann, "mail_task_answers_from", "own"),
            (self.employee, admin, "mail_task_answers_from", "own"),
            (self.employee, manager, "mail_task_answers_from", "own"),
            (self.virtual, manager, "alias_sender_name", "Evil"),
            (self.virtual, ann, "alias_sender_name", "Evil"),
            (self.employee.alias_id, ann, "alias_answers_from", "own"),
            (self.employee.alias_id, manager, "alias_answers_from", "own"),
            (self.env.company, manager, "mail_task_answers_from", "own"),
        ):
            with self.subTest(record._name, user=user.login, field=name):
                with self.assertRaises(AccessError):
                    record.with_user(user)[name] = value

    def test_manager_names_only_projects_they_may_write(self):
        self.env["ir.rule"].create(
            {
                "name": "Not this one",
                "model_id": self.env["ir.model"]._get_id("project.project"),
                "domain_force": f"[('id', '!=', {self.accounting.id})]",
                "perm_read": False,
            }
        )
        self.support.with_user(self.manager).alias_sender_name = "Team"
        with self.assertRaises(AccessError):
            self.accounting.with_user(self.manager).alias_sender_name = "Evil"

    # ------------------------------------------------------------------
    # Warnings
    # ------------------------------------------------------------------

    def settings(self, choice):
        self.env.company.mail_task_answers_from = choice
        return self.env["res.config.settings"].create({}).mail_task_answers_warning

    def assertWarns(self, text, address):
        self.assertIn(f"may send as {address}@{self.domain}", text)
        self.assertIn(f"{self.default_from}@{self.domain} instead", text)

    def test_no_warning_where_a_server_may_send(self):
        self.assertFalse(self.settings("address"))
        self.assertFalse(self.support.with_user(self.manager).mail_task_answers_warning)
        employee = self.employee.with_user(self.officer)
        self.assertFalse(employee.mail_task_answers_warning)
        virtual = self.virtual.with_user(self.mail_admin)
        self.assertFalse(virtual.alias_answers_warning)

    @mute_logger("odoo.addons.base.models.ir_mail_server")
    def test_warnings_tell_what_happens(self):
        for from_filter in ("elsewhere.test", False):
            self.server.from_filter = from_filter
            self.env.invalidate_all()
            with self.subTest(from_filter):
                task = self.receive()
                mail = self.answer(task)[CUSTOMER]
                default = f"{self.default_from}@{self.domain}"
                self.assertEqual(parseaddr(mail["From"])[1], default)
                project = self.support.with_user(self.manager)
                self.assertWarns(project.mail_task_answers_warning, "support")
                employee = self.employee.with_user(self.officer)
                self.assertWarns(employee.mail_task_answers_warning, "ann")
                virtual = self.virtual.with_user(self.mail_admin)
                self.assertWarns(virtual.alias_answers_warning, "help")
                self.assertIn("No outgoing mail server", self.settings("address"))
                self.assertFalse(self.settings("company"))
                self.env.company.mail_task_answers_from = "address"

    @mute_logger("odoo.addons.base.models.ir_mail_server")
    def test_filter_for_some_addresses(self):
        names = ("support", "ann", self.default_from)
        addresses = ",".join(f"{name}@{self.domain}" for name in names)
        self.server.from_filter = addresses
        self.assertFalse(self.support.mail_task_answers_warning)
        self.assertFalse(self.employee.mail_task_answers_warning)
        self.assertWarns(self.virtual.alias_answers_warning, "help")
        self.assertWarns(self.settings("address"), "help")

    @mute_logger("odoo.addons.base.models.ir_mail_server")
    def test_warning_follows_the_form(self):
        self.server.from_filter = "elsewhere.test"
        project = self.support.with_user(self.manager)
        with Form(project, "project.edit_project") as form:
            self.assertWarns(form.mail_task_answers_warning, "support")
            form.mail_task_answers_from = "company"
            self.assertFalse(form.mail_task_answers_warning)
            form.mail_task_answers_from = "address"
            form.alias_name = "second"
            self.assertWarns(form.mail_task_answers_warning, "second")

    @mute_logger("odoo.addons.base.models.ir_mail_server")
    def test_warning_of_a_missing_mailbox(self):
        employee = self.employee.with_user(self.officer)
        employee.mail_task_answers_from = "own"
        self.assertIn("mailbox of Ann Smith", employee.mail_task_answers_warning)
        self.assertIn("Ann Smith", self.settings("own"))
        for number in range(3):
            user = mail_new_test_user(self.env, login=f"user{number}")
            self.env["hr.employee"].create({"name": "User", "user_id": user.id})
        self.assertIn("…", self.settings("own"))
        self.give_ann_a_mailbox()
        self.env.invalidate_all()
        self.assertFalse(employee.mail_task_answers_warning)

    # ------------------------------------------------------------------
    # Forged senders
    # ------------------------------------------------------------------

    def forge(self, **headers):
        headers["Authentication_Results"] = "mx.ours.test; dmarc=fail"
        return self.make_mail(sender=f"Ann Smith <{ANN}>", **headers)

    def test_forged_colleague_is_not_shown_as_the_author(self):
        self.env["ir.config_parameter"].set_param(
            "mail_task_rules.trusted_authserv_ids", "mx.ours.test"
        )
        self.server.from_filter = f"{self.domain},staff.test"
        subtype = self.env.ref("project.mt_project_task_new")
        people = self.bob.partner_id | self.customer
        self.support.message_subscribe(people.ids, subtype.ids)
        for choice in ("address", "own", "company"):
            self.env.company.mail_task_answers_from = choice
            with self.subTest(choice):
                task = self.deliver(self.forge()).task_id
                mails = self.sent()
                self.assertEqual(set(mails), {"bob@staff.test", CUSTOMER})
                for mail in mails.values():
                    self.assertSender(
                        mail, f"Not verified: {ANN}", f"support@{self.domain}"
                    )
                    self.assertNotIn("Ann Smith", mail.as_string())
                message = task.message_ids[-1]
                self.assertFalse(message.author_id)
                self.assertEqual(message.email_from, f'"Not verified: {ANN}" <{ANN}>')

    # ------------------------------------------------------------------
    # Loops
    # ------------------------------------------------------------------

    def bring_back(self, mail, to, message_id):
        """Deliver a mail that we sent to an address of ours; return its row."""
        mail.replace_header("To", to if "@" in to else f"{to}@{self.domain}")
        mail.replace_header("Message-Id", message_id)
        return self.deliver(mail.as_bytes(policy=policy.SMTP))

    def test_our_own_messages_do_not_loop(self):
        """A customer's contact has an address of ours, or mail is forwarded to it."""
        for choice in ("address", "own", "company"):
            self.env.company.mail_task_answers_from = choice
            task = self.receive()
            mail = self.answer(task)[CUSTOMER]
            own_id = mail["Message-Id"]
            self.env.invalidate_all()
            before = task.message_ids, self.env["project.task"].search([])
            for to in ("support", "ann", "help", task.task_email):
                with self.subTest(choice, to=to):
                    other_id = f"<{choice}-{to}@mx.test>"
                    copies = [
                        self.bring_back(mail, to, message_id)
                        for message_id in (own_id, other_id)
                    ]
                    states = [incoming.state for incoming in copies]
                    self.assertEqual(states, ["duplicate", "ignored"])
                    after = task.message_ids, self.env["project.task"].search([])
                    self.assertEqual(after, before)
                    self.assertFalse(self.emails)
