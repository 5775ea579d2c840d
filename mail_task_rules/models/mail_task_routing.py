from odoo import api, models

from ..engine.ruleset import Candidate
from ..engine.run import Conclusion

TASK = "project.task"


class MailTaskRouting(models.AbstractModel):
    """How decisions change the routes that core found.

    A route is core's tuple ``(model, thread_id, custom_values, user_id, alias)``.
    Rules are asked about those that create a task; all others stay as they are.
    """

    _name = "mail.task.routing"
    _description = "Routing of Incoming E-mails by Rules"

    @api.model
    def _route(self, run, routes):
        """Return the routes as the rules want them.

        Rules and addresses are read as the system: routing decides where a mail
        belongs before anybody's rights are in question.

        :param GatewayRun run: gets the decisions, destinations and, if no route
            is left, the reason
        """
        found = [route for route in routes if route]
        new = [route for route in found if not self._is_served(run, route)]
        if found and not new:
            run.noted = Conclusion(
                "duplicate",
                self.env._("A copy of a mail that was processed before."),
            )
            return []
        run.alias_ids = [route[4].id for route in new if route[4]]
        decided = [self.sudo()._decide_route(run, route) for route in new]
        return self._merge_same_project([route for route in decided if route])

    @api.model
    def _route_unclaimed(self, run, message, message_dict):
        """Return the routes for a mail that no address of ours claims."""
        message_dict.pop("parent_id", None)
        user = self.env["mail.thread"]._mail_find_user_for_gateway(
            message_dict["email_from"]
        )
        route = (TASK, 0, {}, user.id or self.env.uid, None)
        if self._is_served(run, route):
            run.noted = Conclusion(
                "duplicate",
                self.env._("A copy of a mail that was processed before."),
            )
            return []
        route = self.sudo()._decide_route(run, route, claimed=False)
        return [route] if route else []

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

    def _decide_route(self, run, route, claimed=True):
        """Return a route as the rules want it, or ``None`` to have no task of it.

        :param bool claimed: the mail came to an address or server of ours, so it
            becomes a task also if no rule matches
        """
        model, thread_id, values, user_id, alias = route
        if model != TASK:
            return route
        judged = self._judge_sender(run, thread_id)
        if judged:
            run.noted = judged
            return None
        if thread_id:
            return route
        alias = alias.sudo() if alias else self.env["mail.alias"]
        values = {**alias._plain_values(values), **alias._get_mail_task_values()}
        company = self._get_company(alias, values)
        run.company_id = run.company_id or company.id
        decision = self._get_rule_set().decide(
            run.facts,
            Candidate(alias.id, values.get("project_id", 0), company.id),
            lambda rule: self.browse(rule.id)._get_obstacle(),
        )
        run.decisions.append(decision)
        rules = self.browse(rule.id for rule in decision.rules)
        if decision.action == "ignore":
            run.noted = Conclusion(
                "ignored", self.env._("Ignored by rule “%s”.", rules[0].name)
            )
            return None
        if not rules and not claimed:
            return None
        values.update(rules._get_task_values())
        values = self._complete_values(run, values, alias, company)
        return (model, thread_id, values, user_id, alias or None)

    def _forced_route(self, run):
        """Return the route that somebody chose for a mail by hand."""
        if run.replay.task_id:
            return (TASK, run.replay.task_id, None, self.env.uid, None)
        values = {"project_id": run.replay.project_id}
        alias = self.env["mail.alias"]
        values = self._complete_values(run, values, alias, self.env.company)
        return (TASK, 0, values, self.env.uid, None)

    def _get_company(self, alias, values):
        """Return the company whose rules count for mail to an address."""
        project = self.env["project.project"].browse(values.get("project_id", []))
        company = project.company_id or alias._get_owner_company()
        if company or self.env.company.alias_domain_id == alias.alias_domain_id:
            return company or self.env.company
        return alias.alias_domain_id.company_ids[:1] or self.env.company

    def _get_task_values(self):
        """Return what these rules set, in their order, as values for a new task."""
        values = {}
        for rule in self:
            if rule.project_id:
                values["project_id"] = rule.project_id.id
            if rule.stage_id:
                values["stage_id"] = rule.stage_id.id
            if rule.priority:
                values["priority"] = rule.priority
            if rule.user_ids:
                values["user_ids"] = rule.user_ids.ids
        if self.tag_ids:
            values["tag_ids"] = self.tag_ids.ids
        return values

    def _complete_values(self, run, values, alias, company):
        """Add what every task needs and drop what does not fit its project."""
        project = self.env["project.project"].browse(values.get("project_id") or [])
        if not project.active:
            # in an archived one, nobody would see the task
            values["project_id"] = company._get_mail_task_project().id
        stage = self.env["project.task.type"].browse(values.get("stage_id", []))
        if values["project_id"] not in stage.project_ids.ids:
            values.pop("stage_id", None)
        if not run.facts.subject:
            values["name"] = self.env._(
                "E-mail from %s",
                run.facts.from_name or run.facts.email_from or self.env._("nobody"),
            )
        return {**values, "mail_alias_id": alias.id}

    def _merge_same_project(self, routes):
        """Return the routes with one new task for each project.

        A mail to two colleagues whose tasks go to one project is one task for
        both of them.
        """
        merged, by_project = [], {}
        for route in routes:
            values = route[2] if route[0] == TASK and not route[1] else None
            first = values and by_project.setdefault(values["project_id"], values)
            if not values or first is values:
                merged.append(route)
            elif "user_ids" in first or "user_ids" in values:
                ids = first.get("user_ids", []) + values.get("user_ids", [])
                first["user_ids"] = list(dict.fromkeys(ids))
        return merged
