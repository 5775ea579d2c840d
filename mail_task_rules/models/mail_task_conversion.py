from zoneinfo import ZoneInfo

from odoo import models
from odoo.fields import Command
from odoo.tools.safe_eval import safe_eval

from ..engine import conversion
from ..engine.conversion import ConversionError

# So many records of a similar name are told apart to people.
CANDIDATES = 5


class MailTaskConversion(models.AbstractModel):
    """Texts from mails become values of a task's fields and properties."""

    _name = "mail.task.conversion"
    _description = "Conversion of Texts from E-mails"

    def _get_comodel(self, name):
        """Return the model in which records are looked for, as who may see them."""
        return self.env[name]

    def _create_missing(self, Comodel, name, domain):
        """Return a record of a name that none has, of those that fulfil a domain."""
        raise ConversionError("missing", name)

    # ------------------------------------------------------------------
    # Fields
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
        """Return the one record of that name."""
        Comodel = self._get_comodel(comodel)
        for operator in ("=", "=ilike", "ilike"):
            found = Comodel.name_search(name, list(domain), operator, limit=CANDIDATES)
            if len(found) == 1:
                return Comodel.browse(found[0][0])
            if found:
                raise ConversionError("ambiguous", name, [label for _, label in found])
        return self._create_missing(Comodel, name, domain)

    # ------------------------------------------------------------------
    # Properties
    # ------------------------------------------------------------------

    def _get_property(self, project, name):
        """Return the definition of the property that has the label or name."""
        for definition in project.task_properties_definition or []:
            if name in (definition["string"], definition["name"]):
                return definition
        raise ConversionError("no_property", name)

    def _keep_properties(self, task, values):
        """Return values to write, with those of the task's other properties, which
        Odoo would empty."""
        name = "task_properties"
        if name not in values:
            return values
        field, present = task._fields[name], task[name]
        kept = field.convert_to_export(present, task) or {}
        return {**values, name: {**kept, **values[name]}}

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
