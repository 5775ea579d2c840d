import logging

from odoo import models
from odoo.fields import Command

_logger = logging.getLogger(__name__)


class MailTaskNotificationMail(models.AbstractModel):
    """The mails that tell of an event."""

    _name = "mail.task.notification.mail"
    _description = "E-mails of Notifications"

    def _send(self, task, event, people):
        """Queue the mails about an event. A template that fails is logged: it shall not
        keep the other notifications from being sent."""
        for readers in people.grouped(self._get_reader_key).values():
            try:
                with self.env.cr.savepoint():
                    self._create_mail(task, event, readers)
                    self._record_sent(task, readers)
            except Exception:
                _logger.exception("Notification rule %s cannot be sent", self.id)

    def _get_reader_key(self, person):
        """Return by what the text differs: the language, the time zone, and whether
        internal notes may be seen."""
        lang = person.lang or self.env.company.partner_id.lang
        return lang, person.tz, person.partner_share

    def _send_sample(self, task, person):
        """Send somebody what the notification says about a task."""
        event = self.env["mail.task.notification.event"].new(
            {"message_id": self._get_sample_message(task).id}
        )
        self._create_mail(task, event, person)

    def _get_sample_message(self, task):
        if self.event == "created":
            return self._get_first_message(task)
        is_note = self.event == "note"
        written = task.message_ids.filtered(
            lambda message: bool(message.subtype_id.internal) == is_note
        )
        return written[:1]

    def _create_mail(self, task, event, readers):
        """Queue one mail to readers who read the same.

        It is rendered as the author of the rule, who may show what they may see.
        """
        lang, tz, is_outsider = self._get_reader_key(readers[0])
        template = self._as_author(self.template_id).with_context(
            lang=lang,
            template_preview_lang=lang,
            tz=tz,
            mail_task_message=event.message_id,
            mail_task_hides_notes=is_outsider,
        )
        values = self._get_mail_values(task, event, readers)
        # What was read with notes must not be shown without, nor the other way.
        task.invalidate_recordset(["message_ids"])
        template.send_mail(task.id, email_values=values)
        task.invalidate_recordset(["message_ids"])
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    # ------------------------------------------------------------------
    # Values
    # ------------------------------------------------------------------

    def _get_mail_values(self, task, event, readers):
        values = {
            **self.env["mail.task.notice"]._get_mail_values(event._get_mail()),
            "recipient_ids": [Command.set(readers.ids)],
            "email_to": False,
            "email_cc": False,
            "author_id": self.env.ref("base.partner_root").id,
            "references": self._get_references(task, event),
            # The message stays, so that answers to it are known, but is not shown.
            "message_type": "user_notification",
            "is_notification": True,
            "auto_delete": True,
            "answer_from": False,
        }
        if task.task_email:
            values["reply_to"] = task.task_email
        if not self.template_id.email_from:
            values.update(self._get_sender_values(task))
        return values

    def _get_references(self, task, event):
        """Return the Message-IDs by which mail programs group the mails of a task."""
        messages = self._get_first_message(task) | event.message_id
        return " ".join(filter(None, messages.mapped("message_id")))

    def _get_sender_values(self, task):
        sender = self.env["mail.task.answers"]._get_automatic_sender(task)
        company = task.company_id or self.env.company
        return {
            "email_from": sender or company.email_formatted,
            "answer_from": sender,
        }

    def _record_sent(self, task, readers):
        deadline = self.event == "deadline" and task.date_deadline
        self.env["mail.task.notification.sent"].create(
            [
                {
                    "notification_id": self.id,
                    "task_id": task.id,
                    "partner_id": reader.id,
                    "date_deadline": deadline,
                }
                for reader in readers
            ]
        )
