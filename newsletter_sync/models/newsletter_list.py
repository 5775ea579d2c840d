from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import clean_context

STATES = [
    ("connecting", "Connecting"),
    ("active", "Mirrored"),
    ("paused", "Paused"),
    ("failed", "Failed"),
    ("disconnecting", "Disconnecting"),
    ("disconnected", "Disconnected"),
]
ENDINGS = [
    ("keep", "Keep the list there as it is"),
    ("empty", "Take out the addresses that we added"),
    ("delete", "Delete the list there"),
]
# Its worker has to know of edits of contacts.
CONNECTED = ("connecting", "active", "paused", "failed")


class NewsletterList(models.Model):
    """A contact filter mirrored to one list of a newsletter service.

    The record is what people see and set. Whom the filter selects is found out in
    ``newsletter.mirror``; calls to the service are made in ``newsletter.connection``
    and, about members, in ``newsletter.outbox``.
    """

    _name = "newsletter.list"
    _inherit = [
        "newsletter.mirror",
        "newsletter.forecast",
        "newsletter.payload",
        "newsletter.outbox",
        "newsletter.connection",
        "newsletter.audit",
        "newsletter.replies",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "Newsletter List"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(
        string="Name at the Service",
        required=True,
        compute="_compute_name",
        store=True,
        precompute=True,
        readonly=False,
        help="What the list is called when it is made. It may be renamed there: it is "
        "known by its ID.",
    )
    filter_id = fields.Many2one(
        "newsletter.filter",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
    )
    account_id = fields.Many2one(
        "newsletter.account",
        string="Service",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
        check_company=True,
    )
    user_id = fields.Many2one(related="filter_id.user_id", store=True, index=True)
    company_id = fields.Many2one(related="filter_id.company_id", store=True)
    remote_id = fields.Char(
        string="ID at the Service", readonly=True, copy=False, tracking=True
    )
    policy = fields.Selection(
        [("mirror", "Add and remove"), ("add_only", "Only add")],
        default="mirror",
        required=True,
        tracking=True,
        help="Only add: who does not match any more stays in the list.",
    )
    state = fields.Selection(
        STATES, default="connecting", readonly=True, copy=False, tracking=True
    )
    problem = fields.Char(readonly=True, copy=False)
    ending = fields.Selection(ENDINGS, readonly=True, copy=False)
    watch = fields.Selection(related="filter_id.watch")
    field_ids = fields.One2many("newsletter.field", "list_id", string="Fields")

    # the brake
    brake_percent = fields.Integer(
        default=20,
        help="If more than this share of the list would be removed at once, "
        "nothing is removed and the owner is asked.",
    )
    brake_minimum = fields.Integer(
        default=50, help="As many addresses may always be removed at once."
    )
    held_count = fields.Integer(
        string="Held Removals",
        readonly=True,
        copy=False,
        help="How many addresses the brake kept from being removed.",
    )
    # The next comparison may remove any number.
    brake_released = fields.Boolean(
        readonly=True, copy=False, export_string_translation=False
    )

    # how far it is
    member_ids = fields.One2many("newsletter.member", "list_id", string="Members")
    batch_ids = fields.One2many("newsletter.batch", "list_id", string="Calls")
    member_count = fields.Integer(compute="_compute_counts", string="In the List")
    waiting_count = fields.Integer(compute="_compute_counts", string="Waiting")
    excluded_count = fields.Integer(compute="_compute_counts", string="Left Out")
    refused_count = fields.Integer(compute="_compute_counts", string="Refused")
    done_count = fields.Integer(compute="_compute_counts")
    todo_count = fields.Integer(compute="_compute_counts")
    last_sync = fields.Datetime(
        readonly=True, copy=False, help="When the service last acknowledged a change."
    )
    last_check = fields.Datetime(
        string="Last Comparison",
        readonly=True,
        copy=False,
        help="When the list was last compared with the whole filter.",
    )
    next_check = fields.Datetime(
        readonly=True, copy=False, export_string_translation=False
    )
    checked_signature = fields.Char(
        readonly=True, copy=False, export_string_translation=False
    )
    push_all = fields.Boolean(
        readonly=True, copy=False, export_string_translation=False
    )

    _remote_uniq = models.UniqueIndex(
        "(account_id, remote_id) WHERE state <> 'disconnected'",
        "Another list is bound to this list of the service.",
    )
    _filter_account_uniq = models.UniqueIndex(
        "(filter_id, account_id) WHERE state <> 'disconnected'",
        "This filter is connected to this service already.",
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("filter_id.name", "filter_id.user_id.name")
    def _compute_name(self):
        for record in self:
            source = record.filter_id
            if source and not record.remote_id:
                record.name = f"{source.name} – {source.user_id.name}"

    @api.depends("state")
    def _compute_counts(self):
        counts = {
            (record.id, state): count
            for record, state, count in self.env["newsletter.member"]
            .sudo()
            ._read_group(
                [("list_id", "in", self.ids)], ["list_id", "state"], ["__count"]
            )
        }
        for record in self:
            of = {
                state: counts.get((record.id, state), 0)
                for state in ("member", "waiting", "sending", "leaving", "excluded")
            }
            record.member_count = of["member"]
            record.waiting_count = of["waiting"] + of["sending"] + of["leaving"]
            record.excluded_count = of["excluded"]
            record.refused_count = counts.get((record.id, "refused"), 0)
            record.done_count = of["member"]
            record.todo_count = of["member"] + record.waiting_count

    # ------------------------------------------------------------------
    # Create, write, delete
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self._check_settable({name for vals in vals_list for name in vals})
        # Nor may it come by defaults.
        self = self.with_context(clean_context(self.env.context))
        self.env.registry.clear_cache()
        lists = super().create(vals_list)
        lists.filter_id.check_access("write")
        lists._look_again()
        return lists

    def write(self, vals):
        self._check_settable(vals, {"account_id", "filter_id"})
        if vals.keys() & {"state", "account_id", "filter_id"}:
            self.env.registry.clear_cache()
        result = super().write(vals)
        if "policy" in vals:
            self._look_again()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    def _check_settable(self, names, fixed=frozenset()):
        """Refuse what only the worker may write, and what is fixed once a list exists:
        with it one would send what others may see, or take over a list of others at
        the service."""
        refused = [
            field._description_string(self.env)
            for name, field in self._fields.items()
            if name in names and (field.readonly or name in fixed)
        ]
        if refused and not self.env.su:
            raise AccessError(
                self.env._(
                    "This cannot be set in a newsletter list: %s.",
                    ", ".join(refused),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_connected(self):
        if any(record.state in CONNECTED and record.remote_id for record in self):
            raise UserError(
                self.env._(
                    "Disconnect the list first: you can then say what becomes of the "
                    "addresses at the service."
                )
            )

    @api.model
    def _get_watched(self):
        """Return the lists whose workers have to know of edits of contacts. One that
        does not work now compares everything when it goes on."""
        return self.search(
            [
                ("state", "in", CONNECTED),
                ("account_id.state", "=", "connected"),
                ("account_id.active", "=", True),
            ]
        )

    def _get_siblings(self):
        """Return the lists of the same filters at the same services, which are these
        and those that were disconnected."""
        # sudo: also of one that is not saved yet
        return self.sudo().search(
            [
                ("filter_id", "in", self.filter_id._origin.ids),
                ("account_id", "in", self.account_id._origin.ids),
            ]
        )

    # ------------------------------------------------------------------
    # Telling the worker
    # ------------------------------------------------------------------

    def _look_again(self):
        """Have the lists compared with their filters as a whole, soon."""
        connected = self.sudo().filtered(lambda record: record.state in CONNECTED)
        self.env["newsletter.note"]._note_lists(connected)

    def _send_again(self):
        """Have every member sent again: what is sent of it has changed."""
        started = self.sudo().filtered("remote_id")
        started.push_all = True
        started._look_again()

    def _wake_worker(self):
        for account in self.account_id.sudo():
            account.cron_id._trigger()

    # ------------------------------------------------------------------
    # Trouble
    # ------------------------------------------------------------------

    def _pause(self, problem, state="paused"):
        """Stop the list and tell its owner why; nothing is removed meanwhile.

        :param str problem: a sentence that says what to do
        """
        self.ensure_one()
        # Disconnected: somebody did that while a call was made.
        is_known = self.state == state and self.problem == problem
        if is_known or self.state == "disconnected":
            return
        self.write({"state": state, "problem": problem})
        self._tell_owner(problem)

    def _tell_owner(self, problem):
        owner = self.user_id
        self.activity_schedule(
            "mail.mail_activity_data_warning",
            summary=self.env._("Newsletter list %s", self.name),
            note=problem,
            user_id=(owner if owner.active else self.account_id.user_id).id,
        )

    def action_resume(self):
        """Go on after the reason for the pause is gone, also with the ending."""
        self.check_access("write")
        stopped = self.sudo().filtered(lambda one: one.state in ("paused", "failed"))
        for record in stopped:
            state = "active" if record.remote_id else "connecting"
            state = "disconnecting" if record.ending else state
            record.write({"state": state, "problem": False, "held_count": 0})
            record.activity_unlink(["mail.mail_activity_data_warning"])
        stopped._look_again()
        stopped._wake_worker()

    def action_release_brake(self):
        """Let the next comparison remove as many as it has to."""
        self.check_access("write")
        self.sudo().brake_released = True
        self.action_resume()

    def action_pause(self):
        self.check_access("write")
        active = self.sudo().filtered(lambda record: record.state == "active")
        active.write({"state": "paused", "problem": self.env._("Paused by hand.")})

    def action_sync_now(self):
        self.check_access("write")
        self._look_again()

    # ------------------------------------------------------------------
    # Other views
    # ------------------------------------------------------------------

    def action_open_members(self):
        self.ensure_one()
        return self._open("newsletter_sync.newsletter_member_action")

    def action_open_batches(self):
        self.ensure_one()
        return self._open("newsletter_sync.newsletter_batch_action")

    def _open(self, action):
        action = self.env["ir.actions.act_window"]._for_xml_id(action)
        domain = Domain("list_id", "=", self.id)
        return {**action, "domain": domain, "context": {}}

    def action_disconnect(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Disconnect"),
            "res_model": "newsletter.disconnect",
            "view_mode": "form",
            "target": "new",
            "context": {"default_list_id": self.id},
        }

    def action_explain(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Why is somebody in the list?"),
            "res_model": "newsletter.explain",
            "view_mode": "form",
            "target": "new",
            "context": {"default_list_id": self.id},
        }

    def action_preview(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Try without sending"),
            "res_model": "newsletter.preview",
            "view_mode": "form",
            "target": "new",
            "context": {"default_list_id": self.id},
        }
