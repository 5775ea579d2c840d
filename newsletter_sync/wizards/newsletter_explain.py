from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError

from .. import explanation
from ..models.newsletter_filter import FilterProblem

MAX_NAMES = 5


class NewsletterExplain(models.TransientModel):
    """Why a contact is, or is not, in a list."""

    _name = "newsletter.explain"
    _description = "Why Is a Contact in a List"

    list_id = fields.Many2one("newsletter.list", required=True, readonly=True)
    partner_id = fields.Many2one("res.partner", string="Contact")
    explanation = fields.Html(compute="_compute_explanation", sanitize=False)

    @api.depends("partner_id")
    def _compute_explanation(self):
        for wizard in self:
            wizard.explanation = wizard.partner_id and wizard._explain()

    def _explain(self):
        self.list_id.check_access("write")
        self.partner_id.check_access("read")
        try:
            conditions = self._explain_filter()
        except FilterProblem as problem:
            return Markup("<p>%s</p>") % problem
        items = [
            conditions,
            *(explanation.Node(holds, text) for holds, text in self._explain_address()),
        ]
        return Markup("<ul class='list-unstyled'>%s</ul>%s") % (
            Markup().join(self._render(node) for node in items),
            self._explain_member(),
        )

    # ------------------------------------------------------------------
    # What is said
    # ------------------------------------------------------------------

    def _explain_filter(self):
        source = self.list_id.filter_id
        contact = source._contacts_of_owner().browse(self.partner_id.id)
        try:
            contact.check_access("read")
        except AccessError:
            text = self.env._("%s may see the contact.", source.user_id.name)
            return explanation.Node(False, text)
        domain = source._parse()
        if not any(name == "active" for name, *_ in _conditions(domain)):
            domain &= fields.Domain("active", "=", True)
        return explanation.explain(domain, contact, self._describe)

    def _explain_address(self):
        """Yield what decides beside the filter, as ``(holds, text)``."""
        contact = self.partner_id.sudo()
        yield (
            bool(contact.email_normalized),
            self.env._("It has a valid e-mail address: %s", contact.email or "–"),
        )
        yield (
            not contact.is_blacklisted,
            self.env._("The address is not on the blacklist."),
        )
        yield (
            contact.message_bounce < self.list_id._get_bounce_limit(),
            self.env._("Mail to the address does not bounce."),
        )
        member = self._get_member()
        stays_in = not member.opt_out and member.reason != "opt_out"
        yield stays_in, self.env._("The person has not opted out.")
        if member and member.partner_id != contact:
            name = member.partner_id.display_name or "–"
            text = self.env._(
                "The address is taken from this contact, not from %s.", name
            )
            yield False, text

    def _explain_member(self):
        """Return what the service makes of the address."""
        member = self._get_member()
        if not member:
            return Markup("<p>%s</p>") % self.env._("It is not in the list.")
        state = dict(member._fields["state"]._description_selection(self.env))
        return Markup("<p>%s: <b>%s</b> %s</p>") % (
            member.email_normalized,
            state[member.state],
            member.answer or "",
        )

    def _get_member(self):
        contact = self.partner_id.sudo()
        address = contact.email_normalized or (contact.email or "").strip().lower()
        return self.list_id.sudo().member_ids.search(
            [
                ("list_id", "=", self.list_id.id),
                ("email_normalized", "=", address),
            ]
        )

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------

    def _render(self, node):
        icon = "fa-check text-success" if node.holds else "fa-times text-danger"
        text = node.text or self._name_group(node)
        children = Markup().join(self._render(child) for child in node.children)
        inner = Markup("<ul class='list-unstyled ms-4'>%s</ul>") % children
        return Markup("<li><i class='fa fa-fw %s'></i> %s%s</li>") % (
            icon,
            text,
            inner if children else "",
        )

    def _name_group(self, node):
        return {
            "&": self.env._("All of these hold:"),
            "|": self.env._("One of these holds:"),
            "!": self.env._("This does not hold:"),
            "": self.env._("The filter selects all contacts."),
        }[node.operator]

    def _describe(self, path, operator, value):
        """Return a condition in words, such as “Tags › Name contains “VIP””."""
        words = {
            "=": self.env._("is"),
            "!=": self.env._("is not"),
            "in": self.env._("is one of"),
            "not in": self.env._("is none of"),
            "ilike": self.env._("contains"),
            "not ilike": self.env._("does not contain"),
            "any": self.env._("has one with"),
            "not any": self.env._("has none with"),
        }
        model, labels = self.env["res.partner"], []
        for name in path.split("."):
            field = model is not None and model._fields.get(name)
            labels.append(field.get_description(self.env)["string"] if field else name)
            relational = field and field.relational
            model = self.env[field.comodel_name] if relational else None
        subject = " › ".join(labels)
        if value is False and operator == "!=":
            return " ".join((subject, self.env._("is set")))
        return " ".join(
            (subject, words.get(operator, operator), self._say(value, model))
        )

    def _say(self, value, model):
        values = value if isinstance(value, (list, tuple, set)) else [value]
        if model is not None and all(type(v) is int for v in values):
            records = model.browse(list(values)[:MAX_NAMES]).exists()
            values = records._filtered_access("read").mapped("display_name")
        if value is False:
            return self.env._("not set")
        return "“" + ", ".join(map(str, values)) + "”"


def _conditions(domain):
    return [part for part in domain if not isinstance(part, str)]
