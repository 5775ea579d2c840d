from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools.mail import (
    email_normalize,
    email_normalize_all,
    email_split,
    email_split_and_format,
    is_html_empty,
)

from ..engine.run import current_run

# With more addresses in Cc, those who got the mail are no followers.
MASS_MAIL = 20


class SenderRefused(AccessError):
    """The sender of a mail may not create the task that it would become."""


class ProjectTask(models.Model):
    _inherit = "project.task"

    incoming_ids = fields.One2many(
        "mail.task.incoming",
        "task_id",
        "Incoming E-mails",
        groups="mail_task_rules.group_mail_admin,project.group_project_user",
    )
    incoming_count = fields.Integer(
        compute="_compute_incoming_count",
        groups="mail_task_rules.group_mail_admin,project.group_project_user",
    )
    category_id = fields.Many2one(
        "mail.task.category",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        domain="['|', ('project_ids', '=', False), ('project_ids', '=', project_id)]",
    )
    mail_alias_id = fields.Many2one(
        "mail.alias",
        "Came by Address",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )

    mail_linked_task_id = fields.Many2one(
        "project.task",
        "Goes on From",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The task that the e-mail referred to.",
    )
    task_email = fields.Char(
        "Task Address",
        compute="_compute_task_email",
        groups="project.group_project_user",
        help="Mail to this address is added to the task, whoever sends it.",
    )

    @api.depends("company_id", "project_id")
    def _compute_task_email(self):
        references = self.env["mail.task.rule"].sudo()
        for task in self:
            task.task_email = references._get_task_address(task)

    @api.depends("incoming_ids")
    def _compute_incoming_count(self):
        counts = dict(
            self.env["mail.task.incoming"]._read_group(
                [("task_id", "in", self.ids)], ["task_id"], ["__count"]
            )
        )
        for task in self:
            task.incoming_count = counts.get(task, 0)

    @api.model
    def _task_message_auto_subscribe_notify(self, users_per_task):
        """Leave it to the notification rules, if one tells the assignees by e-mail."""
        notifications = self.env["mail.task.notification"]
        # sudo: how colleagues want to be notified
        untold = {
            task: users.filtered(lambda user: user.sudo().notification_type != "email")
            if notifications._tells_assignees(task)
            else users
            for task, users in users_per_task.items()
        }
        return super()._task_message_auto_subscribe_notify(untold)

    def action_open_incoming(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_task_rules.mail_task_incoming_action"
        )
        return {**action, "domain": [("task_id", "=", self.id)], "context": {}}

    def _notify_by_email_get_final_mail_values(
        self, recipient_ids, mail_values, additional_values=None
    ):
        """Have customers get mail from the address that the task came by."""
        values = super()._notify_by_email_get_final_mail_values(
            recipient_ids, mail_values, additional_values
        )
        message = self.env["mail.message"].browse(mail_values["mail_message_id"])
        answers = self.env["mail.task.answers"]
        return {**values, **answers._get_mail_values(self, message, recipient_ids)}

    # ------------------------------------------------------------------
    # Gateway
    # ------------------------------------------------------------------

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Keep our own addresses out of the task, and the assignees decided for it;
        have the sender follow it.

        Core would note the addresses as people to write to, make a colleague an
        assignee for being among the recipients, and not send the answers to the
        sender by itself.
        """
        run = current_run()
        if not run:
            return super().message_new(msg_dict, custom_values)
        self._prepare_recipients(run, msg_dict)
        decided = "user_ids" in (custom_values or {})
        self_decided = self.with_context(mail_task_assignees_decided=decided)
        task = super(ProjectTask, self_decided).message_new(msg_dict, custom_values)
        if task.project_id and msg_dict.get("author_id"):
            task.message_subscribe([msg_dict["author_id"]])
        self._check_sender(run, task)
        if task.email_cc:
            # core joins an empty text with the addresses that follow
            task.email_cc = task.email_cc.strip(", ")
        return task

    def message_update(self, msg_dict, update_vals=None):
        run = current_run()
        if run:
            self._prepare_recipients(run, msg_dict)
        return super().message_update(msg_dict, update_vals=update_vals)

    def _prepare_recipients(self, run, msg_dict):
        """Keep our own addresses out of what core notes, and have it note nobody who
        got a mail together with many others."""
        is_mass_mail = len(email_split(msg_dict.get("cc") or "")) > MASS_MAIL
        for name in ("to", "cc"):
            found = msg_dict.get(f"{name}_filtered", msg_dict.get(name))
            found = "" if is_mass_mail else self._without_own_addresses(run, found)
            msg_dict[name] = msg_dict[f"{name}_filtered"] = found

    def _check_sender(self, run, task):
        """Have the sender be somebody who may create this very task.

        :raise SenderRefused: they may not
        """
        if not run.plan.needs_right or not run.user_id:
            return
        user = self.env["res.users"].browse(run.user_id)
        if not task.with_user(user).has_access("create"):
            raise SenderRefused(
                self.env._(
                    "%(user)s may not create tasks in %(project)s.",
                    user=user.name,
                    project=task.project_id.display_name,
                )
            )

    def _prepare_visibility(self, run, msg_dict):
        """Have a mail be seen by whom the rule says."""
        if run.plan.is_note:
            msg_dict["is_internal"] = True
            # Core would send the note to who wrote the message that it answers.
            msg_dict["parent_id"] = False

    def _prepare_author(self, run, msg_dict):
        """Have an unknown sender's mail come from whom the rule or address says."""
        if not run.facts.is_trusted:
            trust = self.env["mail.task.trust"]
            msg_dict["email_from"] = trust._mark_unproven(msg_dict["email_from"])
        if run.facts.sender_kind != "unknown":
            self._hide_further_address(run, msg_dict)
        elif run.plan.unknown_sender == "owner":
            self._make_owner_author(run, msg_dict)
        elif run.plan.unknown_sender == "portal":
            self._make_portal_author(run, msg_dict)
        else:
            self._make_contact_author(msg_dict)

    def _hide_further_address(self, run, msg_dict):
        """Show customers no private address of a colleague's."""
        # sudo: whoever delivers the mail
        partner = self.env["res.partner"].sudo().browse(run.claim.partner_id)
        if run.facts.sender_kind == "user" and partner.email:
            msg_dict["email_from"] = partner.email_formatted

    def _make_owner_author(self, run, msg_dict):
        """Name the sender in the text; no contact is made of them."""
        owner = self.env["res.users"].browse(run.plan.owner_id)
        sender = self.env._("From: %s", msg_dict["email_from"])
        msg_dict["body"] = Markup("<p>%s</p>%s") % (sender, msg_dict.get("body") or "")
        msg_dict["author_id"] = owner.partner_id.id
        msg_dict["email_from"] = owner.email_formatted

    def _make_contact_author(self, msg_dict):
        """Make a contact of a sender; of one who may be anybody, none is made."""
        # sudo: as core does, whoever delivers the mail
        threads = self.env["mail.thread"].sudo()
        partner = threads._partner_find_from_emails_single([msg_dict["email_from"]])
        msg_dict["author_id"] = partner.id
        return partner

    def _make_portal_author(self, run, msg_dict):
        """Make a portal user of a person who writes; robots are no users."""
        partner = self._make_contact_author(msg_dict)
        if not partner:
            return
        notices = self.env["mail.task.notice"].sudo()
        if not notices._may_answer(run.message, msg_dict["email_from"]):
            # The invitation is an automatic message like any other.
            return
        # sudo: the rule says so, and a mail administrator wrote it
        wizard = (
            self.env["portal.wizard"]
            .sudo()
            .with_context(active_model="res.partner", active_ids=partner.ids)
            .create({})
        )
        wizard.user_ids.action_grant_access()

    def _without_own_addresses(self, run, addresses):
        """Return a recipient header, free of aliases, without our mailboxes."""
        found = email_split_and_format(addresses or "")
        if not found:
            return ""
        servers = self.env["fetchmail.server"].sudo().search([("user", "!=", False)])
        own = {email_normalize(user) for user in servers.mapped("user")}
        own.update(email_normalize_all(run.facts.delivered_to))
        own.update(run.own_addresses)
        return ",".join(
            address for address in found if email_normalize(address) not in own
        )

    def _find_internal_users_from_address_mail(self, emails, project_id=False):
        """Let core work for a project without an address, and not add assignees."""
        project = self.env["project.project"].browse(project_id)
        if not (project.alias_name and project.alias_domain_id):
            project_id = False
        user_ids, known, unknown = super()._find_internal_users_from_address_mail(
            emails, project_id
        )
        if self.env.context.get("mail_task_assignees_decided"):
            user_ids = []
        return user_ids, known, unknown

    def _message_post_after_hook(self, message, msg_vals):
        """Have the text of the mail as description, whoever the customer is.

        Core does it only if the customer wrote the mail, and fails at a blank one.
        What a task template says comes first.
        """
        if is_html_empty(msg_vals.get("body")):
            msg_vals = dict(msg_vals, body="")
        result = super()._message_post_after_hook(message, msg_vals)
        run = current_run()
        is_new = message.subtype_id == self._creation_subtype()
        is_first = bool(run and run.plan) and is_new
        events = self.env["mail.task.notification.event"]
        events._note_message(self, message, is_first)
        if is_first:
            text = self.description or msg_vals.get("body") or ""
            text = self.env["mail.task.quotes"]._cut_description(run, text)
            description = Markup(run.plan.template_text) + Markup(text)
            if description != self.description:
                # to clean the same text again takes as long as all the rest
                self.description = description
        return result
