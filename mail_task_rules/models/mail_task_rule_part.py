from odoo import api, models


class UnusableValue(Exception):
    """A mail does not hold what a rule insists on; says so in a sentence."""


class MailTaskRulePart(models.AbstractModel):
    """What belongs to a rule: a change of it is one of the rule."""

    _name = "mail.task.rule.part"
    _description = "Part of a Rule for Incoming E-mails"

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        parts._note_change()
        return parts

    def write(self, vals):
        result = super().write(vals)
        self._note_change()
        return result

    @api.ondelete(at_uninstall=False)
    def _note_removal(self):
        self._note_change()

    def _note_change(self):
        """Compile the rules anew, and have a version made of them."""
        self.env.registry.clear_cache()
        self.rule_id._note_change()
