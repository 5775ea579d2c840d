import math
import time
from dataclasses import dataclass, field

from odoo import fields, models
from odoo.tools import SQL

from ..providers import base as contract
from ..providers import errors, webhooks
from ..providers.texts import translate

# From then on a failing batch is tried in smaller and smaller parts.
ATTEMPTS_BEFORE_SPLIT = 2


@dataclass
class Call:
    """A call to a service, ready to be made without a look at the database.

    :ivar dict member_ids: email → id of the members that it carries
    """

    batch_id: int
    operation: str
    client: contract.Provider
    remote_id: str
    member_ids: dict
    contacts: list = field(default_factory=list)
    job: str = ""

    def make(self):
        """Return the service's ``Answer``, or its ``ProviderError``, and the seconds
        that it took."""
        started = time.monotonic()
        try:
            answer = self._perform()
        except errors.ProviderError as error:
            answer = error
        return answer, time.monotonic() - started

    def _perform(self):
        emails = list(self.member_ids)
        if self.job:
            return self.client.poll_job(self.job, emails)
        if self.operation == "push":
            return self.client.upsert(self.remote_id, self.contacts)
        return self.client.remove(self.remote_id, emails)


class NewsletterOutbox(models.AbstractModel):
    """How a list's differences reach the service.

    Each call is written down and committed before it is made, and its answer is
    committed after it. A process that dies in between leaves an open batch: the next
    run sends its addresses again, which changes nothing where they had arrived.
    """

    _name = "newsletter.outbox"
    _description = "Calls to Newsletter Services"

    def _exchange_members(self):
        """Make the calls that are due; return whether there were any."""
        worked = self._poll()
        worked |= self._send("remove")
        worked |= self._send("push")
        return worked

    # ------------------------------------------------------------------
    # Send
    # ------------------------------------------------------------------

    def _send(self, operation, member_ids=None):
        """Send what is due, as many addresses as one call takes.

        :return: whether a call was made
        """
        account = self.account_id
        if not account._may_call():
            return False
        call = account._transact(self._claim, operation, member_ids)
        if not call:
            return False
        answer, duration = call.make()
        account._transact(self._settle, call, answer, duration)
        self._send_halves(call, answer)
        return True

    def _send_halves(self, call, answer):
        """Send again what was refused as a whole for one bad address: in halves, until
        the bad one is alone."""
        if isinstance(answer, errors.ContactError) and len(call.member_ids) > 1:
            ids = sorted(call.member_ids.values())
            middle = len(ids) // 2
            self._send(call.operation, ids[:middle])
            self._send(call.operation, ids[middle:])

    def _claim(self, operation, member_ids=None):
        """Write down the next call and return it; nothing if nothing is due.

        From here on it is not known whether the service has the addresses.
        """
        support = self.account_id._get_support()
        size = support.batch_size if operation == "push" else support.remove_size
        rows = self._get_due(operation, size, member_ids)
        if not rows:
            return None
        contacts = self._prepare_contacts(rows) if operation == "push" else []
        batch = self.env["newsletter.batch"].create(
            {
                "list_id": self.id,
                "operation": operation,
                "size": len(rows),
                "hashes": self._get_hashes(rows, contacts),
            }
        )
        self._mark_as_sent(batch, [member_id for member_id, *_ in rows])
        return Call(
            batch_id=batch.id,
            operation=operation,
            client=self.account_id._get_client(),
            remote_id=self.remote_id,
            member_ids={email: member_id for member_id, email, *_ in rows},
            contacts=contacts,
        )

    def _mark_as_sent(self, batch, member_ids):
        self.env.execute_query(
            SQL(
                """
                UPDATE newsletter_member
                   SET batch_id = %s, due = FALSE, state = 'sending',
                       acknowledged = 'unknown', sent_at = %s
                 WHERE id = ANY(%s)
             RETURNING id
                """,
                batch.id,
                fields.Datetime.now(),
                member_ids,
            )
        )
        self.env["newsletter.member"].invalidate_model()

    def _get_due(self, operation, size, member_ids):
        """Return rows of ``(id, email, partner_id)``.

        What failed together before goes in smaller parts: it may be one address that
        the service cannot take.
        """
        return self.env.execute_query(
            SQL(
                """
                WITH due AS (
                    SELECT id, email_normalized, partner_id, attempts
                      FROM newsletter_member
                     WHERE list_id = %(list_id)s AND due AND batch_id IS NULL
                       AND desired = %(desired)s
                       AND COALESCE(%(ready)s, %(now)s) <= %(now)s
                       AND %(chosen)s
                  ORDER BY attempts, id
                     LIMIT %(size)s
                )
                SELECT id, email_normalized, partner_id
                  FROM (SELECT due.*,
                               row_number() OVER (ORDER BY attempts, id) AS number,
                               min(attempts) OVER () AS fewest
                          FROM due) AS numbered
                 WHERE attempts = fewest
                   AND number <= greatest(
                       1, %(size)s >> least(30, greatest(0, fewest - %(whole)s)))
              ORDER BY id
                """,
                list_id=self.id,
                desired=operation == "push",
                ready=self.account_id._get_ready_time(),
                now=fields.Datetime.now(),
                chosen=SQL("id = ANY(%s)", member_ids) if member_ids else SQL("TRUE"),
                size=size,
                whole=ATTEMPTS_BEFORE_SPLIT,
            )
        )

    # ------------------------------------------------------------------
    # Settle
    # ------------------------------------------------------------------

    def _settle(self, call, answer, duration):
        """Write down what became of the addresses that a call carried."""
        batch = self.env["newsletter.batch"].browse(call.batch_id)
        batch.duration += duration
        if isinstance(answer, errors.ProviderError):
            self._settle_error(batch, call, answer)
            return
        if answer.job and batch._is_overdue():
            words = self.env._("The service has not finished this for a day.")
            self._settle_error(batch, call, errors.Retryable(words))
            return
        self.account_id._note_success()
        if answer.list_id:
            self.remote_id = answer.list_id
        decided = {result.email: result for result in answer.results}
        if not answer.job:
            missing = contract.Result("", contract.RETRY)
            decided = {email: decided.get(email, missing) for email in call.member_ids}
        self._settle_results(batch, call, decided)
        failed = self._count_failed(decided)
        if answer.job:
            batch._note_job(answer.job, answer.wait, failed)
        else:
            batch._close("done", failed=failed)
        self.last_sync = fields.Datetime.now()
        self._show_progress()

    def _settle_results(self, batch, call, decided):
        """:param dict decided: email → ``Result`` of those that are decided"""
        ids = {state: [] for state in ("ok", "refused", "opted_out", "retry")}
        words = {}
        for email, result in decided.items():
            member_id = call.member_ids.get(email)
            if member_id:
                ids[result.state].append(member_id)
                words[member_id] = translate(result.reason, self.env)
        batch._note_latency(ids["ok"])
        members = self.env["newsletter.member"]
        members._acknowledge(call.operation, ids["ok"], batch)
        members._refuse(ids["refused"], words)
        now = fields.Datetime.now()
        left = dict.fromkeys(ids["opted_out"], (webhooks.UNSUBSCRIBED, now))
        members._note_opt_outs(left, words)
        members._try_later(ids["retry"], words)

    def _count_failed(self, decided):
        return sum(result.state != contract.OK for result in decided.values())

    def _settle_error(self, batch, call, error):
        """Free the addresses of a call that failed, and stop what cannot go on."""
        account, members = self.account_id, self.env["newsletter.member"]
        ids, text = list(call.member_ids.values()), translate(error, self.env)
        is_limit = isinstance(error, errors.RateLimited)
        is_failure = isinstance(error, errors.Retryable) and not is_limit
        if call.job and (is_limit or is_failure) and not batch._is_overdue():
            batch._poll_later()
        elif isinstance(error, errors.ContactError) and len(ids) == 1:
            members._refuse(ids, dict.fromkeys(ids, text))
            batch._close("done", text, failed=1)
        else:
            words = dict.fromkeys(ids, text)
            members._try_later(ids, words, counts_as_attempt=is_failure)
            batch._close("failed", text)
        # A job that cannot be read says nothing of the service as a whole.
        if not (call.job and is_failure):
            account._note_error(error)
        if isinstance(error, errors.ListError):
            self._pause(account._explain(error), "failed")

    # ------------------------------------------------------------------
    # Jobs
    # ------------------------------------------------------------------

    def _poll(self):
        """Ask for the jobs whose time has come; return whether there were any."""
        batches = self.batch_ids.search(
            [
                ("list_id", "=", self.id),
                ("state", "=", "submitted"),
                ("next_poll", "<=", fields.Datetime.now()),
            ],
            order="id",
        )
        worked = False
        for batch in batches:
            if not self.account_id._may_call():
                break
            call = self.account_id._transact(self._resume, batch)
            answer, duration = call.make()
            self.account_id._transact(self._settle, call, answer, duration)
            self._send_halves(call, answer)
            worked = True
        return worked

    def _resume(self, batch):
        """Return the call that asks for a batch's job."""
        members = self.env["newsletter.member"].search([("batch_id", "=", batch.id)])
        return Call(
            batch_id=batch.id,
            operation=batch.operation,
            client=self.account_id._get_client(),
            remote_id=self.remote_id,
            member_ids={member.email_normalized: member.id for member in members},
            job=batch.job_id,
        )

    def _count_calls(self, pushed, removed):
        """Return how many calls it takes to send so many addresses."""
        support = self.account_id._get_support()
        return math.ceil(pushed / support.batch_size) + math.ceil(
            removed / support.remove_size
        )

    # ------------------------------------------------------------------
    # Progress
    # ------------------------------------------------------------------

    def _show_progress(self):
        """Have the forms of the list that are open show how far it is."""
        self.user_id._bus_send("newsletter_sync/progress", {"list_id": self.id})
