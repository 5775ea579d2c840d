from odoo import api, fields, models

from ..engine.limits import Limits
from .mail_task_command_values import TIME
from .mail_task_guard import PREFIX


def limit(name, label):
    """Return a field for one of the ``Limits`` of what is shown of a mail."""
    return fields.Integer(
        label,
        config_parameter=f"{PREFIX}{name}",
        default=getattr(Limits, name),
    )


def of_company(name):
    return fields.Selection(related=f"company_id.{name}", readonly=False, required=True)


def switch_of_company(name):
    return fields.Boolean(related=f"company_id.{name}", readonly=False)


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    mail_task_project_id = fields.Many2one(
        related="company_id.mail_task_project_id", readonly=False
    )
    mail_task_responsible_id = fields.Many2one(
        related="company_id.mail_task_responsible_id", readonly=False
    )
    mail_task_unprocessed_action = of_company("mail_task_unprocessed_action")
    mail_task_unprocessed_forward_to = fields.Char(
        related="company_id.mail_task_unprocessed_forward_to", readonly=False
    )
    mail_task_cut_description = fields.Boolean(
        related="company_id.mail_task_cut_description", readonly=False
    )
    mail_task_cut_replies = fields.Boolean(
        related="company_id.mail_task_cut_replies", readonly=False
    )
    mail_task_bounce_action = of_company("mail_task_bounce_action")
    mail_task_receipt_action = of_company("mail_task_receipt_action")
    mail_task_out_of_office_action = of_company("mail_task_out_of_office_action")
    mail_task_list_action = of_company("mail_task_list_action")
    mail_task_bulk_action = of_company("mail_task_bulk_action")
    mail_task_automatic_action = of_company("mail_task_automatic_action")
    mail_task_gives_addresses = switch_of_company("mail_task_gives_addresses")
    mail_task_abandoned_action = of_company("mail_task_abandoned_action")
    mail_task_copies = of_company("mail_task_copies")
    mail_task_by_address = switch_of_company("mail_task_by_address")
    mail_task_by_number = switch_of_company("mail_task_by_number")
    mail_task_false_friends = fields.Char(
        related="company_id.mail_task_false_friends", readonly=False
    )
    mail_task_by_subject = switch_of_company("mail_task_by_subject")
    mail_task_by_sender = switch_of_company("mail_task_by_sender")
    mail_task_answers_from = of_company("mail_task_answers_from")
    mail_task_answers_warning = fields.Char(
        compute="_compute_mail_task_answers_warning"
    )
    mail_task_command_field_ids = fields.Many2many(
        related="company_id.mail_task_command_field_ids", readonly=False
    )
    mail_task_command_time = switch_of_company("mail_task_command_time")
    mail_task_has_timesheets = fields.Boolean(
        compute="_compute_mail_task_has_timesheets"
    )
    mail_task_sender_authentication = fields.Selection(
        [
            ("fail_only", "unless it was disproved"),
            ("required", "only if it was proven"),
            ("off", "always"),
        ],
        "Believe the Sender",
        config_parameter="mail_task_rules.sender_authentication",
        default="fail_only",
        required=True,
    )
    mail_task_authserv_ids = fields.Char(
        "Mail Servers to Believe",
        config_parameter="mail_task_rules.trusted_authserv_ids",
    )
    mail_task_limit_megabytes = limit("megabytes", "Megabytes")
    mail_task_limit_parts = limit("parts", "Parts")
    mail_task_limit_recipients = limit("recipients", "Recipients")

    @api.depends("company_id", "mail_task_answers_from")
    def _compute_mail_task_answers_warning(self):
        answers = self.env["mail.task.answers"]
        for settings in self:
            settings.mail_task_answers_warning = answers._explain_company(
                settings.mail_task_answers_from, settings.company_id
            )

    def _compute_mail_task_has_timesheets(self):
        self.mail_task_has_timesheets = TIME in self.env["project.task"]._fields
