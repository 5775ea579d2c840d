"""The simulated newsletter services of `make run`, and what is mirrored there."""

from contextlib import ExitStack, contextmanager

from tests import simulators

SERVICES = {"mailchimp": "Mailchimp (simulated)", "sendgrid": "SendGrid (simulated)"}
FILTERS = {
    "Companies": [("is_company", "=", True), ("email", "!=", False)],
    "New this month": [("create_date", ">", "today -30d"), ("email", "!=", False)],
}


@contextmanager
def running(rpc):
    """Run the services, with accounts that point at them; yield ``{name: address}``."""
    with ExitStack() as stack:
        found = {}
        for service, name in SERVICES.items():
            simulator = stack.enter_context(simulators.running(service))
            _mirror(rpc, _connect(rpc, service, name, simulator))
            found[name] = f"{simulator.root}/_state"
        yield found


def _connect(rpc, service, name, simulator):
    """Return the id of the account; the simulator has forgotten its former lists."""
    account = _find_or_create(
        rpc, "newsletter.account", {"name": name}, {"provider": service}
    )
    _let_go_of_lists(rpc, account)
    rpc.call(
        "newsletter.account",
        "write",
        [account],
        {
            "api_key": simulator.settings["api_key"],
            "base_url": simulator.base_url,
        },
    )
    for setting, value in simulator.settings.items():
        domain = [("account_id", "=", account), ("name", "=", setting)]
        lines = rpc.call("newsletter.setting", "search", domain)
        rpc.call("newsletter.setting", "write", lines, {"value": value})
    rpc.call("newsletter.account", "action_test", [account])
    return account


def _let_go_of_lists(rpc, account):
    domain = [("account_id", "=", account), ("state", "!=", "disconnected")]
    for record in rpc.call("newsletter.list", "search", domain):
        wizard = rpc.call("newsletter.disconnect", "create", {"list_id": record})
        rpc.call("newsletter.disconnect", "action_disconnect", [wizard])


def _mirror(rpc, account):
    for name, domain in FILTERS.items():
        source = _find_or_create(
            rpc, "newsletter.filter", {"name": name}, {"domain": repr(domain)}
        )
        values = {"filter_id": source, "account_id": account}
        rpc.call("newsletter.list", "create", values)


def _find_or_create(rpc, model, key, values):
    domain = [(name, "=", value) for name, value in key.items()]
    found = rpc.call(model, "search", domain, limit=1)
    return found[0] if found else rpc.call(model, "create", {**key, **values})
