import logging
import time
import traceback
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes, policy

import odoo.modules.module
from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import ConcurrencyError
from odoo.tools import SQL

from ..engine.facts import MailFacts
from ..engine.identity import Identity
from ..engine.run import OPEN_STATES, SERVED_STATES, GatewayRun, Replay
from ..engine.text import storable

_logger = logging.getLogger(__name__)

# After that many processes died on a mail, it is not tried again.
CRASH_LIMIT = 3
# Between two attempts at a mail that failed; the last one repeats.
RETRY_PAUSES = tuple(
    timedelta(minutes=minutes) for minutes in (5, 30, 2 * 60, 8 * 60, 24 * 60)
)
FACT_FIELDS = (
    "subject",
    "body",
    "email_from",
    "from_name",
    "from_domain",
    "to",
    "cc",
    "recipients",
    "plus_tag",
    "headers",
    "date",
    "size",
    "attachment_count",
    "attachment_names",
    "attachment_types",
    "is_reply",
    "is_auto",
    "is_bulk",
    "is_bounce",
    "authentication",
    "sender_kind",
)


class MailTaskLedger(models.AbstractModel):
    """How the ledger is written, without ever losing or doubling a mail.

    A mail is *kept* before anything is parsed, by a transaction of its own, and
    *closed* after the work was committed or rolled back. In between, the
    transaction that does the work never writes the ledger (it may not even see
    the row): it leaves a ``mail.task.outcome``.
    """

    _name = "mail.task.ledger"
    _description = "Keeping and Closing of Incoming E-mails"

    # ------------------------------------------------------------------
    # The ledger's own transactions
    # ------------------------------------------------------------------

    @contextmanager
    def _own_cursor(self):
        """Yield a cursor that is committed at the end, whatever the caller does.

        In a test that has not put the registry in test mode a second connection
        would see none of the test's data and leave its own behind: there a
        savepoint of the test's cursor has to do.
        """
        registry = self.env.registry
        if odoo.modules.module.current_test and "cursor" not in vars(registry):
            with self.env.cr.savepoint():
                yield self.env.cr
        else:
            with registry.cursor() as cr:
                # A lock that our caller holds would make the thread wait for itself.
                cr.execute("SET LOCAL lock_timeout = '5s'")
                yield cr

    @contextmanager
    def _ledger(self, **context):
        """Yield this model as superuser on a cursor of its own.

        The caller's context may carry ``default_`` keys that are not meant for us.
        """
        context.update(tracking_disable=True, lang=self.env.lang)
        with self._own_cursor() as cr:
            yield self.env(cr=cr, user=SUPERUSER_ID, context=context)[self._name]

    # ------------------------------------------------------------------
    # Keep
    # ------------------------------------------------------------------

    @api.model
    def _keep(self, raw, arguments):
        """Put a mail into the ledger, committed, and start an attempt on it.

        :param bytes raw: the mail as it was delivered
        :param dict arguments: what ``message_process`` was called with, JSON-able
        :return: a ``GatewayRun``; its ``closed`` is set if nothing is left to do
        :raise ConcurrencyError: another worker is processing the same mail
        """
        identity = Identity.of(raw)
        self._lock(identity)
        replay = self.env.context.get("mail_task_replay")
        server_id = self.env.context.get("default_fetchmail_server_id")
        # Creating a record asks for the company; without one in the context, a new
        # cursor would have to read the user for that.
        companies = self.env.company.ids
        with self._ledger(allowed_company_ids=companies) as ledger:
            run = GatewayRun(0, identity, size=len(raw), started=time.monotonic())
            run.server_id = server_id or 0
            copies = ledger.search(
                [("message_id", "=", identity.message_id)], order="id"
            )
            same = copies.filtered(lambda mail: mail.digest == identity.digest)
            for mail in same:
                mail._close_interrupted()
            served = same.filtered(lambda mail: mail.state in SERVED_STATES)
            waiting = same.filtered(lambda mail: mail.state in OPEN_STATES)
            if isinstance(replay, Replay):
                run.replay = replay
                ledger.browse(replay.incoming_id)._start(run)
            elif served:
                served[0]._keep_duplicate(run, server_id)
            elif waiting:
                waiting[0]._start(run)
            else:
                ledger._keep_new(run, raw, arguments, server_id)
            if copies and not run.closed:
                copies._note_earlier_copies(run)
        return run

    def _start(self, run):
        """Start an attempt at the mail, unless it has ended too many processes.

        An attempt that is still marked as started never ended: we hold its lock.
        Somebody who wants the mail tried again gets one attempt.
        """
        run.incoming_id = self.id
        crashes = self.crashes + bool(self.attempt_started)
        if run.replay and not self.attempt_started:
            crashes = min(crashes, CRASH_LIMIT - 1)
        if crashes >= CRASH_LIMIT:
            run.closed = True
            self.write(self._prepare_crash_vals(crashes))
            return
        run.attempt = self.attempts + 1
        self.write(
            {
                "attempts": run.attempt,
                "attempt_started": fields.Datetime.now(),
                "next_retry": False,
                "crashes": crashes,
            }
        )

    def _prepare_crash_vals(self, crashes):
        return {
            "state": "quarantined",
            "crashes": crashes,
            "attempt_started": False,
            "next_retry": False,
            "reason": self.env._(
                "The server stopped %s times while it processed this mail. It is "
                "kept, and the mails behind it go on.",
                crashes,
            ),
        }

    def _lock(self, identity):
        """Hold the message until the caller's transaction ends.

        A redelivery can thus tell an attempt that still runs from one that died.
        """
        query = SQL("SELECT pg_try_advisory_xact_lock(%s)", identity.lock_key)
        if not self.env.execute_query(query)[0][0]:
            raise ConcurrencyError(
                self.env._("Another worker is processing this e-mail right now.")
            )

    def _keep_new(self, run, raw, arguments, server_id):
        """Make the row of a mail that was never seen, its first attempt started."""
        run.attempt = 1
        incoming = self.create(
            {
                "digest": run.identity.digest,
                "body_digest": run.identity.body_digest,
                "message_id": run.identity.message_id,
                "size": len(raw),
                "arguments": arguments,
                "server_id": server_id,
                "attempts": run.attempt,
                "attempt_started": fields.Datetime.now(),
                "has_original": True,
                **self._prepare_inline_vals(raw),
            }
        )
        run.incoming_id = incoming.id
        incoming._attach_if_large(raw)

    def _keep_duplicate(self, run, server_id):
        """Note that the same bytes were delivered again; nothing is left to do."""
        duplicate = self.copy(
            {
                "state": "duplicate",
                "server_id": server_id,
                "reason": self.env._("The same mail was delivered before."),
                "has_original": False,
            }
        )
        run.incoming_id = duplicate.id
        run.closed = True

    def _note_earlier_copies(self, run):
        """Tell the run whether Odoo knows the Message-ID from an earlier copy, and
        which destinations copies with the same body have served."""
        earlier = self.filtered(lambda copy: copy.id != run.incoming_id)
        # Not the state of the copies: they may be done and not closed yet.
        outcomes = self.env["mail.task.outcome"].search(
            [("incoming_ref", "in", earlier.ids), ("state", "in", list(SERVED_STATES))]
        )
        body_digest = run.identity.body_digest
        same_body = earlier.filtered(lambda copy: copy.body_digest == body_digest)
        run.known = bool(outcomes)
        of_same = outcomes.filtered(lambda one: one.incoming_ref in same_body.ids)
        run.served = {served for outcome in of_same for served in outcome.destinations}
        run.copied_task_ids = of_same.filtered(
            lambda one: one.state == "task"
        ).task_id.ids

    # ------------------------------------------------------------------
    # Close
    # ------------------------------------------------------------------

    @api.model
    def _close_when_done(self, run):
        """Close the run's row as soon as the caller's transaction has ended.

        Odoo runs the hooks in turn and an exception drops those that follow, such
        as core's sending of mails: none may leave from here.
        """
        self.env.cr.postcommit.add(lambda: self._close(run, run.values))
        self.env.cr.postrollback.add(
            lambda: self._close(
                run, {"reason": self.env._("The work could not be committed.")}
            )
        )

    @api.model
    def _close(self, run, values):
        """Give the run's row its final state.

        :param dict values: what ``_prepare_close_vals`` takes
        """
        if run.closed:
            return
        run.closed = True
        try:
            with self._ledger() as ledger:
                # Lost in a power cut, the row is closed from its outcome.
                ledger.env.cr.execute("SET LOCAL synchronous_commit = off")
                incoming = ledger.browse(run.incoming_id)
                incoming.write(
                    {
                        **incoming._prepare_attempt_vals(run),
                        **incoming._prepare_close_vals(values, run.attempt == 1),
                    }
                )
        except Exception:
            # The next delivery, or the cron, closes it.
            _logger.exception("Could not close incoming mail %s", run.incoming_id)

    def _prepare_close_vals(self, values, first=False):
        """Return the values that end an attempt, the ``first`` one or a later one.

        :param dict values: an outcome's (``GatewayRun.conclude``); of an attempt
            without one, the reason and, if it is final, the state
        """
        vals = {"state": "failed", "error": False, "attempt_started": False, **values}
        for name in ("rule_ids", "alias_ids"):
            ids = vals.pop(name, [])
            if ids or not first:
                vals[name] = [fields.Command.set(ids)]
        vals.update(self._prepare_state_vals(vals["state"]))
        if vals["state"] == "delivered":
            # The content belongs to the app that the mail was delivered to.
            self.raw_attachment_id.unlink()
            vals.update(raw=False, has_original=False, body=False, headers=False)
        return vals

    def _prepare_state_vals(self, state):
        """Return the state, and when a failed mail is tried again: after growing
        pauses, until it has been tried often enough."""
        if state != "failed":
            return {"state": state, "next_retry": False}
        limit = int(self._get_parameter("retry_limit", 5))
        if self.attempts >= limit or self.crashes >= CRASH_LIMIT:
            return {"state": "quarantined", "next_retry": False}
        pause = RETRY_PAUSES[min(self.attempts, len(RETRY_PAUSES)) - 1]
        return {"state": "failed", "next_retry": fields.Datetime.now() + pause}

    def _get_parameter(self, name, default):
        name = f"mail_task_rules.{name}"
        return self.env["ir.config_parameter"].sudo().get_param(name, default)

    @api.model
    def _close_failed(self, run, exception):
        """Close a run that raised, while its transaction may still be open."""
        reason, state = self._explain_exception(exception), "failed"
        if run.given_up:
            reason, state = run.noted.reason, run.noted.state
        error = "".join(traceback.format_exception(exception))
        self._close(
            run,
            {
                "state": state,
                "reason": storable(reason),
                "error": storable(error),
                "trace": run.trace(),
            },
        )

    def _explain_exception(self, exception):
        words = str(exception).strip() or type(exception).__name__
        return self.env._(
            "The mail could not be processed: %s. It is kept, and tried again "
            "a few times.",
            words.splitlines()[0].rstrip("."),
        )

    def _close_interrupted(self):
        """Close the mail if its process died after the work was committed.

        Return whether it did.
        """
        outcome = self.env["mail.task.outcome"]
        if self.attempt_started:
            outcome = outcome._of(self.id)
        if not outcome or outcome.attempt != self.attempts:
            return False
        self.write(
            {
                **self._prepare_fact_vals(self._parse_facts()),
                **self._prepare_close_vals(outcome._get_values()),
            }
        )
        return True

    def _prepare_attempt_vals(self, run):
        return {
            **self._prepare_fact_vals(run.facts or self._parse_facts()),
            "duration_ms": (time.monotonic() - run.started) * 1000,
        }

    def _parse_facts(self):
        raw = self._get_raw()
        safe = self.env["mail.task.guard"]._guard(raw).raw
        message = message_from_bytes(safe, policy=policy.SMTP)
        ids = self.env["mail.task.trust"]._get_authserv_ids()
        return MailFacts.of(message, len(raw), ids)

    def _prepare_fact_vals(self, facts):
        return {name: getattr(facts, name) for name in FACT_FIELDS}
