from odoo import models
from odoo.exceptions import ValidationError
from odoo.tools import email_normalize

from ..engine.run import Conclusion


class MailTaskRefusal(models.AbstractModel):
    """What a rule does with a mail that shall not become a task."""

    _name = "mail.task.refusal"
    _description = "Refusals of Incoming E-mails by Rules"

    def _refuse(self, run):
        """Carry out the refusal that these rules decided on, and return its
        ``Conclusion``; ``None`` if the mail is welcome."""
        rule = self[:1]
        if not rule:
            return None
        if rule.unknown_sender == "reject" and run.facts.sender_kind == "unknown":
            return rule._refuse_reject(run)
        refuse = getattr(rule, f"_refuse_{rule.action}", None)
        return refuse(run) if refuse else rule._refuse_without_match(run)

    def _refuse_ignore(self, run):
        return Conclusion("ignored", self.env._("Ignored by rule “%s”.", self.name))

    def _refuse_quarantine(self, run):
        words = self.env._("Quarantined by rule “%s”.", self.name)
        return Conclusion("quarantined", words)

    def _refuse_reject(self, run):
        """Tell the sender, through the gate for automatic messages."""
        text = self.reject_text or self.env._(
            "Your message has not been accepted: you may not write to this address."
        )
        self.env["mail.task.unwanted"]._answer(run, text)
        return Conclusion("rejected", self.env._("Rejected by rule “%s”.", self.name))

    def _refuse_forward(self, run):
        why = self.env._("Forwarded by rule “%s”.", self.name)
        unwanted = self.env["mail.task.unwanted"]
        if self.env["mail.task.notice"]._is_returned(run.message):
            # our own mail came back: forwarding it again would never end
            return unwanted._keep()
        return unwanted._forward(run, self.forward_to, why)

    def _refuse_without_match(self, run):
        """An append rule may want a mail without its task to wait."""
        if self.action == "append" and self._shall_wait(run):
            words = self.env._(
                "Rule “%s” does not find the one task to add it to.", self.name
            )
            return Conclusion("quarantined", words)
        return None

    # ------------------------------------------------------------------
    # Without a rule
    # ------------------------------------------------------------------

    def _refuse_by_address(self, run, candidate, claimed):
        """Return the ``Conclusion`` of an address for a mail that no rule matched.

        :param bool claimed: the mail came to an address or server of ours
        """
        alias = self.env["mail.alias"].browse(candidate.alias_id or [])
        if run.facts.sender_kind == "unknown" and not self._is_invited(run, candidate):
            refused = self._refuse_unknown_sender(run, alias)
            if refused:
                return refused
        if candidate.is_reply or not claimed:
            return None
        return self._refuse_by_default(alias)

    def _refuse_unknown_sender(self, run, alias):
        if alias.alias_unknown_sender == "reject":
            alias._alias_bounce_incoming_email(
                run.message, run.message_dict, set_invalid=False
            )
            words = self.env._(
                "“%s” does not accept mail from unknown senders.", alias.display_name
            )
            return Conclusion("rejected", words)
        if alias.alias_unknown_sender == "skip":
            words = self.env._(
                "“%s” has mail from unknown senders wait.", alias.display_name
            )
            return Conclusion("quarantined", words)
        return None

    def _refuse_by_default(self, alias):
        action = alias._get_default_action() if alias else "task"
        if action == "task":
            return None
        if action == "ignore":
            words = self.env._(
                "No rule matched, and “%s” ignores such mail.", alias.display_name
            )
            return Conclusion("ignored", words)
        words = self.env._(
            "No rule matched, and “%s” quarantines such mail.", alias.display_name
        )
        return Conclusion("quarantined", words)

    # ------------------------------------------------------------------
    # Checks
    # ------------------------------------------------------------------

    def _check_forward(self):
        if not email_normalize(self.forward_to):
            raise ValidationError(
                self.env._("Say which e-mail address the mail is forwarded to.")
            )
        if self.env["mail.alias.domain"].sudo()._find_aliases([self.forward_to]):
            raise ValidationError(
                self.env._(
                    "“%s” is an address of this Odoo: choose the project or the "
                    "assignees instead of forwarding to it.",
                    self.forward_to,
                )
            )
