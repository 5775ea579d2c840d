import logging

from odoo import api, fields, models, tools
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

# Odoo's own rules that tell us; switched on while a notification needs them.
AUTOMATIONS = {
    "assigned": "mail_task_rules.base_automation_assigned",
    "stage": "mail_task_rules.base_automation_stage",
}

_logger = logging.getLogger(__name__)


class MailTaskTelling(models.AbstractModel):
    """Which notification is about what happened to a task."""

    _name = "mail.task.telling"
    _description = "Telling of Events"

    # ------------------------------------------------------------------
    # Which events matter
    # ------------------------------------------------------------------

    @api.model
    @tools.ormcache()
    def _get_events(self):
        """Return the kinds of event that some notification is about."""
        # sudo: whoever works on a task makes others be told, unseen
        return frozenset(self.sudo().search_fetch([], ["event"]).mapped("event"))

    @api.model
    def _update_events(self):
        """Listen to what the notifications need, and to nothing else."""
        self.env.registry.clear_cache()
        events = self._get_events()
        for event, name in AUTOMATIONS.items():
            # sudo: the automation does nothing but have us note the event
            automation = self.sudo().env.ref(name, raise_if_not_found=False)
            if automation and automation.active != (event in events):
                automation.active = event in events

    @api.model
    def _tells_assignees(self, task):
        """Tell whether a notification tells those whom a task is assigned to."""
        if "assigned" not in self._get_events():
            return False
        # sudo: as above
        notifications = self.sudo().search(
            [("event", "=", "assigned"), ("to_assignees", "=", True)]
        )
        return any(one._search_tasks([("id", "=", task.id)]) for one in notifications)

    # ------------------------------------------------------------------
    # Telling
    # ------------------------------------------------------------------

    @api.model
    def _cron_tell(self):
        """Tell people of what happened, and of the deadlines that come near.

        What one transaction did to a task is told, and forgotten, in one transaction.
        """
        self._note_deadlines()
        events = self.env["mail.task.notification.event"].search([], limit=10_000)
        batches = events.grouped(lambda one: (one.create_date, one.task_id)).values()
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=len(batches))
        for batch in batches:
            self._tell_batch(events.browse(batch.ids))
            if not progress(1):
                return

    def _tell_batch(self, events):
        """Tell of events, and forget them. What fails is tried again by the next run,
        and does not keep the other events from being told."""
        try:
            with self.env.cr.savepoint():
                self._tell(events.task_id, events)
                events.unlink()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.exception("Events %s cannot be told", events.ids)

    def _tell(self, task, events):
        """Queue a mail for each person, by the first notification that is for them.

        :param events: what happened to the task, in order
        """
        told = self.env["res.partner"]
        for notification in self.search([("event", "in", events.mapped("kind"))]):
            event = notification._find_event(task, events)
            if event and notification._search_tasks([("id", "=", task.id)]):
                people = notification._get_recipients(task, event) - told
                told |= people
                notification._send(task, event, self._pass_gate(people, event))

    def _find_event(self, task, events):
        """Return the event that the notification is about, or none."""
        own = events.filtered(lambda event: event.kind == self.event)
        happened = True
        if self.event == "stage":
            happened = self._has_reached(task, own[0])
        elif self.event == "deadline":
            happened = self._search_due([("id", "=", task.id)])
        return own[-1:] if happened else own.browse()

    def _has_reached(self, task, event):
        was_there = event.is_changed and self._is_goal(event.stage_id, event.state)
        return self._is_goal(task.stage_id, task.state) and not was_there

    def _is_goal(self, stage, state):
        return stage in self.stage_ids if self.stage_ids else state == "1_done"

    # ------------------------------------------------------------------
    # Deadlines
    # ------------------------------------------------------------------

    def _note_deadlines(self):
        """Note the deadlines that are near and have not been told of."""
        notifications = self.search([("event", "=", "deadline")])
        due_ids = {task.id for one in notifications for task in one._search_due()}
        self.env["mail.task.notification.event"].create(
            [{"kind": "deadline", "task_id": due_id} for due_id in sorted(due_ids)]
        )

    def _search_due(self, domain=Domain.TRUE):
        """Return the open tasks of whose deadline is to be told now."""
        now = self.env.cr.now()
        ahead = {self.deadline_unit: self.deadline_number}
        near = [
            ("is_closed", "=", False),
            ("date_deadline", ">", now),
            ("date_deadline", "<=", fields.Datetime.add(now, **ahead)),
        ]
        tasks = self._search_tasks(Domain(near) & Domain(domain))
        sent = self.env["mail.task.notification.sent"].search(
            [("notification_id", "=", self.id), ("task_id", "in", tasks.ids)]
        )
        told = {(one.task_id, one.date_deadline) for one in sent}
        return tasks.filtered(lambda task: (task, task.date_deadline) not in told)
