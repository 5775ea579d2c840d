from dataclasses import fields, replace

from markupsafe import Markup

from odoo import api, models
from odoo.tools.mail import prepend_html_content

from ..engine.guard import guard
from ..engine.limits import Limits

PREFIX = "mail_task_rules.limit_"


class MailTaskGuard(models.AbstractModel):
    """What a mail may be like, and what people are told about one that is not.

    Each limit (see ``Limits``) can be set as system parameter
    ``mail_task_rules.limit_<name>``.
    """

    _name = "mail.task.guard"
    _description = "Guard against Mails That Take Too Long to Read"

    @api.model
    def _guard(self, raw):
        """Return a ``Guarded``, which core can process in place of a mail.

        :param bytes raw: the mail as it was delivered
        """
        limits = self._get_limits()
        if raw.count(b"@") > limits.recipients:
            domains = (
                self.env["mail.alias.domain"]
                .sudo()
                .search([("name", "!=", False)])
                .mapped("name")
            )
            limits = replace(limits, domains=frozenset(domains))
        return guard(raw, limits)

    @api.model
    def _get_limits(self):
        get_param = self.env["ir.config_parameter"].sudo().get_param
        names = [field.name for field in fields(Limits) if field.type is int]
        values = {name: get_param(PREFIX + name) or "" for name in names}
        return Limits(
            **{name: int(value) for name, value in values.items() if value.isdigit()}
        )

    @api.model
    def _add_original(self, run, message_dict, save_original):
        """Attach the mail as it came, if somebody wants it or it is not shown.

        :param dict message_dict: what core made of the guarded mail
        """
        if not (save_original or run.guarded.is_replaced):
            return
        Attachment = self.env["mail.thread"]._Attachment
        original = Attachment("original_email.eml", run.raw, {})
        message_dict["attachments"] = [original, *message_dict["attachments"]]
        if run.guarded.is_replaced:
            words = Markup("<p>%s</p>") % self._explain_replacement(run.guarded)
            message_dict["body"] = prepend_html_content(message_dict["body"], words)

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------

    @api.model
    def _explain(self, run):
        """Return what was done to a mail, for its reason; empty if nothing was."""
        sentences = []
        if run.guarded.is_replaced and run.results:
            sentences.append(self._explain_replacement(run.guarded))
        labels = {item.value for item in run.findings if item.code == "charset"}
        if labels:
            sentences.append(self._explain_guess(", ".join(filter(None, labels))))
        mended = self._explain_mended({item.code for item in run.findings})
        if mended:
            sentences.append(self.env._("Mended in it: %s.", ", ".join(mended)))
        return " ".join(sentences)

    def _explain_mended(self, codes):
        words = {
            "date": self.env._("an impossible date"),
            "header_syntax": self.env._("unreadable headers"),
            "encoding": self.env._("a wrong encoding"),
            "content_type": self.env._("a wrong content type"),
            "control": self.env._("forbidden characters"),
        }
        return [text for code, text in words.items() if code in codes]

    def _explain_guess(self, labels):
        if not labels:
            return self.env._("Its text is a guess, since it names no charset.")
        return self.env._(
            "Its text is a guess, since the charset %s is unknown or wrong.", labels
        )

    def _explain_replacement(self, guarded):
        excesses = [item for item in guarded.findings if item.limit is not None]
        return self.env._(
            "This e-mail is not shown as it came, which would take too long: %s. "
            "The original is attached.",
            ", ".join(dict.fromkeys(map(self._explain_excess, excesses))),
        )

    def _explain_excess(self, finding):
        words = {
            "megabytes": self.env._("%(value)s MB, more than %(limit)s"),
            "lines": self.env._("%(value)s lines, more than %(limit)s"),
            "parts": self.env._("%(value)s parts, more than %(limit)s"),
            "nesting": self.env._("parts in parts, more than %(limit)s deep"),
            "header_block": self.env._("%(value)s bytes of headers"),
            "header": self.env._("a header that is too long (%(value)s)"),
            "recipients": self.env._("%(value)s recipients, more than %(limit)s"),
            "text_parts": self.env._("%(value)s texts, more than %(limit)s"),
            "text_size": self.env._("%(value)s characters, more than %(limit)s"),
            "quotations": self.env._("too many quotations"),
        }
        html = self.env._("HTML that is too large or too intricate")
        return words.get(finding.code, html) % vars(finding)
