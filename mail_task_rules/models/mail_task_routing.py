from odoo import api, models

from ..engine.ruleset import Candidate
from ..engine.run import Conclusion, Plan
from .mail_task_rule_part import UnusableValue

TASK = "project.task"


class MailTaskRouting(models.AbstractModel):
    """How decisions change the routes that core found.

    A route is core's tuple ``(model, thread_id, custom_values, user_id, alias)``.
    Rules are asked about those that create or update a task; all others stay as
    they are. What a rule wants beyond a route's values is in ``run.plans``.
    """

    _name = "mail.task.routing"
    _description = "Routing of Incoming E-mails by Rules"

    @api.model
    def _route(self, run, routes):
        """Return the routes as the rules want them.

        Rules and addresses are read as the system: routing decides where a mail
        belongs before anybody's rights are in question.

        :param GatewayRun run: gets the decisions, plans, destinations and, if no
            route is left, the reason
        """
        found = [route for route in routes if route]
        new = [route for route in found if not self._is_served(run, route)]
        if found and not new:
            self._note_duplicate(run)
            return []
        run.alias_ids = [route[4].id for route in new if route[4]]
        if any(route[0] == TASK for route in new):
            self._identify_sender(run, new)
            new = self.sudo()._refer(run, new)
        decided = [self.sudo()._decide_route(run, route) for route in new]
        routes = [route for route in decided if route]
        return self.sudo()._join_copies(run, self._merge_routes(run, routes))

    @api.model
    def _route_unclaimed(self, run):
        """Return the routes for a mail that no address of ours claims."""
        run.message_dict.pop("parent_id", None)
        user = self.env["mail.thread"]._mail_find_user_for_gateway(
            run.message_dict["email_from"]
        )
        route = (TASK, 0, {}, user.id or self.env.uid, None)
        if self._is_served(run, route):
            self._note_duplicate(run)
            return []
        self._identify_sender(run, [route])
        rules = self.sudo()
        decided = [rules._decide_route(run, found) for found in rules._refer(run, [])]
        if not decided:
            decided = [rules._decide_route(run, route, claimed=False)]
        return [route for route in decided if route]

    def _identify_sender(self, run, routes):
        """Note what we know of the sender: a user, a contact or nothing."""
        run.is_for_task = True
        if run.claim.partner_id:
            run.message_dict["author_id"] = run.claim.partner_id
        if run.claim.is_disputed:
            run.message_dict["author_id"] = False
            run.problems.append(
                self.env._("Several users have the sender's address: it is nobody's.")
            )
        if run.is_anonymous():
            return
        partner = self.env["res.partner"].browse(run.message_dict.get("author_id") or 0)
        if not partner:
            partner = self.env["mail.thread"]._partner_find_from_emails_single(
                [run.message_dict["email_from"]], no_create=True
            )
        # sudo: only to tell who wrote
        user = self._get_route_user(routes, partner.sudo())
        run.partner_id, run.user_id = partner.id or 0, user.id or 0
        if user:
            run.facts.sender_kind = "portal" if user.share else "user"
        elif partner:
            run.facts.sender_kind = "contact"

    def _get_route_user(self, routes, partner):
        """Return the user that core found for the sender, if it is one of theirs."""
        user_ids = {route[3] for route in routes}
        users = partner.user_ids
        return users.filtered(lambda user: user.id in user_ids)[:1] or users[:1]

    # ------------------------------------------------------------------
    # Deciding
    # ------------------------------------------------------------------

    def _decide_route(self, run, route, claimed=True):
        """Return a route as the rules want it, or ``None`` to have no task of it.

        :param bool claimed: the mail came to an address or server of ours, so it
            becomes a task also if no rule matches
        """
        model, thread_id, _values, _user_id, alias = route
        if model != TASK:
            return route
        judged = self._judge_sender(run, thread_id)
        if judged:
            run.noted = judged
            return None
        alias = alias.sudo() if alias else self.env["mail.alias"]
        values = {**alias._plain_values(route[2]), **alias._get_mail_task_values()}
        company = self._get_company(alias, values)
        run.company_id = run.company_id or company.id
        candidate = self._get_candidate(run, route, alias, values, company)
        rules = self._get_matching_rules(run, candidate)
        run.noted = rules._refuse(run) or (
            not rules and self._refuse_by_address(run, candidate, claimed)
        )
        if run.noted:
            return None
        if not rules and not thread_id and not claimed:
            return None
        try:
            return rules._get_route(run, route, alias, values, company)
        except UnusableValue as error:
            run.noted = Conclusion("quarantined", str(error))
            return None

    def _get_matching_rules(self, run, candidate):
        """Return the rules that matched, in their order, and note the decision."""
        decision = self._get_rule_set().decide(
            run.facts,
            candidate,
            lambda rule: self._get_objection(run, candidate, rule),
        )
        run.decisions.append(decision)
        return self.browse(rule.id for rule in decision.rules)

    def _get_candidate(self, run, route, alias, values, company):
        """Return what the rules may ask about the place a mail goes to."""
        task = self.env[TASK].browse(route[1] or [])
        if task:
            alias = alias or task.mail_alias_id
        employee = alias._get_employee()
        return Candidate(
            alias_id=alias.id or 0,
            project_id=task.project_id.id or values.get("project_id") or 0,
            company_id=company.id,
            employee_id=employee.id or 0,
            department_ids=frozenset(self._get_departments(employee).ids),
            server_id=run.server_id,
            task_id=task.id or 0,
        )

    def _get_departments(self, employee):
        """Return an employee's department and all above it."""
        path = employee.department_id.parent_path or ""
        ids = [int(number) for number in path.split("/") if number]
        return self.env["hr.department"].browse(ids)

    def _get_company(self, alias, values):
        """Return the company whose rules count for mail to an address."""
        project = self.env["project.project"].browse(values.get("project_id", []))
        company = project.company_id or alias._get_owner_company()
        if company or self.env.company.alias_domain_id == alias.alias_domain_id:
            return company or self.env.company
        return alias.alias_domain_id.company_ids[:1] or self.env.company

    # ------------------------------------------------------------------
    # Routes
    # ------------------------------------------------------------------

    def _get_route(self, run, route, alias, values, company):
        """Return the route to the task that these rules want, its plan noted."""
        model, thread_id, _values, _user_id, _alias = route
        user_id = self._get_actor_id(run)
        thread_id = thread_id or self._find_task_to_append_to(run).id
        plan = self._get_plan(alias or self.env[TASK].browse(thread_id).mail_alias_id)
        self._plan_answer(plan, alias if not thread_id else alias.browse())
        if thread_id:
            task = self.env[TASK].browse(thread_id)
            if self._starts_new_task(task):
                return self._get_linked_route(run, route, task)
            self._plan_update(run, plan, task, company)
            plan.is_note = self[:1].message_kind == "note"
            route = (model, thread_id, route[2], user_id, route[4])
        else:
            values["mail_alias_id"] = alias.id
            values["mail_linked_task_id"] = run.linked_task_id
            new = self._plan_new_task(run, plan, values, company, alias)
            route = (model, 0, new, user_id, alias or None)
        run.plans.append((route, plan))
        return route

    def _plan_update(self, run, plan, task, company):
        """Note what the sender and these rules want of a task."""
        commands, company = self.env["mail.task.commands"], task.company_id or company
        plan.commands = commands._read(run, company, task.project_id)
        plan.update = self._get_update_values(run, task)

    def _plan_new_task(self, run, plan, values, company, alias):
        """Note what the sender wants of a new task; return its values without that."""
        commands = self.env["mail.task.commands"]
        project = self.env["project.project"].browse(values.get("project_id") or [])
        plan.commands = commands._read(run, company, project)
        new = wanted = self._get_new_values(run, plan, values, company, alias)
        if commands._order_project(run, plan):
            wanted = self._get_new_values(run, plan, values, company, alias)
        commands._order_values(run, plan, wanted)
        return new

    def _plan_answer(self, plan, alias):
        """Note what the sender is answered: the last rule with an answer says it, else
        the address."""
        rule = self.filtered("auto_reply_template_id")[-1:]
        template = rule.auto_reply_template_id or alias.alias_auto_reply_template_id
        plan.auto_reply_template_id = template.filtered("active").id or 0
        plan.auto_reply_user_id = rule.user_id.id or 0

    def _get_plan(self, alias):
        """Return the ``Plan`` of these rules; without any, that of the address."""
        rule = self[:1]
        unknown_sender = rule.unknown_sender or alias.alias_unknown_sender or "contact"
        owner = self.env["res.users"]
        if unknown_sender == "owner":
            owner = rule._get_owner() if rule else alias._get_answerable_user()
        return Plan(
            owner_id=owner.id,
            follower_ids=(self.follower_ids | alias.alias_follower_ids).ids,
            checks_sender=(rule.sender_policy or alias.alias_contact) == "project",
            unknown_sender=unknown_sender,
        )

    def _forced_route(self, run):
        """Return the route that somebody chose for a mail by hand."""
        self._identify_sender(run, [])
        if run.replay.task_id:
            return (TASK, run.replay.task_id, None, self.env.uid, None)
        company = self.env.company
        values = {"project_id": run.replay.project_id}
        nobody = self.env["mail.task.rule"]
        alias = self.env["mail.alias"]
        values = nobody._get_new_values(run, Plan(), values, company, alias)
        return (TASK, 0, values, self.env.uid, None)
