import logging
import random
import time
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

from psycopg2 import errors as pg_errors

from odoo import api, fields, models
from odoo.tools import SQL

from ..providers import errors
from .newsletter_filter import FilterProblem

_logger = logging.getLogger(__name__)

NOTES_AT_ONCE = 10_000
TRANSACTION_ATTEMPTS = 6
CONFLICTS = (
    pg_errors.SerializationFailure,
    pg_errors.DeadlockDetected,
    pg_errors.LockNotAvailable,
)
# So many failed calls in a row open the circuit: then one call probes, after a pause.
FAILURES_BEFORE_PAUSE = 5
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
# While a worker runs: its clients by service, address and credentials. A client knows
# its token, its pace, and who was in a list a moment ago.
kept_clients = ContextVar("newsletter_clients", default=None)


@contextmanager
def keeping_clients():
    """Have all calls of a block made by one client."""
    token = kept_clients.set({})
    try:
        yield
    finally:
        kept_clients.reset(token)


class NewsletterEngine(models.AbstractModel):
    """The worker of an account: one scheduled action runs it, so it never runs twice
    at the same time, and it alone writes members.

    A run notices changes, then makes calls until nothing is left to do or its time is
    over. Nothing is held during a call: no transaction, no lock of a row.
    """

    _name = "newsletter.engine"
    _description = "Newsletter Worker"

    @api.model
    def _cron_run(self, account_id):
        account = self.browse(account_id).exists()
        if account.active:
            account._speak_to(account.user_id)._run()

    def _speak_to(self, user):
        """Return the account for work whose texts are for a user."""
        return self.with_context(lang=user.lang)

    @keeping_clients()
    def _run(self):
        self.ensure_one()
        self._transact(self._recover)
        seconds = self._commit_progress()
        while seconds and self._may_work():
            self._transact(self._note_opt_outs)
            self._transact(self._notice)
            worked = self._may_call() and (self._keep_webhook() | self._take_turns())
            seconds = self._commit_progress(worked)
            if not (worked or self._has_notes() or self._wait_a_little(seconds)):
                break
        self._transact(self._plan_next_run)
        self._commit_progress()

    def _wait_a_little(self, seconds):
        """Wait for what the service has ready in a moment, if the run has the time.

        The scheduler may come back a minute later only.

        :return: whether it is worth going on
        """
        job = self._get_next_job()
        times = [at for at in (job.next_poll, self.next_call) if at]
        if not times or (self._may_call() and not job):
            return False
        pause = (max(times) - fields.Datetime.now()).total_seconds()
        if pause > min(self._get_patience(), seconds):
            return False
        self._commit_progress()
        time.sleep(max(pause, 0.1))
        return True

    @api.model
    def _get_patience(self):
        """Return how many seconds a run waits for a job, or for the end of a pause."""
        parameters = self.env["ir.config_parameter"].sudo()
        return float(parameters.get_param("newsletter_sync.patience", 5))

    def _commit_progress(self, processed=0):
        """Commit; return the seconds that the run still has.

        What waits for a later time is not “remaining”: the scheduler would ask for it
        in a loop. ``_plan_next_run`` says when to come back.
        """
        return self.env["ir.cron"]._commit_progress(int(processed), remaining=0)

    def _transact(self, work, *arguments):
        """Do some work on the database and commit it, again if others interfered.

        What was answered by a service is among the arguments: no call is repeated.
        """
        for attempt in range(1, TRANSACTION_ATTEMPTS + 1):
            try:
                result = work(*arguments)
                self.env.flush_all()
                # Nothing may be open or locked during the call that follows.
                self.env.cr.commit()  # pylint: disable=invalid-commit
                return result
            except CONFLICTS:
                self.env.cr.rollback()
                self.env.invalidate_all(flush=False)
                if attempt == TRANSACTION_ATTEMPTS:
                    raise
                time.sleep(random.uniform(0, 0.05 * 2**attempt))

    # ------------------------------------------------------------------
    # May it work?
    # ------------------------------------------------------------------

    def _may_work(self):
        """Return whether the account is set up, and for this very database."""
        if self.state != "connected":
            return False
        if self.sudo().database_uuid == self._get_database_uuid():
            return True
        self._transact(
            self._stop,
            self.env._(
                "This database is a copy: the lists belong to the original. If the "
                "original is gone, press “This is the original”."
            ),
            "paused",
        )
        return False

    def _may_call(self):
        return not self.next_call or self.next_call <= fields.Datetime.now()

    @api.model
    def _get_database_uuid(self):
        return self.env["ir.config_parameter"].sudo().get_param("database.uuid")

    # ------------------------------------------------------------------
    # Noticing changes
    # ------------------------------------------------------------------

    def _notice(self):
        """Carry changes of contacts into the mirrors: what was noted, and what a
        look at the whole filter finds when it is time for one."""
        notes = self.env["newsletter.note"]._take(self, NOTES_AT_ONCE)
        edited = {contact for contact, is_related, *_ in notes if not is_related}
        related = {contact for contact, is_related, *_ in notes if is_related}
        emails = {email for _, _, email, _, _ in notes if email}
        whole = {list_id for _, _, _, list_id, _ in notes if list_id}
        since = min((noted_at for *_, noted_at in notes), default=None)
        changes = [(edited - {None}, emails, True), (related, set(), False)]
        now = fields.Datetime.now()
        for record in self._each_list("active"):
            if record.id in whole or not record.next_check or record.next_check <= now:
                self._check(record, record._check_whole)
            for ids, addresses, is_edit in changes:
                if ids or addresses:
                    self._check(
                        record, record._check_contacts, ids, addresses, since, is_edit
                    )

    def _check(self, record, check, *arguments):
        """Compare a list; if its filter is broken, pause it and nothing else."""
        try:
            with self.env.cr.savepoint():
                check(*arguments)
        except FilterProblem as problem:
            record._pause(str(problem))
        except (pg_errors.DataError, pg_errors.ProgrammingError) as error:
            record._pause(str(record.filter_id._broken(error)))

    def _has_notes(self):
        notes = self.env["newsletter.note"]
        return bool(notes.search_count([("account_id", "=", self.id)], limit=1))

    def _get_lists(self, *states):
        return self.env["newsletter.list"].search(
            [("account_id", "=", self.id), ("state", "in", states)]
        )

    def _each_list(self, *states):
        """Yield lists, for work whose texts are for their owners."""
        for record in self._get_lists(*states):
            yield record.with_context(lang=record.user_id.lang)

    # ------------------------------------------------------------------
    # Calls
    # ------------------------------------------------------------------

    def _recover(self):
        """Have the addresses sent again whose call no process answers for any more.

        We hold the lock of the scheduled action: whoever made these calls is dead.
        """
        calls = self.env["newsletter.batch"].search(
            [
                ("account_id", "=", self.id),
                ("operation", "in", ["push", "remove"]),
                ("state", "=", "prepared"),
            ]
        )
        members = self.env["newsletter.member"]
        ids = members.search([("batch_id", "in", calls.ids)]).ids
        members._try_later(ids, {}, counts_as_attempt=False)
        calls._close("unknown")

    def _take_turns(self):
        """Let each list make its calls; return whether there were any."""
        lists = self._each_list("connecting", "active", "disconnecting")
        return any([record._take_turn() for record in lists if self._may_call()])

    # ------------------------------------------------------------------
    # Failures of the account
    # ------------------------------------------------------------------

    def _note_error(self, error):
        """Draw the conclusions of a service's error for the whole account."""
        if isinstance(error, errors.RateLimited):
            self._wait(timedelta(seconds=error.retry_after))
        elif isinstance(error, errors.Retryable):
            self._note_failure()
        elif isinstance(error, errors.AccountError):
            self._stop(self._speak_to(self.user_id)._explain(error))

    def _note_success(self):
        if self.failures or self.next_call:
            self.write({"failures": 0, "next_call": False})

    def _note_failure(self):
        """Count a failed call; after a few in a row open the circuit, for longer and
        longer: then the next call is a probe."""
        self.failures += 1
        doublings = self.failures - FAILURES_BEFORE_PAUSE
        if doublings >= 0:
            self._wait(min(FIRST_PAUSE * 2 ** min(doublings, 10), LONGEST_PAUSE))

    def _wait(self, pause):
        self.next_call = fields.Datetime.now() + pause

    def _stop(self, problem, state="failed"):
        """Stop all lists of the account until somebody mends it."""
        if self.state == state and self.problem == problem:
            return
        self.write({"state": state, "problem": problem})
        self.activity_schedule(
            "mail.mail_activity_data_warning",
            summary=self.env._("Newsletter service %s", self.name),
            note=problem,
            user_id=self.user_id.id,
        )
        for record in self._get_lists("connecting", "active", "disconnecting"):
            record._tell_owner(problem)

    # ------------------------------------------------------------------
    # When to come back
    # ------------------------------------------------------------------

    def _plan_next_run(self):
        """Have the worker called when the next thing is due, at once if that is now."""
        times = [time for time in self._get_next_times() if time]
        if not times or self.state != "connected":
            return
        at = max(min(times), self.next_call or min(times))
        if at <= fields.Datetime.now():
            self.cron_id._trigger()
        elif not self._is_planned(at):
            self.cron_id._trigger(at=at)

    def _is_planned(self, at):
        triggers = self.env["ir.cron.trigger"].sudo()
        now = fields.Datetime.now()
        domain = [
            ("cron_id", "=", self.cron_id.id),
            ("call_at", ">", now),
            ("call_at", "<=", at),
        ]
        return bool(triggers.search_count(domain, limit=1))

    def _get_next_times(self):
        """Return when the account has something to do next, ``False`` for never."""
        lists = self._get_lists("connecting", "active")
        leaving = self._get_lists("disconnecting")
        if any(record._is_turn_now() for record in lists + leaving):
            yield fields.Datetime.now()
        yield from lists.mapped("next_check")
        if self._get_support().enumerates:
            yield from lists.mapped("audit_next")
        yield self._get_next_job().next_poll
        yield self._get_next_due()

    def _get_next_job(self):
        """Return the batch to ask for next; a paused list asks when it goes on."""
        jobs = [
            ("account_id", "=", self.id),
            ("state", "=", "submitted"),
            ("list_id.state", "in", ["active", "disconnecting"]),
        ]
        return self.env["newsletter.batch"].search(jobs, order="next_poll", limit=1)

    def _get_next_due(self):
        """Return when the next address may be sent or removed."""
        query = SQL(
            """
            SELECT min(COALESCE(%s, %s))
              FROM newsletter_member
             WHERE due AND batch_id IS NULL AND list_id = ANY(%s)
            """,
            self._get_ready_time(),
            fields.Datetime.now(),
            self._get_lists("active", "disconnecting").ids,
        )
        return self.env.execute_query(query)[0][0]

    def _get_ready_time(self):
        """Return the SQL of when a member that is due may be in a call, if not now:
        nobody is removed before the service can find them."""
        return SQL(
            "greatest(next_try,"
            " CASE WHEN NOT desired THEN greatest(sent_at, acked_at) + %s END)",
            timedelta(seconds=self._get_support().visible_after),
        )
