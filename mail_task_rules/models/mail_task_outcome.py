from odoo import fields, models

OWN_FIELDS = ("state", "reason", "task_id", "trace")


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
    destinations = fields.Json(
        readonly=True, help="What the mail was meant for, see GatewayRun."
    )
    values = fields.Json(
        readonly=True, help="The other values that the ledger gets from it."
    )

    is_counted = fields.Boolean(
        readonly=True, help="It is part of the rules' daily statistics."
    )

    _incoming_ref_unique = models.Constraint(
        "UNIQUE(incoming_ref)", "An incoming e-mail has one outcome."
    )

    def _record(self, run):
        """Write the outcome of a run; one of an earlier attempt is replaced."""
        values = dict(run.values)
        own = {name: values.pop(name) for name in OWN_FIELDS}
        vals = {
            **own,
            "incoming_ref": run.incoming_id,
            "attempt": run.attempt,
            "rule_ids": [fields.Command.set(values.pop("rule_ids"))],
            "destinations": run.destinations,
            "values": values,
        }
        earlier = self._of(run.incoming_id) if run.attempt > 1 else self
        if earlier:
            earlier.write(vals)
        else:
            self.create(vals)

    def _of(self, incoming_id):
        return self.search([("incoming_ref", "=", incoming_id)], limit=1)

    def _get_values(self):
        """Return ``GatewayRun.values`` as far as its records are still there."""
        values = {**self.values, "rule_ids": self.rule_ids.ids}
        values.update({name: self[name] for name in ("state", "reason", "trace")})
        values["task_id"] = self.task_id.id
        for name, model in (
            ("sender_partner_id", "res.partner"),
            ("sender_user_id", "res.users"),
            ("alias_ids", "mail.alias"),
        ):
            records = self.env[model].browse(values[name]).exists()
            values[name] = records.ids if name.endswith("s") else records.id
        return values
