from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain

EVENTS = [
    ("created", "is created by e-mail"),
    ("assigned", "is assigned"),
    ("stage", "reaches a stage"),
    ("comment", "gets a message"),
    ("note", "gets an internal note"),
    ("attachment", "gets an attachment"),
    ("deadline", "comes near its deadline"),
]
TEMPLATES = {
    "created": "mail_task_rules.mail_template_request_received",
    "assigned": "mail_task_rules.mail_template_assigned",
    "stage": "mail_task_rules.mail_template_done",
    "deadline": "mail_task_rules.mail_template_deadline",
}
NEWS_TEMPLATE = "mail_task_rules.mail_template_news"
ROLES = ("to_assignees", "to_author", "to_customer", "to_followers", "to_manager")


class MailTaskNotification(models.Model):
    """One line of the ordered list that says who is told what by e-mail.

    What happens to tasks is noted in ``mail_task_notification_event.py``; which
    notification is about it is found in ``mail_task_telling.py``, who is told in
    ``mail_task_recipients.py``; the mails are made in
    ``mail_task_notification_mail.py``.
    """

    _name = "mail.task.notification"
    _inherit = [
        "mail.task.telling",
        "mail.task.recipients",
        "mail.task.notification.mail",
    ]
    _description = "Notification Rule"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        help="Only for tasks of this company. Empty: of all.",
    )
    project_ids = fields.Many2many(
        "project.project", string="Projects", check_company=True
    )
    event = fields.Selection(EVENTS, "When a Task", default="created", required=True)
    stage_ids = fields.Many2many(
        "project.task.type",
        string="Stages",
        help="Empty: the task is marked as done, whatever its stage.",
    )
    deadline_number = fields.Integer("Time Before the Deadline", default=1)
    deadline_unit = fields.Selection(
        [("hours", "hours"), ("days", "days")], "Unit", default="days", required=True
    )
    domain = fields.Char(
        "Further Conditions", help="On anything that you may read of the task."
    )
    to_assignees = fields.Boolean("Assignees")
    to_author = fields.Boolean("Author", help="Who wrote the task's first message.")
    to_customer = fields.Boolean("Customer")
    to_followers = fields.Boolean("Followers")
    to_manager = fields.Boolean("Project Manager")
    user_ids = fields.Many2many(
        "res.users",
        string="Other Users",
        domain="[('share', '=', False), ('active', '=', True)]",
    )
    template_id = fields.Many2one(
        "mail.template",
        "E-mail Template",
        compute="_compute_template_id",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        ondelete="restrict",
        domain="[('model', '=', 'project.task')]",
    )
    sent_ids = fields.One2many("mail.task.notification.sent", "notification_id")
    sent_count = fields.Integer("E-mails", compute="_compute_sent")
    last_sent = fields.Datetime(compute="_compute_sent")

    _deadline_positive = models.Constraint(
        "CHECK(deadline_number > 0)",
        "The time before the deadline must be more than 0.",
    )

    @api.depends("event")
    def _compute_template_id(self):
        own = {event: self.env.ref(name) for event, name in TEMPLATES.items()}
        news = self.env.ref(NEWS_TEMPLATE)
        ready_made = news.union(*own.values())
        for notification in self:
            if notification.template_id <= ready_made:
                notification.template_id = own.get(notification.event, news)

    @api.depends("sent_ids")
    def _compute_sent(self):
        sent = self.env["mail.task.notification.sent"]._read_group(
            [("notification_id", "in", self.ids)],
            ["notification_id"],
            ["__count", "create_date:max"],
        )
        found = {one: (count, last) for one, count, last in sent}
        for notification in self:
            count, last = found.get(notification._origin, (0, False))
            notification.sent_count, notification.last_sent = count, last

    # ------------------------------------------------------------------
    # Checks
    # ------------------------------------------------------------------

    @api.constrains("domain")
    def _check_domain(self):
        """Refuse a domain that is none, or looks where its author may not."""
        for notification in self:
            try:
                domain = notification._get_domain()
                self.env["project.task"].search_fetch(domain, ["id"], limit=1)
            except (ValueError, SyntaxError, TypeError, KeyError) as error:
                raise ValidationError(
                    self.env._("The conditions cannot be evaluated: %s", error)
                ) from error

    @api.constrains("template_id")
    def _check_template_id(self):
        for notification in self:
            if notification.template_id.model != "project.task":
                raise ValidationError(
                    self.env._(
                        "The template “%s” is not for tasks: choose another one.",
                        notification.template_id.name,
                    )
                )

    @api.constrains("name", "user_ids", *ROLES)
    def _check_recipients(self):
        for notification in self:
            if any(user.share for user in notification.user_ids):
                raise ValidationError(
                    self.env._("Other users can be colleagues only, no portal users.")
                )
            if not notification.user_ids and not any(
                notification[role] for role in ROLES
            ):
                raise ValidationError(self.env._("Say who shall be told."))

    @api.model_create_multi
    def create(self, vals_list):
        notifications = super().create(vals_list)
        notifications._check_author()
        self._update_events()
        return notifications

    def write(self, vals):
        self._check_author()
        result = super().write(vals)
        self._check_author()
        self._update_events()
        return result

    def unlink(self):
        self._check_author()
        result = super().unlink()
        self._update_events()
        return result

    def _check_author(self):
        """Have project managers write those of projects that they may write."""
        if self.env["mail.task.rule"]._is_mail_admin():
            return
        for notification in self:
            if not notification.project_ids:
                raise AccessError(
                    self.env._(
                        "Your notifications can be for given projects only: choose "
                        "them. Mail administrators make those for all."
                    )
                )
            notification.project_ids.check_access("write")

    # ------------------------------------------------------------------
    # Tasks
    # ------------------------------------------------------------------

    def _get_domain(self):
        """Return which tasks it is about, whatever happens to them."""
        domain = Domain(literal_eval(self.domain or "[]"))
        if self.project_ids:
            domain &= Domain("project_id", "in", self.project_ids.ids)
        if self.company_id:
            domain &= Domain("company_id", "in", (self.company_id.id, False))
        return domain

    def _search_tasks(self, domain, **options):
        """Return those of the tasks that it is about, as its author sees them."""
        tasks = self._as_author(self.env["project.task"])
        found = tasks.search(Domain(domain) & self._get_domain(), **options)
        return found.with_env(self.env)

    def _as_author(self, records):
        """Return records as who wrote the notification sees them: it may ask for, and
        show, what they may see."""
        author = self.write_uid
        # sudo: one's companies are one's own to read
        companies = {"allowed_company_ids": author.sudo().company_ids.ids}
        return records.with_user(author).with_context(**companies)

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_test(self):
        """Send the user what it would send about the last task that fits."""
        self.ensure_one()
        # The mail shows what the author of the rule may see.
        self.check_access("write")
        found = self._search_tasks(self._get_sample_domain(), order="id desc", limit=20)
        task = found._filtered_access("read")[:1]
        if not task:
            return self._notify(
                "warning", self.env._("There is no task yet that it would be about.")
            )
        if not self.env.user.email:
            return self._notify(
                "warning", self.env._("Enter your own e-mail address first.")
            )
        # sudo: to read the task's address and messages
        self.sudo()._send_sample(task.sudo(), self.env.user.partner_id)
        text = self.env._("The e-mail about “%s” is on its way to you.", task.name)
        return self._notify("success", text)

    def _get_sample_domain(self):
        """Return for which tasks its event can have happened."""
        if self.event == "created":
            return Domain("message_ids.message_type", "=", "email")
        if self.event == "assigned":
            return Domain("user_ids", "!=", False)
        if self.event == "deadline":
            return Domain("date_deadline", "!=", False)
        if self.event != "stage":
            return Domain("message_ids", "!=", False)
        if self.stage_ids:
            return Domain("stage_id", "in", self.stage_ids.ids)
        return Domain("state", "=", "1_done")

    def _notify(self, kind, text):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": kind, "message": text},
        }

    def action_open_sent(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_task_rules.mail_task_notification_sent_action"
        )
        return {**action, "domain": [("notification_id", "=", self.id)]}
