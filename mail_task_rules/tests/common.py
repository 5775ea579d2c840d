from email.message import EmailMessage

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MailCommon, mail_new_test_user

GATEWAY_LOGS = (
    "odoo.addons.mail.models.mail_thread",
    "odoo.addons.mail_task_rules.models.mail_task_incoming",
)


@tagged("post_install", "-at_install")
class MailTaskCommon(MailCommon):
    """A company with a support project, two colleagues and a customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.domain = cls.env.company.alias_domain_id.name
        cls.support = cls.make_project("Support", alias_name="support")
        cls.accounting = cls.make_project("Accounting")
        cls.mail_admin = mail_new_test_user(
            cls.env,
            login="mail_admin",
            name="Mail Admin",
            email="mail.admin@company.test",
            groups="base.group_user,mail_task_rules.group_mail_admin",
        )
        cls.manager = mail_new_test_user(
            cls.env,
            login="manager",
            name="Manager",
            email="manager@company.test",
            groups="project.group_project_manager",
        )
        cls.ann = mail_new_test_user(
            cls.env,
            login="ann",
            name="Ann",
            email="ann@company.test",
            groups="project.group_project_user",
        )
        cls.customer = cls.env["res.partner"].create(
            {"name": "Customer", "email": "customer@acme.test"}
        )

    @classmethod
    def make_project(cls, name, **values):
        stages = [Command.create({"name": stage}) for stage in ("New", "Done")]
        return cls.env["project.project"].create(
            {"name": name, "type_ids": stages, **values}
        )

    @classmethod
    def make_rule(cls, name, **values):
        return cls.env["mail.task.rule"].create({"name": name, **values})

    @classmethod
    def make_virtual_address(cls, name, **values):
        return cls.env["mail.alias"].create(
            {
                "alias_name": name,
                "alias_model_id": cls.env["ir.model"]._get_id("project.task"),
                **values,
            }
        )

    def make_mail(self, to="support", subject="Subject", text="Text\n", **headers):
        """Return the bytes of a mail; ``to`` without a domain gets ours."""
        mail = EmailMessage()
        mail["From"] = headers.pop("sender", "Customer <customer@acme.test>")
        mail["To"] = to if "@" in to else f"{to}@{self.domain}"
        mail["Subject"] = subject
        self._mail_number = getattr(self, "_mail_number", 0) + 1
        mail["Message-ID"] = headers.pop(
            "message_id", f"<{self._testMethodName}-{self._mail_number}@acme.test>"
        )
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(text)
        return mail.as_bytes()

    def deliver(self, raw=None, model=None, **context):
        """Carry a mail through the gateway; return its row in the ledger.

        A test's cursor runs no hooks at commit, so they are run here.
        """
        raw = self.make_mail() if raw is None else raw
        before = self.env["mail.task.incoming"].search([], limit=1).id or 0
        gateway = self.env["mail.thread"].with_context(**context)
        try:
            with self.mock_mail_gateway():
                gateway.message_process(model, raw)
        finally:
            self.commit()
        return self.env["mail.task.incoming"].search([("id", ">", before)], limit=1)

    def deliver_failing(self, raw, error, model=None):
        """Deliver a mail that raises ``error``; return its row in the ledger.

        ``assertRaises`` would roll back a savepoint, and the ledger with it.
        """
        with mute_logger(*GATEWAY_LOGS):
            try:
                self.deliver(raw, model)
            except error:
                return self.env["mail.task.incoming"].search([], limit=1)
        self.fail(f"{error.__name__} was not raised")

    def commit(self):
        """Do what a commit does for the ledger."""
        self.env.cr.postcommit.run()
        self.env.cr.postrollback.clear()
        self.env.invalidate_all()
