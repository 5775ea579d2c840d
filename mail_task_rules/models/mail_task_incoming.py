import logging
import os
import zlib
from base64 import b64decode, b64encode

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..engine.run import Replay

_logger = logging.getLogger(__name__)

# Mails up to this many bytes are kept in the database, larger ones as files.
INLINE_LIMIT = 256 * 1024
STATES = [
    ("received", "Received"),
    ("failed", "Failed"),
    ("task", "Task"),
    ("reply", "Reply"),
    ("delivered", "Delivered"),
    ("ignored", "Ignored"),
    ("rejected", "Rejected"),
    ("forwarded", "Forwarded"),
    ("duplicate", "Duplicate"),
    ("quarantined", "Quarantined"),
]


class MailTaskIncoming(models.Model):
    """The ledger: one record for every e-mail that reaches the gateway.

    How it is written: ``mail_task_ledger.py``.
    """

    _name = "mail.task.incoming"
    _description = "Incoming E-mail"
    _inherit = [
        "mail.task.ledger",
        "mail.task.retry",
        "mail.task.watch",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"
    _rec_name = "subject"

    # what the gateway was given
    state = fields.Selection(STATES, default="received", required=True, readonly=True)
    digest = fields.Char("SHA-256", readonly=True, index=True)
    body_digest = fields.Char("SHA-256 of the Body", readonly=True)
    message_id = fields.Char("Message-ID", readonly=True, index=True)
    raw = fields.Binary(
        attachment=False, readonly=True, copy=False, groups="base.group_system"
    )
    raw_attachment_id = fields.Many2one(
        "ir.attachment", readonly=True, copy=False, index="btree_not_null"
    )
    has_original = fields.Boolean(readonly=True)
    arguments = fields.Json(readonly=True, groups="base.group_system")
    server_id = fields.Many2one(
        "fetchmail.server", "Incoming Mail Server", readonly=True, index=True
    )
    attempts = fields.Integer(readonly=True, aggregator=None)
    attempt_started = fields.Datetime(
        readonly=True,
        help="Set while an attempt runs. Still set afterwards, the process ended "
        "in the middle of it.",
    )

    next_retry = fields.Datetime(readonly=True, index="btree_not_null")
    crashes = fields.Integer(
        readonly=True,
        aggregator=None,
        help="How many processes died while they processed the mail.",
    )

    # facts: what rules look at
    subject = fields.Char(readonly=True)
    body = fields.Text("Text", readonly=True)
    email_from = fields.Char("From", readonly=True, index=True)
    from_name = fields.Char("Sender Name", readonly=True)
    from_domain = fields.Char("Sender Domain", readonly=True)
    to = fields.Char(readonly=True)
    cc = fields.Char(readonly=True)
    recipients = fields.Char(
        "All Recipients", readonly=True, help="To, Cc and the envelope's recipients."
    )
    plus_tag = fields.Char(
        "Tag in the Address",
        readonly=True,
        help="“urgent”, if it was written to anything+urgent@ at one of our addresses.",
    )
    headers = fields.Text(readonly=True)
    date = fields.Datetime("Sent On", readonly=True)
    size = fields.Integer("Size (Bytes)", readonly=True)
    attachment_count = fields.Integer("Attachments", readonly=True)
    attachment_names = fields.Text(readonly=True)
    attachment_types = fields.Text(readonly=True)
    is_reply = fields.Boolean("Reply", readonly=True)
    is_auto = fields.Boolean(
        "Automatic", readonly=True, help="Written by a program, not by a person."
    )
    is_bulk = fields.Boolean(
        "Bulk", readonly=True, help="Sent to many: a newsletter or a mailing list."
    )
    is_bounce = fields.Boolean(
        "Bounce", readonly=True, help="Says that a mail could not be delivered."
    )
    authentication = fields.Selection(
        [
            ("pass", "Proven"),
            ("fail", "Disproved"),
            ("none", "Not examined"),
            ("untrusted", "Examined by strangers"),
        ],
        "Sender's Identity",
        readonly=True,
        help="Whether mail servers found that the sender's domain sent it (DMARC, "
        "DKIM, SPF).",
    )
    alias_ids = fields.Many2many("mail.alias", string="Addresses", readonly=True)
    sender_partner_id = fields.Many2one(
        "res.partner", "Sender", readonly=True, index="btree_not_null"
    )
    sender_user_id = fields.Many2one(
        "res.users", "Sending User", readonly=True, index="btree_not_null"
    )
    sender_kind = fields.Selection(
        [
            ("user", "Colleague"),
            ("portal", "Portal User"),
            ("contact", "Contact"),
            ("unknown", "Unknown"),
        ],
        "Kind of Sender",
        readonly=True,
    )
    company_id = fields.Many2one("res.company", readonly=True)

    # what became of it
    task_id = fields.Many2one(
        "project.task", readonly=True, copy=False, index="btree_not_null"
    )
    res_model = fields.Char("Other Model", readonly=True)
    res_id = fields.Many2oneReference(
        "Other Record", model_field="res_model", readonly=True, copy=False
    )
    rule_ids = fields.Many2many(
        "mail.task.rule", string="Rules", readonly=True, copy=False
    )
    is_cut = fields.Boolean(
        readonly=True,
        help="Its message in the chatter has no quoted text: the original stays here "
        "as long as the task is there.",
    )
    reason = fields.Char(readonly=True)
    trace = fields.Json(readonly=True, copy=False)
    trace_html = fields.Html("Rules Looked At", compute="_compute_trace_html")
    commands = fields.Json(readonly=True, copy=False)
    commands_html = fields.Html("Commands", compute="_compute_commands_html")
    duration_ms = fields.Integer("Duration (ms)", readonly=True, aggregator="avg")
    error = fields.Text("Technical Details", readonly=True)

    @api.depends("subject", "email_from")
    def _compute_display_name(self):
        for incoming in self:
            incoming.display_name = incoming.subject or self.env._(
                "E-mail from %s", incoming.email_from or self.env._("nobody")
            )

    @api.depends("trace")
    def _compute_trace_html(self):
        Rule = self.env["mail.task.rule"]
        for incoming in self:
            steps = [
                dict(
                    step,
                    words=Rule._explain(step["why"]),
                    set=self._name_task_fields(step.get("set", ())),
                )
                for step in incoming.trace or []
            ]
            incoming.trace_html = steps and self.env["ir.qweb"]._render(
                "mail_task_rules.trace", {"steps": steps}
            )

    @api.depends("commands")
    def _compute_commands_html(self):
        for incoming in self:
            incoming.commands_html = incoming.commands and self.env["ir.qweb"]._render(
                "mail_task_rules.commands", {"commands": incoming.commands}
            )

    def _name_task_fields(self, names):
        """Return the labels of fields of a task, in one line."""
        task_fields = self.env["project.task"]._fields
        labels = (
            task_fields[name]._description_string(self.env)
            for name in names
            if name in task_fields
        )
        return ", ".join(labels)

    @api.ondelete(at_uninstall=False)
    def _unlink_raw_mail(self):
        self.sudo().raw_attachment_id.unlink()

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_process_again(self):
        """Carry the mails through the gateway once more, by the rules of today."""
        self.check_access("write")
        for incoming in self:
            incoming._check_can_be_processed()
        for incoming in self:
            incoming._process_again()
        self.invalidate_recordset()
        return True

    def action_decide(self):
        """Open the wizard that says what becomes of mails that wait."""
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What Shall Become of It?"),
            "res_model": "mail.task.incoming.decide",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_incoming_ids": [Command.set(self.ids)]},
        }

    def action_make_rule(self):
        """Open the wizard that proposes a rule for mails like this one."""
        self.ensure_one()
        return self.env["mail.task.propose"]._open(self)

    def action_try_rules(self):
        """Open the wizard that says what the rules of today make of the mail."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_task_rules.mail_task_try_action"
        )
        return {**action, "context": {"default_incoming_id": self.id}}

    def action_download(self):
        self.ensure_one().check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/mail_task_rules/incoming/{self.id}.eml",
            "target": "download",
        }

    def action_open_record(self):
        """Open the task, or the record of another model, that the mail became."""
        self.ensure_one().check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "project.task" if self.task_id else self.res_model,
            "res_id": self.task_id.id or self.res_id,
            "views": [(False, "form")],
        }

    @api.model
    def _command_create_eml(self, raw):
        """Return the command that attaches a mail, as it came, to another one."""
        return Command.create(
            {"name": "original.eml", "raw": raw, "mimetype": "message/rfc822"}
        )

    def _check_can_be_processed(self):
        if self.state == "duplicate":
            raise UserError(
                self.env._(
                    "“%s” is a copy of a mail that was processed. "
                    "Process that one again.",
                    self.display_name,
                )
            )
        if self.task_id or self.state == "delivered":
            raise UserError(
                self.env._(
                    "“%s” has already been delivered: processing it again would "
                    "double it. Delete what it became first.",
                    self.display_name,
                )
            )
        if not self.has_original:
            raise UserError(
                self.env._("The original of “%s” is no longer kept.", self.display_name)
            )

    def _process_again(self, **target):
        """Replay one mail as the user who delivered it, in its own transaction.

        :param target: ``project_id`` or ``task_id`` of a ``Replay``
        """
        with self._ledger() as ledger:
            if ledger.browse(self.id)._close_interrupted():
                return
        # Only the system may read them: they name the user who delivered the mail.
        arguments = dict(self.sudo().arguments)
        user_id = arguments.pop("uid")
        context = {"mail_task_replay": Replay(self.id, **target)}
        if self.server_id:
            context["default_fetchmail_server_id"] = self.server_id.id
        raw = self._get_raw()
        try:
            with self._own_cursor() as cr:
                env = self.env(cr=cr, user=user_id, context=context)
                env["mail.thread"].message_process(message=raw, **arguments)
        except Exception:
            # The gateway has written the reason into the ledger.
            _logger.info("Processing mail %s again failed", self.id, exc_info=True)

    # ------------------------------------------------------------------
    # The original
    # ------------------------------------------------------------------

    @api.model
    def _prepare_inline_vals(self, raw):
        """Return the values that keep a small mail in its row.

        That costs the least and is as safe as the row itself; large mails would
        bloat the database.
        """
        if len(raw) > INLINE_LIMIT:
            return {}
        return {"raw": b64encode(zlib.compress(raw, level=1))}

    def _attach_if_large(self, raw):
        """Keep a large mail as a file."""
        if len(raw) <= INLINE_LIMIT:
            return
        attachment = self.env["ir.attachment"].create(
            {
                "name": f"{self.digest[:16]}.eml",
                "raw": raw,
                "mimetype": "message/rfc822",
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        self._sync_file(attachment)
        self.raw_attachment_id = attachment

    def _sync_file(self, attachment):
        """Have the disk hold an attachment before the transaction says it does.

        PostgreSQL survives a power cut; Odoo's filestore leaves that to chance.
        """
        if not attachment.store_fname:
            return
        path = attachment._full_path(attachment.store_fname)
        for name in (path, os.path.dirname(path)):
            descriptor = os.open(name, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _get_raw(self):
        """Return the mail as it was delivered, as bytes."""
        # sudo: the caller may read the record; the original is part of it
        incoming = self.ensure_one().sudo().with_context(bin_size=False)
        if incoming.raw_attachment_id:
            return incoming.raw_attachment_id.raw
        return zlib.decompress(b64decode(incoming.raw)) if incoming.raw else b""

    @api.autovacuum
    def _gc_old_mails(self):
        """Remove what has been dealt with long ago; what waits stays."""
        days = int(self._get_parameter("retention_days", 30))
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=days)
        self.search(
            [
                ("state", "not in", ("received", "failed", "quarantined")),
                ("create_date", "<", limit),
                "|",
                ("is_cut", "=", False),
                ("task_id", "=", False),
            ],
            limit=10_000,
        ).unlink()
