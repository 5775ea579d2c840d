from odoo import api, fields, models
from odoo.fields import Command

from ..engine.references import FALSE_FRIENDS
from .fetchmail_server import UNPROCESSED_ACTIONS
from .mail_task_answers import ANSWER_SENDERS
from .mail_task_command_values import LABELS, TIME
from .mail_task_value import FIELD_TYPES

# What a task is, rather than what it says
COMPANY_FIELDS = ("active", "company_id", "id", "is_template")

# Each kind of ``engine.robots.KINDS`` has a setting ``mail_task_<kind>_action``.
ROBOT_ACTIONS = [
    ("task", "treat like any other mail"),
    ("ignore", "ignore"),
    ("quarantine", "quarantine"),
]


def robot_action(label, default):
    return fields.Selection(ROBOT_ACTIONS, label, default=default, required=True)


class ResCompany(models.Model):
    _inherit = "res.company"

    mail_task_project_id = fields.Many2one(
        "project.project",
        "Project for Incoming Mail",
        domain="[('company_id', 'in', (False, id))]",
        help="Where mail to employees and to addresses without a project becomes "
        "tasks, unless a rule says otherwise.",
    )

    mail_task_responsible_id = fields.Many2one(
        "res.users",
        "Responsible for Incoming Mail",
        domain="[('share', '=', False)]",
        help="Gets an activity when a mail waits for somebody.",
    )
    mail_task_unprocessed_action = fields.Selection(
        UNPROCESSED_ACTIONS,
        "Mail Nobody Wants",
        default="keep",
        required=True,
        help="What becomes of a mail from the mail transfer agent that no address "
        "claims and no rule wants.",
    )
    mail_task_unprocessed_forward_to = fields.Char("Forward It To")
    mail_task_cut_description = fields.Boolean("Cut Quotes from Descriptions")
    mail_task_cut_replies = fields.Boolean("Cut Quotes from Replies")
    mail_task_bounce_action = robot_action("Delivery Reports", "ignore")
    mail_task_receipt_action = robot_action("Read Receipts", "ignore")
    mail_task_out_of_office_action = robot_action("Out-of-Office Replies", "ignore")
    mail_task_list_action = robot_action("Mailing Lists", "task")
    mail_task_bulk_action = robot_action("Bulk Mail", "task")
    mail_task_automatic_action = robot_action("Automatic Mail", "task")

    mail_task_gives_addresses = fields.Boolean(
        "Give New Employees a Task Address",
        help="The part of their login before the @.",
    )
    mail_task_abandoned_action = fields.Selection(
        ROBOT_ACTIONS,
        "Addresses of Nobody",
        default="task",
        required=True,
        help="What becomes of a new mail to an archived project or employee, or to "
        "one who is no user, unless a rule says it.",
    )
    mail_task_copies = fields.Selection(
        [
            ("project", "one task in each project"),
            ("one", "one task"),
            ("address", "one task for each address"),
        ],
        "Mail to Several Addresses",
        default="project",
        required=True,
        help="What the same mail becomes that was sent to several task addresses of "
        "the company.",
    )
    mail_task_by_address = fields.Boolean("The Task's Address", default=True)
    mail_task_by_number = fields.Boolean("Its Number in the Subject", default=True)
    mail_task_false_friends = fields.Char(
        "But Not After",
        default=FALSE_FRIENDS,
        help="Words that say that the number behind them is not that of a task.",
    )
    mail_task_by_subject = fields.Boolean("A Reply to Its Title", default=True)
    mail_task_by_sender = fields.Boolean("The Sender's Last Open Task")
    mail_task_answers_from = fields.Selection(
        ANSWER_SENDERS,
        "Answers to Customers",
        default="address",
        required=True,
        help="Where messages to the customers of a task come from, unless the project "
        "or the employee who writes has another setting.",
    )
    mail_task_command_field_ids = fields.Many2many(
        "ir.model.fields",
        string="Commands",
        default=lambda self: self._default_mail_task_commands(),
        domain=[
            ("model", "=", "project.task"),
            ("readonly", "=", False),
            ("store", "=", True),
            ("ttype", "in", (*FIELD_TYPES, "properties")),
            ("name", "not in", COMPANY_FIELDS),
        ],
        help="What a colleague may set with lines such as “Stage: Done” at the start "
        "of an e-mail.",
    )
    mail_task_command_time = fields.Boolean("Time Spent", default=True)

    @api.model
    def _default_mail_task_commands(self):
        fields_of_task = self.env["ir.model.fields"].sudo()
        names = [name for name in LABELS if name != TIME]
        return fields_of_task.search(
            [("model", "=", "project.task"), ("name", "in", names)]
        )

    def _get_mail_task_commands(self):
        """Return the names of the fields that commands may set."""
        names = self.mail_task_command_field_ids.mapped("name")
        if self.mail_task_command_time and TIME in self.env["project.task"]._fields:
            names.append(TIME)
        return names

    def _get_mail_task_project(self):
        """Return the project for mail that nothing places, as the system."""
        company_sudo = self.sudo()
        if not company_sudo.mail_task_project_id.active:
            company_sudo._create_missing_mail_task_project()
        return company_sudo.mail_task_project_id

    def _get_mail_task_responsible(self):
        """Return the user who is told when a mail waits for somebody."""
        group = self.env.ref("mail_task_rules.group_mail_admin")
        candidates = self.mail_task_responsible_id, *group.user_ids.sorted("id")
        return next((user for user in candidates if user.active), self.env.user)

    def _get_mail_task_lang(self):
        """Return the language in which the ledger tells what became of mails."""
        # sudo: the language only
        company = self.sudo()
        reader = company.mail_task_responsible_id.partner_id or company.partner_id
        return reader.lang or self.env.lang

    def _create_missing_mail_task_project(self):
        for company in self.filtered(lambda c: not c.mail_task_project_id.active):
            company.mail_task_project_id = self.env["project.project"].create(
                company._prepare_mail_task_project_vals()
            )

    def _prepare_mail_task_project_vals(self):
        stages = (self.env._("New"), self.env._("In Progress"), self.env._("Done"))
        return {
            "name": self.env._("Incoming Mail"),
            "company_id": self.id,
            # Mail to one employee is not for all of them to read.
            "privacy_visibility": "followers",
            "type_ids": [
                Command.create({"name": name, "sequence": number, "fold": False})
                for number, name in enumerate(stages)
            ],
        }
