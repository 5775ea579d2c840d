from contextlib import nullcontext
from dataclasses import replace

from psycopg2 import IntegrityError

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import plaintext2html

from ..engine.commands import cut_commands
from ..engine.commands_html import cut_html_commands
from ..engine.conversion import ConversionError
from ..engine.quoted import is_forward, own_text
from ..engine.quoted_html import own_html
from .mail_task_command_values import TIME

TASK = "project.task"


class MailTaskCommands(models.AbstractModel):
    """Orders such as ``Stage: Done`` at the start of a mail.

    They are for users only, and do what that user could do in the form of the task.
    A new task is made as ordered: what it looks like for a moment may send mails.
    All else is written to the task when it is there.
    """

    _name = "mail.task.commands"
    _inherit = "mail.task.command.values"
    _description = "Commands in Incoming E-mails"

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    @api.model
    def _read(self, run, company, project):
        """Return the commands of a mail, taken out of its text the first time.

        :param res.company company: whose settings say what may be ordered
        :param project.project project: of the task, whose properties can be named
        """
        if run.commands is None:
            may = self._may_command(run)
            run.commands = self._cut(run, company, project) if may else []
        return [replace(command, values={}) for command in run.commands]

    def _may_command(self, run):
        """Tell whether the mail is from a user, of whom we believe it."""
        return bool(
            run.user_id
            and run.facts.is_trusted
            and run.facts.sender_kind == "user"
            and not run.facts.robot
        )

    def _cut(self, run, company, project):
        sender = self._as_sender(run)
        allowed = company.sudo()._get_mail_task_commands()
        names = sender._get_names(allowed, project)
        body = run.message_dict.get("body") or ""
        commands, rest = cut_html_commands(body, names)
        if not commands:
            return []
        run.message_dict["body"] = type(body)(rest)
        run.written = cut_commands(run.facts.body, names)[1]
        for command in commands:
            sender._settle_forbidden(command, allowed)
        return commands

    def _settle_forbidden(self, command, allowed):
        if not command.key:
            command.settle("unknown", self.env._("there is no such command"))
        elif command.key.partition(".")[0] not in allowed:
            words = self.env._("the company's settings do not allow it")
            command.settle("refused", words)

    @api.model
    def _prepare_message(self, run, message_dict):
        """Have a reply with nothing but commands disturb nobody: it becomes a note."""
        if not run.plan.commands or message_dict.get("attachments"):
            return
        body = message_dict.get("body") or ""
        if is_forward(run.facts.subject):
            own = body
        else:
            own = own_html(body) if run.facts.html else own_text(run.written or "")
        if own:
            return
        run.plan.is_note = True
        run.is_cut = run.is_cut or bool(body)
        lines = "\n".join(command.line for command in run.plan.commands)
        message_dict["body"] = plaintext2html(lines)

    # ------------------------------------------------------------------
    # New tasks
    # ------------------------------------------------------------------

    @api.model
    def _order_project(self, run, plan):
        """Note the project that the sender wants a new task to be in; return its id."""
        orders = [one for one in plan.commands if one.key == "project_id"]
        sender = self._as_sender(run)
        sender._resolve_all(sender._get_open(orders), self.env["project.project"])
        for command in orders:
            plan.project_id = command.values.get("project_id", plan.project_id)
        return plan.project_id

    @api.model
    def _order_values(self, run, plan, values):
        """Note the values of a new task as the sender wants it.

        :param dict values: those that it has without commands
        """
        sender = self._as_sender(run)
        project = sender.env["project.project"].browse(values["project_id"])
        commands = sender._get_open(plan.commands)
        if commands and project.has_access("read"):
            sender._resolve_all(commands, project)
            ordered = self._as_new(self._merge(commands), values)
            plan.ordered = {**values, **ordered} if ordered else {}

    @api.model
    def _process(self, run, process):
        """Return what ``process`` returns, which makes or updates a task; without what
        the sender ordered, if Odoo refuses a task like that."""
        try:
            with self._undone_if_refused(run):
                return process()
        except UserError:
            if not run.plan.ordered:
                raise
        run.plan.ordered = {}
        with self._undone_if_refused(run):
            return process()

    def _undone_if_refused(self, run):
        """Return what takes back a task that its sender may not create."""
        return self.env.cr.savepoint() if run.plan.needs_right else nullcontext()

    # ------------------------------------------------------------------
    # Tasks that exist
    # ------------------------------------------------------------------

    @api.model
    def _obey(self, run, task):
        """Carry out the commands that the new task does not fulfil yet."""
        commands = run.plan.commands
        if not commands:
            return
        sender = self._as_sender(run)
        mine = sender.env[TASK].browse(task.id)
        if run.plan.ordered:
            written = [one for one in sender._get_open(commands) if one.values]
            sender._settle_done(written, task)
        sender._write_all(mine, sender._get_open(commands))
        for command in commands:
            if command.key == TIME and not command.state:
                sender._write_time(run, mine, command)
        failed = [command.line for command in commands if command.state != "done"]
        if failed:
            quoted = self.env["mail.task.rule"]._quote(failed)
            run.problems.append(self.env._("Not carried out: %s.", quoted))

    def _get_open(self, commands):
        """Return the commands whose result is not known, the project's first: what
        the others can mean depends on it."""
        found = [one for one in commands if not one.state and one.key != TIME]
        return sorted(found, key=lambda one: one.key != "project_id")

    def _write_all(self, task, commands):
        """Write all at once, as one change of the task; one by one if Odoo refuses."""
        resolved = self._resolve_for(task, commands)
        if resolved and self._get_refusal(task, resolved):
            for command in resolved:
                words = self._get_refusal(task, [command])
                if words:
                    command.settle("refused", words)
        self._settle_done([one for one in resolved if not one.state], task)

    def _resolve_for(self, task, commands):
        """Have each command know what it sets in the task, or why it does not; return
        those that can be written."""
        if not commands:
            return []
        if task.has_access("write"):
            self._resolve_all(commands, task.project_id)
        else:
            words = self.env._("your rights do not allow you to change the task")
            for command in commands:
                command.settle("refused", words)
        return [command for command in commands if not command.state]

    @api.model
    def _foresee(self, run, plan, task):
        """Do the same for a mail on trial."""
        sender = self._as_sender(run)
        mine = sender.env[TASK].browse(task.id)
        sender._resolve_for(mine, sender._get_open(plan.commands))

    def _get_refusal(self, task, commands):
        """Write what is ordered; return why Odoo refuses it, or an empty string."""
        values = self._keep_properties(task, self._merge(commands))
        return values and self._refused(lambda: task.write(values))

    def _refused(self, work):
        try:
            with self.env.cr.savepoint():
                work()
        except ConversionError:
            raise
        except AccessError:
            return self.env._("your rights do not allow it")
        except (UserError, IntegrityError, ValueError) as error:
            return " ".join(str(error).split())
        return ""

    def _settle_done(self, commands, task):
        for command in commands:
            command.settle("done", self._show(task, command))

    def _write_time(self, run, task, command):
        """Note the time that the sender spent, once for all copies of the mail."""
        booked = any(
            other.key == TIME and other.state == "done" and plan is not run.plan
            for plan in run.obeyed()
            for other in plan.commands
        )
        if run.known or booked:
            words = self.env._("it is noted for another copy of the e-mail")
            command.settle("refused", words)
            return
        try:
            refused = self._refused(
                lambda: self._book(task, command.value, run.facts.date)
            )
        except ConversionError as error:
            command.settle("unclear", self._explain(error))
            return
        if refused:
            command.settle("refused", refused)
        else:
            command.settle("done", command.value)
