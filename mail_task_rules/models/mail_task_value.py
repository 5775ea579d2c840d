from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import conversion
from ..engine.conversion import ConversionError
from .mail_task_rule_part import UnusableValue

# Fields of a task that a rule may set: what people can put into the form.
FIELD_TYPES = (
    "boolean",
    "char",
    "date",
    "datetime",
    "float",
    "html",
    "integer",
    "many2many",
    "many2one",
    "monetary",
    "selection",
    "text",
)
FORBIDDEN_FIELDS = ("active", "company_id", "id", "is_template", "project_id")


class MailTaskValue(models.Model):
    """A value that a rule puts into a field or property of the task."""

    _name = "mail.task.value"
    _description = "Value of a Task from an Incoming E-mail"
    _inherit = ["mail.task.rule.part", "mail.task.conversion"]
    _order = "rule_id, id"

    rule_id = fields.Many2one("mail.task.rule", required=True, ondelete="cascade")
    field_id = fields.Many2one(
        "ir.model.fields",
        domain=[
            ("model", "=", "project.task"),
            ("readonly", "=", False),
            ("store", "=", True),
            ("ttype", "in", FIELD_TYPES),
            ("name", "not in", FORBIDDEN_FIELDS),
        ],
        ondelete="cascade",
    )
    property_name = fields.Char(
        "Property", help="The label of a property of the project's tasks."
    )
    source = fields.Selection(
        [("fixed", "always"), ("extraction", "found in the mail")],
        default="fixed",
        required=True,
    )
    value = fields.Char()
    extraction_id = fields.Many2one(
        "mail.task.extraction",
        domain="[('rule_id', '=', rule_id)]",
        ondelete="cascade",
    )
    group = fields.Char(
        "Part",
        help="The name of a group of the regular expression, such as number for "
        "(?P<number>...). Empty: all that was found.",
    )
    not_found = fields.Selection(
        [
            ("skip", "leave it as it is"),
            ("create", "create it"),
            ("quarantine", "quarantine the mail"),
        ],
        "If Not Found",
        default="skip",
        required=True,
        help="A record of that name that does not exist, or text that is no number, "
        "date or choice.",
    )

    @api.constrains("field_id", "property_name")
    def _check_target(self):
        for value in self:
            field = value.field_id.sudo()
            if bool(field) == bool(value.property_name):
                raise ValidationError(
                    self.env._("Choose either a field of the task or a property.")
                )
            if field and not value._is_settable(field):
                raise ValidationError(
                    self.env._(
                        "“%s” can not be set by a rule.", field.field_description
                    )
                )

    @api.constrains("field_id", "value", "source")
    def _check_value(self):
        """Refuse what could not be converted in any mail."""
        for value in self:
            if value.source == "fixed" and value.field_id:
                field = value._get_field()
                try:
                    value._convert(field, value.value or "", value.env.lang)
                except ConversionError as error:
                    raise ValidationError(value._explain(error)) from error

    def _get_label(self):
        return self.property_name or self.field_id.sudo().field_description or ""

    def _get_text(self):
        """Return the value in words."""
        if self.source == "fixed":
            return f"{self._get_label()} = {self.value or ''}"
        return f"{self._get_label()} = [{self.extraction_id.name}]"

    def _is_settable(self, field):
        return (
            field.model == "project.task"
            and field.ttype in FIELD_TYPES
            and field.store
            and not field.readonly
            and field.name not in FORBIDDEN_FIELDS
        )

    # ------------------------------------------------------------------
    # Values of one mail
    # ------------------------------------------------------------------

    def _get_task_values(self, run, project, row=None):
        """Return what these records set in a task.

        :param dict row: for a subtask, what each repeated extraction found in it;
            the others are about the task itself
        """
        values, properties = {}, {}
        for record in self:
            is_repeated = record.extraction_id.repeat == "all"
            if is_repeated != (row is not None):
                continue
            text = record._get_mail_text(run, row)
            if not text:
                continue
            try:
                record._set(values, properties, project, text, run)
            except ConversionError as error:
                record._handle_failure(run, error)
        if properties:
            values["task_properties"] = properties
        return values

    def _get_mail_text(self, run, row):
        """Return the text that is to be converted; empty if there is none."""
        if self.source == "fixed":
            return (self.value or "").strip()
        if row is None:
            found = next(iter(self.extraction_id._find(run.facts)), None)
        else:
            found = row.get(self.extraction_id.id)
        if not found:
            return ""
        text = found.groups.get(self.group, "") if self.group else found.text
        return (text or "").strip()

    def _set(self, values, properties, project, text, run):
        if self.property_name:
            definition = self._get_property(project, self.property_name)
            properties[definition["name"]] = self._convert_property(
                definition, text, self._get_lang(run)
            )
        else:
            field = self._get_field()
            lang = self._get_lang(run)
            values[field.name] = self._convert(field, text, lang, project)

    def _handle_failure(self, run, error):
        """Tell what could not be set; quarantine the mail if the rule says so."""
        words = self._explain(error)
        if self.not_found == "quarantine":
            raise UnusableValue(words)
        run.problems.append(words)

    def _explain(self, error):
        return self.env._(
            "“%(text)s” is no value for “%(field)s”.",
            text=error.text,
            field=self._get_label(),
        )

    def _get_lang(self, run):
        """Return the language in which the sender writes numbers and dates."""
        # sudo: the sender's language only
        partner = self.env["res.partner"].sudo().browse(run.partner_id or [])
        return partner.lang or self.env.lang or "en_US"

    def _get_field(self):
        return self.env["project.task"]._fields[self.field_id.sudo().name]

    # ------------------------------------------------------------------
    # Conversion
    # ------------------------------------------------------------------

    def _get_comodel(self, name):
        return self.rule_id._get_owner_env()[name]

    def _create_missing(self, Comodel, name, domain):
        if self.not_found != "create":
            return super()._create_missing(Comodel, name, domain)
        return Comodel.browse(Comodel.name_create(name)[0])

    @api.model
    def _to_number(self, text):
        try:
            return conversion.to_float(text, self.env.lang or "en_US")
        except ConversionError:
            # nothing is equal to it
            return -1
