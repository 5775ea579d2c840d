from odoo import models


class MailTaskRecipients(models.AbstractModel):
    """Who is told of an event, and who must not be."""

    _name = "mail.task.recipients"
    _description = "Recipients of Notifications"

    def _get_recipients(self, task, event):
        """Return the contacts who shall be told of an event.

        Who did it knows of it, but the sender of a mail that became a task is told
        that it has arrived. Who gets a message from Odoo is not told of it again.
        """
        people = self._get_people(task, event)
        people -= event.actor_id - self._get_confirmed(task, event)
        people -= self._get_readers(event.message_id)
        return people.filtered(lambda person: self._may_know(person, task, event))

    def _get_confirmed(self, task, event):
        """Return to whom it is confirmed that their mail has arrived."""
        people = self.env["res.partner"]
        if event.kind == "created" and self.to_author:
            people |= self._get_task_author(task)
        if event.kind == "created" and self.to_customer:
            people |= task.partner_id
        return people

    def _get_readers(self, message):
        """Return to whom Odoo sends a message by e-mail."""
        by_mail = message.notification_ids.filtered(
            lambda one: one.notification_type == "email"
        )
        return by_mail.res_partner_id

    def _get_people(self, task, event):
        """Return who has one of the roles."""
        assignees = task.user_ids
        if event.kind == "assigned":
            assignees &= event.user_ids
        people = self.user_ids.partner_id
        for is_told, partners in (
            (self.to_assignees, assignees.partner_id),
            (self.to_author, self._get_task_author(task)),
            (self.to_customer, task.partner_id),
            (self.to_followers, task.message_partner_ids),
            (self.to_manager, task.project_id.user_id.partner_id),
        ):
            if is_told:
                people |= partners
        return people

    def _get_task_author(self, task):
        first = self._get_first_message(task)
        return first.author_id or task.create_uid.partner_id

    def _get_first_message(self, task):
        return self.env["mail.message"].search(
            [("model", "=", task._name), ("res_id", "=", task.id)], order="id", limit=1
        )

    def _may_know(self, person, task, event):
        """Tell whether somebody can be told, and may see what they would be told."""
        if not person.active or not person.email_normalized:
            return False
        if self.env["mail.task.notice"]._is_own(person.email_normalized):
            return False
        users = person.with_context(active_test=False).user_ids
        active = users.filtered("active")
        if users and not active:
            return False
        colleague = active.filtered(lambda user: not user.share)[:1]
        if not colleague:
            return not event.is_internal
        companies = {"allowed_company_ids": colleague.company_ids.ids}
        own = task.with_user(colleague).with_context(**companies)
        return own.has_access("read")

    def _pass_gate(self, people, event):
        """Return whom an automatic message about an event may be sent to."""
        if not event.mail_headers:
            return people
        return people.filtered(lambda person: self._passes_gate(person, event))

    def _passes_gate(self, person, event):
        notices = self.env["mail.task.notice"]
        email, sender = person.email_normalized, event.mail_sender
        if event.is_from_robot and (email == sender or person.partner_share):
            return False
        if email == sender:
            return notices._may_answer(event._get_mail(), email)
        return notices._may_tell(email, sender)
