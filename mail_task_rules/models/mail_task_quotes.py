from odoo import api, models
from odoo.tools.mail import append_content_to_html, is_html_empty

from ..engine.quoted import cut_text, is_forward
from ..engine.quoted_html import cut_html


class MailTaskQuotes(models.AbstractModel):
    """Texts without the older mails and the signature below them.

    A description is cut from the first message, which stays whole in the chatter.
    A reply is cut itself; then the original stays in the ledger.
    """

    _name = "mail.task.quotes"
    _description = "Quoted Text in Incoming E-mails"

    @api.model
    def _cut_description(self, run, body):
        """Return a description, cut if the company wants that."""
        if not self.env.company.sudo().mail_task_cut_description:
            return body
        return self._cut(run, body)

    @api.model
    def _cut_reply(self, run, message_dict):
        """Cut the text of a reply, if the company wants that."""
        if not self.env.company.sudo().mail_task_cut_replies:
            return
        body = message_dict.get("body") or ""
        message_dict["body"] = self._cut(run, body)
        run.is_cut = run.is_cut or message_dict["body"] != body

    def _cut(self, run, body):
        # A mail that is handed on consists of what looks like a quote.
        if is_html_empty(body) or is_forward(run.facts.subject):
            return body
        if run.facts.html:
            return type(body)(cut_html(body))
        written = run.facts.body if run.written is None else run.written
        text = cut_text(written)
        if text == written:
            return body
        return append_content_to_html("", text, preserve=True)
