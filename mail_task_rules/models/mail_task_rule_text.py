from odoo import api, fields, models


class MailTaskRule(models.Model):
    """How the conditions of a rule read in one line, for the list of rules."""

    _inherit = "mail.task.rule"

    condition_text = fields.Char("If a Mail", compute="_compute_condition_text")

    @api.depends(
        "scope",
        "alias_ids.display_name",
        "project_ids.display_name",
        "sender_domains",
        "keyword",
        "keyword_in",
        "match_any",
    )
    def _compute_condition_text(self):
        for rule in self:
            rule.condition_text = ", ".join(rule._get_condition_texts())

    def _get_condition_texts(self):
        """Return the conditions as they go on after “If a mail …”."""
        texts = []
        if self.scope == "alias":
            texts.append(self.env._("comes to %s", self._join(self.alias_ids)))
        if self.scope == "project":
            texts.append(
                self.env._("comes to project %s", self._join(self.project_ids))
            )
        if self.sender_domains:
            texts.append(self.env._("is from %s", self.sender_domains))
        if self.keyword:
            places = dict(self._fields["keyword_in"]._description_selection(self.env))
            texts.append(
                self.env._(
                    "has “%(phrase)s” in %(place)s",
                    phrase=self.keyword,
                    place=places[self.keyword_in],
                )
            )
        if self.match_any and not texts:
            texts.append(self.env._("arrives, whatever it is"))
        return texts

    def _join(self, records):
        return ", ".join(records.mapped("display_name"))
