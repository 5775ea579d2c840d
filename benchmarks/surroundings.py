"""What the mails meet: a project with an address, customers, and rules."""

from .mails import DOMAINS, sender
from .variants import RULE_COUNTS

ADDRESS = "support@bench.example"


def prepare(env):
    """Make everything that is there before the first mail; commit it."""
    _allow_many_mails_of_one_sender(env)
    _create_project(env)
    env["res.partner"].create(
        [
            {"name": f"Customer {number}", "email": sender(number)}
            for number in range(DOMAINS)
        ]
    )
    env["mail.task.rule"].create([_rule_vals(n) for n in range(max(RULE_COUNTS))])
    env.cr.commit()


def set_rule_count(env, count):
    """Have exactly the first ``count`` rules active."""
    rules = env["mail.task.rule"].with_context(active_test=False).search([], order="id")
    rules[:count].active = True
    rules[count:].active = False
    env.cr.commit()


def check_rule_count(env, count):
    active = env["mail.task.rule"].search_count([])
    if active != count:
        raise AssertionError(f"{active} rules are active instead of {count}")


def _allow_many_mails_of_one_sender(env):
    # Core still counts them, but does not take them for a loop.
    env["ir.config_parameter"].set_param("mail.gateway.loop.threshold", 1_000_000)


def _create_project(env):
    name, _, domain = ADDRESS.partition("@")
    manager = env.ref("base.user_admin")
    # Told of each new task inside Odoo: there is no mail server to send to.
    manager.notification_type = "inbox"
    alias_domain = env["mail.alias.domain"].create({"name": domain})
    env.company.alias_domain_id = alias_domain
    project = env["project.project"].create(
        {
            "name": "Support",
            "user_id": manager.id,
            "alias_name": name,
            "alias_domain_id": alias_domain.id,
            "alias_contact": "everyone",
            "type_ids": [(0, 0, {"name": name}) for name in ("New", "Done")],
        }
    )
    project.message_subscribe(manager.partner_id.ids)
    assert project.alias_email == ADDRESS


def _rule_vals(number):
    """A rule that looks at the mails of one domain, in vain.

    1 % of the mails pass its sender condition and are searched for its keyword:
    half of the rules look into the subject, half into the text. No rule matches,
    so that all variants make the same task.
    """
    domain = number % DOMAINS
    in_subject = (number + number // DOMAINS) % 2
    return {
        "name": f"Rule {number}",
        "sequence": number,
        "company_id": False,
        "sender_domains": sender(domain).partition("@")[2],
        "keyword": f"never said {number}",
        "keyword_in": "subject" if in_subject else "body",
    }
