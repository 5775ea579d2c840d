from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tools.safe_eval import safe_eval

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
    _inherit = "mail.task.rule.part"
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
            definition = self._get_property(project)
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

    def _convert(self, field, text, lang, project=None):
        """Return what a field of a task of the project holds for a text.

        :raise ConversionError: it can hold no such thing
        """
        if field.type in ("many2one", "many2many"):
            domain = self._get_choice(field, project)
            return self._convert_relation(field.type, field.comodel_name, text, domain)
        if field.type == "selection":
            selection = field._description_selection(self.env)
            return conversion.to_choice(text, selection)
        return self._convert_plain(field.type, text, lang)

    def _convert_plain(self, ttype, text, lang):
        if ttype in ("float", "monetary"):
            return conversion.to_float(text, lang)
        if ttype == "integer":
            return conversion.to_integer(text, lang)
        if ttype == "boolean":
            return conversion.to_boolean(text)
        order = conversion.date_order(lang)
        if ttype == "date":
            return conversion.to_date(text, order, lang)
        if ttype == "datetime":
            zone = ZoneInfo(self.env.user.tz or "UTC")
            return conversion.to_datetime(text, order, lang, zone)
        return conversion.to_text(text)

    def _get_choice(self, field, project):
        """Return which records the form would offer, such as the project's stages."""
        if not (project and isinstance(field.domain, str)):
            return []
        values = {"project_id": project.id, "company_id": project.company_id.id}
        try:
            return safe_eval(field.domain, values)
        except ValueError:
            # the domain asks for more of the task than is known yet
            return []

    def _convert_relation(self, ttype, comodel, text, domain=()):
        if ttype == "many2one":
            return self._find_record(comodel, text, domain).id
        return [
            Command.link(self._find_record(comodel, name, domain).id)
            for name in conversion.to_names(text)
        ]

    def _find_record(self, comodel, name, domain=()):
        """Return the one record of that name, made if the rule says so."""
        Comodel = self.rule_id._get_owner_env()[comodel]
        for operator in ("=", "=ilike", "ilike"):
            found = Comodel.name_search(name, list(domain), operator, limit=2)
            if len(found) == 1:
                return Comodel.browse(found[0][0])
            if found:
                raise ConversionError("ambiguous", name)
        if self.not_found != "create":
            raise ConversionError("missing", name)
        return Comodel.browse(Comodel.name_create(name)[0])

    # ------------------------------------------------------------------
    # Properties
    # ------------------------------------------------------------------

    def _get_property(self, project):
        """Return the definition of the property that has the label or name."""
        for definition in project.task_properties_definition or []:
            if self.property_name in (definition["string"], definition["name"]):
                return definition
        raise ConversionError("no_property", self.property_name)

    def _convert_property(self, definition, text, lang):
        ttype = definition["type"]
        if ttype in ("many2one", "many2many"):
            record_ids = self._convert_relation(ttype, definition["comodel"], text)
            if ttype == "many2one":
                return record_ids
            return [command[1] for command in record_ids]
        if ttype == "selection":
            return conversion.to_choice(text, definition["selection"])
        if ttype == "tags":
            options = [tag[:2] for tag in definition["tags"]]
            return [
                conversion.to_choice(name, options)
                for name in conversion.to_names(text)
            ]
        return self._convert_plain(ttype, text, lang)

    @api.model
    def _to_number(self, text):
        try:
            return conversion.to_float(text, self.env.lang or "en_US")
        except ConversionError:
            # nothing is equal to it
            return -1
