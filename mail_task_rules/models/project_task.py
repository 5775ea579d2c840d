from odoo import api, fields, models
from odoo.tools.mail import (
    email_normalize,
    email_normalize_all,
    email_split_and_format,
    is_html_empty,
)

from ..engine.run import current_run


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
    mail_alias_id = fields.Many2one(
        "mail.alias",
        "Came by Address",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )

    @api.depends("incoming_ids")
    def _compute_incoming_count(self):
        counts = dict(
            self.env["mail.task.incoming"]._read_group(
                [("task_id", "in", self.ids)], ["task_id"], ["__count"]
            )
        )
        for task in self:
            task.incoming_count = counts.get(task, 0)

    def action_open_incoming(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_task_rules.mail_task_incoming_action"
        )
        return {**action, "domain": [("task_id", "=", self.id)], "context": {}}

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
        for name in ("to", "cc"):
            msg_dict[name] = self._without_own_addresses(
                run, msg_dict.get(f"{name}_filtered", msg_dict.get(name))
            )
        decided = "user_ids" in (custom_values or {})
        self_decided = self.with_context(mail_task_assignees_decided=decided)
        task = super(ProjectTask, self_decided).message_new(msg_dict, custom_values)
        if task.project_id and msg_dict.get("author_id"):
            task.message_subscribe([msg_dict["author_id"]])
        if task.email_cc:
            # core joins an empty text with the addresses that follow
            task.email_cc = task.email_cc.strip(", ")
        return task

    def _without_own_addresses(self, run, addresses):
        """Return a recipient header, free of aliases, without our mailboxes."""
        found = email_split_and_format(addresses or "")
        if not found:
            return ""
        servers = self.env["fetchmail.server"].sudo().search([("user", "!=", False)])
        mailboxes = {email_normalize(user) for user in servers.mapped("user")}
        mailboxes.update(email_normalize_all(run.facts.delivered_to))
        return ",".join(
            address for address in found if email_normalize(address) not in mailboxes
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
        """
        if is_html_empty(msg_vals.get("body")):
            msg_vals = dict(msg_vals, body="")
        result = super()._message_post_after_hook(message, msg_vals)
        if (
            current_run()
            and not self.description
            and message.subtype_id == self._creation_subtype()
        ):
            self.description = msg_vals.get("body")
        return result
