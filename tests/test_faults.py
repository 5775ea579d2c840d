"""An accident at every step of a mail's way: each mail ends once, and as it should.

An exception and a kill -9 of the worker, for mail that is fetched by IMAP and POP3
and that a mail transfer agent hands over; for a mail that becomes a task, one that
is forwarded and one that is bounced.
"""

from dataclasses import dataclass

import pytest

from tests import fragile
from tests import fuses as points
from tests.mails import customer, mail

# Where an accident can happen, and to how many of the three kinds of mail: to
# bounce a refused sender, nothing has to be decided.
POINTS = {
    points.KEEP: 3,
    points.KEPT: 3,
    points.PARSE: 3,
    points.FACTS: 3,
    points.ADDRESS: 3,
    points.DECIDE: 2,
    points.ROUTE: 3,
    points.APPLY: 3,
    points.OUTCOME: 3,
    points.WORKED: 3,
    points.COMMIT: 3,
    points.COMMITTED: 3,
    points.CLOSE: 3,
    points.CLOSED: 3,
}
WAYS = ("imap", "pop", "mailgate")
LONG_AGO = "2020-01-01 00:00:00"


@pytest.fixture(scope="module")
def odoo(tmp_path_factory, sink):
    with fragile.running(tmp_path_factory.mktemp("fuses"), sink, workers=1) as odoo:
        odoo.admin.virtual_address("staff", alias_contact="employees")
        yield odoo


@pytest.fixture
def admin(odoo):
    return odoo.admin


@dataclass
class Scene:
    """Three mails that meet an accident, and their neighbours."""

    name: str

    @property
    def forward_to(self):
        return f"{self.name}@elsewhere.example"

    def mails(self):
        return [
            self._mail("before", "support@mail.example"),
            self._mail("task", "support@mail.example", X_Accident=self.name),
            self._mail("forward", "team@hosted.example", X_Accident=self.name),
            self._mail("bounce", "staff@mail.example", X_Accident=self.name),
            self._mail("behind", "support@mail.example"),
        ]

    def subject(self, kind):
        return f"{self.name} {kind}"

    def message_id(self, kind):
        return f"<{self.name}-{kind}@customer.example>"

    def _mail(self, kind, to, **headers):
        message_id = self.message_id(kind)
        return mail(self.subject(kind), to=to, Message_ID=message_id, **headers)


@pytest.fixture
def scene(odoo, request):
    yield Scene("-".join(request.node.callspec.params.values()))
    odoo.fuses.disarm_all()


@pytest.fixture
def way(odoo, admin, mailbox, request, scene):
    policy = {
        "unprocessed_action": "forward",
        "unprocessed_forward_to": scene.forward_to,
    }
    kind = request.getfixturevalue("way_name")
    if kind == "mailgate":
        company = {f"mail_task_{name}": value for name, value in policy.items()}
        admin.write("res.company", 1, **company)
        return fragile.HandedOver(odoo.server)
    return fragile.Fetched(admin.mail_account(mailbox, kind, **policy))


@pytest.mark.parametrize("way_name", WAYS)
@pytest.mark.parametrize("accident", [points.RAISE, points.KILL])
@pytest.mark.parametrize("point", POINTS)
def test_accident(odoo, admin, sink, scene, way, point, accident, way_name):
    odoo.fuses.arm(point, f"X-Accident: {scene.name}", accident)

    way.deliver(*scene.mails())

    if accident == points.RAISE:
        assert len(admin.tasks(scene.subject("behind"))) == 1
    fragile.deliver_at_last(way)
    recover(admin, scene)
    assert odoo.fuses.burned() == POINTS[point]
    assert_all_ended_once(admin, sink, scene)


@pytest.mark.parametrize("way_name", WAYS)
@pytest.mark.parametrize("point", [points.APPLY, points.COMMIT])
def test_conflict(odoo, admin, sink, scene, way, point, way_name):
    """Another transaction wrote what the mail's transaction writes, too."""
    odoo.fuses.arm(point, f"X-Accident: {scene.name}", points.CONFLICT)

    way.deliver(*scene.mails())

    assert way.is_done()
    recover(admin, scene)
    assert odoo.fuses.burned() == 3
    assert_all_ended_once(admin, sink, scene)
    [entry] = entries_of(admin, scene, "task")
    assert entry.attempts == 2


def recover(admin, scene):
    """Let the scheduled actions do what they do sooner or later."""
    admin.run_cron("mail_task_rules.ir_cron_close_interrupted")
    failed = admin.entries(("message_id", "like", scene.name), ("state", "=", "failed"))
    for entry in failed:
        admin.write("mail.task.incoming", entry.id, next_retry=LONG_AGO)
    admin.run_cron("mail_task_rules.ir_cron_retry")
    admin.run_cron("mail.ir_cron_mail_scheduler_action")


def assert_all_ended_once(admin, sink, scene):
    for kind in ("before", "task", "behind"):
        assert states_of(admin, scene, kind) == ["task"]
        assert len(admin.tasks(scene.subject(kind))) == 1
    assert states_of(admin, scene, "forward") == ["forwarded"]
    assert len(sink.mails_to(scene.forward_to)) == 1
    # The next copy of a refused mail is judged anew: it leaves nothing behind.
    assert set(states_of(admin, scene, "bounce")) == {"rejected"}
    assert len(sink.mails_to(customer(scene.subject("bounce")))) == 1


def states_of(admin, scene, kind):
    """Return the states of a mail's entries but for those of its copies."""
    entries = entries_of(admin, scene, kind)
    assert not any(entry.attempt_started for entry in entries)
    return [entry.state for entry in entries]


def entries_of(admin, scene, kind):
    message_id = scene.message_id(kind)
    domain = [("message_id", "=", message_id), ("state", "!=", "duplicate")]
    return admin.entries(*domain)
