from email.message import EmailMessage

from odoo import api, fields, models
from odoo.tools import email_normalize

from ..engine.run import current_run
from .mail_task_notice import LOOP_HEADER

# What people write, as opposed to what Odoo notes of its own accord
WRITTEN = ("comment", "email", "email_outgoing")
# By these headers a mail shows that nobody must answer it.
KEPT_HEADERS = ("To", "In-Reply-To", "References", "Return-Path", LOOP_HEADER)


class MailTaskNotificationEvent(models.Model):
    """Something that happened to a task and has not been told yet.

    It is written down by the transaction that does it, and told after its commit:
    so nothing is told that was undone, nothing is forgotten when the process dies,
    and one mail tells of all that one transaction did.
    """

    _name = "mail.task.notification.event"
    _description = "Event of a Task"
    _order = "id"
    _rec_name = "task_id"

    kind = fields.Char(required=True, readonly=True)
    task_id = fields.Many2one(
        "project.task", required=True, readonly=True, index=True, ondelete="cascade"
    )
    actor_id = fields.Many2one(
        "res.partner", "Done By", readonly=True, ondelete="cascade"
    )
    message_id = fields.Many2one("mail.message", readonly=True, ondelete="cascade")
    is_internal = fields.Boolean("For Colleagues Only", readonly=True)
    user_ids = fields.Many2many("res.users", string="Assigned", readonly=True)
    is_changed = fields.Boolean("Task Existed", readonly=True)
    stage_id = fields.Many2one(
        "project.task.type", "Stage Before", readonly=True, ondelete="cascade"
    )
    state = fields.Char("State Before", readonly=True)
    mail_sender = fields.Char("Caused by a Mail of", readonly=True)
    mail_headers = fields.Json(readonly=True)
    is_from_robot = fields.Boolean("Caused by a Program", readonly=True)

    # ------------------------------------------------------------------
    # Noting
    # ------------------------------------------------------------------

    @api.model
    def _note_message(self, task, message, is_first):
        """Note what somebody wrote on a task.

        :param bool is_first: it is the mail that the task is made of
        """
        if message.message_type not in WRITTEN:
            return
        is_internal = message.is_internal or message.subtype_id.internal
        kinds = ["created" if is_first else "note" if is_internal else "comment"]
        if message.attachment_ids and not is_first:
            kinds.append("attachment")
        for kind in kinds:
            self._note(
                kind,
                task,
                actor_id=message.author_id.id,
                message_id=message.id,
                is_internal=is_internal,
            )

    @api.model
    def _note_assigned(self, tasks):
        """Note who has been assigned; Odoo's automation calls it."""
        for task, old in self._with_old_values(tasks):
            new = task.user_ids - old.get("user_ids", self.env["res.users"])
            self._note("assigned", task, user_ids=new.ids)

    @api.model
    def _note_stage(self, tasks):
        """Note where tasks came from; Odoo's automation calls it."""
        is_changed = self.env.context.get("old_values") is not None
        for task, old in self._with_old_values(tasks):
            self._note(
                "stage",
                task,
                is_changed=is_changed,
                stage_id=old.get("stage_id", task.stage_id).id,
                state=old.get("state", task.state),
            )

    def _with_old_values(self, tasks):
        old_values = self.env.context.get("old_values") or {}
        return [(task, old_values.get(task.id, {})) for task in tasks]

    @api.model
    def _note(self, kind, task, **values):
        """Note an event, if some notification is about such events."""
        if kind not in self.env["mail.task.notification"]._get_events():
            return
        values.setdefault("actor_id", self._get_actor_id())
        # sudo: whoever works on a task makes others be told, unseen
        # without the context: its defaults are for others
        env = self.env(su=True, context={})
        env[self._name].create(
            {"kind": kind, "task_id": task.id, **values, **self._get_cause_values()}
        )
        env.ref("mail_task_rules.ir_cron_tell")._trigger()

    def _get_actor_id(self):
        run = current_run()
        written_by = run and (run.message_dict.get("author_id") or run.partner_id)
        return written_by or self.env.user.partner_id.id

    def _get_cause_values(self):
        """Return what there is to know of the mail that causes the event."""
        run = current_run()
        if not run or not run.message:
            return {}
        return {
            "mail_sender": email_normalize(run.message_dict.get("email_from")),
            "mail_headers": {
                name: str(run.message[name])
                for name in KEPT_HEADERS
                if name in run.message
            },
            "is_from_robot": self.env["mail.task.notice"]._is_from_robot(run.message),
        }

    # ------------------------------------------------------------------
    # Telling
    # ------------------------------------------------------------------

    def _get_mail(self):
        """Return the mail that caused it, without its text; empty if none did."""
        mail = EmailMessage()
        for name, text in (self.mail_headers or {}).items():
            mail[name] = text
        return mail

    @api.autovacuum
    def _gc_events(self):
        """Forget what nobody could be told of for days: it is no news any more."""
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=3)
        self.search([("create_date", "<", limit)], limit=10_000).unlink()
