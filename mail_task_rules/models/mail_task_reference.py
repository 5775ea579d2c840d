from odoo import api, models
from odoo.fields import Domain
from odoo.tools import consteq, hmac

from ..engine.references import (
    is_same_subject,
    numbers_in,
    reference_in,
    replied_subject,
    split_tag,
)

TASK = "project.task"
# Hexadecimal digits; nobody tries 2^64 addresses by mail.
_TOKEN_LENGTH = 16
# Tasks of a sender with a similar name that are compared with a reply's subject
_COMPARED = 20


class MailTaskReference(models.AbstractModel):
    """Which existing task a mail is for, if core found none by its references.

    Asked in turn, each by a setting: the address (``task+12-token@``), a number in
    the subject, the subject of a reply, the last task of the sender.
    """

    _name = "mail.task.reference"
    _description = "References of E-mails to Tasks"

    # ------------------------------------------------------------------
    # Addresses
    # ------------------------------------------------------------------

    @api.model
    def _read_addresses(self, run):
        """Note tags and numbers in our addresses that the mail was written to, and
        have core find ``anything@`` where it was written to ``anything+tag@``."""
        plain = {}
        for address in self._get_own_plus_addresses(run.facts):
            run.own_addresses.add(address)
            reference = reference_in(address)
            if reference:
                run.references.append(reference)
            else:
                plain[address] = split_tag(address)
        run.facts.plus_tag = ", ".join(tag for _, tag in plain.values())
        addresses = [run.message_dict.get("recipients")]
        addresses += [address for address, _ in plain.values()]
        run.message_dict["recipients"] = ",".join(filter(None, addresses))

    def _get_own_plus_addresses(self, facts):
        """Return the recipients with a ``+`` that are not aliases as they are."""
        tagged = [address for address in facts.recipients.split(", ") if "+" in address]
        if not tagged:
            return []
        names = [address.rpartition("@")[2] for address in tagged]
        domains = self.env["mail.alias.domain"].sudo().search([("name", "in", names)])
        names = set(domains.mapped("name"))
        aliases = domains._find_aliases(tagged)
        return [
            address
            for address in tagged
            if address.rpartition("@")[2] in names and address not in aliases
        ]

    @api.model
    def _get_task_address(self, task):
        """Return the address at which mail joins the task, whoever writes it."""
        domain = (
            task.project_id.alias_domain_id
            or (task.company_id or self.env.company).alias_domain_id
        )
        if not domain or not task._origin.id:
            return False
        return f"task+{task._origin.id}-{self._get_token(task._origin)}@{domain.name}"

    def _get_token(self, task):
        env = self.env(su=True)
        return hmac(env, "mail_task_rules.task_address", task.id)[:_TOKEN_LENGTH]

    # ------------------------------------------------------------------
    # Routes
    # ------------------------------------------------------------------

    def _refer(self, run, routes):
        """Return the routes, with a reply in place of new tasks if the mail is for
        an existing one, and with those to the projects whose number it names.

        :param list routes: those that core found; none for a mail nobody claims
        """
        if any(route[0] == TASK and route[1] for route in routes):
            return routes
        others = [route for route in routes if route[0] != TASK]
        new = [route for route in routes if route[0] == TASK]
        task = self._find_task(run)
        if task:
            alias = next((route[4] for route in new if route[4]), None)
            return [*others, (TASK, task.id, None, self._get_actor_id(run), alias)]
        numbered = self._get_project_routes(run)
        if numbered:
            # A mailbox's own project is for mail that says nothing itself.
            new = [route for route in new if route[4] and route not in numbered]
        return [*others, *new, *numbered]

    def _get_actor_id(self, run):
        return run.user_id or self.env.uid

    def _get_project_routes(self, run):
        """Return the routes to new tasks for ``project+3@``, as if it had been
        written to the project's own address, whose permissions hold."""
        ids = [one.id for one in run.references if one.kind == "project"]
        routes = []
        for project in self.env["project.project"].browse(ids).exists():
            alias = project.alias_id
            values = {**alias._get_default_values(), "project_id": project.id}
            routes.append((TASK, 0, values, self._get_actor_id(run), alias))
        thread = self.env[TASK]
        checked = [
            thread._routing_check_route(
                run.message, run.message_dict, route, raise_exception=False
            )
            for route in routes
        ]
        return [route for route in checked if route]

    # ------------------------------------------------------------------
    # Tasks
    # ------------------------------------------------------------------

    def _find_task(self, run):
        """Return the task that the mail is for, or an empty recordset."""
        company = self.env.company.sudo()
        found = self.env[TASK]
        for is_wanted, find in (
            (company.mail_task_by_address, self._find_by_address),
            (company.mail_task_by_number, self._find_by_number),
            (company.mail_task_by_subject, self._find_by_subject),
            (company.mail_task_by_sender, self._find_last),
        ):
            if is_wanted:
                found = found or find(run)
        return found

    def _find_by_address(self, run):
        ids = [one.id for one in run.references if self._is_proven(one)]
        return self.env[TASK].browse(ids).exists()[:1] or self._find_numbered(
            run, [one.id for one in run.references if one.kind == "task"]
        )

    def _is_proven(self, reference):
        task = self.env[TASK].browse(reference.id)
        return reference.kind == "task" and consteq(
            reference.token, self._get_token(task)
        )

    def _is_invited(self, run, candidate):
        """Tell whether the mail proves by its address that it is for the task."""
        return any(
            one.id == candidate.task_id and self._is_proven(one)
            for one in run.references
        )

    def _find_by_number(self, run):
        friends = self.env.company.sudo().mail_task_false_friends or ""
        return self._find_numbered(run, numbers_in(run.facts.subject, friends))

    def _find_numbered(self, run, ids):
        """Return the first of the tasks that the sender has to do with."""
        for task in self.env[TASK].browse(ids).exists():
            if self._has_to_do_with(run, task):
                return task
            if not run.linked_task_id and self._may(run, task, "read"):
                run.linked_task_id = task.id
        return self.env[TASK]

    def _has_to_do_with(self, run, task):
        """Tell whether the sender takes part in a task, or may write it."""
        people = (
            task.partner_id
            | task.message_partner_ids
            | (task.user_ids | task.create_uid).partner_id
        )
        return run.partner_id in people.ids or self._may(run, task, "write")

    def _may(self, run, task, operation):
        user = self.env["res.users"].browse(run.user_id or [])
        return bool(user) and task.with_user(user).has_access(operation)

    def _find_by_subject(self, run):
        """Return the last task with the subject that the mail replies to, of those
        that the sender takes part in."""
        title = replied_subject(run.facts.subject)
        tasks = title and self.env[TASK].search(
            self._get_domain_of_sender(run) & Domain("name", "ilike", title.split()[0]),
            order="id desc",
            limit=_COMPARED,
        )
        return next(
            (task for task in tasks or () if is_same_subject(task.name, title)),
            self.env[TASK],
        )

    def _find_last(self, run):
        if not run.partner_id:
            return self.env[TASK]
        domain = [("partner_id", "=", run.partner_id), ("is_closed", "=", False)]
        return self.env[TASK].search(domain, order="id desc", limit=1)

    def _get_domain_of_sender(self, run):
        if not run.partner_id:
            return Domain.FALSE
        return (
            Domain("partner_id", "=", run.partner_id)
            | Domain("message_partner_ids", "in", [run.partner_id])
            | Domain("user_ids.partner_id", "=", run.partner_id)
            | Domain("create_uid.partner_id", "=", run.partner_id)
        )
