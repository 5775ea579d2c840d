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
    "unnamed": ("reply", True, "", "nobody", False, False),
    "joins/owner": ("reply", True, "", "owner", False, False),
    "joins/invited": ("reply", True, "", "sender", False, True),
    "kept": ("quarantined", True, "", "", False, False),
    "waits": ("quarantined", False, "", "", False, False),
    # the rule is passed over: by the address alone
    "-user": ("task", False, "sender", "sender", True, False),
    "-contact": ("task", False, "gateway", "sender", True, False),
    "-nobody": ("task", False, "gateway", "nobody", False, False),
    "-joins": ("reply", False, "", "sender", False, False),
    "-unnamed": ("reply", False, "", "nobody", False, False),
}
AUTHENTICATION = {
    "proven": "mx.ours.test; dmarc=pass",
    "forged": "mx.ours.test; dmarc=fail",
}
# Sender policy, what becomes of unknown senders, who writes; then the outcomes of
# a new mail and a reply, each proven and forged.
TABLE = """
anyone    contact  manager    user      nobody      joins          waits
anyone    contact  colleague  user      nobody      joins          waits
anyone    contact  portal     user      nobody      joins          waits
anyone    contact  contact    contact   nobody      joins          waits
anyone    contact  unknown    contact   nobody      unnamed        waits
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
anyone    skip     unknown    -contact  -nobody     -unnamed       waits
known     contact  manager    user      -nobody     joins          waits
known     contact  colleague  user      -nobody     joins          waits
known     contact  portal     user      -nobody     joins          waits
known     contact  contact    contact   -nobody     joins          waits
known     contact  unknown    contact   -nobody     unnamed        waits
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
known     skip     unknown    -contact  -nobody     -unnamed       waits
internal  contact  manager    user      -nobody     joins          waits
internal  contact  colleague  user      -nobody     joins          waits
internal  contact  portal     -user     -nobody     -joins         waits
internal  contact  contact    -contact  -nobody     -joins         waits
internal  contact  unknown    contact   -nobody     unnamed        waits
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
internal  skip     unknown    -contact  -nobody     -unnamed       waits
project   contact  manager    user      -nobody     joins          waits
project   contact  colleague  kept      -nobody     joins          waits
project   contact  portal     -user     -nobody     -joins         waits
project   contact  contact    -contact  -nobody     -joins         waits
project   contact  unknown    contact   -nobody     unnamed        waits
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
project   skip     unknown    -contact  -nobody     -unnamed       waits
"""


class TestSendersTable(MailTaskCommon):
    """Policy × kind of sender × authentication × new mail or reply."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        parameters = cls.env["ir.config_parameter"]
        parameters.set_param("mail_task_rules.trusted_authserv_ids", "mx.ours.test")
        cls.colleague = mail_new_test_user(
            cls.env, login="colleague", groups="base.group_user"
        )
        cls.portal = mail_new_test_user(
            cls.env, login="portal_user", groups="base.group_portal"
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

    def test_table(self):
        columns = [
            (is_reply, authentication)
            for is_reply in (False, True)
            for authentication in AUTHENTICATION
        ]
        for line in TABLE.strip().splitlines():
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

    def try_out(self, policy, unknown, email, is_reply, authentication):
        rule = self.make_rule(
            "Rule",
            applies_to="both",
            match_any=True,
            sender_policy=policy,
            unknown_sender=unknown,
            project_id=self.accounting.id,
            priority="1",
        )
        headers = {"Authentication_Results": AUTHENTICATION[authentication]}
        if is_reply:
            headers["In_Reply_To"] = self.reference
        incoming = self.deliver(self.make_mail(sender=email, **headers))
        mails = [mail["email_to"] for mail in self._mails]
        return (
            incoming.state,
            rule in incoming.rule_ids,
            *self.get_people(incoming, rule, email),
            any(email in str(to) for to in mails),
        )

    def get_people(self, incoming, rule, email):
        """Return creator, author, and whether the sender follows the task."""
        task = incoming.task_id
        if not task:
            return "", "", False
        mails = task.message_ids.filtered(lambda m: m.message_type == "email")
        author = mails[:1].author_id
        names = {rule.create_uid.partner_id: "owner", self.env["res.partner"]: "nobody"}
        if author.email_normalized == email:
            names[author] = "sender"
        followers = task.message_partner_ids.mapped("email_normalized")
        if incoming.state == "reply":
            return "", names[author], email in followers
        is_sender = task.create_uid.email_normalized == email
        creator = "sender" if is_sender else "gateway"
        return creator, names[author], email in followers
