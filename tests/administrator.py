"""What an administrator does in Odoo, and what he sees there."""

from base64 import b64decode
from types import SimpleNamespace

from tests.web_client import WebClient

DOMAIN = "mail.example"
PASSWORD = "a password of the test"
LEDGER = "mail.task.incoming"
LEDGER_FIELDS = (
    "state",
    "reason",
    "task_id",
    "rule_ids",
    "server_id",
    "subject",
    "trace",
    "attempts",
    "attempt_started",
    "message_id",
    "digest",
    "has_original",
    "error",
    "body",
    "headers",
    "res_model",
    "res_id",
    "alias_ids",
    "sender_partner_id",
)
TASK_FIELDS = (
    "name",
    "project_id",
    "stage_id",
    "tag_ids",
    "user_ids",
    "priority",
    "description",
    "partner_id",
    "email_cc",
    "message_partner_ids",
)


class Administrator:
    """The user admin, who sets Odoo up in its web client."""

    def __init__(self, url, db):
        self._url, self._db = url, db
        self._client = WebClient(url, db)
        self.call = self._client.call
        self.download = self._client.download

    # ------------------------------------------------------------------
    # Records
    # ------------------------------------------------------------------

    def create(self, model, **values):
        return self.call(model, "create", values)

    def write(self, model, record_id, **values):
        self.call(model, "write", [record_id], values)

    def read(self, model, record_id, *names):
        [values] = self.call(model, "read", [record_id], names)
        return _record(values)

    def search(self, model, domain, *names):
        """Return the records, oldest first."""
        found = self.call(model, "search_read", domain, names, order="id")
        return [_record(values) for values in found]

    def reference(self, name):
        """Return the id of a record that an addon brought along."""
        module, name = name.split(".")
        domain = [("module", "=", module), ("name", "=", name)]
        [data] = self.search("ir.model.data", domain, "res_id")
        return data.res_id

    def model(self, name):
        [model] = self.search("ir.model", [("model", "=", name)], "id")
        return model.id

    def run_cron(self, name):
        """Press “Run Manually” of a scheduled action."""
        self.call("ir.cron", "method_direct_trigger", [self.reference(name)])

    # ------------------------------------------------------------------
    # Setting up
    # ------------------------------------------------------------------

    def set_up_outgoing_mail(self, host, port, **values):
        """Make an outgoing mail server, for our domain if not for another sender."""
        server = {"from_filter": DOMAIN, **values}
        return self.create(
            "ir.mail_server", name="Sink", smtp_host=host, smtp_port=port, **server
        )

    def set_up_domain(self):
        domain_id = self.create("mail.alias.domain", name=DOMAIN)
        self.write("res.company", 1, alias_domain_id=domain_id)

    def project(self, name, address=False):
        """Make a project with three stages; return its id."""
        stages = [(0, 0, {"name": stage}) for stage in ("New", "Urgent", "Done")]
        return self.create(
            "project.project", name=name, alias_name=address, type_ids=stages
        )

    def stage(self, project_id, name):
        domain = [("project_ids", "=", project_id), ("name", "=", name)]
        [stage] = self.search("project.task.type", domain, "id")
        return stage.id

    def virtual_address(self, name, model="project.task", **values):
        """Make an address without an owner; return its id."""
        model_id = self.model(model)
        return self.create(
            "mail.alias", alias_name=name, alias_model_id=model_id, **values
        )

    def employee(self, login, address=False):
        """Make an employee who may work on tasks; return the id of their user."""
        groups = ("base.group_user", "project.group_project_user")
        user_id = self.create(
            "res.users",
            name=login.capitalize(),
            login=login,
            password=PASSWORD,
            email=f"{login}@staff.example",
            group_ids=[(6, 0, [self.reference(group) for group in groups])],
        )
        self.create(
            "hr.employee",
            name=login.capitalize(),
            user_id=user_id,
            alias_name=address,
        )
        return user_id

    def rule(self, name, **values):
        return self.create("mail.task.rule", name=name, **values)

    def mail_account(self, mailbox, server_type="imap", **values):
        """Make and confirm an incoming mail server for a mailbox."""
        ports = {"imap": mailbox.imap_port, "pop": mailbox.pop3_port}
        server_id = self.create(
            "fetchmail.server",
            name=f"{mailbox.user} ({server_type})",
            server_type=server_type,
            server=mailbox.host,
            port=ports[server_type],
            user=mailbox.user,
            password=mailbox.password,
            **values,
        )
        self.call("fetchmail.server", "button_confirm_login", [server_id])
        return MailAccount(self, mailbox, server_type, server_id)

    def log_in_as(self, login):
        """Return the web client of an employee."""
        return WebClient(self._url, self._db, login, PASSWORD)

    # ------------------------------------------------------------------
    # Looking
    # ------------------------------------------------------------------

    def entries(self, *domain):
        """Return what the ledger has, oldest first."""
        return self.search(LEDGER, list(domain), *LEDGER_FIELDS)

    def entry(self, entry_id):
        return self.read(LEDGER, entry_id, *LEDGER_FIELDS)

    def original(self, entry):
        """Return the mail as the button Download gives it."""
        action = self.call(LEDGER, "action_download", [entry.id])
        return self.download(action["url"])

    def task(self, task_id):
        return self.read("project.task", task_id, *TASK_FIELDS)

    def tasks(self, name):
        return self.search("project.task", [("name", "=", name)], *TASK_FIELDS)

    def attachments(self, task_id):
        """Return a task's files: name → content."""
        domain = [("res_model", "=", "project.task"), ("res_id", "=", task_id)]
        found = self.search("ir.attachment", domain, "name", "datas")
        return {file.name: b64decode(file.datas) for file in found}

    def mails_of(self, task_id):
        """Return the mails in a task's chatter, oldest first."""
        domain = [
            ("model", "=", "project.task"),
            ("res_id", "=", task_id),
            ("message_type", "=", "email"),
        ]
        return self.search("mail.message", domain, "body", "author_id", "email_from")

    def partner(self, address):
        """Return the id of the contact with an e-mail address."""
        [partner] = self.search("res.partner", [("email", "=", address)], "id")
        return partner.id


class MailAccount:
    """A mailbox and the incoming mail server in Odoo that fetches from it."""

    def __init__(self, admin, mailbox, server_type, server_id):
        self._admin, self._server_type = admin, server_type
        self.mailbox, self.server_id = mailbox, server_id

    def fetch(self):
        """Press “Fetch Now”."""
        self._admin.call("fetchmail.server", "fetch_mail", [self.server_id])

    def waiting(self):
        """Return the subjects of the mails that a fetch would bring."""
        by_pop = self._server_type == "pop"
        return self.mailbox.subjects() if by_pop else self.mailbox.unseen()

    def entries(self):
        return self._admin.entries(("server_id", "=", self.server_id))

    def receive(self, *mails):
        """Deliver mails and fetch them; return their new entries in the ledger."""
        before = len(self.entries())
        self.mailbox.append(*mails)
        self.fetch()
        return self.entries()[before:]


def _record(values):
    return SimpleNamespace(**{name: _plain(value) for name, value in values.items()})


def _plain(value):
    """Return a value as it is, but of a many2one only the id."""
    is_many2one = isinstance(value, list) and [type(v) for v in value] == [int, str]
    return value[0] if is_many2one else value
