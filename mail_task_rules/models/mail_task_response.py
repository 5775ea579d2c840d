from odoo import api, models
from odoo.exceptions import UserError

TASK = "project.task"


class MailTaskResponse(models.AbstractModel):
    """What the sender of a mail is told at once: what came of their commands, or what
    the rule or the address answers to everybody.

    All of it passes the gate for automatic messages, comes from the address that was
    written to, and asks for answers to the task.
    """

    _name = "mail.task.response"
    _description = "Responses to Incoming E-mails"

    @api.model
    def _respond(self, run):
        """Send the one answer that the work done for a mail asks for, if any."""
        obeyed = run.obeyed()
        if obeyed:
            self._report(run, obeyed)
            return
        plans = (plan for _, plan in run.plans if plan.task_id)
        plan = next((one for one in plans if one.auto_reply_template_id), None)
        if plan:
            self._reply_automatically(run, plan)

    # ------------------------------------------------------------------
    # Reports
    # ------------------------------------------------------------------

    def _report(self, run, plans):
        """Tell a colleague what came of each command."""
        # sudo: their address and language, to write to them
        user = self.env["res.users"].sudo().browse(run.user_id)
        commands = [one.as_told() for plan in plans for one in plan.commands]
        notices = self.env["mail.task.notice"].sudo()
        to = run.message_dict["email_from"]
        if not notices._may_report(run.message, to, f"{plans[0].task_id} {commands}"):
            return
        task = self.env[TASK].sudo().browse(plans[0].task_id)
        mails = self.env["mail.mail"].sudo()
        mail = mails.create(
            {
                **self._get_mail_values(run, task),
                "subject": f"Re: {run.facts.subject}",
                "body_html": self.with_context(lang=user.lang)._render_report(
                    user, task, commands
                ),
                "auto_delete": True,
            }
        )
        mail.send_after_commit()

    def _render_report(self, user, task, commands):
        company = task.company_id or self.env.company
        values = self.env["mail.task.command.values"].with_user(user.id)
        known = values._get_known_labels(company.sudo()._get_mail_task_commands())
        return self.env["ir.qweb"]._render(
            "mail_task_rules.command_report",
            {
                "name": user.name,
                "task": task.with_context(lang=self.env.lang),
                "url": f"{task.get_base_url()}/odoo/project.task/{task.id}",
                "commands": commands,
                "known": any(one["state"] == "unknown" for one in commands) and known,
            },
        )

    # ------------------------------------------------------------------
    # Templates
    # ------------------------------------------------------------------

    def _reply_automatically(self, run, plan):
        """Answer with the template; a bad one is told where the mail is looked at."""
        notices = self.env["mail.task.notice"].sudo()
        if not notices._may_answer(run.message, run.message_dict["email_from"]):
            return
        try:
            with self.env.cr.savepoint():
                self._send_template(run, plan)
        except UserError as error:
            words = self.env._("The automatic answer could not be made: %s", error)
            run.problems.append(" ".join(words.split()))

    def _send_template(self, run, plan):
        task = self.env[TASK].sudo().browse(plan.task_id)
        partner = self.env["res.partner"].sudo().browse(run.partner_id or [])
        lang = partner.lang or task.company_id.partner_id.lang or self.env.lang
        env = self._get_template_env(plan)
        template = env["mail.template"].browse(plan.auto_reply_template_id)
        mail_id = template.with_context(template_preview_lang=lang).send_mail(
            task.id,
            email_values={
                **self._get_mail_values(run, task),
                "recipient_ids": [],
                "email_cc": False,
                # its message stays in the chatter of the task
                "is_notification": True,
            },
        )
        self.env["mail.mail"].sudo().browse(mail_id).send_after_commit()

    def _get_template_env(self, plan):
        """Return the environment whose rights a template is filled with: those of the
        owner of one's own rule; all, for what the company answers."""
        user_id = plan.auto_reply_user_id
        return self.with_user(user_id).env if user_id else self.sudo().env

    # ------------------------------------------------------------------
    # Envelope
    # ------------------------------------------------------------------

    def _get_mail_values(self, run, task):
        """Return sender, recipient and thread of an answer, as for ``mail.mail``."""
        values = self.env["mail.task.notice"]._get_answer_values(run.message)
        company = task.company_id or self.env.company
        sender = (
            values["answer_from"]
            or self.env["mail.task.answers"]._get_automatic_sender(task)
            or company.sudo().email_formatted
        )
        return {
            **values,
            "email_from": sender,
            "answer_from": sender,
            "email_to": run.message_dict["email_from"],
            "reply_to": task.task_email or sender,
        }
