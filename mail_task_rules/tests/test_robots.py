from collections import deque
from dataclasses import dataclass, field

from odoo.fields import Command
from odoo.tools import email_normalize

from .test_notifications import NotificationCommon

ROUNDS = 200
# What one robot may be told until we know that it is one
HANDFUL = 8

# What a robot's answer says of itself, and where it goes
HABITS = {
    "says that it is one": {"Auto_Submitted": "auto-replied"},
    "says nothing": {},
    "keeps no references": {"keeps_references": False},
    "answers the sender, not Reply-To": {"ignores_reply_to": True},
    "makes a new conversation each time": {
        "ignores_reply_to": True,
        "keeps_references": False,
    },
    "sends our own headers back": {"X_Odoo_Mail_Task_Notice": "1"},
    "has a null return path": {"Return_Path": "<>"},
}


@dataclass
class Robot:
    """Somebody who answers each mail at once."""

    address: str
    keeps_references: bool = True
    ignores_reply_to: bool = False
    text: str = "I am away {}.\n"
    headers: dict = field(default_factory=dict)
    got: list = field(default_factory=list)

    @classmethod
    def of(cls, address, habit):
        values = {name: habit[name] for name in habit if not name[0].isupper()}
        headers = {name: habit[name] for name in habit if name[0].isupper()}
        return cls(address, headers=headers, **values)

    def answer(self, mail, number):
        """Return what ``make_mail`` needs."""
        to = mail["email_from"] if self.ignores_reply_to else mail["reply_to"]
        headers = dict(self.headers)
        if self.keeps_references:
            headers["In_Reply_To"] = mail["message_id"]
        return {
            "to": email_normalize(to or mail["email_from"]),
            "sender": self.address,
            "subject": f"Automatic answer {number}",
            "text": self.text.format(number),
            **headers,
        }


class TestRobots(NotificationCommon):
    """Programs that answer each mail get no conversation out of us."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ann.write({"email": "ann@robots.test", "notification_type": "email"})
        cls.make_rule(
            "Ann does it",
            project_id=cls.support.id,
            user_ids=[Command.set(cls.ann.ids)],
            match_any=True,
        )

    def setUp(self):
        super().setUp()
        for event in ("created", "comment", "stage", "attachment", "assigned"):
            self.notification(event, "customer", "author", "assignees", "followers")

    def converse(self, *robots, first=None):
        """Have robots answer all that they get; return how many rounds there were."""
        robots = {robot.address: robot for robot in robots}
        waiting = deque([first or {"sender": next(iter(robots))}])
        for number in range(ROUNDS):
            if not waiting:
                return number
            for mail in self.exchange(waiting.popleft()):
                robot = robots.get(email_normalize(mail["email_to"][0]))
                if robot:
                    robot.got.append(mail)
                    answer = robot.answer(mail, len(robot.got))
                    if answer["to"].endswith(self.domain):
                        waiting.append(answer)
        return ROUNDS

    def exchange(self, written):
        """Deliver a mail; return all that Odoo sends because of it."""
        self.env.cr.execute(
            "UPDATE mail_task_notice SET create_date = create_date - interval '1 s'"
        )
        self.deliver(self.make_mail(**written))
        sent_at_once = list(self._mails)
        self.send_queue()
        return sent_at_once + list(self._mails)

    def own(self, robot):
        """Return what it got from notifications, not from following a task."""
        return [mail for mail in robot.got if "-notice-" in mail["message_id"]]

    def test_robot_that_writes_to_us(self):
        for number, (name, habit) in enumerate(HABITS.items()):
            with self.subTest(name):
                robot = Robot.of(f"writer-{number}@robots.test", habit)
                rounds = self.converse(robot)
                self.assertLess(rounds, ROUNDS)
                self.assertLessEqual(len(self.own(robot)), 2)
                self.human_is_served(f"human-{number}@acme.test")

    def test_two_robots(self):
        for number, (name, habit) in enumerate(HABITS.items()):
            with self.subTest(name):
                customer = Robot.of(f"customer-{number}@robots.test", habit)
                colleague = Robot.of(self.ann.email, habit)
                rounds = self.converse(customer, colleague)
                self.assertLess(rounds, ROUNDS)
                for robot in (customer, colleague):
                    self.assertLessEqual(len(robot.got), HANDFUL, robot.address)
                self.human_is_served(f"person-{number}@acme.test")

    def test_two_who_are_on_holiday(self):
        """They say the same each time, and not that they are programs."""
        away = {"text": "I am on holiday until Monday, and will answer then.\n"}
        customer = Robot("away@robots.test", **away)
        colleague = Robot(self.ann.email, **away)
        self.assertLess(self.converse(customer, colleague), ROUNDS)
        for robot in (customer, colleague):
            self.assertLessEqual(len(robot.got), HANDFUL)
        self.human_is_served("human@acme.test")

    def human_is_served(self, address):
        """Check that a person's mail becomes a task, and that they are told."""
        sent = self.exchange({"sender": address, "subject": "A person"})
        incoming = self.env["mail.task.incoming"].search([], limit=1)
        self.assertEqual(incoming.state, "task")
        told = [email_normalize(mail["email_to"][0]) for mail in sent]
        self.assertIn(address, told)

    def test_robot_that_writes_by_itself(self):
        """It gets one confirmation in a day, whatever it writes."""
        robot = Robot("stubborn@robots.test")
        for number in range(ROUNDS):
            raw = self.make_mail(sender=robot.address, subject=f"Alarm {number}")
            self.deliver(raw)
            if number % 20 == 0:
                self.human_is_served(f"human-{number}@acme.test")
                robot.got += [
                    one for one in self.mails if robot.address in one["email_to"][0]
                ]
        self.assertEqual(len(robot.got), 1)
