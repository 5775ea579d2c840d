"""What the gateway learns about one mail while it carries it through."""

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from email.utils import getaddresses
from typing import NamedTuple

from .text import storable

# Not in Odoo's context: a new value there for each mail makes new environments,
# which pile up while one cursor takes many mails; and it could be forged.
_current = ContextVar("mail_task_run", default=None)

# States from which the next delivery of the same bytes takes the mail up again.
OPEN_STATES = frozenset(("received", "failed", "quarantined"))
# States after which another copy is a duplicate. A mail that was ignored or
# rejected left nothing that could be doubled: its copies are judged anew.
SERVED_STATES = frozenset(("task", "reply", "delivered", "forwarded"))


@dataclass
class Conclusion:
    """How a mail ended, or that it waits.

    :ivar str state: one of the states of ``mail.task.incoming``
    :ivar str reason: one sentence for people
    """

    state: str
    reason: str


class Claim(NamedTuple):
    """Whose address a mail was sent from, beyond what Odoo finds by itself.

    :ivar int partner_id: the contact that writes from an address that is nobody's main
        one, or 0
    :ivar bool is_disputed: several users have the address, so it names none of them
    """

    partner_id: int = 0
    is_disputed: bool = False


@dataclass
class Result:
    """A record that the mail created (``created``) or was added to."""

    model: str
    res_id: int
    created: bool


@dataclass(frozen=True)
class Replay:
    """A kept mail that goes through the gateway again.

    It travels in the context, where a remote caller can put numbers and texts but
    no objects: nobody gets hold of another one's mail by naming its id.

    :ivar int incoming_id: its row in the ledger
    :ivar int project_id: where somebody wants it to become a task, or 0
    :ivar int task_id: the task somebody wants it added to, or 0
    """

    incoming_id: int
    project_id: int = 0
    task_id: int = 0

    def target(self):
        """Tell whether somebody chose where the mail goes."""
        return bool(self.project_id or self.task_id)


@dataclass
class Plan:
    """What is to be done for one route beyond what core does.

    :ivar int owner_id: the user who answers for the rule that wants it
    :ivar dict update: values for a task that exists
    :ivar bool is_note: the mail is for colleagues only
    :ivar list follower_ids: contacts who shall follow the task
    :ivar str template_text: description that comes before the mail's text, HTML
    :ivar str unknown_sender: what becomes of a sender whom we do not know
    :ivar bool checks_sender: the sender must have the right to create the task
    :ivar list commands: each ``Command`` that the sender gives for the task
    :ivar dict ordered: the values of a new task as they want it; empty if that is
        nothing else, or more than they may
    :ivar int project_id: the project that they want it in, or 0
    :ivar int auto_reply_template_id: the template of the answer to the mail, or 0
    :ivar int auto_reply_user_id: the user whose own rule wants it, or 0
    :ivar int task_id: the task that came of it, once there is one
    """

    owner_id: int = 0
    update: dict = field(default_factory=dict)
    is_note: bool = False
    follower_ids: list = field(default_factory=list)
    template_text: str = ""
    unknown_sender: str = "contact"
    checks_sender: bool = False
    commands: list = field(default_factory=list)
    ordered: dict = field(default_factory=dict)
    project_id: int = 0
    auto_reply_template_id: int = 0
    auto_reply_user_id: int = 0
    task_id: int = 0

    @property
    def needs_right(self):
        """Whether a task must not be there unless its sender may create it."""
        return self.checks_sender or bool(self.ordered)


@dataclass(eq=False)
class GatewayRun:
    """One attempt to process one kept mail. Lives as long as the attempt.

    :ivar int incoming_id: its row in the ledger
    :ivar Identity identity:
    :ivar int size: of the raw mail, in bytes
    :ivar float started: when, on the monotonic clock, in seconds
    :ivar int attempt: how many times the mail has been tried, this one included
    :ivar Replay replay: why the mail is processed again, if it is
    :ivar bool known: an earlier copy was processed; Odoo knows the Message-ID
    :ivar set served: destinations that an earlier copy with the same body served
    :ivar list copied_task_ids: the tasks that such copies became
    :ivar MailFacts facts: known after parsing
    :ivar Guarded guarded: the mail as core shall see it
    :ivar list findings: one ``Finding`` for each thing core does not see as it came
    :ivar list destinations: what this copy was meant for
    :ivar list decisions: one ``Decision`` for each address asked
    :ivar list plans: pairs of a route and its ``Plan``
    :ivar list joined: pairs of a task that a copy has made, and the route whose people
        join it
    :ivar Plan plan: that of the route being carried out
    :ivar list commands: each ``Command`` at its start, once they have been read
    :ivar str written: its plain text without them; ``None`` if it has none
    :ivar list problems: sentences about what could not be done as a rule says
    :ivar bool is_cut: a message has not all of the mail's text
    :ivar list results: one ``Result`` for each record touched
    :ivar set told: what the sender has been told already
    :ivar Conclusion noted: why the gateway will stop without a result, noted by
        the step that stops it
    :ivar list references: each ``Reference`` in the addresses that it was written to
    :ivar set own_addresses: those with a tag or a number among the recipients
    :ivar Claim claim: whose address it was sent from
    :ivar bool is_for_task: the claim counts; other apps get what Odoo finds by itself
    :ivar int linked_task_id: a task that it names but may not join, which the sender
        may see, or 0
    :ivar list alias_ids: the addresses of ours it was written to
    :ivar int partner_id: the contact that wrote it, once known
    :ivar int user_id: the user that wrote it, once known
    :ivar int company_id: the company whose address it came to, once known
    :ivar int server_id: the incoming mail server that it was fetched from, or 0
    :ivar message: the parsed mail, once it is asked where it belongs
    :ivar dict message_dict: what core made of it
    :ivar mail: the facts as an ``mail.task.incoming`` that is not stored
    :ivar dict values: what the ledger gets once the work is committed
    :ivar bool routed: the gateway asked where the mail belongs
    :ivar bytes raw: the mail as it was delivered
    :ivar bool refused: the mail transfer agent shall tell the sender
    :ivar bool given_up: the error that follows says only that nobody wants the
        mail; any other one makes it a failed mail, whatever has been noted
    :ivar bool closed: the ledger has the final state
    """

    incoming_id: int
    identity: object
    size: int
    started: float
    attempt: int = 0
    replay: Replay | None = None
    known: bool = False
    served: set = field(default_factory=set)
    copied_task_ids: list = field(default_factory=list)
    facts: object = None
    guarded: object = None
    findings: list = field(default_factory=list)
    destinations: list = field(default_factory=list)
    decisions: list = field(default_factory=list)
    plans: list = field(default_factory=list)
    joined: list = field(default_factory=list)
    plan: Plan | None = None
    commands: list | None = None
    written: str | None = None
    problems: list = field(default_factory=list)
    is_cut: bool = False
    results: list = field(default_factory=list)
    told: set = field(default_factory=set)
    noted: Conclusion | None = None
    references: list = field(default_factory=list)
    own_addresses: set = field(default_factory=set)
    claim: Claim = Claim()
    is_for_task: bool = False
    linked_task_id: int = 0
    alias_ids: list = field(default_factory=list)
    partner_id: int = 0
    user_id: int = 0
    company_id: int = 0
    server_id: int = 0
    message: object = None
    message_dict: dict = field(default_factory=dict)
    mail: object = None
    raw: bytes = b""
    values: dict = field(default_factory=dict)
    routed: bool = False
    refused: bool = False
    given_up: bool = False
    closed: bool = False

    def is_anonymous(self):
        """Tell whether nobody is to be found for, or made of, the sender's address."""
        is_disputed = self.is_for_task and self.claim.is_disputed
        return is_disputed or bool(self.facts and not self.facts.is_trusted)

    def is_sender(self, address):
        """Tell whether an address, with or without a name, is the mail's sender."""
        written = _addresses(self.message_dict.get("email_from"))
        return not written.isdisjoint(_addresses(address))

    def message_id(self):
        """Return the Message-ID under which Odoo shall know this copy."""
        if self.known:
            return self.identity.derived_message_id()
        return self.identity.message_id

    def plan_of(self, route):
        """Return the ``Plan`` of a route; an empty one if no rule was asked."""
        plans = (plan for planned, plan in self.plans if planned is route)
        return next(plans, None) or Plan()

    def core_route(self, route):
        """Return a route as core shall carry it out.

        When a task cannot be made, core tells the sender that the address does not
        work, and marks it so. That the sender may not make it is no such case.
        """
        if not self.plan.needs_right:
            return route
        model, thread_id, values, user_id, _alias = route
        return (model, thread_id, self.plan.ordered or values, user_id, None)

    def obeyed(self):
        """Return the plans whose commands have been carried out, or refused."""
        plans = (plan for _, plan in self.plans)
        return [plan for plan in plans if plan.task_id and plan.commands]

    def note_values(self, rule_id, values):
        """Remember which rule set which values of the task."""
        for decision in self.decisions:
            for step in decision.trace:
                if step["rule"] == rule_id and values:
                    step["set"] = sorted(values)

    def trace(self):
        """Return the traces of all decisions as one list (see ``Decision``)."""
        return [step for decision in self.decisions for step in decision.trace]

    def rule_ids(self):
        """Return the ids of the rules that decided, each once."""
        ids = (rule.id for decision in self.decisions for rule in decision.rules)
        return list(dict.fromkeys(ids))

    def task_id(self):
        """Return the id of the first task created, else of the first one updated, else
        of the one that an earlier copy made."""
        tasks = [result for result in self.results if result.model == "project.task"]
        tasks.sort(key=lambda result: not result.created)
        found = [result.res_id for result in tasks]
        found += [task_id for task_id, _route in self.joined]
        return found[0] if found else False

    def record(self):
        """Return ``(model, id)`` of the record of another app, if there is one."""
        others = (result for result in self.results if result.model != "project.task")
        found = next(others, None)
        return (found.model, found.res_id) if found else (False, False)

    def conclude(self, conclusion):
        """Set ``values`` from all that has been learned; JSON-able."""
        res_model, res_id = self.record()
        self.values = {
            "state": conclusion.state,
            "reason": storable(conclusion.reason),
            "task_id": self.task_id(),
            "res_model": res_model,
            "res_id": res_id,
            "rule_ids": self.rule_ids(),
            "alias_ids": self.alias_ids,
            "trace": self.trace(),
            "commands": [
                command.as_told() for plan in self.obeyed() for command in plan.commands
            ],
            "is_cut": self.is_cut,
            "sender_partner_id": self.partner_id,
            "sender_user_id": self.user_id,
            "company_id": self.company_id,
        }


def _addresses(text):
    return {address.lower() for _, address in getaddresses([text or ""]) if address}


def current_run():
    """Return the ``GatewayRun`` that the code being run belongs to, or ``None``."""
    return _current.get()


@contextmanager
def running(run):
    """Have ``current_run`` return ``run`` inside the block."""
    token = _current.set(run)
    try:
        yield run
    finally:
        _current.reset(token)
