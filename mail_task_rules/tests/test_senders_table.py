from odoo.addons.mail.tests.common import mail_new_test_user

from .common import MailTaskCommon

# What becomes of a mail: state, whether by the rule, who created the task, who is
# the author, whether the sender follows it, and whether they get an answer.
OUTCOMES = {
    "user": ("task", True, "sender", "sender", True, False),
    "contact": ("task", True, "gateway", "sender", True, False),
    "owner": ("task", True, "gateway", "owner", False, False),
    "invited": ("task", True, "gateway", "sender", True, True),
    "nobody": ("task", True, "gateway", "nobody", False, False),
    "refused": ("rejected", True, "", "", False, True),
    "silent": ("rejected", True, "", "", False, False),
    "joins": ("reply", True, "", "sender", False, False),
    "joins/owner": ("reply", True, "", "owner", False, False),
    "joins/invited": ("reply", True, "", "sender", False, True),
    "kept": ("quarantined", True, "", "", False, False),
    "waits": ("quarantined", False, "", "", False, False),
    # the rule is passed over: by the address alone
    "-user": ("task", False, "sender", "sender", True, False),
    "-contact": ("task", False, "gateway", "sender", True, False),
    "-nobody": ("task", False, "gateway", "nobody", False, False),
    "-named": ("task", False, "gateway", "nobody", True, False),
    "-joins": ("reply", False, "", "sender", False, False),
    "-follows": ("reply", False, "", "sender", True, False),
    "-owner": ("task", False, "gateway", "owner", False, False),
    "-invited": ("task", False, "gateway", "sender", True, True),
    "-refused": ("rejected", False, "", "", False, True),
    "-silent": ("rejected", False, "", "", False, False),
    "-joins/owner": ("reply", False, "", "owner", False, False),
    "-joins/invited": ("reply", False, "", "sender", False, True),
}
AUTHENTICATION = {
    "proven": "mx.ours.test; dmarc=pass",
    "forged": "mx.ours.test; dmarc=fail",
}
# Sender policy, what becomes of unknown senders, who writes; then the outcomes of
# a new mail and a reply, each proven and forged.
RULES = """
anyone    contact  manager    user      nobody      joins          waits
anyone    contact  colleague  user      nobody      joins          waits
anyone    contact  portal     user      nobody      joins          waits
anyone    contact  contact    contact   nobody      joins          waits
anyone    contact  unknown    contact   nobody      joins          waits
anyone    owner    manager    user      owner       joins          waits
anyone    owner    colleague  user      owner       joins          waits
anyone    owner    portal     user      owner       joins          waits
anyone    owner    contact    contact   owner       joins          waits
anyone    owner    unknown    owner     owner       joins/owner    waits
anyone    portal   manager    user      nobody      joins          waits
anyone    portal   colleague  user      nobody      joins          waits
anyone    portal   portal     user      nobody      joins          waits
anyone    portal   contact    contact   nobody      joins          waits
anyone    portal   unknown    invited   nobody      joins/invited  waits
anyone    reject   manager    user      silent      joins          waits
anyone    reject   colleague  user      silent      joins          waits
anyone    reject   portal     user      silent      joins          waits
anyone    reject   contact    contact   silent      joins          waits
anyone    reject   unknown    refused   silent      refused        waits
anyone    skip     manager    user      -nobody     joins          waits
anyone    skip     colleague  user      -nobody     joins          waits
anyone    skip     portal     user      -nobody     joins          waits
anyone    skip     contact    contact   -nobody     joins          waits
anyone    skip     unknown    -contact  -nobody     -joins         waits
known     contact  manager    user      -nobody     joins          waits
known     contact  colleague  user      -nobody     joins          waits
known     contact  portal     user      -nobody     joins          waits
known     contact  contact    contact   -nobody     joins          waits
known     contact  unknown    contact   -nobody     joins          waits
known     owner    manager    user      -nobody     joins          waits
known     owner    colleague  user      -nobody     joins          waits
known     owner    portal     user      -nobody     joins          waits
known     owner    contact    contact   -nobody     joins          waits
known     owner    unknown    owner     -nobody     joins/owner    waits
known     portal   manager    user      -nobody     joins          waits
known     portal   colleague  user      -nobody     joins          waits
known     portal   portal     user      -nobody     joins          waits
known     portal   contact    contact   -nobody     joins          waits
known     portal   unknown    invited   -nobody     joins/invited  waits
known     reject   manager    user      -nobody     joins          waits
known     reject   colleague  user      -nobody     joins          waits
known     reject   portal     user      -nobody     joins          waits
known     reject   contact    contact   -nobody     joins          waits
known     reject   unknown    refused   -nobody     refused        waits
known     skip     manager    user      -nobody     joins          waits
known     skip     colleague  user      -nobody     joins          waits
known     skip     portal     user      -nobody     joins          waits
known     skip     contact    contact   -nobody     joins          waits
known     skip     unknown    -contact  -nobody     -joins         waits
internal  contact  manager    user      -nobody     joins          waits
internal  contact  colleague  user      -nobody     joins          waits
internal  contact  portal     -user     -nobody     -joins         waits
internal  contact  contact    -contact  -nobody     -joins         waits
internal  contact  unknown    contact   -nobody     joins          waits
internal  owner    manager    user      -nobody     joins          waits
internal  owner    colleague  user      -nobody     joins          waits
internal  owner    portal     -user     -nobody     -joins         waits
internal  owner    contact    -contact  -nobody     -joins         waits
internal  owner    unknown    owner     -nobody     joins/owner    waits
internal  portal   manager    user      -nobody     joins          waits
internal  portal   colleague  user      -nobody     joins          waits
internal  portal   portal     -user     -nobody     -joins         waits
internal  portal   contact    -contact  -nobody     -joins         waits
internal  portal   unknown    invited   -nobody     joins/invited  waits
internal  reject   manager    user      -nobody     joins          waits
internal  reject   colleague  user      -nobody     joins          waits
internal  reject   portal     -user     -nobody     -joins         waits
internal  reject   contact    -contact  -nobody     -joins         waits
internal  reject   unknown    refused   -nobody     refused        waits
internal  skip     manager    user      -nobody     joins          waits
internal  skip     colleague  user      -nobody     joins          waits
internal  skip     portal     -user     -nobody     -joins         waits
internal  skip     contact    -contact  -nobody     -joins         waits
internal  skip     unknown    -contact  -nobody     -joins         waits
project   contact  manager    user      -nobody     joins          waits
project   contact  colleague  kept      -nobody     joins          waits
project   contact  portal     -user     -nobody     -joins         waits
project   contact  contact    -contact  -nobody     -joins         waits
project   contact  unknown    contact   -nobody     joins          waits
project   owner    manager    user      -nobody     joins          waits
project   owner    colleague  kept      -nobody     joins          waits
project   owner    portal     -user     -nobody     -joins         waits
project   owner    contact    -contact  -nobody     -joins         waits
project   owner    unknown    owner     -nobody     joins/owner    waits
project   portal   manager    user      -nobody     joins          waits
project   portal   colleague  kept      -nobody     joins          waits
project   portal   portal     -user     -nobody     -joins         waits
project   portal   contact    -contact  -nobody     -joins         waits
project   portal   unknown    invited   -nobody     joins/invited  waits
project   reject   manager    user      -nobody     joins          waits
project   reject   colleague  kept      -nobody     joins          waits
project   reject   portal     -user     -nobody     -joins         waits
project   reject   contact    -contact  -nobody     -joins         waits
project   reject   unknown    refused   -nobody     refused        waits
project   skip     manager    user      -nobody     joins          waits
project   skip     colleague  kept      -nobody     joins          waits
project   skip     portal     -user     -nobody     -joins         waits
project   skip     contact    -contact  -nobody     -joins         waits
project   skip     unknown    -contact  -nobody     -joins         waits
"""
# The same for the policies of an address: who may write, unknown senders.
ADDRESSES = """
everyone  contact  manager    -user       -nobody  -joins          waits
everyone  contact  colleague  -user       -nobody  -joins          waits
everyone  contact  portal     -user       -nobody  -joins          waits
everyone  contact  contact    -contact    -named   -follows        waits
everyone  contact  unknown    -contact    -nobody  -joins          waits
everyone  owner    unknown    -owner      -owner   -joins/owner    waits
everyone  portal   unknown    -invited    -nobody  -joins/invited  waits
everyone  reject   unknown    -refused    -silent  -refused        waits
everyone  skip     unknown    waits       waits    waits           waits
partners  contact  manager    -user       -silent  -joins          -silent
partners  contact  colleague  -user       -silent  -joins          -silent
partners  contact  portal     -user       -silent  -joins          -silent
partners  contact  contact    -contact    -silent  -follows        -silent
partners  contact  unknown    -contact    -silent  -joins          -silent
partners  owner    unknown    -owner      -silent  -joins/owner    -silent
partners  portal   unknown    -invited    -silent  -joins/invited  -silent
partners  reject   unknown    -refused    -silent  -refused        -silent
partners  skip     unknown    waits       -silent  waits           -silent
followers contact  manager    -refused    -silent  -refused        -silent
followers contact  colleague  -refused    -silent  -refused        -silent
followers contact  portal     -refused    -silent  -refused        -silent
followers contact  contact    -contact    -silent  -follows        -silent
followers contact  unknown    -contact    -silent  -joins          -silent
followers owner    unknown    -owner      -silent  -joins/owner    -silent
followers portal   unknown    -invited    -silent  -joins/invited  -silent
followers reject   unknown    -refused    -silent  -refused        -silent
followers skip     unknown    waits       -silent  waits           -silent
employees contact  manager    -refused    -silent  -refused        -silent
employees contact  colleague  -user       -silent  -joins          -silent
employees contact  portal     -refused    -silent  -refused        -silent
employees contact  contact    -refused    -silent  -refused        -silent
employees contact  unknown    -contact    -silent  -joins          -silent
employees owner    unknown    -owner      -silent  -joins/owner    -silent
employees portal   unknown    -invited    -silent  -joins/invited  -silent
employees reject   unknown    -refused    -silent  -refused        -silent
employees skip     unknown    waits       -silent  waits           -silent
internal  contact  manager    -user       -silent  -joins          -silent
internal  contact  colleague  -user       -silent  -joins          -silent
internal  contact  portal     -refused    -silent  -refused        -silent
internal  contact  contact    -refused    -silent  -refused        -silent
internal  contact  unknown    -contact    -silent  -joins          -silent
internal  owner    unknown    -owner      -silent  -joins/owner    -silent
internal  portal   unknown    -invited    -silent  -joins/invited  -silent
internal  reject   unknown    -refused    -silent  -refused        -silent
internal  skip     unknown    waits       -silent  waits           -silent
project   contact  manager    -user       -silent  -joins          -silent
project   contact  colleague  waits       -silent  -joins          -silent
project   contact  portal     -refused    -silent  -refused        -silent
project   contact  contact    -refused    -silent  -refused        -silent
project   contact  unknown    -contact    -silent  -joins          -silent
project   owner    unknown    -owner      -silent  -joins/owner    -silent
project   portal   unknown    -invited    -silent  -joins/invited  -silent
project   reject   unknown    -refused    -silent  -refused        -silent
project   skip     unknown    waits       -silent  waits           -silent
"""


class SendersTable(MailTaskCommon):
    """Policy × kind of sender × authentication × new mail or reply."""

    table = ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        parameters = cls.env["ir.config_parameter"]
        parameters.set_param("mail_task_rules.trusted_authserv_ids", "mx.ours.test")
        cls.colleague = mail_new_test_user(
            cls.env,
            login="colleague",
            email="colleague@company.test",
            groups="base.group_user",
        )
        cls.portal = mail_new_test_user(
            cls.env,
            login="portal_user",
            email="portal@customer.test",
            groups="base.group_portal",
        )
        cls.task = cls.env["project.task"].create(
            {"name": "Existing", "project_id": cls.support.id}
        )
        cls.reference = cls.task.message_post(body="Hello").message_id
        cls.senders = {
            "manager": cls.manager.email,
            "colleague": cls.colleague.email,
            "portal": cls.portal.email,
            "contact": cls.customer.email,
            "unknown": "unknown@elsewhere.test",
        }

    def check_table(self):
        columns = [
            (is_reply, authentication)
            for is_reply in (False, True)
            for authentication in AUTHENTICATION
        ]
        for line in self.table.strip().splitlines():
            policy, unknown, sender, *expected = line.split()
            case = policy, unknown, self.senders[sender]
            for column, outcome in zip(columns, expected, strict=True):
                with self.subTest(line, column=column):
                    self.assertEqual(
                        self.get_outcome(*case, *column), OUTCOMES[outcome]
                    )

    def get_outcome(self, *case):
        """Return what becomes of a mail, as in ``OUTCOMES``; then undo it."""
        with self.env.cr.savepoint() as savepoint:
            outcome = self.try_out(*case)
            savepoint.rollback()
            self.env.invalidate_all()
            self.env.registry.clear_cache()
        return outcome

    def send(self, email, is_reply, authentication):
        headers = {"Authentication_Results": AUTHENTICATION[authentication]}
        if is_reply:
            headers["In_Reply_To"] = self.reference
        return self.deliver(self.make_mail(sender=email, **headers))

    def describe(self, incoming, by_rule, email, owner):
        """Return what became of a mail, as in ``OUTCOMES``."""
        mails = [mail["email_to"] for mail in self._mails]
        return (
            incoming.state,
            by_rule,
            *self.get_people(incoming, email, owner),
            any(email in str(to) for to in mails),
        )

    def get_people(self, incoming, email, owner):
        """Return creator, author, and whether the sender follows the task."""
        task = incoming.task_id
        if not task:
            return "", "", False
        mails = task.message_ids.filtered(lambda m: m.message_type == "email")
        author = mails[:1].author_id
        names = {owner.partner_id: "owner", self.env["res.partner"]: "nobody"}
        if author.email_normalized == email:
            names[author] = "sender"
        followers = task.message_partner_ids.mapped("email_normalized")
        if incoming.state == "reply":
            return "", names[author], email in followers
        is_sender = task.create_uid.email_normalized == email
        creator = "sender" if is_sender else "gateway"
        return creator, names[author], email in followers


class TestRulesTable(SendersTable):
    """A rule's policies."""

    table = RULES

    def test_rules(self):
        self.check_table()

    def try_out(self, policy, unknown, email, *case):
        rule = self.make_rule(
            "Rule",
            applies_to="both",
            match_any=True,
            sender_policy=policy,
            unknown_sender=unknown,
            project_id=self.accounting.id,
            priority="1",
        )
        incoming = self.send(email, *case)
        by_rule = rule in incoming.rule_ids
        return self.describe(incoming, by_rule, email, rule.create_uid)


class TestAddressesTable(SendersTable):
    """The policies of an address, without a rule."""

    table = ADDRESSES

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["hr.employee"].create({"name": "C", "user_id": cls.colleague.id})
        cls.support.user_id = cls.ann
        for record in cls.support, cls.task:
            record.message_subscribe(cls.customer.ids)

    def test_addresses(self):
        self.check_table()

    def try_out(self, contact, unknown, email, *case):
        self.support.alias_contact = contact
        self.support.alias_unknown_sender = unknown
        incoming = self.send(email, *case)
        return self.describe(incoming, False, email, self.support.user_id)
