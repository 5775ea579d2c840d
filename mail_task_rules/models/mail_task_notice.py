import re
from ast import literal_eval
from hashlib import sha256

from odoo import api, fields, models
from odoo.tools import SQL, email_normalize, email_normalize_all
from odoo.tools.mail import generate_tracking_message_id

from ..engine.robots import has_null_return_path
from ..engine.run import current_run

# Set on each automatic message; whoever sends it back gets no other one.
LOOP_HEADER = "X-Odoo-Mail-Task-Notice"
# Part of its Message-ID, by which an answer to it is known: how many automatic
# messages there are in the thread, this one included.
MESSAGE_ID_TAG = "mail-task-notice-%s"
MESSAGE_ID_PATTERN = re.compile(r"-mail-task-notice-(\d{1,3})@")
# A person who answers one is told once more that it is in vain; a robot, too.
THREAD_LIMIT = 2
# A colleague who gives commands wants to know each time what came of them. A robot
# that sends them says the same again and again.
REPORT_THREAD_LIMIT = 20
REPORT_LIMIT = 3
# People do not exchange more mails than that within an hour.
ROUND_LIMIT = 5


class MailTaskNotice(models.Model):
    """An automatic message that left; and the one gate for all of them.

    Auto-replies, rejections, bounces, forwards: whatever answers a mail without a
    person behind it passes here, so that no two robots talk to each other and
    nobody is written to in another one's name (RFC 3834).
    """

    _name = "mail.task.notice"
    _description = "Automatic Message"
    _rec_name = "email"

    email = fields.Char(required=True, readonly=True, index=True)
    address = fields.Char(readonly=True, help="The address that the mail came to.")
    report = fields.Char(
        readonly=True, help="What a report on commands says, as a digest."
    )
    sender = fields.Char(
        readonly=True, help="Who wrote the mail that somebody else was told of."
    )

    @api.model
    def _may_answer(self, message, email_from):
        """Tell whether a mail may be answered automatically, and note that it is.

        :param EmailMessage message: the mail
        :param str email_from: who wrote it
        """
        email = email_normalize(email_from)
        address = email_normalize(str(message.get("To", "")))
        if not email or self._is_from_robot(message) or self._is_own(email):
            return False
        if self._was_sent_lately(email, address):
            return False
        self.create({"email": email, "address": address})
        return True

    @api.model
    def _may_tell(self, email, sender):
        """Tell whether somebody may be told of another one's mail, and note it.

        :param str email, sender: normalized addresses
        """
        if self._is_own(email) or self._answers_each(email, sender):
            return False
        self.create({"email": email, "sender": sender})
        return True

    def _answers_each(self, email, sender):
        """Tell whether somebody who is told of another one's mails writes so many
        themselves that the two must be robots who answer each other."""
        since = fields.Datetime.subtract(self.env.cr.now(), hours=1)
        lately = ("create_date", ">=", since)
        told = [("email", "=", email), ("sender", "=", sender), lately]
        written = [("email_from", "=", email), lately]
        return all(
            self.env[model].search_count(domain, limit=ROUND_LIMIT) == ROUND_LIMIT
            for model, domain in ((self._name, told), ("mail.task.incoming", written))
        )

    @api.model
    def _may_report(self, message, email_from, text):
        """Tell whether a colleague may be told what came of commands; note it.

        :param str text: what the report says
        """
        email = email_normalize(email_from)
        if not email or self._is_from_robot(message, REPORT_THREAD_LIMIT):
            return False
        report = sha256(text.encode()).hexdigest()
        since = fields.Datetime.subtract(self.env.cr.now(), hours=self._get_hours())
        domain = [
            ("email", "=", email),
            ("report", "=", report),
            ("create_date", ">=", since),
        ]
        if self._is_own(email) or self.search_count(domain) >= REPORT_LIMIT:
            return False
        self.create({"email": email, "report": report})
        return True

    def _is_from_robot(self, message, thread_limit=THREAD_LIMIT):
        run = current_run()
        return bool(
            (run and run.facts and (run.facts.robot or not run.facts.is_trusted))
            or self._is_returned(message, thread_limit)
            or has_null_return_path(message.get("Return-Path"))
        )

    @api.model
    def _is_returned(self, message, thread_limit=THREAD_LIMIT):
        """Tell whether a mail is an automatic message of an Odoo, or answers enough
        of them."""
        in_thread = self._count_in_thread(message)
        return bool(message.get(LOOP_HEADER)) or in_thread >= thread_limit

    @api.model
    def _count_in_thread(self, message):
        """Return how many automatic messages a mail answers."""
        answered = (message.get(name, "") for name in ("In-Reply-To", "References"))
        found = MESSAGE_ID_PATTERN.findall(" ".join(map(str, answered)))
        return max(map(int, found), default=0)

    def _is_own(self, email):
        return bool(self.env["mail.alias.domain"].sudo()._find_aliases([email]))

    def _was_sent_lately(self, email, address):
        """Once per person and address: else a forged sender gets a flood.

        What this very transaction sent is part of the same answer.
        """
        self.flush_model()
        query = SQL(
            """
            SELECT FROM mail_task_notice
             WHERE email = %(email)s
               AND report IS NULL
               AND address IS NOT DISTINCT FROM %(address)s
               AND sender IS NULL
               AND create_date >= %(limit)s
               AND create_date < %(now)s
             LIMIT 1
            """,
            email=email,
            address=address or None,
            limit=fields.Datetime.subtract(self.env.cr.now(), hours=self._get_hours()),
            # to the microsecond, which a domain does not know
            now=self.env.cr.now(),
        )
        return bool(self.env.execute_query(query))

    def _get_hours(self):
        parameters = self.env["ir.config_parameter"].sudo()
        return int(parameters.get_param("mail_task_rules.notice_hours", 24))

    @api.model
    def _get_mail_values(self, message):
        """Return what an automatic message has, as values for ``mail.mail``.

        :param EmailMessage message: the mail that it answers or hands on
        """
        number = self._count_in_thread(message) + 1
        database = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        headers = {"Auto-Submitted": "auto-replied", LOOP_HEADER: database}
        return {
            "message_id": generate_tracking_message_id(MESSAGE_ID_TAG % number),
            "headers": repr(headers),
            "answer_from": self._get_sender(message),
        }

    def _get_sender(self, message):
        """Return the address that a mail was written to, with its name; False if it is
        none at which mail becomes tasks."""
        run = current_run()
        others = run and run.message_dict.get("recipients")
        recipients = email_normalize_all(f"{message.get('To', '')},{others or ''}")
        aliases = self.env["mail.alias"].search(
            [("alias_full_name", "in", recipients), ("alias_kind", "!=", False)]
        )
        alias = aliases.sorted(lambda one: recipients.index(one.alias_full_name))[:1]
        if not alias:
            return False
        answers = self.env["mail.task.answers"]
        return answers._format(alias.alias_full_name, alias._get_sender_name())

    @api.model
    def _get_answer_values(self, message):
        """Return the same for a message that stands below the one it answers in the
        mail program of its sender (RFC 5322 3.6.4)."""
        values = self._get_mail_values(message)
        answered = str(message["Message-Id"])
        headers = {**literal_eval(values["headers"]), "In-Reply-To": answered}
        references = f"{message.get('References', '')} {answered}".strip()
        return {**values, "headers": repr(headers), "references": references}

    @api.autovacuum
    def _gc_notices(self):
        limit = fields.Datetime.subtract(fields.Datetime.now(), hours=self._get_hours())
        self.search([("create_date", "<", limit)], limit=10_000).unlink()
