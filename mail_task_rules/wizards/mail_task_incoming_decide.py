from odoo import api, fields, models
from odoo.exceptions import UserError


class MailTaskIncomingDecide(models.TransientModel):
    """What shall become of mails that wait for somebody."""

    _name = "mail.task.incoming.decide"
    _description = "Decide on Incoming E-mails"

    incoming_ids = fields.Many2many("mail.task.incoming", required=True)
    action = fields.Selection(
        [
            ("again", "process it again by the rules of today"),
            ("project", "make it a task in"),
            ("task", "add it to the task"),
            (
                "allow",
                "allow the sender to write as often as they like, and process it",
            ),
            ("block", "ignore it, and whatever the sender writes from now on"),
        ],
        default="again",
        required=True,
    )
    project_id = fields.Many2one("project.project")
    task_id = fields.Many2one("project.task")
    alike_ids = fields.Many2many(
        "mail.task.incoming",
        compute="_compute_alike_ids",
        help="Other mails that wait and come from the same senders.",
    )
    alike_count = fields.Integer(compute="_compute_alike_ids")
    with_alike = fields.Boolean("Do the same for all like this")

    @api.depends("incoming_ids")
    def _compute_alike_ids(self):
        for wizard in self:
            wizard.alike_ids = self.env["mail.task.incoming"].search(
                [
                    ("email_from", "in", wizard.incoming_ids.mapped("email_from")),
                    ("email_from", "!=", False),
                    ("state", "in", ("failed", "quarantined")),
                    ("id", "not in", wizard.incoming_ids.ids),
                ]
            )
            wizard.alike_count = len(wizard.alike_ids)

    def action_apply(self):
        self.ensure_one()
        mails = self.incoming_ids
        if self.with_alike:
            mails |= self.alike_ids
        mails.check_access("write")
        for mail in mails:
            mail._check_can_be_processed()
        target = getattr(self, f"_apply_{self.action}")(mails)
        for mail in mails:
            mail._process_again(**target)
        return {"type": "ir.actions.act_window_close"}

    def _apply_again(self, mails):
        return {}

    def _apply_project(self, mails):
        if not self.project_id:
            raise UserError(self.env._("Choose the project of the task."))
        self.project_id.check_access("read")
        return {"project_id": self.project_id.id}

    def _apply_task(self, mails):
        if not self.task_id:
            raise UserError(self.env._("Choose the task to add the e-mail to."))
        self.task_id.check_access("write")
        return {"task_id": self.task_id.id}

    def _apply_allow(self, mails):
        Allowed = self.env["mail.gateway.allowed"].sudo()
        for email in self._get_senders(mails):
            if not Allowed.search_count([("email_normalized", "=", email)], limit=1):
                Allowed.create({"email": email})
        return {}

    def _apply_block(self, mails):
        Rule = self.env["mail.task.rule"]
        for email in self._get_senders(mails):
            Rule._block_sender(email)
        return {}

    def _get_senders(self, mails):
        senders = sorted(set(mails.mapped("email_from")) - {False})
        if not senders:
            raise UserError(self.env._("The e-mail does not say who sent it."))
        return senders
