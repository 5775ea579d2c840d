from collections import Counter

from odoo import models
from odoo.tools import SQL

from .newsletter_member import REASONS
from .newsletter_mirror import DIFFERENCE

# How many addresses are shown of each kind and reason.
FORECAST_ROWS = 50
# What the comparison finds, and what was found before and waits.
FORECAST = """
    forecast AS (
        SELECT CASE WHEN kind = 'forget' THEN 'remove'
                    WHEN reason IS NOT NULL AND kind <> 'remove' THEN 'left_out'
                    ELSE kind END AS kind,
               address, partner_id, reason
          FROM difference
     UNION ALL
        SELECT CASE WHEN NOT desired THEN 'remove'
                    WHEN acknowledged = 'absent' THEN 'add'
                    ELSE 'change' END,
               email_normalized, partner_id, reason
          FROM mirror
         WHERE due AND id NOT IN (
                   SELECT member_id FROM difference WHERE member_id IS NOT NULL)
    )
"""
COUNT = """
    SELECT kind, reason, count(kind), is_too_many OR is_empty, selects_nobody
      FROM verdict
 LEFT JOIN forecast ON TRUE
  GROUP BY 1, 2, 4, 5
"""
FIRST_ROWS = """
    SELECT kind, address, partner_id, reason
      FROM (SELECT *, row_number() OVER (PARTITION BY kind, reason ORDER BY address)
                      AS number
              FROM forecast) AS numbered
     WHERE number <= %s
  ORDER BY kind, reason, address
"""


class NewsletterForecast(models.AbstractModel):
    """What the next synchronization would do; nothing is written or sent."""

    _name = "newsletter.forecast"
    _description = "Forecast of a Newsletter Synchronization"

    def _summarize(self):
        """Return in sentences what would be sent, and what would be held.

        :raise FilterProblem: the filter cannot be evaluated
        """
        rows = self._query(SQL(COUNT))
        counts, reasons = Counter(), Counter()
        for kind, reason, count, *_ in rows:
            counts[kind] += count
            if kind == "left_out":
                reasons[reason] += count
        *_, is_held, selects_nobody = rows[0]
        sentences = [
            counts.total() and self._describe_changes(counts, reasons),
            counts.total() and self.account_id and self._describe_calls(counts),
            is_held and self.env._("The brake will ask before it removes them."),
            selects_nobody and self._get_emptiness(),
        ]
        in_step = self.env._("The list is in step: there is nothing to do.")
        return " ".join(filter(None, sentences)) or in_step

    def _describe_changes(self, counts, reasons):
        return self.env._(
            "Addresses to add: %(add)s, to update: %(change)s, to remove: %(remove)s, "
            "left out: %(left_out)s.",
            add=counts["add"],
            change=counts["change"],
            remove=counts["remove"],
            left_out=self._describe_left_out(reasons),
        )

    def _describe_calls(self, counts):
        calls = self._count_calls(counts["add"] + counts["change"], counts["remove"])
        return self.env._("Calls to the service: %s.", calls)

    def _describe_left_out(self, reasons):
        """Return such as “3 (On the blacklist: 2, Opted out: 1)”."""
        labels = self.env["newsletter.member"]._fields["reason"]
        labels = dict(labels._description_selection(self.env))
        parts = [
            f"{labels[reason]}: {reasons[reason]}"
            for reason, _ in REASONS
            if reasons[reason]
        ]
        return f"{reasons.total()} ({', '.join(parts)})" if parts else "0"

    def _get_forecast_rows(self):
        """Return the first addresses as values of ``newsletter.preview.line``."""
        rows = self._query(SQL(FIRST_ROWS, FORECAST_ROWS))
        names = ("kind", "email", "partner_id", "reason")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _query(self, query):
        """Return the rows of a query that uses ``verdict`` and ``forecast``."""
        self.check_access("write")
        self.env.flush_all()
        difference = SQL(DIFFERENCE, **self._prepare_scope())
        return self.env.execute_query(
            SQL("WITH %s, %s %s", difference, SQL(FORECAST), query)
        )
