from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Command

# What a version does not hold: the place in the list, and what follows from others.
UNVERSIONED = frozenset(("sequence", "level", "create_uid", "write_uid"))
CHILDREN = ("extraction_ids", "value_ids")
# Fields that name an extraction: its place among the rule's, since restoring a
# version makes the extractions anew.
REFERENCES = ("partner_extraction_id", "append_extraction_id", "extraction_id")


class MailTaskRuleVersion(models.Model):
    """A rule as it was after a change."""

    _name = "mail.task.rule.version"
    _description = "Version of an Incoming E-mail Rule"
    _order = "id desc"
    _rec_name = "create_date"

    rule_id = fields.Many2one(
        "mail.task.rule", required=True, readonly=True, ondelete="cascade", index=True
    )
    user_id = fields.Many2one(
        "res.users", "Changed by", readonly=True, default=lambda self: self.env.user
    )
    content = fields.Json(
        readonly=True,
        help="The values of the rule's fields, and the same in words as they were.",
    )
    difference = fields.Html(compute="_compute_difference")

    @api.depends("content")
    def _compute_difference(self):
        for version in self:
            earlier = self.search(
                [("rule_id", "=", version.rule_id.id), ("id", "<", version.id)], limit=1
            )
            version.difference = version._render_difference(earlier)

    def _render_difference(self, earlier):
        """Return a table of the fields that the version changed."""
        if not earlier:
            return Markup("<p>%s</p>") % self.env._("As the rule was made.")
        before = (earlier.content or {}).get("texts", {})
        after = (self.content or {}).get("texts", {})
        rows = [
            Markup("<tr><td>%s</td><td><del>%s</del></td><td>%s</td></tr>")
            % (label, before.get(label, ""), after.get(label, ""))
            for label in dict.fromkeys([*before, *after])
            if before.get(label, "") != after.get(label, "")
        ]
        if not rows:
            return False
        head = Markup("<tr><th>%s</th><th>%s</th><th>%s</th></tr>") % (
            self.env._("What"),
            self.env._("Before"),
            self.env._("After"),
        )
        return Markup('<table class="table table-sm">%s%s</table>') % (
            head,
            Markup().join(rows),
        )

    def action_restore(self):
        """Give the rule the values of this version; the present ones stay a version."""
        self.ensure_one()
        self.rule_id._restore(self.content["values"])
        return {"type": "ir.actions.client", "tag": "soft_reload"}


class MailTaskVersioned(models.AbstractModel):
    """What a rule is, as a value that can be kept, compared and restored."""

    _name = "mail.task.versioned"
    _description = "Versions of Rules for Incoming E-mails"

    version_ids = fields.One2many("mail.task.rule.version", "rule_id", "Versions")
    version_count = fields.Integer(compute="_compute_version_count")

    @api.depends("version_ids")
    def _compute_version_count(self):
        for rule in self:
            rule.version_count = len(rule.version_ids)

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        rules._note_change()
        return rules

    def write(self, vals):
        result = super().write(vals)
        self._note_change()
        return result

    def _note_change(self):
        """Have one version made of all that the transaction changes."""
        data = self.env.cr.precommit.data
        if "mail_task_rule_versions" not in data:
            data["mail_task_rule_versions"] = self.browse()
            self.env.cr.precommit.add(self._save_versions)
        data["mail_task_rule_versions"] |= self

    @api.model
    def _save_versions(self):
        rules = self.env.cr.precommit.data.pop("mail_task_rule_versions", self.browse())
        for rule in rules.exists():
            rule._save_version()

    def _save_version(self):
        # sudo: a version is written by whoever may write the rule, by this only
        latest = self.sudo().version_ids[:1]
        content = self.sudo()._get_content()
        if not latest or latest.content["values"] != content["values"]:
            self.env["mail.task.rule.version"].sudo().create(
                {"rule_id": self.id, "content": content, "user_id": self.env.uid}
            )

    # ------------------------------------------------------------------
    # Content
    # ------------------------------------------------------------------

    def _get_content(self):
        """Return ``{"values": field names and JSON-able values, "texts": labels and
        words}``."""
        names = [name for name in self._get_versioned_fields() if self[name]]
        texts = {self._get_label(name): self._get_text(name) for name in names}
        return {"values": self._get_values_of(names), "texts": texts}

    @api.model
    def _get_versioned_fields(self):
        return sorted(
            name
            for name, field in self._fields.items()
            if field.store
            and field.type != "one2many"
            and name not in UNVERSIONED
            and name not in models.MAGIC_COLUMNS
            or name in CHILDREN
        )

    def _get_values_of(self, names):
        values = {}
        for name in names:
            field = self._fields[name]
            if name in CHILDREN:
                values[name] = [self._get_child_values(child) for child in self[name]]
            elif name in REFERENCES:
                values[name] = self._get_place(self[name])
            elif field.relational:
                values[name] = self[name].ids
            else:
                values[name] = self[name]
        return values

    def _get_child_values(self, child):
        names = [
            name
            for name, field in child._fields.items()
            if field.store and name not in models.MAGIC_COLUMNS and name != "rule_id"
        ]
        return {
            name: self._get_place(child[name])
            if name in REFERENCES
            else child._fields[name].convert_to_read(child[name], child, False)
            for name in names
            if child[name]
        }

    def _get_place(self, extraction):
        return self.extraction_ids.ids.index(extraction.id)

    def _get_label(self, name):
        return self._fields[name]._description_string(self.env)

    def _get_text(self, name):
        field, value = self._fields[name], self[name]
        if name in CHILDREN:
            return "; ".join(child._get_text() for child in value)
        if field.relational:
            return ", ".join(value.mapped("display_name"))
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value)
        if field.type == "boolean":
            return self.env._("yes")
        return str(value)

    # ------------------------------------------------------------------
    # Restoring
    # ------------------------------------------------------------------

    def _restore(self, values):
        """Write the values of a version; what no longer exists is left out."""
        self.ensure_one()
        vals = {}
        for name in self._get_versioned_fields():
            if name not in REFERENCES and name not in CHILDREN:
                vals[name] = self._get_restored(name, values.get(name))
        extractions = values.get("extraction_ids", [])
        vals["value_ids"] = [Command.clear()]
        vals["extraction_ids"] = [
            Command.clear(),
            *map(Command.create, extractions),
        ]
        self.write(vals)
        self._restore_references(values)

    def _get_restored(self, name, value):
        field = self._fields[name]
        if not field.relational:
            return value or False
        records = self.env[field.comodel_name].browse(value or []).exists()
        return records.id if field.type == "many2one" else [Command.set(records.ids)]

    def _restore_references(self, values):
        """Write what names the extractions, once they are there."""
        ids = self.extraction_ids.sorted("id").ids
        vals = {name: ids[values[name]] for name in REFERENCES if name in values}
        vals["value_ids"] = [
            Command.create(
                {
                    **child,
                    **{name: ids[child[name]] for name in REFERENCES if name in child},
                }
            )
            for child in values.get("value_ids", [])
        ]
        self.write(vals)
