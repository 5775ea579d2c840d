from odoo import models

from ..engine.repair import text_files


class MailTaskApplication(models.AbstractModel):
    """How core is had to create a task, or to add to one, as rules and settings say."""

    _name = "mail.task.application"
    _description = "Application of What Rules Decided"

    def _apply(self, run, route, message, process):
        """Have core create or update a record; return its id.

        :param process: core's ``_message_route_process``
        """
        message_dict = dict(run.message_dict)
        is_task = route[0] == "project.task"
        if is_task:
            self._prepare(run, route, message, message_dict)
        thread_id = process(message, message_dict, [run.core_route(route)])
        if is_task and thread_id:
            self._carry_out(run, thread_id)
        run.partner_id = run.partner_id or message_dict.get("author_id") or 0
        return thread_id

    def _prepare(self, run, route, message, message_dict):
        """Make of the message what the rules and settings say."""
        message_dict["attachments"] = self._with_octets(message, message_dict)
        if route[1]:
            self.env["mail.task.commands"]._prepare_message(run, message_dict)
            self.env["mail.task.quotes"]._cut_reply(run, message_dict)
        self.env["project.task"]._prepare_author(run, message_dict)
        self.env["project.task"]._prepare_visibility(run, message_dict)

    def _carry_out(self, run, task_id):
        """Do to the task what the plan says beyond what core does."""
        # sudo: what a rule says was checked when it was written
        task = self.env["project.task"].sudo().browse(task_id)
        if run.plan.update:
            task.write(run.plan.update)
        if run.plan.follower_ids:
            task.message_subscribe(run.plan.follower_ids)
        run.plan.task_id = task.id
        self.env["mail.task.commands"]._obey(run, task)

    def _with_octets(self, message, message_dict):
        """Return the attachments, the texts among them as they came."""
        attachment, found = self.env["mail.thread"]._Attachment, text_files(message)
        return [
            attachment(name, found[name].pop(0), info)
            if isinstance(content, str) and found[name]
            else attachment(name, content, info)
            for name, content, info in message_dict.get("attachments", [])
        ]

    def _get_sender_user_id(self, run, route):
        """Return the user that core found for the sender, who acts on the route."""
        user_id = route[3]
        if user_id == self.env.uid and self.env.user.partner_id.id != run.partner_id:
            # core found none
            return 0
        return user_id
