import re

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import LazyTranslate, format_date, format_datetime

from ..engine import conversion
from ..engine.conversion import ConversionError
from ..engine.searchable import Searchable

_lt = LazyTranslate(__name__)

TASK = "project.task"
# The commands are fields of the task; this one makes a line of its timesheet.
TIME = "timesheet_ids"
# Known under these names, and under the labels of the fields. A language may have as
# many as it likes, with commas between them; the first one is told to people.
LABELS = {
    "project_id": _lt("Project"),
    "stage_id": _lt("Stage, Status"),
    "user_ids": _lt("Assignee, Assigned to"),
    "priority": _lt("Priority"),
    "date_deadline": _lt("Deadline, Due"),
    "tag_ids": _lt("Tags, Tag"),
    "milestone_id": _lt("Milestone"),
    "parent_id": _lt("Parent, Parent task"),
    "category_id": _lt("Category"),
    TIME: _lt("Time, Time spent"),
}
PROPERTIES = "task_properties"
# So many records are all named to somebody who names another one.
CHOICES = 8
# What stands for no value at all
NOTHING = "-"
_NUMBER = re.compile(r"#?(\d{1,9})")
_SIGNED = re.compile(r"([+-])\s*(.*)")


class MailTaskCommandValues(models.AbstractModel):
    """What commands are called, and what they mean for a task.

    Works as the sender, whom ``_as_sender`` makes the user: what they may not see
    can not be named.
    """

    _name = "mail.task.command.values"
    _inherit = "mail.task.conversion"
    _description = "Values of Commands in E-mails"

    def _as_sender(self, run):
        sender = self.env["res.users"].sudo().browse(run.user_id)
        context = {"lang": sender.lang, "tz": sender.tz}
        return self.with_user(sender.id).with_context(**context)

    def _get_langs(self):
        """Return the languages that the sender may write commands in."""
        return dict.fromkeys((self.env.lang or "en_US", "en_US"))

    # ------------------------------------------------------------------
    # Names
    # ------------------------------------------------------------------

    def _get_names(self, allowed, project):
        """Return the keys of commands by their names: those that may be given, and
        those that everybody knows.

        :param list allowed: names of fields; without any, there are no commands
        """
        if not allowed:
            return {}
        task_fields = self.env[TASK]._fields
        keys = [key for key in (*LABELS, *allowed) if key in task_fields]
        names = {}
        for lang in self._get_langs():
            env = self.with_context(lang=lang).env
            labels = [(env._(LABELS[key]), key) for key in keys if key in LABELS]
            labels += [(task_fields[key]._description_string(env), key) for key in keys]
            for label, key in labels:
                for name in label.split(","):
                    names.setdefault(Searchable(name).folded_phrase, key)
        if PROPERTIES in allowed:
            # sudo: the names only; the values are written with the sender's rights
            for definition in project.sudo().task_properties_definition or ():
                name = Searchable(definition.get("string") or "").folded_phrase
                names.setdefault(name, f"{PROPERTIES}.{definition['name']}")
        return names

    def _get_known_labels(self, allowed):
        """Return what the sender may write, in their language."""
        task_fields = self.env[TASK]._fields
        return [
            self.env._(LABELS[key]).partition(",")[0]
            if key in LABELS
            else task_fields[key]._description_string(self.env)
            for key in sorted(allowed, key=[*LABELS, *allowed].index)
            if key != PROPERTIES
        ]

    # ------------------------------------------------------------------
    # Values
    # ------------------------------------------------------------------

    def _resolve_all(self, commands, project):
        """Have each command know its values, or why it has none."""
        for command in commands:
            self._resolve(command, project)
            if command.values.get("project_id"):
                project = project.browse(command.values["project_id"])

    def _resolve(self, command, project):
        try:
            command.values = self._get_values(command.key, command.value, project)
        except ConversionError as error:
            command.settle("unclear", self._explain(error))
        except AccessError:
            command.settle("refused", self.env._("your rights do not allow it"))
        except UserError as error:
            command.settle("refused", str(error))

    def _get_values(self, key, text, project):
        """Return the values that a command sets in a task of a project.

        :raise ConversionError: the text means nothing, or several things
        :raise UserError: what it means can not be set
        """
        first = None
        for lang in self._get_langs():
            try:
                return self.with_context(lang=lang)._read_value(key, text, project)
            except ConversionError as error:
                first = first or error
        raise first

    def _read_value(self, key, text, project):
        name, _, property_name = key.partition(".")
        field = self.env[TASK]._fields[name]
        if not self.env[TASK]._has_field_access(field, "write"):
            raise AccessError(self.env._("You may not write “%s”.", field.string))
        lang = self.env.lang or "en_US"
        if property_name:
            definition = self._get_property(project, property_name)
            value = self._convert_property(definition, text, lang)
            return {name: {property_name: value}}
        if text == NOTHING and name not in ("project_id", "stage_id"):
            is_list = field.type == "many2many"
            return {name: [Command.clear()] if is_list else False}
        read = getattr(self, f"_read_{name}", None)
        return {
            name: read(text, project) if read else self._read_any(field, text, project)
        }

    def _read_any(self, field, text, project):
        if field.type == "many2many":
            return self._read_list(field, text, project)
        return self._convert(field, text, self.env.lang or "en_US", project)

    def _read_parent_id(self, text, project):
        number = _NUMBER.fullmatch(text)
        if not number:
            field = self.env[TASK]._fields["parent_id"]
            return self._convert(field, text, self.env.lang, project)
        task = self.env[TASK].search([("id", "=", int(number[1]))])
        if not task:
            raise ConversionError("missing", text)
        return task.id

    def _read_milestone_id(self, text, project):
        if not project.allow_milestones:
            raise UserError(self.env._("the project has no milestones"))
        field = self.env[TASK]._fields["milestone_id"]
        return self._convert(field, text, self.env.lang, project)

    def _read_category_id(self, text, project):
        field = self.env[TASK]._fields["category_id"]
        category_id = self._convert(field, text, self.env.lang, project)
        # sudo: groups are not for users to read
        category = self.env["mail.task.category"].sudo().browse(category_id)
        if not category._is_allowed(self.env.user):
            raise AccessError(self.env._("You may not use “%s”.", category.name))
        return category_id

    def _read_user_ids(self, text, project):
        field = self.env[TASK]._fields["user_ids"]
        commands = self._read_list(field, text, project)
        if any(_SIGNED.fullmatch(name) for name in conversion.to_names(text)):
            return commands
        return [Command.set([command[1] for command in commands])]

    def _read_list(self, field, text, project):
        """Return the commands that add what is named and remove what has a minus."""
        domain = self._get_choice(field, project)
        commands = []
        for name in conversion.to_names(text):
            signed = _SIGNED.fullmatch(name)
            sign, name = signed.groups() if signed else ("+", name)
            record = self._find_record(field.comodel_name, name, domain)
            change = Command.unlink if sign == "-" else Command.link
            commands.append(change(record.id))
        return commands

    def _create_missing(self, Comodel, name, domain):
        """Create nothing, but tell what there is, such as the stages of a project."""
        found = Comodel.search(list(domain), limit=CHOICES + 1) if domain else Comodel
        shown = found.mapped("display_name") if len(found) <= CHOICES else []
        raise ConversionError("missing", name, shown)

    def _merge(self, commands):
        """Return the values of several commands; lists are changed by all of them."""
        merged = {}
        for command in commands:
            for name, value in command.values.items():
                if isinstance(value, list):
                    value = merged.get(name, []) + value
                elif isinstance(value, dict):
                    value = {**merged.get(name, {}), **value}
                merged[name] = value
        return merged

    def _as_new(self, ordered, values):
        """Return the ordered values as those of a new task that has others, too."""
        ordered = dict(ordered)
        if "user_ids" in ordered:
            # core adds ids to them
            users = self.env[TASK].new({"user_ids": values.get("user_ids") or []})
            users.user_ids = ordered["user_ids"]
            ordered["user_ids"] = users.user_ids._origin.ids
        for name, value in ordered.items():
            if name != "user_ids" and isinstance(value, list):
                ordered[name] = [*(values.get(name) or []), *value]
            elif isinstance(value, dict):
                ordered[name] = {**(values.get(name) or {}), **value}
        return ordered

    # ------------------------------------------------------------------
    # Time
    # ------------------------------------------------------------------

    def _book(self, task, text, date):
        """Add a line to the timesheet of the task.

        :param datetime date: when, in UTC; now if it is unknown
        """
        hours, description = conversion.to_duration(text)
        if not task.project_id.allow_timesheets:
            raise UserError(self.env._("the project has no timesheets"))
        moment = fields.Datetime.context_timestamp(self, date or fields.Datetime.now())
        self.env["account.analytic.line"].create(
            {
                "task_id": task.id,
                "project_id": task.project_id.id,
                "unit_amount": hours,
                "name": description or "/",
                "date": moment.date(),
            }
        )

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------

    def _explain(self, error):
        """Return what is unclear about a value."""
        if error.code == "ambiguous":
            return self.env._(
                "“%(text)s” may be %(candidates)s",
                text=error.text,
                candidates=", ".join(error.candidates),
            )
        if error.candidates:
            return self.env._(
                "“%(text)s” is none of %(candidates)s",
                text=error.text,
                candidates=", ".join(error.candidates),
            )
        if error.code == "missing":
            return self.env._("there is no “%s”, or you may not see it", error.text)
        return self.env._("“%s” can not be understood", error.text)

    def _show(self, task, command):
        """Return the value that the task has now, as its form shows it."""
        name, _, property_name = command.key.partition(".")
        field, value = task._fields[name], task.sudo()[name]
        if property_name:
            return command.value
        if field.relational:
            return ", ".join(value.mapped("display_name"))
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, "")
        if field.type == "datetime":
            return value and format_datetime(self.env, value, dt_format="short") or ""
        if field.type == "date":
            return format_date(self.env, value)
        return str(value or "")
