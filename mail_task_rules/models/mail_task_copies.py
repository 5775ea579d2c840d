from odoo import models

from ..engine.references import split_tag
from ..engine.run import Conclusion

TASK = "project.task"


class MailTaskCopies(models.AbstractModel):
    """One mail to several of our addresses, be it in one copy or in several.

    The company says whether that is one task for each project (of which all the
    people it was sent to are assignees), one task, or one for each address.
    """

    _name = "mail.task.copies"
    _description = "Copies of E-mails"

    # ------------------------------------------------------------------
    # One copy to several addresses
    # ------------------------------------------------------------------

    def _merge_routes(self, run, routes):
        """Return the routes with no more new tasks than the company wants."""
        merged, by_key = [], {}
        for route in self._in_written_order(run, routes):
            if route[0] != TASK or route[1]:
                merged.append(route)
                continue
            alias = route[4] or self.env["mail.alias"]
            key = self._get_merge_key(self._get_wanted(run, route), alias)
            first = by_key.setdefault(key, route)
            if first is route:
                merged.append(route)
            else:
                self._merge_route(run, first, route)
        return merged

    def _in_written_order(self, run, routes):
        """Return the routes as the mail names their addresses, hidden ones last."""
        written = [split_tag(one)[0] for one in run.facts.recipients.split(", ")]

        def place(route):
            name = route[4].alias_full_name if route[4] else ""
            return written.index(name) if name in written else len(written)

        return sorted(routes, key=place)

    def _get_wanted(self, run, route):
        """Return the values of the new task, as the sender orders it if they do."""
        return run.plan_of(route).ordered or route[2]

    def _get_merge_key(self, values, alias):
        """Return what new tasks have in common that shall be one.

        :param dict values: of the task
        :param mail.alias alias: the address; empty if the mail came to none
        """
        project = self.env["project.project"].browse(values["project_id"])
        company = project.company_id or self.env.company
        wanted = company.mail_task_copies
        return wanted, {"address": alias, "project": project, "one": company}[wanted].id

    def _merge_route(self, run, route, other):
        """Add the people of another route to a route."""
        plan, other_plan = run.plan_of(route), run.plan_of(other)
        self._merge_assignees(route[2], other[2])
        self._merge_assignees(plan.ordered, other_plan.ordered)
        plan.follower_ids += other_plan.follower_ids

    def _merge_assignees(self, values, others):
        if "user_ids" in values or "user_ids" in others:
            ids = values.get("user_ids", []) + others.get("user_ids", [])
            values["user_ids"] = list(dict.fromkeys(ids))

    # ------------------------------------------------------------------
    # Several copies
    # ------------------------------------------------------------------

    def _is_served(self, run, route):
        """Note what a route is meant for; tell whether a copy has been there."""
        model, thread_id, _values, _user_id, alias = route
        if alias and not thread_id:
            destination = f"mail.alias,{alias.id}"
        else:
            destination = f"{model},{thread_id or 0}"
        if destination in run.served:
            return True
        run.destinations.append(destination)
        return False

    def _note_duplicate(self, run):
        run.noted = Conclusion(
            "duplicate", self.env._("A copy of a mail that was processed before.")
        )

    def _join_copies(self, run, routes):
        """Return the routes without those whose task an earlier copy has made, which
        are noted: the people that they are for join that task."""
        tasks = self._get_tasks_of_copies(run)
        if not tasks:
            return routes
        left = []
        for route in routes:
            task = self._find_made(run, tasks, route)
            if task:
                run.joined.append((task.id, route))
            else:
                left.append(route)
        return left

    def _get_tasks_of_copies(self, run):
        """Return the tasks that copies with the same text have become."""
        tasks = self.env[TASK].browse(run.copied_task_ids)
        if tasks:
            messages = self.env["mail.message"].search(
                [("model", "=", TASK), ("message_id", "=", run.identity.message_id)]
            )
            tasks |= tasks.browse(messages.mapped("res_id"))
        return tasks.exists()

    def _find_made(self, run, tasks, route):
        """Return the task that a route to a new one would double, if there is one."""
        model, thread_id, _values, _user_id, alias = route
        if model != TASK or thread_id:
            return tasks.browse()
        wanted = self._get_wanted(run, route)
        key = self._get_merge_key(wanted, alias or self.env["mail.alias"])
        for task in tasks:
            made = {"project_id": task.project_id.id}
            if self._get_merge_key(made, task.mail_alias_id) == key:
                return task
        return tasks.browse()

    def _join(self, run):
        """Add the people of the noted routes to the tasks of earlier copies."""
        for task_id, route in run.joined:
            task = self.env[TASK].browse(task_id)
            assignees = self._get_wanted(run, route).get("user_ids", [])
            task.user_ids |= task.user_ids.browse(assignees)
            task.message_subscribe(run.plan_of(route).follower_ids)
