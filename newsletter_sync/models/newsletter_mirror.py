from collections import namedtuple
from datetime import datetime, timedelta

import pytz

from odoo import api, fields, models
from odoo.tools import SQL

# How often a list is compared with the whole filter: when other records may change
# who matches, and else, in case a change of a contact was not seen.
MINUTES = timedelta(minutes=5)
SAFETY = timedelta(hours=1)

# Whom the filter selects now, beside what the mirror has. A contact without a valid
# address keeps the one that was typed, so that it can be seen why it is left out.
# Of the contacts that share an address, the one that had it keeps it. An edit that was
# not noted, since the list stood still, is newer than the last call, whose time is a
# whole second. Who opted out did so as a person, of this and of former lists of the
# filter at the service; mail bounces from an address.
DIFFERENCE = """
    opted_out AS (
        SELECT partner_id, email_normalized, opt_out = 'bounced' AS is_bounce
          FROM newsletter_member
         WHERE list_id = ANY(%(sibling_ids)s) AND opt_out IS NOT NULL
    ), candidate AS (
        SELECT contact.id,
               contact.write_date,
               COALESCE(contact.email_normalized, lower(trim(contact.email)))
                   AS address,
               CASE WHEN contact.email_normalized IS NULL THEN 'invalid'
                    WHEN blacklist.id IS NOT NULL THEN 'blacklist'
                    WHEN person.id IS NOT NULL OR NOT address.is_bounce THEN 'opt_out'
                    WHEN address.is_bounce THEN 'bouncing'
                    WHEN contact.message_bounce >= %(bounce_limit)s THEN 'bouncing'
                END AS reason
          FROM res_partner AS contact
     LEFT JOIN mail_blacklist AS blacklist
            ON blacklist.email = contact.email_normalized AND blacklist.active
     LEFT JOIN (SELECT DISTINCT partner_id AS id FROM opted_out WHERE NOT is_bounce)
               AS person
            ON person.id = contact.id
     LEFT JOIN (SELECT email_normalized, bool_and(is_bounce) AS is_bounce
                  FROM opted_out GROUP BY email_normalized) AS address
            ON address.email_normalized = contact.email_normalized
         WHERE contact.id IN %(selected)s
           AND trim(contact.email) <> ''
           AND %(contact_in_scope)s
    ), mirror AS (
        SELECT *
          FROM newsletter_member AS member
         WHERE list_id = %(list_id)s AND %(member_in_scope)s
    ), wanted AS (
        SELECT DISTINCT ON (candidate.address) candidate.*
          FROM candidate
     LEFT JOIN mirror ON mirror.email_normalized = candidate.address
      ORDER BY candidate.address,
               (mirror.partner_id = candidate.id) IS TRUE DESC,
               candidate.id
    ), compared AS (
        SELECT mirror.id AS member_id,
               COALESCE(wanted.address, mirror.email_normalized) AS address,
               CASE WHEN mirror.opt_out IS NULL
                    THEN COALESCE(wanted.id, mirror.partner_id)
                    ELSE COALESCE(mirror.partner_id, wanted.id) END AS partner_id,
               wanted.id IS NOT NULL AND wanted.reason IS NULL
                   AND mirror.opt_out IS NULL AS desired,
               CASE WHEN mirror.opt_out IS NULL THEN wanted.reason
                    WHEN mirror.opt_out = 'bounced' THEN 'bouncing'
                    ELSE 'opt_out' END AS reason,
               wanted.id IS NOT NULL AS is_wanted,
               mirror.desired AS was_desired,
               mirror.reason AS was_reason,
               mirror.partner_id AS was_partner_id,
               date_trunc('second', wanted.write_date) > mirror.sent_at
                   AND NOT mirror.due AS is_edited,
               mirror.acknowledged,
               mirror.batch_id
          FROM wanted
     FULL JOIN mirror ON mirror.email_normalized = wanted.address
    ), difference AS MATERIALIZED (
        SELECT *,
               CASE WHEN member_id IS NULL THEN 'add'
                    WHEN NOT is_wanted AND reason IS NULL
                         AND acknowledged = 'absent' THEN 'forget'
                    WHEN was_desired AND NOT desired THEN 'remove'
                    ELSE 'change'
                END AS kind
          FROM compared
         WHERE (member_id IS NULL
                OR desired <> was_desired
                OR reason IS DISTINCT FROM was_reason
                OR partner_id IS DISTINCT FROM was_partner_id
                OR (NOT is_wanted AND reason IS NULL AND acknowledged = 'absent')
                OR (desired AND (%(push_again)s OR is_edited)))
           AND (is_wanted AND desired OR member_id IS NULL
                OR acknowledged = 'absent' OR NOT %(add_only)s
                OR reason IS NOT NULL
                OR address IN (SELECT email FROM mail_blacklist WHERE active))
    ), total AS (
        SELECT count(*) FILTER (WHERE kind = 'add' AND desired) AS added,
               count(*) FILTER (WHERE kind = 'remove'
                                AND acknowledged <> 'absent') AS removed,
               count(*) FILTER (WHERE kind = 'change' AND desired) AS changed,
               count(*) FILTER (WHERE reason IS NOT NULL) AS left_out,
               NOT EXISTS (SELECT FROM wanted WHERE reason IS NULL) AS selects_nobody
          FROM difference
    ), verdict AS (
        SELECT total.*,
               NOT %(released)s
                   AND removed > %(brake)s AND removed > %(brake_ratio)s * (
                       SELECT count(*) FROM newsletter_member
                        WHERE list_id = %(list_id)s AND acknowledged <> 'absent'
                   ) AS is_too_many,
               NOT %(released)s AND removed > 0 AND %(definition_changed)s
                   AND selects_nobody AS is_empty
          FROM total
    )
"""

# All or nothing: a comparison that would remove too many changes no row.
APPLY = """
    WITH %(difference)s,
    accepted AS (
        SELECT difference.*
          FROM difference, verdict
         WHERE NOT (is_too_many OR is_empty)
    ), forgotten AS (
        DELETE FROM newsletter_member AS member
         USING accepted
         WHERE member.id = accepted.member_id AND kind = 'forget'
    ), added AS (
        INSERT INTO newsletter_member
                    (list_id, email_normalized, partner_id, desired, reason, state,
                     acknowledged, attempts, due, due_since)
        SELECT %(list_id)s, address, partner_id, desired, reason,
               CASE WHEN desired THEN 'waiting' ELSE 'excluded' END,
               'absent', 0, desired, CASE WHEN desired THEN %(since)s::timestamp END
          FROM accepted
         WHERE kind = 'add'
    ), changed AS (
        UPDATE newsletter_member AS member
           SET desired = accepted.desired,
               reason = accepted.reason,
               partner_id = accepted.partner_id,
               due = accepted.desired OR member.acknowledged <> 'absent',
               due_since = CASE WHEN member.due THEN member.due_since
                                ELSE %(since)s END,
               attempts = 0,
               next_try = NULL,
               state = CASE WHEN member.batch_id IS NOT NULL THEN 'sending'
                            WHEN accepted.desired THEN 'waiting'
                            WHEN member.acknowledged <> 'absent' THEN 'leaving'
                            ELSE 'excluded' END
          FROM accepted
         WHERE member.id = accepted.member_id AND kind IN ('change', 'remove')
    )
    SELECT added, removed, changed, left_out, selects_nobody, is_too_many, is_empty
      FROM verdict
"""

Comparison = namedtuple(
    "Comparison",
    "added removed changed left_out selects_nobody is_too_many is_empty",
)


class NewsletterMirror(models.AbstractModel):
    """How a list learns whom its filter selects: one statement compares the filter's
    domain with the mirror, and writes into the mirror what has to be done."""

    _name = "newsletter.mirror"
    _description = "Mirror of a Contact Filter"

    def _compare(self, partner_ids=None, emails=None, since=None, push_again=False):
        """Write the difference between filter and mirror into the mirror.

        :param partner_ids: only these contacts; all if none
        :param emails: also these addresses
        :param since: when the change happened; now if none
        :param push_again: whether to send also those who are in the list already
        :return: a ``Comparison``; if the brake held it, nothing was written
        :raise FilterProblem: the filter cannot be evaluated
        """
        self.ensure_one()
        self.env.flush_all()
        parameters = {
            **self._prepare_scope(partner_ids, emails, push_again),
            "since": since or self.env.cr.now(),
        }
        difference = SQL(DIFFERENCE, **parameters)
        statement = SQL(APPLY, **{**parameters, "difference": difference})
        comparison = Comparison(*self.env.execute_query(statement)[0])
        self.env["newsletter.member"].invalidate_model()
        return comparison

    def _prepare_scope(self, partner_ids=None, emails=None, push_again=False):
        """Return the parameters of ``DIFFERENCE``."""
        contact_in_scope = member_in_scope = SQL("TRUE")
        if partner_ids is not None:
            addresses, ids = self._widen(partner_ids, emails)
            # Not “= ANY”: PostgreSQL would look at every row.
            contact_in_scope = SQL("contact.id IN (SELECT unnest(%s::int[]))", ids)
            member_in_scope = SQL(
                "member.email_normalized IN (SELECT unnest(%s::text[]))", addresses
            )
        return {
            "list_id": self.id or 0,
            "sibling_ids": self._get_siblings().ids,
            "selected": self.filter_id._select().subselect(),
            "bounce_limit": self._get_bounce_limit(),
            "contact_in_scope": contact_in_scope,
            "member_in_scope": member_in_scope,
            "push_again": push_again or self.push_all,
            "add_only": self.policy == "add_only",
            "brake": self.brake_minimum,
            "brake_ratio": self.brake_percent / 100,
            "released": self.brake_released,
            "definition_changed": partner_ids is None and self._is_definition_new(),
        }

    def _is_definition_new(self):
        return self.filter_id._get_signature() != self.checked_signature

    def _widen(self, partner_ids, emails):
        """Return the addresses that the contacts have, and those they had; and the ids
        of the contacts and of all who share one of these addresses."""
        query = SQL(
            """
            WITH known AS MATERIALIZED (
                SELECT ARRAY(
                    SELECT COALESCE(email_normalized, lower(trim(email)))
                      FROM res_partner
                     WHERE id = ANY(%(ids)s) AND trim(email) <> ''
                     UNION
                    SELECT email_normalized FROM newsletter_member
                     WHERE list_id = %(list_id)s AND partner_id = ANY(%(ids)s)
                     UNION
                    SELECT unnest(%(emails)s::text[])
                ) AS addresses
            )
            SELECT addresses,
                   ARRAY(SELECT contact.id
                           FROM unnest(addresses) AS address
                           JOIN res_partner AS contact
                             ON contact.email_normalized = address
                          UNION
                         SELECT unnest(%(ids)s::int[]))
              FROM known
            """,
            ids=list(partner_ids),
            list_id=self.id,
            emails=list(emails or ()),
        )
        return self.env.execute_query(query)[0]

    @api.model
    def _get_bounce_limit(self):
        parameters = self.env["ir.config_parameter"].sudo()
        return int(parameters.get_param("newsletter_sync.bounce_limit", 1))

    # ------------------------------------------------------------------
    # The worker's comparisons
    # ------------------------------------------------------------------

    def _check_whole(self):
        """Compare the list with its whole filter, and say when to do so again."""
        comparison = self._compare()
        if self._hold(comparison):
            return
        if comparison.selects_nobody and self._is_definition_new():
            self._tell_owner(self._get_emptiness())
        self.write(
            {
                "last_check": fields.Datetime.now(),
                "next_check": self._get_next_check(),
                "checked_signature": self.filter_id._get_signature(),
                "brake_released": False,
                "push_all": False,
                "compare_from": self.compare_from
                or int(self.field_ids._may_change_unseen()),
            }
        )

    def _check_contacts(self, partner_ids, emails, since, is_edit=True):
        """Compare what the list and its filter know of some contacts.

        :param is_edit: they were edited, so they are sent again: they may have been
            removed over there
        """
        self._hold(self._compare(partner_ids, emails, since, is_edit))

    def _hold(self, comparison):
        """Pause the list if the brake held the comparison; return whether it did."""
        if comparison.is_empty:
            problem = self.env._(
                "The filter was changed and selects nobody any more, so nothing was "
                "removed. If that is right, press “Remove them”."
            )
        elif comparison.is_too_many:
            problem = self.env._(
                "Addresses that would be removed at once: %s. That is more than the "
                "brake allows, so nothing was removed. If that is right, press "
                "“Remove them”.",
                comparison.removed,
            )
        else:
            return False
        self._pause(problem)
        self.held_count = comparison.removed
        return True

    def _get_emptiness(self):
        return self.env._(
            "The filter selects nobody with an e-mail address to write to. Who starts "
            "to match is added by itself; if somebody should match already, change "
            "the filter."
        )

    def _get_next_check(self):
        now = fields.Datetime.now()
        if self.field_ids._may_change_unseen() or self.filter_id._looks_elsewhere():
            return now + MINUTES
        if self.watch == "midnight":
            return min(now + SAFETY, self._get_midnight(now))
        return now + SAFETY

    def _get_midnight(self, now):
        """Return when the owner's next day begins."""
        zone = pytz.timezone(self.user_id.tz or "UTC")
        tomorrow = pytz.utc.localize(now).astimezone(zone).date() + timedelta(days=1)
        midnight = zone.localize(datetime.combine(tomorrow, datetime.min.time()))
        return midnight.astimezone(pytz.utc).replace(tzinfo=None)
