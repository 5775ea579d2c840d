"""What a marketing employee does with newsletter lists, seen from outside."""

import time
from contextlib import closing

from dev import postgres
from tests.administrator import Administrator
from tests.web_client import ServerError

# Bounds the rounds of the worker that a test waits for.
PATIENCE_SECONDS = 40
SKIP_PAUSES = """
    UPDATE newsletter_account SET next_call = NULL;
    UPDATE newsletter_list SET next_check = NULL;
    UPDATE newsletter_list SET audit_next = audit_started
     WHERE audit_cursor IS NOT NULL;
    UPDATE newsletter_member
       SET next_try = NULL, sent_at = sent_at - interval '1 hour',
           acked_at = acked_at - interval '1 hour' WHERE due;
    UPDATE newsletter_batch SET next_poll = sent_at WHERE state = 'submitted';
    UPDATE newsletter_batch SET sent_at = sent_at - interval '1 hour'
     WHERE operation = 'create' AND state IN ('prepared', 'unknown');
"""
UNFINISHED = [("due", "=", True), ("batch_id", "!=", False)]


class Newsletters:
    """An administrator with an account at a service, which is a simulator.

    :param patient: whether workers wait for a service's jobs, as they do at a
        customer's; else tests say when to go on
    """

    def __init__(self, url, db, patient=False):
        self.db = db
        self.admin = Administrator(url, db)
        self.call = self.admin.call
        self.tag_id = self.admin.create("res.partner.category", name="Newsletter")
        if not patient:
            key = "newsletter_sync.patience"
            self.call("ir.config_parameter", "set_param", key, -1)

    def connect_account(self, provider, simulator):
        """Make and test an account; return it."""
        account_id = self.admin.create(
            "newsletter.account",
            name=simulator.service,
            provider=provider,
            api_key=simulator.settings.get("api_key", False),
            base_url=simulator.base_url,
        )
        for name, value in simulator.settings.items():
            for line in self.admin.search(
                "newsletter.setting",
                [("account_id", "=", account_id), ("name", "=", name)],
                "id",
            ):
                values = {"value": value, "secret_value": value}
                self.admin.write("newsletter.setting", line.id, **values)
        self.call("newsletter.account", "action_test", [account_id])
        return Account(self, account_id, simulator)

    def contact(self, name, tagged=True, **values):
        """Make a contact, with the tag that the filters look at; return its id."""
        return self.admin.create(
            "res.partner",
            name=name,
            email=f"{name}@customers.test",
            category_id=[(6, 0, [self.tag_id])] if tagged else [],
            **values,
        )

    def filter(self, name, domain=None):
        domain = domain or [("category_id", "in", [self.tag_id])]
        return self.admin.create("newsletter.filter", name=name, domain=repr(domain))

    def selected(self, filter_id):
        """Return the addresses that a filter selects, as a search finds them."""
        [values] = self.call("newsletter.filter", "read", [filter_id], ["domain"])
        found = self.admin.search(
            "res.partner",
            [*eval(values["domain"]), ("email_normalized", "!=", False)],
            "email_normalized",
        )
        return sorted({contact.email_normalized for contact in found})


class Account:
    def __init__(self, newsletters, account_id, simulator):
        self._newsletters, self.simulator = newsletters, simulator
        self.admin, self.id = newsletters.admin, account_id
        self.call = newsletters.call
        self.cron_id = self.admin.read("newsletter.account", account_id, "cron_id")
        self.cron_id = self.cron_id.cron_id

    def mirror(self, filter_id, **values):
        """Connect a filter; return the id of the list. Nothing is called yet."""
        return self.admin.create(
            "newsletter.list", filter_id=filter_id, account_id=self.id, **values
        )

    def run(self):
        """Have the worker run once, as soon as no other one does."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._run():
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def _run(self):
        try:
            result = self.admin.call("ir.cron", "method_direct_trigger", [self.cron_id])
        except ServerError as error:
            if "already executing" in str(error):
                return False
            raise
        assert result is True, result
        return True

    def settle(self):
        """Have the worker run until nothing is left to do, pauses left out."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        self.run()
        while self._is_busy():
            assert time.monotonic() < deadline, self.lists()
            time.sleep(0.1)
            self.skip_pauses()
            self.run()

    def audit(self, list_id):
        """Have a list compared with the service, as far as it shows changes."""
        self._execute("UPDATE newsletter_list SET last_audit = NULL")
        self.call("newsletter.list", "action_audit", [list_id])
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.admin.read("newsletter.list", list_id, "last_audit").last_audit:
            assert time.monotonic() < deadline
            self.run()
            self.skip_pauses()

    def skip_pauses(self):
        """Do as if the time of all pauses had passed, here and over there."""
        self.simulator.set_fault(advance=60)
        self._execute(SKIP_PAUSES)

    def forget_deaths(self):
        """Let Odoo not give up a scheduled action that died three times in a row."""
        self._execute("UPDATE ir_cron_progress SET timed_out_counter = 0")

    def _execute(self, statements):
        with closing(postgres.connect(self._newsletters.db)) as connection:
            connection.cursor().execute(statements)

    def has_jobs(self):
        """Return whether the service works on what it was sent."""
        jobs = [("account_id", "=", self.id), ("job_id", "!=", False)]
        return bool(self.admin.call("newsletter.batch", "search_count", jobs))

    def lists(self):
        names = ("name", "state", "problem", "remote_id")
        return self.admin.search("newsletter.list", self._mine("id"), *names)

    def list(self, list_id):
        return self.admin.read(
            "newsletter.list", list_id, "name", "state", "problem", "remote_id"
        )

    def members(self, list_id, state="member"):
        found = self.admin.search(
            "newsletter.member",
            [("list_id", "=", list_id), ("state", "=", state)],
            "email_normalized",
        )
        return sorted(member.email_normalized for member in found)

    def _is_busy(self):
        states = ("connecting", "disconnecting")
        of_account = ("list_id.account_id", "=", self.id)
        of_live_list = ("list_id.state", "in", ["active", "disconnecting"])
        return any(
            self.admin.call(model, "search_count", domain)
            for model, domain in (
                ("newsletter.note", [("account_id", "=", self.id)]),
                ("newsletter.list", [*self._mine("id"), ("state", "in", states)]),
                ("newsletter.batch", self._jobs()),
                (
                    "newsletter.member",
                    [of_account, of_live_list, "|", *UNFINISHED],
                ),
            )
        )

    def _mine(self, field):
        return [("account_id", "=", self.id), (field, "!=", False)]

    def _jobs(self):
        return [("account_id", "=", self.id), ("state", "=", "submitted")]
