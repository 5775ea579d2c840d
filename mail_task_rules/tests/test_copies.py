from .common import MailTaskCommon


class TestCopies(MailTaskCommon):
    """One mail to several of our addresses, in one copy or in several."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        Employee = cls.env["hr.employee"]
        Employee.create({"name": "A", "user_id": cls.ann.id, "alias_name": "ann.a"})
        Employee.create({"name": "M", "user_id": cls.manager.id, "alias_name": "man"})
        cls.follower = cls.env["res.partner"].create(
            {"name": "Follower", "email": "follower@acme.test"}
        )
        cls.boards = cls.make_virtual_address(
            "boards",
            alias_project_id=cls.support.id,
            alias_follower_ids=cls.follower.ids,
        )

    def make_copy(self, *names, to=(), **headers):
        """Return the copy of one mail that is delivered to these of our addresses;
        ``to``: what it was written to, if that says less."""
        addresses = ", ".join(f"{name}@{self.domain}" for name in to or names)
        delivered = ", ".join(f"{name}@{self.domain}" for name in names)
        return self.make_mail(
            addresses, message_id="<one@acme.test>", Delivered_To=delivered, **headers
        )

    def get_tasks(self):
        messages = self.env["mail.message"].search(
            [("model", "=", "project.task"), ("message_type", "=", "email")]
        )
        tasks = self.env["project.task"].browse(messages.mapped("res_id"))
        return tasks.filtered(lambda task: task.name == "Subject").sorted("id")

    def assertNoneOfOurs(self, tasks):
        for task in tasks:
            self.assertNotIn(self.domain, task.email_cc or "")

    # ------------------------------------------------------------------
    # One copy
    # ------------------------------------------------------------------

    def test_one_task_in_each_project(self):
        incoming = self.deliver(self.make_copy("ann.a", "man", "support", "boards"))
        ours, support = self.get_tasks().sorted("project_id")[::-1]
        if ours.project_id == self.support:
            ours, support = support, ours
        self.assertEqual(ours.project_id, self.company.mail_task_project_id)
        self.assertEqual(ours.user_ids, self.ann | self.manager)
        self.assertEqual(support.project_id, self.support)
        self.assertIn(self.follower, support.message_partner_ids)
        self.assertEqual(len(incoming.alias_ids), 4)
        self.assertNoneOfOurs(ours | support)

    def test_one_task(self):
        self.company.mail_task_copies = "one"
        self.deliver(self.make_copy("support", "ann.a", "boards", "man"))
        task = self.get_tasks()
        self.assertEqual(task.project_id, self.support, "it is the first in To")
        self.assertEqual(task.user_ids, self.ann | self.manager)
        self.assertIn(self.follower, task.message_partner_ids)
        self.assertNoneOfOurs(task)

    def test_one_task_is_where_the_first_address_says(self):
        self.company.mail_task_copies = "one"
        self.deliver(self.make_copy("man", "support"))
        project = self.company.mail_task_project_id
        self.assertEqual(self.get_tasks().project_id, project)

    def test_one_task_for_each_address(self):
        self.company.mail_task_copies = "address"
        self.deliver(self.make_copy("ann.a", "man", "support", "boards"))
        tasks = self.get_tasks()
        self.assertEqual(len(tasks), 4)
        self.assertEqual(len(tasks.mail_alias_id), 4)
        self.assertEqual(
            tasks.mapped("user_ids"), self.ann | self.manager, "one is each one's"
        )
        self.assertNoneOfOurs(tasks)

    def test_our_addresses_in_cc(self):
        cc = f"man@{self.domain}, Boards <BOARDS@{self.domain}>, other@acme.test"
        self.deliver(self.make_copy("ann.a", "man", to=["ann.a"], Cc=cc))
        self.assertNoneOfOurs(self.get_tasks())
        self.assertIn("other@acme.test", self.get_tasks()[0].email_cc)

    def test_another_company_has_its_own_task(self):
        self.company.mail_task_copies = "one"
        other = self.env["res.company"].create({"name": "Other"})
        project = self.make_project("Theirs", company_id=other.id)
        self.make_virtual_address("theirs", alias_project_id=project.id)
        self.deliver(self.make_copy("support", "man", "theirs"))
        self.assertEqual(self.get_tasks().project_id, self.support | project)
        self.assertEqual(len(self.get_tasks()), 2)

    # ------------------------------------------------------------------
    # Several copies
    # ------------------------------------------------------------------

    def test_hidden_copy_joins_the_task(self):
        first = self.deliver(self.make_copy("ann.a"))
        second = self.deliver(self.make_copy("man", to=["ann.a"]))
        self.assertEqual(self.get_tasks(), first.task_id)
        self.assertEqual(first.task_id.user_ids, self.ann | self.manager)
        self.assertEqual(second.state, "duplicate")
        self.assertEqual(second.task_id, first.task_id)
        self.assertIn("joined", second.reason)
        mails = first.task_id.message_ids.filtered(lambda m: m.message_type == "email")
        self.assertEqual(len(mails), 1)
        self.assertNoneOfOurs(first.task_id)

    def test_hidden_copy_brings_its_followers(self):
        first = self.deliver(self.make_copy("support"))
        self.assertNotIn(self.follower, first.task_id.message_partner_ids)
        self.deliver(self.make_copy("boards", to=["support"]))
        self.assertIn(self.follower, first.task_id.message_partner_ids)

    def test_hidden_copy_for_another_project(self):
        first = self.deliver(self.make_copy("ann.a"))
        second = self.deliver(self.make_copy("support", to=["ann.a"]))
        self.assertEqual(second.state, "task")
        self.assertNotEqual(second.task_id, first.task_id)
        third = self.deliver(self.make_copy("boards", to=["ann.a"]))
        self.assertEqual(third.state, "duplicate")
        self.assertEqual(third.task_id, second.task_id)

    def test_hidden_copies_as_one_task(self):
        self.company.mail_task_copies = "one"
        first = self.deliver(self.make_copy("support"))
        second = self.deliver(self.make_copy("man", to=["support"]))
        self.assertEqual(second.task_id, first.task_id)
        self.assertEqual(self.get_tasks().user_ids, self.manager)

    def test_hidden_copies_for_each_address(self):
        self.company.mail_task_copies = "address"
        first = self.deliver(self.make_copy("ann.a"))
        second = self.deliver(self.make_copy("man", to=["ann.a"]))
        self.assertEqual(second.state, "task")
        self.assertEqual(self.get_tasks(), first.task_id | second.task_id)

    def test_second_delivery_changes_nothing(self):
        for policy in ("project", "one", "address"):
            self.company.mail_task_copies = policy
            with self.subTest(policy), self.env.cr.savepoint() as savepoint:
                self.deliver(self.make_copy("ann.a", "support"))
                before = len(self.get_tasks())
                for copy in (
                    self.make_copy("ann.a", "support"),
                    self.make_copy("support", to=["ann.a", "support"]),
                ):
                    self.assertEqual(self.deliver(copy).state, "duplicate")
                self.assertEqual(len(self.get_tasks()), before)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_another_text_is_another_mail(self):
        self.deliver(self.make_copy("ann.a"))
        incoming = self.deliver(self.make_copy("man", to=["ann.a"], text="Other\n"))
        self.assertEqual(incoming.state, "task")
        self.assertEqual(len(self.get_tasks()), 2)

    def test_copy_of_a_deleted_task_is_a_task(self):
        self.deliver(self.make_copy("ann.a")).task_id.unlink()
        incoming = self.deliver(self.make_copy("man", to=["ann.a"]))
        self.assertEqual(incoming.state, "task")
