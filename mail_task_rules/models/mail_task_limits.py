from odoo import api, fields, models

from ..engine.quoted import own_text
from ..engine.run import Conclusion

# Kinds of robots whose mails on an existing task are noise, too; others, such as
# a monitoring system, may have something to add to it.
NOISE = ("bounce", "receipt", "out_of_office")
# People say "Thank you!" as often as they like, but no long text more often.
SHORT_TEXT = 20
SAME_TEXTS = 3
# Two people do not exchange so many mails about a task in so few minutes.
ROUNDS = 5
ROUND_MINUTES = 10


class MailTaskLimits(models.AbstractModel):
    """Robots and floods: what is judged by its sender before any rule is asked."""

    _name = "mail.task.limits"
    _description = "Limits for Robots and Floods of E-mail"

    def _judge_sender(self, run, thread_id):
        """Return a ``Conclusion`` if the mail shall not become, or join, a task.

        :param int thread_id: the task it is for, 0 for a new one
        """
        trust = self.env["mail.task.trust"]
        return (
            self._judge_return(run)
            or self._judge_robot(run, thread_id)
            or self._judge_repetition(run, thread_id)
            or self._judge_rounds(run, thread_id)
            or self._judge_flood(run, thread_id)
            or trust._judge_authentication(run, thread_id)
        )

    def _judge_return(self, run):
        """Ignore what this Odoo has sent, also under the new Message-ID that some mail
        servers give it: core writes the first one behind the references."""
        if not run.message.get("X-Odoo-Objects"):
            return None
        last = str(run.message.get("References", "")).split()[-1:]
        # sudo: only to tell whether it is ours
        messages = self.env["mail.message"].sudo()
        if not messages.search_count([("message_id", "in", last)], limit=1):
            return None
        words = self.env._("It is a message of this Odoo that came back.")
        return Conclusion("ignored", words)

    def _judge_robot(self, run, thread_id):
        kind = run.facts.robot
        if not kind or (thread_id and kind not in NOISE):
            return None
        field = f"mail_task_{kind}_action"
        action = self.env.company.sudo()[field]
        if action == "task":
            return None
        label = self.env["res.company"]._fields[field]._description_string(self.env)
        if action == "ignore":
            words = self.env._("%s are ignored, as the company's settings say.", label)
            return Conclusion("ignored", words)
        words = self.env._("%s are quarantined, as the company's settings say.", label)
        return Conclusion("quarantined", words)

    def _judge_repetition(self, run, thread_id):
        """Quarantine what somebody writes to a task again and again: out-of-office
        replies that do not say what they are."""
        email, text = run.facts.email_from, own_text(run.facts.body)
        if run.replay or not (thread_id and email) or len(text) < SHORT_TEXT:
            return None
        minutes, threshold = self._get_flood_limits()
        since = fields.Datetime.subtract(self.env.cr.now(), minutes=minutes)
        domain = [
            ("email_from", "=", email),
            ("create_date", ">=", since),
            ("state", "=", "reply"),
            ("task_id", "=", thread_id),
        ]
        lately = self.env["mail.task.incoming"].search(domain, limit=threshold)
        same = [mail for mail in lately if own_text(mail.body or "") == text]
        if len(same) < SAME_TEXTS or self._is_allowed(email):
            return None
        return Conclusion(
            "quarantined",
            self.env._(
                "%(email)s wrote the same to the task %(count)s times in "
                "%(minutes)s minutes, as programs do.",
                email=email,
                count=len(same) + 1,
                minutes=minutes,
            ),
        )

    def _judge_rounds(self, run, thread_id):
        """Quarantine what two programs write to each other through a task. Who sends
        many mails that nobody answers, such as a photo each, is none."""
        email = run.facts.email_from
        if run.replay or not (thread_id and email):
            return None
        since = fields.Datetime.subtract(self.env.cr.now(), minutes=ROUND_MINUTES)
        domain = [
            ("create_date", ">=", since),
            ("state", "=", "reply"),
            ("task_id", "=", thread_id),
        ]
        mails = self.env["mail.task.incoming"]
        counts = dict(mails._read_group(domain, ["email_from"], ["__count"]))
        own = counts.pop(email, 0)
        other = max(counts.values(), default=0)
        if min(own, other) < ROUNDS or self._is_allowed(email):
            return None
        return Conclusion(
            "quarantined",
            self.env._(
                "%(email)s and somebody else have answered each other %(count)s times "
                "in %(minutes)s minutes, as programs do.",
                email=email,
                count=ROUNDS,
                minutes=ROUND_MINUTES,
            ),
        )

    def _judge_flood(self, run, thread_id):
        """Quarantine what exceeds core's limits, by the sender's exact address."""
        email = run.facts.email_from
        if run.replay or not email:
            return None
        minutes, threshold = self._get_flood_limits()
        since = fields.Datetime.subtract(self.env.cr.now(), minutes=minutes)
        domain = [("email_from", "=", email), ("create_date", ">=", since)]
        if thread_id:
            domain += [("state", "=", "reply"), ("task_id", "=", thread_id)]
        else:
            domain += [("state", "=", "task")]
        count = self.env["mail.task.incoming"].search_count(domain, limit=threshold)
        if count < threshold or self._is_allowed(email):
            return None
        return Conclusion(
            "quarantined",
            self.env._(
                "%(email)s wrote more than %(threshold)s mails in %(minutes)s minutes. "
                "Allow the sender, if this is as it should be.",
                email=email,
                threshold=threshold,
                minutes=minutes,
            ),
        )

    def _is_allowed(self, email):
        return bool(
            self.env["mail.gateway.allowed"].search_count(
                [("email_normalized", "=", email)], limit=1
            )
        )

    @api.model
    def _get_flood_limits(self):
        """Return core's window in minutes and number of mails."""
        get_param = self.env["ir.config_parameter"].sudo().get_param
        return (
            int(get_param("mail.gateway.loop.minutes", 120)),
            int(get_param("mail.gateway.loop.threshold", 20)),
        )

    @api.model
    def _block_sender(self, email):
        """Add an address to the rule that ignores senders; make it if need be."""
        name = "rule_blocked_senders"
        rule = self.env.ref(f"mail_task_rules.{name}", raise_if_not_found=False)
        if rule:
            rule.sender_domains = f"{rule.sender_domains or ''} {email}".strip()
            rule.active = True
            return rule
        rule = self.create(
            {
                "name": self.env._("Blocked senders"),
                "sequence": -100,
                "company_id": False,
                "sender_domains": email,
                "action": "ignore",
            }
        )
        # sudo: a name for the record, so that the next sender joins it
        self.env["ir.model.data"].sudo().create(
            {
                "module": "mail_task_rules",
                "name": name,
                "model": self._name,
                "res_id": rule.id,
                "noupdate": True,
            }
        )
        return rule
