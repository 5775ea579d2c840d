"""What the mails meet besides rules: a project with an address, and customers."""

from .mails import DOMAINS, sender

ADDRESS = "support@bench.example"


def create(env):
    _allow_many_mails_of_one_sender(env)
    _create_project(env)
    _create_customers(env)


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


def _create_customers(env):
    tags = env["res.partner.category"].create([{"name": "Gold"}, {"name": "Dealer"}])
    country = env.ref("base.be")
    companies = env["res.partner"].create(
        [
            {"name": f"Company {number}", "is_company": True, "country_id": country.id}
            for number in range(DOMAINS)
        ]
    )
    env["res.partner"].create(
        [
            {
                "name": f"Customer {number}",
                "email": sender(number),
                "parent_id": company.id,
                "category_id": tags.ids,
            }
            for number, company in enumerate(companies)
        ]
    )
