from odoo import fields, models


class MailTaskOutcome(models.Model):
    """How an incoming e-mail ended, written with the work itself.

    The ledger (``mail.task.incoming``) is kept by transactions of its own, so it
    can neither be part of the transaction that creates a task nor be referenced
    from it. This row can: either both the task and its outcome are there, or
    neither. The ledger is closed from it.
    """

    _name = "mail.task.outcome"
    _description = "Outcome of an Incoming E-mail"
    _rec_name = "incoming_ref"

    incoming_ref = fields.Integer(
        required=True,
        readonly=True,
        help="Id of the incoming e-mail. No foreign key: the transaction that "
        "writes the outcome may not see that row.",
    )
    attempt = fields.Integer(
        required=True, readonly=True, help="Which attempt at the e-mail left it."
    )
    state = fields.Char(required=True, readonly=True)
    reason = fields.Char(readonly=True)
    task_id = fields.Many2one("project.task", ondelete="set null", readonly=True)
    rule_ids = fields.Many2many("mail.task.rule", readonly=True)
    trace = fields.Json(readonly=True)
    facts = fields.Json(
        readonly=True,
        help="What only the processing transaction knew: destinations, addresses, "
        "sender, company, record of another model.",
    )

    _incoming_ref_unique = models.Constraint(
        "UNIQUE(incoming_ref)", "An incoming e-mail has one outcome."
    )

    def _record(self, run, conclusion):
        """Write the outcome of a run; one of an earlier attempt is replaced."""
        values = {
            "incoming_ref": run.incoming_id,
            "attempt": run.attempt,
            "state": conclusion.state,
            "reason": conclusion.reason,
            "task_id": run.task_id(),
            "rule_ids": [fields.Command.set(run.rule_ids())],
            "trace": run.trace(),
            "facts": {
                "destinations": run.destinations,
                "partner_id": run.partner_id,
                "company_id": run.company_id,
                "alias_ids": run.alias_ids,
                "record": run.record(),
            },
        }
        earlier = self._of(run.incoming_id)
        if earlier:
            earlier.write(values)
            return earlier
        return self.create(values)

    def _of(self, incoming_id):
        return self.search([("incoming_ref", "=", incoming_id)], limit=1)
