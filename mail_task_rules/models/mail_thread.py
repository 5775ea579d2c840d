import json
import logging
from functools import partial
from xmlrpc.client import Binary

from odoo import api, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..engine.attached import with_attached
from ..engine.facts import MailFacts
from ..engine.repair import repair
from ..engine.run import Conclusion, Result, current_run, running
from ..engine.text import storable
from .fetchmail_server import Receipt
from .mail_task_unwanted import is_called_by_mail_server
from .project_task import SenderRefused

_logger = logging.getLogger(__name__)


class MailThread(models.AbstractModel):
    """The way of a mail: keep, guard, facts, route, apply, outcome, close.

    Core does the work; what happens here before and after it needs to know which
    kept mail it is about: ``current_run``. All models with a chatter inherit from
    this one, so what is ours has models of its own.
    """

    _inherit = "mail.thread"

    @api.model
    def message_process(
        self,
        model,
        message,
        custom_values=None,
        save_original=False,
        strip_attachments=False,
        thread_id=None,
    ):
        """Keep the mail, let core process it, and record what came of it, in the
        language of those who read that: not of who happens to deliver the mail.

        What goes wrong is written into the ledger. It is then raised, except to
        a mail transfer agent, which would tell the sender that a mail was
        refused that we have kept.
        """
        self = self.with_context(lang=self.env.company._get_mail_task_lang())
        Incoming = self.env["mail.task.incoming"]
        raw = _octets(message)
        arguments = {
            "model": model,
            "custom_values": custom_values,
            "save_original": save_original,
            "strip_attachments": strip_attachments,
            "thread_id": thread_id,
        }
        run = _keep(Incoming, raw, dict(arguments, uid=self.env.uid))
        if run.closed:
            return False
        run.raw = raw
        Incoming._close_when_done(run)
        # Attached images stay as they are; to look at a huge one takes gigabytes.
        gateway = self.with_context(image_no_postprocess=True)
        try:
            run.guarded = self.env["mail.task.guard"]._guard(raw)
            with running(run):
                thread_id = super(MailThread, gateway).message_process(
                    message=run.guarded.raw, **arguments
                )
            run.conclude(self.env["mail.task.conclusion"]._conclude(run))
            self.env["mail.task.outcome"].sudo()._record(run)
            self.env.flush_all()
        except Exception as error:
            Incoming._close_failed(run, error)
            if _shall_raise(run, error):
                raise
            _logger.info("Mail %s is kept unprocessed", run.incoming_id, exc_info=True)
            self.env.cr.rollback()
            return False
        return thread_id

    # ------------------------------------------------------------------
    # Facts
    # ------------------------------------------------------------------

    @api.model
    def message_parse(self, message, save_original=False):
        run = current_run()
        if not run:
            return super().message_parse(message, save_original=save_original)
        run.findings = run.guarded.findings + repair(message)
        trust = self.env["mail.task.trust"]
        run.facts = MailFacts.of(message, run.size, trust._get_authserv_ids())
        run.facts.is_trusted = trust._is_sufficient(run.facts.authentication)
        run.claim = self.env["mail.task.sender"]._get_claim(run.facts)
        if str(message.get("Message-Id", "")).strip() != run.message_id():
            # Core would make a missing one from the clock, and drop a known one.
            del message["Message-Id"]
            message["Message-Id"] = run.message_id()
        # core would write the original anew, and fail on some
        message_dict = super().message_parse(message)
        self.env["mail.task.guard"]._add_original(run, message_dict, save_original)
        for name, value in message_dict.items():
            if isinstance(value, str) and "\x00" in value:
                # PostgreSQL refuses it. Keep the type: safe markup stays safe.
                message_dict[name] = type(value)(storable(value))
        recipients = (message_dict["recipients"], run.facts.envelope)
        message_dict["recipients"] = ",".join(filter(None, recipients))
        return message_dict

    def _message_parse_extract_bounce(self, email_message, message_dict):
        """Let core see the attached mails, which are files to everybody else."""
        if current_run():
            email_message = with_attached(email_message)
        return super()._message_parse_extract_bounce(email_message, message_dict)

    # ------------------------------------------------------------------
    # Sender
    # ------------------------------------------------------------------

    def _partner_find_from_emails(self, records_emails, *args, **kwargs):
        find = super()._partner_find_from_emails
        return self.env["mail.task.sender"]._find_partners(
            records_emails, lambda emails: find(emails, *args, **kwargs)
        )

    def _alias_get_error(self, message, message_dict, alias):
        author_id = self.env["mail.task.sender"]._get_author_id(message_dict, alias)
        known = dict(message_dict, author_id=author_id)
        error = super()._alias_get_error(message, known, alias)
        # sudo: the address judges, whoever delivers the mail
        return alias.sudo()._judge_author(author_id, self, error)

    # ------------------------------------------------------------------
    # Route
    # ------------------------------------------------------------------

    @api.model
    def message_route(
        self, message, message_dict, model=None, thread_id=None, custom_values=None
    ):
        run = current_run()
        if not run:
            return super().message_route(
                message, message_dict, model, thread_id, custom_values
            )
        run.routed = True
        run.message, run.message_dict = message, message_dict
        Rule = self.env["mail.task.rule"]
        Rule._read_addresses(run)
        if run.replay and run.replay.target():
            return [Rule._forced_route(run)]
        try:
            routes = super().message_route(
                message, message_dict, model, thread_id, custom_values
            )
        except ValueError as error:
            if type(error) is not ValueError:
                raise
            # No address of ours and no model for the rest: a rule may want it.
            routes = Rule._route_unclaimed(run)
            if not routes and not run.noted:
                run.noted = self.env["mail.task.unwanted"]._handle(run)
            if not routes and (run.refused or run.noted.state == "quarantined"):
                run.given_up = True
                raise
            return routes
        return Rule._route(run, routes)

    def _detect_is_bounce(self, message, message_dict):
        """A read receipt is a report, too, but says nothing about delivery."""
        run = current_run()
        return super()._detect_is_bounce(message, message_dict) and not (
            run and run.facts.robot == "receipt"
        )

    def _detect_loop_headers(self, msg_dict):
        return _note(
            super()._detect_loop_headers(msg_dict),
            "ignored",
            self.env._("It answers a notice that Odoo sent to stop a mail loop."),
        )

    def _detect_loop_sender(self, message, message_dict, routes):
        """Let core judge the routes to other models only.

        It drops the mail, answers it, and takes ``or@acme.test`` for
        ``monitor@acme.test``; tasks have limits of their own, see ``_route``.
        """
        run = current_run()
        if run:
            routes = [route for route in routes or () if route[0] != "project.task"]
            if not routes:
                return False
        return _note(
            super()._detect_loop_sender(message, message_dict, routes),
            "rejected",
            self.env._("The sender has written too many mails in a short time."),
        )

    def _routing_create_bounce_email(
        self, email_from, body_html, message, **mail_values
    ):
        """Send core's bounces through the gate for automatic messages."""
        Notice = self.env["mail.task.notice"].sudo()
        if current_run():
            if not Notice._may_answer(message, email_from):
                return
            mail_values = {**Notice._get_mail_values(message), **mail_values}
        super()._routing_create_bounce_email(
            email_from, body_html, message, **mail_values
        )

    def _routing_handle_bounce(self, email_message, message_dict):
        _note(
            True, "ignored", self.env._("It says that a mail could not be delivered.")
        )
        return super()._routing_handle_bounce(email_message, message_dict)

    # ------------------------------------------------------------------
    # Apply
    # ------------------------------------------------------------------

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """Note what each route touches.

        Core is given one route at a time: it takes the recipients out of
        ``message_dict`` for the first route, so the others would lack them.
        """
        run = current_run()
        if not run:
            return super()._message_route_process(message, message_dict, routes)
        thread_id = False
        run.partner_id = message_dict.get("author_id") or 0
        process = super()._message_route_process
        application = self.env["mail.task.application"]
        self.env["mail.task.rule"].sudo()._join(run)
        for route in routes or ():
            run.plan = run.plan_of(route)
            work = partial(application._apply, run, route, message, process)
            try:
                thread_id = self.env["mail.task.commands"]._process(run, work)
            except SenderRefused as refused:
                run.noted = Conclusion("quarantined", str(refused))
                continue
            run.results.append(Result(route[0], thread_id, created=not route[1]))
            run.user_id = run.user_id or application._get_sender_user_id(run, route)
        self.env["mail.task.response"]._respond(run)
        return thread_id


def _keep(ledger, raw, arguments):
    receipt = ledger.env.context.get("mail_task_receipt") or Receipt()
    receipt.kept = receipt.unwanted = False
    run = ledger._keep(raw, json.loads(json.dumps(arguments, default=str)))
    receipt.kept = True
    return run


def _note(stops, state, reason):
    """Note why core ends the mail here, if it does. Return ``stops``."""
    run = current_run()
    if run and stops:
        run.noted = Conclusion(state, reason)
    return stops


def _shall_raise(run, error):
    """Return whether our caller does the right thing with the error: core's
    ``retrying`` with a conflict, a mail transfer agent with a refusal."""
    return (
        run.refused
        or isinstance(error, PG_CONCURRENCY_EXCEPTIONS_TO_RETRY)
        or not is_called_by_mail_server()
    )


def _octets(message):
    if isinstance(message, Binary):
        return bytes(message.data)
    return message.encode() if isinstance(message, str) else message
