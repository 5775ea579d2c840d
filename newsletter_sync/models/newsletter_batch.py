from datetime import datetime, timedelta, timezone

from odoo import api, fields, models
from odoo.tools import SQL

RETENTION = timedelta(days=90)
LATENCY_PERIOD = timedelta(days=30)
GC_UNLINK_LIMIT = 10_000
POLL_PAUSE = timedelta(seconds=30)
LONGEST_JOB = timedelta(days=1)
OPERATIONS = [
    ("create", "Create the list"),
    ("push", "Add and update"),
    ("remove", "Remove"),
    ("delete", "Delete the list"),
]
STATES = [
    ("prepared", "Being sent"),
    ("submitted", "Accepted by the service"),
    ("done", "Done"),
    ("failed", "Failed"),
    ("unknown", "Interrupted"),
]


class NewsletterBatch(models.Model):
    """One call to a service: written before it is made, closed with its answer."""

    _name = "newsletter.batch"
    _description = "Newsletter Call"
    _order = "id desc"
    _rec_name = "operation"

    list_id = fields.Many2one(
        "newsletter.list", required=True, index=True, ondelete="cascade"
    )
    account_id = fields.Many2one(related="list_id.account_id", store=True, index=True)
    operation = fields.Selection(OPERATIONS, required=True)
    state = fields.Selection(STATES, default="prepared", required=True)
    size = fields.Integer(string="Addresses", aggregator="sum")
    failed_count = fields.Integer(string="Refused", aggregator="sum")
    # What was sent: member id → digest of the content.
    hashes = fields.Json(export_string_translation=False)
    # Before the list was made: the ids of those of its name.
    known_ids = fields.Json(export_string_translation=False)
    next_poll = fields.Datetime(export_string_translation=False)
    job_id = fields.Char(string="Job at the Service")
    sent_at = fields.Datetime(string="Sent", default=fields.Datetime.now)
    done_at = fields.Datetime(string="Answered")
    duration = fields.Float(string="Duration (s)", digits=(12, 3), aggregator="avg")
    latency_p50 = fields.Float(
        string="Median Latency (s)",
        digits=(12, 1),
        aggregator="avg",
        help="From the change in Odoo to the service's acknowledgement, for half of "
        "the addresses of the call.",
    )
    latency_p95 = fields.Float(
        string="95 % Latency (s)",
        digits=(12, 1),
        aggregator="max",
        help="The same, for 95 % of the addresses of the call.",
    )
    answer = fields.Char()

    _open_idx = models.Index("(account_id) WHERE state IN ('prepared', 'submitted')")

    def _note_job(self, job, wait, failed=0):
        """Note that the service goes on by itself; ask again after ``wait`` seconds.

        :param failed: how many more addresses it has refused already
        """
        self.write(
            {
                "state": "submitted",
                "job_id": job,
                "next_poll": fields.Datetime.now() + timedelta(seconds=wait),
                "failed_count": self.failed_count + failed,
            }
        )

    def _poll_later(self):
        """Ask again for a job whose last answer was an error, less and less often."""
        now = fields.Datetime.now()
        self.next_poll = now + max(POLL_PAUSE, (now - self.sent_at) / 10)

    def _is_overdue(self):
        """Return whether nobody will tell what became of the job: it is given up."""
        return fields.Datetime.now() - self.sent_at > LONGEST_JOB

    def _close(self, state, answer=False, failed=0):
        for batch in self:
            batch.write(
                {
                    "state": state,
                    "answer": answer,
                    "failed_count": batch.failed_count + failed,
                    "done_at": fields.Datetime.now(),
                    "hashes": False,
                }
            )

    def _note_latency(self, member_ids):
        """Note how long the acknowledged members were due."""
        if not member_ids:
            return
        query = SQL(
            """
            SELECT percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (
                       ORDER BY extract(epoch FROM %s::timestamp - due_since))
              FROM newsletter_member
             WHERE id = ANY(%s)
            """,
            datetime.now(timezone.utc).replace(tzinfo=None),
            list(member_ids),
        )
        [(percentiles,)] = self.env.execute_query(query)
        self.latency_p50, self.latency_p95 = percentiles or (0, 0)

    @api.model
    def _get_typical_latency(self, account):
        """Return the median, in seconds, of the account's calls in the last 30 days;
        ``None`` without calls."""
        query = SQL(
            """
            SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY latency_p50)
              FROM newsletter_batch
             WHERE account_id = %s AND done_at > %s AND latency_p50 IS NOT NULL
            """,
            account.id or 0,
            fields.Datetime.now() - LATENCY_PERIOD,
        )
        self.flush_model()
        [(seconds,)] = self.env.execute_query(query)
        return seconds

    @api.autovacuum
    def _gc_batches(self):
        domain = [
            ("sent_at", "<", fields.Datetime.now() - RETENTION),
            ("state", "not in", ["prepared", "submitted"]),
        ]
        old = self.search(domain, limit=GC_UNLINK_LIMIT)
        old.unlink()
        return len(old), len(old) == GC_UNLINK_LIMIT
