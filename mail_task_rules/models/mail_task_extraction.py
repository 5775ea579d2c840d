from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import extraction
from ..engine.patterns import PatternError


class MailTaskExtraction(models.Model):
    """A text that a rule takes out of the mail."""

    _name = "mail.task.extraction"
    _description = "Text of an Incoming E-mail"
    _inherit = "mail.task.rule.part"
    _order = "rule_id, id"

    rule_id = fields.Many2one("mail.task.rule", required=True, ondelete="cascade")
    name = fields.Char(required=True)
    source = fields.Selection(
        [("subject", "the subject"), ("body", "the text"), ("html", "the HTML")],
        default="body",
        required=True,
    )
    method = fields.Selection(
        [
            ("after_label", "what follows a label in its line"),
            ("between_labels", "what is between two labels"),
            ("next_line", "the line below a label"),
            ("regex", "a regular expression"),
            ("table", "a table's column or cell"),
            ("json", "JSON"),
            ("whole", "all of it"),
        ],
        default="after_label",
        required=True,
    )
    label = fields.Char()
    label_end = fields.Char("End Label")
    pattern = fields.Char()
    table_column = fields.Char("Column or Cell")
    json_path = fields.Char("JSONPath")
    required = fields.Boolean(help="The rule matches only if the text is found.")
    repeat = fields.Selection(
        [("first", "the first one"), ("all", "each one: a subtask")],
        default="first",
        required=True,
    )

    parameter_text = fields.Char(compute="_compute_parameter_text")
    sample_id = fields.Many2one("mail.task.incoming", "E-mail", store=False)
    sample_result = fields.Text(compute="_compute_sample_result")

    @api.depends("label", "label_end", "pattern", "table_column", "json_path")
    def _compute_parameter_text(self):
        names = ("label", "label_end", "pattern", "table_column", "json_path")
        for record in self:
            found = [record[name] for name in names if record[name]]
            record.parameter_text = " … ".join(found)

    @api.depends("sample_id", "source", "method", "parameter_text", "repeat")
    def _compute_sample_result(self):
        for record in self:
            sample = record.sample_id
            record.sample_result = record._try_on_sample() if sample else False

    def _try_on_sample(self):
        """Return what it finds in the chosen mail, one a line."""
        self.sample_id.check_access("read")
        try:
            found = self._find(self.sample_id._parse_facts())
        except ValidationError as error:
            return error.args[0]
        return "\n".join(item.text for item in found) or self.env._("nothing")

    @api.constrains(
        "method", "label", "label_end", "pattern", "table_column", "json_path"
    )
    def _check_compiles(self):
        for record in self:
            record._compile()

    def _compile(self):
        """Return the ``engine.extraction.Extraction``.

        :raise ValidationError: it could never find anything
        """
        try:
            return extraction.Extraction(
                id=self.id or 0,
                name=self.name or "",
                source=self.source,
                method=self.method,
                label=self.label or "",
                label_end=self.label_end or "",
                pattern=self.pattern or "",
                table_column=self.table_column or "",
                json_path=self.json_path or "",
                required=self.required,
                repeat=self.repeat,
            )
        except PatternError as error:
            words = self.env["mail.task.rule"]._explain_pattern_error(error)
            raise ValidationError(
                self.env._("“%(name)s”: %(problem)s", name=self.name, problem=words)
            ) from error

    def _find(self, facts):
        """Return what it finds in a mail, a list of ``engine.extraction.Found``."""
        return facts.found(self._compile())

    def _get_text(self):
        """Return the extraction in words."""
        method = dict(self._fields["method"]._description_selection(self.env))
        return f"{self.name} = {method[self.method]} {self.parameter_text}".strip()
