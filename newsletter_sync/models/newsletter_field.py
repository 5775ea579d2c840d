from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError


class NewsletterField(models.Model):
    """A field of the contact that goes to a list beside the e-mail address."""

    _name = "newsletter.field"
    _description = "Newsletter Field"
    _order = "sequence, id"

    list_id = fields.Many2one(
        "newsletter.list", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    path = fields.Char(
        string="Contact Field",
        required=True,
        help="A field of the contact, or of what it points to: parent_id.name.",
    )
    remote_name = fields.Char(
        string="Field at the Service",
        required=True,
        help="For example first_name, last_name, company, phone or language. It is "
        "made there if it does not exist.",
    )

    remote_key = fields.Char(readonly=True, copy=False, export_string_translation=False)

    _remote_name_uniq = models.Constraint(
        "UNIQUE(list_id, remote_name)",
        "A list can fill a field of the service only once.",
    )

    @api.constrains("path", "list_id")
    def _check_path(self):
        for record in self:
            record._check_path_of(record.list_id.filter_id.user_id)

    def _check_path_of(self, owner):
        """:raise ValidationError: a step is no field, or the owner may not read it"""
        model = self.env["res.partner"].with_user(owner)
        for name in self.path.split("."):
            field = model._fields.get(name) if model is not None else None
            if not field or not model._has_field_access(field, "read"):
                raise ValidationError(
                    self.env._("Contacts have no field “%s” to send.", self.path)
                )
            model = (
                self.env[field.comodel_name].with_user(owner)
                if field.relational
                else None
            )

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records.list_id._send_again()
        return records

    def write(self, vals):
        if "list_id" in vals and not self.env.su:
            raise AccessError(self.env._("A field stays with its newsletter list."))
        if "remote_name" in vals:
            vals = {**vals, "remote_key": False}
        result = super().write(vals)
        if vals.keys() & {"path", "remote_name"}:
            self.list_id._send_again()
        return result

    def unlink(self):
        lists = self.list_id
        result = super().unlink()
        lists._send_again()
        return result

    # ------------------------------------------------------------------
    # Values
    # ------------------------------------------------------------------

    def _may_change_unseen(self):
        """Return whether a value that is sent may change without an edit of the
        contact: what another record says, or what is computed from that."""
        own = self.env["res.partner"]._fields
        fields_sent = [own.get(record.path) for record in self]
        return any(
            field is None or field.relational or field.compute for field in fields_sent
        )

    def _note_key(self, key):
        self.remote_key = key

    def _get_values(self, contact):
        """Return what is sent of a contact: key at the service → text, of records that
        the contact's user may read."""
        return {field.remote_key: field._get_text(contact) for field in self}

    def _get_text(self, contact):
        *steps, name = self.path.split(".")
        records = contact
        for step in steps:
            records = records[step]._filtered_access("read")
        texts = [_as_text(record, name) for record in records]
        return ", ".join(filter(None, texts))


def _as_text(record, name):
    field, value = record._fields[name], record[name]
    if field.relational:
        return ", ".join(value._filtered_access("read").mapped("display_name"))
    if field.type == "selection":
        return dict(field._description_selection(record.env)).get(value, "")
    if field.type == "boolean":
        return "1" if value else ""
    return str(value) if value or value == 0 and value is not False else ""
