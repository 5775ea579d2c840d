from datetime import timedelta
from itertools import zip_longest

import pytz

from odoo import fields, models
from odoo.fields import Command

TASK = "project.task"
# Tasks with the value that an append rule looks for, of which it may change some
_COMPARED = 20


class MailTaskPreparation(models.AbstractModel):
    """What rules put into a task: methods of the rules that matched, in their order.

    Later rules override single values; tags and followers add up.
    """

    _name = "mail.task.preparation"
    _description = "Preparation of Tasks by Rules for Incoming E-mails"

    # ------------------------------------------------------------------
    # New tasks
    # ------------------------------------------------------------------

    def _get_new_values(self, run, plan, values, company, alias):
        """Return the values for a new task.

        :param dict values: what the address says of it, as alias defaults do
        :param res.company company: whose project takes what nothing places
        """
        Project = self.env["project.project"]
        project = Project.browse(plan.project_id or []) or self._get_last("project_id")
        project = project or Project.browse(values.get("project_id") or [])
        if not project.active:
            # in an archived one, nobody would see the task
            project = company._get_mail_task_project()
        new = {
            **self._get_template_values(plan, project, alias),
            **values,
            "project_id": project.id,
        }
        own = self._get_own_values(run, project)
        if self._get_last("user_ids"):
            own["user_ids"] = self._get_assignee_ids(values.get("user_ids") or [])
        new["tag_ids"] = new.get("tag_ids", []) + own.pop("tag_ids", [])
        new["child_ids"] = new.get("child_ids", []) + own.pop("child_ids", [])
        new.update(own)
        stage = self.env["project.task.type"].browse(new.get("stage_id") or [])
        if project not in stage.project_ids:
            new.pop("stage_id", None)
        if not run.facts.subject and "name" not in own:
            new["name"] = self._get_nameless(run)
        return new

    def _get_nameless(self, run):
        return self.env._(
            "E-mail from %s",
            run.facts.from_name or run.facts.email_from or self.env._("nobody"),
        )

    def _get_template(self, alias):
        """Return the task template of the rules, else of the address if they leave the
        task where the address puts it."""
        template = self._get_last("template_task_id")
        template = template or self._get_last("category_id").template_task_id
        if not template and not self._get_last("project_id"):
            template = alias.alias_template_task_id
        return template

    def _get_template_values(self, plan, project, alias):
        """Return the values of the task template, as Odoo copies it."""
        template = self._get_template(alias)
        if not template.active:
            return {}
        template = template.with_context(copy_from_template=True)
        values = template.copy_data({"project_id": project.id})[0]
        # The mail has a name of its own, and its text comes below the template's.
        values.pop("name")
        plan.template_text = values.pop("description", "") or ""
        if template.project_id != project:
            values.pop("task_properties", None)
            values.pop("milestone_id", None)
        values["user_ids"] = template.user_ids.filtered("active").ids
        values["tag_ids"] = [Command.link(tag_id) for tag_id in template.tag_ids.ids]
        return values

    # ------------------------------------------------------------------
    # Tasks that exist
    # ------------------------------------------------------------------

    def _get_update_values(self, run, task):
        """Return the values that a reply changes in its task."""
        values = self._get_reopening_values(task)
        values.update(self._get_own_values(run, task.project_id))
        # The task stays what it is: rules move no task by a reply.
        values.pop("partner_id", None)
        one_of_them = self[:1].assign_mode in ("round_robin", "least_loaded")
        if self._get_last("user_ids") and not (one_of_them and task.user_ids):
            user_ids = self._get_assignee_ids(task.user_ids.ids)
            values["user_ids"] = [Command.set(user_ids)]
        return self.env["mail.task.conversion"]._keep_properties(task, values)

    def _find_task_to_append_to(self, run):
        """Return the task whose field holds the value found in the mail, if the
        first of these rules adds the mail to one."""
        rule = self[:1]
        if rule.action != "append":
            return self.env[TASK]
        tasks = rule._search_tasks_to_append_to(run)
        return tasks[:1] if len(tasks) == 1 or rule.append_many == "last" else tasks[:0]

    def _search_tasks_to_append_to(self, run):
        """Return the one task, or two if there are several, the last changed first; for
        one's own rule, of those that its owner may change."""
        text = self._get_found_text(run, self.append_extraction_id)
        field = self.append_field_id.sudo()
        if not text or not field:
            return self.env[TASK]
        value = text
        if field.ttype in ("integer", "float"):
            value = self.env["mail.task.value"]._to_number(text)
        domain = [(field.name, "=" if value != text else "=ilike", value)]
        if self.project_id:
            domain.append(("project_id", "=", self.project_id.id))
        found = self._get_owner_env()[TASK].search(
            domain, limit=_COMPARED, order="write_date desc, id desc"
        )
        return found._filtered_access("write")[:2]

    def _get_append_obstacle(self, run):
        """Return why an append rule is passed over, or an empty string."""
        if self.action != "append":
            return ""
        count = len(self._search_tasks_to_append_to(run))
        if not count and self.append_none == "skip":
            return self.env._("there is no task to add it to")
        if count > 1 and self.append_many == "skip":
            return self.env._("there are several tasks it could be added to")
        return ""

    def _shall_wait(self, run):
        """Tell whether an append rule wants the mail to wait for somebody."""
        count = len(self._search_tasks_to_append_to(run))
        wanted = self.append_none if not count else self.append_many
        return wanted == "quarantine" and count != 1

    # ------------------------------------------------------------------
    # Values
    # ------------------------------------------------------------------

    def _get_last(self, field):
        """Return the records that the last rule with any has in a field."""
        found = self.browse()[field]
        for rule in self:
            found = rule[field] or found
        return found

    def _get_own_values(self, run, project):
        """Return what the rules set in a task of a project, besides assignees."""
        values, tags, subtasks = {}, self.tag_ids.ids, []
        for rule in self:
            own = rule._get_plain_values(run, project)
            own.update(rule.value_ids._get_task_values(run, project))
            tags += [command[1] for command in own.pop("tag_ids", [])]
            subtasks += rule._get_subtasks(run, project)
            run.note_values(rule.id, own)
            values.update(own)
        if tags:
            values["tag_ids"] = [Command.link(tag_id) for tag_id in tags]
        if subtasks:
            values["child_ids"] = [Command.create(vals) for vals in subtasks]
        return values

    def _get_plain_values(self, run, project):
        """Return the fields that are set as they are in the rule."""
        values = {
            name: self[name].id
            for name in ("category_id", "parent_id")
            if self[name].exists()
        }
        if project in self.stage_id.project_ids:
            values["stage_id"] = self.stage_id.id
        if self.milestone_id and self.milestone_id.project_id == project:
            values["milestone_id"] = self.milestone_id.id
        if self.priority:
            values["priority"] = self.priority
        if self.deadline_days:
            values["date_deadline"] = self._get_deadline(project)
        partner = self._get_customer(run)
        if partner:
            values["partner_id"] = partner.id
        return values

    def _get_deadline(self, project):
        now = fields.Datetime.now()
        calendar = project.resource_calendar_id
        if not (self.deadline_working and calendar):
            return now + timedelta(days=self.deadline_days)
        zone = pytz.timezone(calendar.tz or "UTC")
        today = pytz.utc.localize(now).astimezone(zone)
        tomorrow = today.replace(hour=0, minute=0, second=0) + timedelta(days=1)
        deadline = calendar.plan_days(self.deadline_days, tomorrow, compute_leaves=True)
        return deadline and deadline.astimezone(pytz.utc).replace(tzinfo=None)

    def _get_customer(self, run):
        """Return the contact that the rule names as customer, if not the sender."""
        if self.partner_from == "fixed":
            return self.partner_id
        if self.partner_from == "extraction":
            email = self._get_found_text(run, self.partner_extraction_id)
            return self.env["mail.thread"]._partner_find_from_emails_single([email])
        return self.env["res.partner"]

    def _get_found_text(self, run, extraction):
        """Return the first text that an extraction of the rule finds, or ''."""
        found = extraction._find(run.facts) if extraction else []
        return found[0].text.strip() if found else ""

    def _get_subtasks(self, run, project):
        """Return the values of one subtask for each row that was found."""
        repeated = self.extraction_ids.filtered(lambda e: e.repeat == "all")
        rows = zip_longest(*(extraction._find(run.facts) for extraction in repeated))
        return [
            self._get_subtask(run, project, dict(zip(repeated.ids, row, strict=True)))
            for row in rows
        ]

    def _get_subtask(self, run, project, row):
        """Return the values of a subtask.

        :param dict row: what each repeated extraction, by id, found in the row
        """
        found = next(found for found in row.values() if found)
        return {
            "name": found.text,
            "project_id": project.id,
            **self.value_ids._get_task_values(run, project, row),
        }

    # ------------------------------------------------------------------
    # Assignees
    # ------------------------------------------------------------------

    def _get_assignee_ids(self, user_ids):
        """Return the assignees that the last rule with any wants.

        :param list user_ids: who is assigned without the rules
        """
        rule = self.filtered("user_ids")[-1]
        users = rule.user_ids.filtered("active")
        if not users:
            return user_ids
        if rule.assign_mode == "keep":
            return list(dict.fromkeys(user_ids + users.ids))
        if rule.assign_mode == "round_robin":
            return rule._get_least_recently_assigned(users).ids
        if rule.assign_mode == "least_loaded":
            return rule._get_least_loaded(users).ids
        return users.ids

    def _get_least_loaded(self, users):
        counts = dict(
            self.env[TASK]._read_group(
                [("user_ids", "in", users.ids), ("is_closed", "=", False)],
                ["user_ids"],
                ["__count"],
            )
        )
        return min(users, key=lambda user: (counts.get(user, 0), user.id))

    def _get_least_recently_assigned(self, users):
        """Return the user to whom the rule gave a task longest ago, or never."""
        tasks = (
            self.env["mail.task.outcome"]
            .search(
                [
                    ("rule_ids", "in", self.ids),
                    ("state", "=", "task"),
                    ("task_id.user_ids", "in", users.ids),
                ],
                order="id desc",
                limit=10 * len(users),
            )
            .task_id
        )
        latest = [user for task in tasks for user in task.user_ids if user in users]
        return min(
            users,
            key=lambda user: (
                -latest.index(user) if user in latest else -len(latest) - 1
            ),
        )

    # ------------------------------------------------------------------
    # Whose rule
    # ------------------------------------------------------------------

    def _get_owner(self):
        """Return the user who answers for the rule."""
        return self.user_id or self.create_uid

    def _get_owner_env(self):
        """Return the environment in which the rule looks for records: that of the
        system, or of the owner of one's own rule."""
        return self.with_user(self.user_id).env if self.user_id else self.env
