from contextlib import suppress
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..providers import errors
from .newsletter_audit import INTERVAL


class NewsletterConnection(models.AbstractModel):
    """How a list comes into being at the service, and how it is let go."""

    _name = "newsletter.connection"
    _description = "Connecting and Disconnecting of Newsletter Lists"

    def _take_turn(self):
        """Make the calls whose turn it is; return whether there were any."""
        self.ensure_one()
        try:
            return self._make_calls()
        except UserError as problem:
            self.account_id._transact(self._pause, str(problem))
            return True

    def _make_calls(self):
        if self.state == "connecting":
            return self._connect()
        if self.state == "disconnecting":
            return self._let_go()
        return (
            self._ensure_fields()
            or self._set_reply_to()
            or self._exchange_members()
            or self._compare_payloads()
            or self._audit()
        )

    def _is_turn_now(self):
        """Return whether something waits that has no time of its own."""
        return (
            # it is made, or compared with its filter for the first time
            (self.state in ("connecting", "active") and not self.next_check)
            or (self.state == "active" and bool(self.compare_from))
            or (self.state == "disconnecting" and self.ending == "delete")
        )

    def _call_list(self, method, *arguments):
        """Return the answer to a call about the list, or nothing after an error, that
        is then noted where it belongs."""
        account = self.account_id
        client = account._transact(account._get_client)
        try:
            return getattr(client, method)(*arguments)
        except errors.ProviderError as error:
            account._transact(self._note_list_error, error)
            return None

    def _note_list_error(self, error):
        self.account_id._note_error(error)
        if isinstance(error, (errors.ListError, errors.ContactError)):
            self._pause(self.account_id._explain(error), "failed")
        else:
            self.next_check = fields.Datetime.now() + timedelta(minutes=1)

    # ------------------------------------------------------------------
    # Connect
    # ------------------------------------------------------------------

    def _connect(self):
        """Make the list at the service, unless an earlier attempt did that already.

        :return: whether a call was made
        """
        attempts = self._get_open_attempts()
        if not self._may_connect(attempts):
            return False
        found = self._call_list("find_lists", self.name)
        if found is None:
            return True
        ours = self._find_ours(attempts, found)
        if not ours:
            self.account_id._transact(self._note_attempt, found)
            ours = self._call_list("create_list", self.name)
        if ours:
            self.account_id._transact(self._bind, ours)
        return True

    def _may_connect(self, attempts):
        """Return whether it is time; a list may show up late at the service."""
        support = self.account_id._get_support()
        now = fields.Datetime.now()
        if self.next_check and self.next_check > now:
            return False
        visible = max(attempts.mapped("sent_at"), default=now) + timedelta(
            seconds=support.visible_after
        )
        if attempts and visible > now:
            self.next_check = visible
            return False
        return True

    def _get_open_attempts(self):
        """Return the attempts to make the list of which no answer is known."""
        return self.env["newsletter.batch"].search(
            [
                ("list_id", "=", self.id),
                ("operation", "=", "create"),
                ("state", "in", ["prepared", "unknown"]),
            ],
            order="id",
        )

    def _find_ours(self, attempts, found):
        """Return the list that an earlier attempt made, if there is one."""
        if not attempts:
            return None
        others = self.search([("account_id", "=", self.account_id.id)])
        foreign = {*(attempts[0].known_ids or ()), *others.mapped("remote_id")}
        return next((remote for remote in found if remote.id not in foreign), None)

    def _note_attempt(self, found):
        self._get_open_attempts().state = "unknown"
        self.env["newsletter.batch"].create(
            {
                "list_id": self.id,
                "operation": "create",
                "known_ids": [remote.id for remote in found],
            }
        )

    def _bind(self, remote):
        """Note that this is the list at the service; its contents come next."""
        self._get_open_attempts()._close("done", remote.name)
        self.account_id._note_success()
        self.write(
            {
                "remote_id": remote.id,
                "state": "active",
                "next_check": False,
                "audit_next": fields.Datetime.now() + INTERVAL,
            }
        )

    # ------------------------------------------------------------------
    # Fields
    # ------------------------------------------------------------------

    def _ensure_fields(self):
        """Make the fields at the service that do not exist there; return whether a
        call was made."""
        missing = self.field_ids.filtered(lambda record: not record.remote_key)
        for record in missing:
            key = self._call_list("ensure_field", self.remote_id, record.remote_name)
            if key is None:
                break
            self.account_id._transact(record._note_key, key)
        return bool(missing)

    # ------------------------------------------------------------------
    # Let go
    # ------------------------------------------------------------------

    def _get_obstacle_to(self, ending):
        """Return why the service cannot end a list like this, or an empty string."""
        support = self.account_id._get_support()
        if ending == "delete" and not support.deletes_lists:
            return self.env._(
                "This service deletes lists on its website only. Empty the list here, "
                "and delete it there."
            )
        if ending == "empty" and support.removal == "none":
            return self.env._("This service cannot take addresses out of a list.")
        return ""

    def _disconnect(self, ending):
        """Stop mirroring; what becomes of the list at the service is queued.

        :param str ending: a key of ``ENDINGS``
        """
        self.check_access("write")
        for record in self.sudo():
            record.activity_unlink(["mail.mail_activity_data_warning"])
            if ending == "keep" or not record.remote_id:
                record._end()
                continue
            record.write({"state": "disconnecting", "ending": ending, "problem": False})
            record._wake_worker()

    def _end(self):
        # Nobody will ask what became of the jobs.
        open_batches = [("list_id", "=", self.id), ("state", "=", "submitted")]
        self.env["newsletter.batch"].search(open_batches)._close("unknown")
        self.env.execute_query(
            SQL("DELETE FROM newsletter_member WHERE list_id = %s RETURNING 1", self.id)
        )
        self.write({"state": "disconnected", "problem": False})

    def _let_go(self):
        """Carry out the ending that was chosen; return whether a call was made."""
        if self.ending == "delete":
            return self._delete_remote()
        self.account_id._transact(self._want_nobody)
        worked = self._poll() or self._send("remove")
        unfinished = ["|", ("due", "=", True), ("batch_id", "!=", False)]
        if not worked and not self.member_ids.search_count(
            [("list_id", "=", self.id), *unfinished], limit=1
        ):
            self.account_id._transact(self._end)
        return worked

    def _want_nobody(self):
        """Have all removed that we added."""
        self.env.execute_query(
            SQL(
                """
                WITH forgotten AS (
                    DELETE FROM newsletter_member
                     WHERE list_id = %(list_id)s AND acknowledged = 'absent'
                )
                UPDATE newsletter_member
                   SET desired = FALSE, reason = NULL, due = TRUE, next_try = NULL,
                       due_since = now() AT TIME ZONE 'UTC',
                       state = CASE WHEN batch_id IS NULL THEN 'leaving' ELSE state END
                 WHERE list_id = %(list_id)s AND desired AND acknowledged <> 'absent'
             RETURNING id
                """,
                list_id=self.id,
            )
        )

    def _delete_remote(self):
        account, remote_id = self.account_id, self.remote_id
        client = account._transact(account._get_client)
        try:
            with suppress(errors.ListGone):
                client.delete_list(remote_id)
        except errors.ProviderError as error:
            account._transact(self._note_list_error, error)
        else:
            account._transact(self._end)
        return True
