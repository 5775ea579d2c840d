from dataclasses import asdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..engine.proposal import propose

EXTRACTION_FIELDS = (
    "name",
    "source",
    "method",
    "label",
    "label_end",
    "pattern",
    "table_column",
    "json_path",
    "repeat",
)


class MailTaskPropose(models.TransientModel):
    """Make a rule from a mail: what is found in it, to choose from."""

    _name = "mail.task.propose"
    _description = "Make a Rule from an E-mail"

    incoming_id = fields.Many2one("mail.task.incoming", required=True, readonly=True)
    name = fields.Char("Rule", required=True)
    condition_ids = fields.One2many(
        "mail.task.propose.line", "wizard_id", domain=[("kind", "=", "condition")]
    )
    extraction_ids = fields.One2many(
        "mail.task.propose.line", "wizard_id", domain=[("kind", "=", "extraction")]
    )

    @api.model
    def _open(self, incoming):
        """Return the action that shows the wizard for a mail."""
        incoming.check_access("read")
        proposal = propose(incoming._parse_facts())
        wizard = self.create(
            {
                "incoming_id": incoming.id,
                "name": incoming.subject or incoming.email_from or "",
                "condition_ids": [
                    Command.create(self._prepare_condition(condition))
                    for condition in proposal.conditions
                ],
                "extraction_ids": [
                    Command.create(self._prepare_extraction(proposed))
                    for proposed in proposal.extractions
                ],
            }
        )
        # The best condition is chosen; there can be one keyword only.
        wizard.condition_ids[:1].is_chosen = True
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Make a Rule from This E-mail"),
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def _prepare_condition(self, condition):
        return {
            "kind": "condition",
            "name": self._name_condition(condition.code),
            "example": condition.value,
            "content": asdict(condition),
        }

    def _prepare_extraction(self, proposed):
        content = {
            name: getattr(proposed.extraction, name) for name in EXTRACTION_FIELDS
        }
        return {
            "kind": "extraction",
            "name": proposed.extraction.name,
            "example": proposed.example,
            "content": content,
        }

    def _name_condition(self, code):
        names = {
            "list_id": self.env._("It comes from the mailing list"),
            "sender_domain": self.env._("The sender's domain is"),
            "sender": self.env._("The sender is"),
            "subject": self.env._("The subject begins with"),
        }
        return names[code]

    def action_make_rule(self):
        """Open a new rule that has what was chosen, to be completed and saved."""
        self.ensure_one()
        conditions = self.condition_ids.filtered("is_chosen")
        extractions = self.extraction_ids.filtered("is_chosen")
        if not conditions | extractions:
            raise UserError(self.env._("Choose what the rule shall look for."))
        values = {
            "name": self.name,
            "sample_id": self.incoming_id.id,
            "extraction_ids": [Command.create(line.content) for line in extractions],
            **conditions._get_rule_values(),
        }
        return {
            "type": "ir.actions.act_window",
            "res_model": "mail.task.rule",
            "views": [(False, "form")],
            "context": {f"default_{name}": value for name, value in values.items()},
        }


class MailTaskProposeLine(models.TransientModel):
    _name = "mail.task.propose.line"
    _description = "Proposal for a Rule from an E-mail"

    wizard_id = fields.Many2one("mail.task.propose", required=True, ondelete="cascade")
    kind = fields.Selection(
        [("condition", "Condition"), ("extraction", "Extraction")], required=True
    )
    is_chosen = fields.Boolean("Take")
    name = fields.Char("What", readonly=True)
    example = fields.Char("In This E-mail", readonly=True)
    content = fields.Json(readonly=True)

    def _get_rule_values(self):
        """Return the fields of a rule for these conditions."""
        values = {}
        for line in self:
            content = line.content
            if content["field"] in values:
                raise UserError(
                    self.env._("A rule has one keyword: choose one of these.")
                )
            values[content["field"]] = content["value"]
            if content["place"]:
                values["keyword_in"] = content["place"]
        return values
