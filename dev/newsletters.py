"""The simulated newsletter services of `make run`, and what is mirrored there."""

import itertools
from contextlib import ExitStack, contextmanager

from tests import simulators

# Slow enough to be watched.
LATENCY_SECONDS = 1.5
DOMAIN = "readers.test"
FILTERS = {
    "New this month": [("create_date", ">", "today -30d"), ("email", "!=", False)],
    "Companies": [("is_company", "=", True), ("email", "!=", False)],
}
FIRST_NAMES = (
    "Ada Ben Cleo Dan Eva Finn Gwen Hugo Ida Jon Kim Leo Mia Ned Oda Pia Quin Rosa "
    "Sven Tara Udo Vera Wim Xenia Yuri Zoe Anja Boris Carla Dora"
).split()
LAST_NAMES = (
    "Adler Baker Costa Diaz Engel Fischer Garcia Hansen Ivanova Jansen Kowalski Lopez "
    "Meyer Novak Olsen Petrov Quist Rossi Schmidt Torres Ueda Vogel Weber Xu Young "
    "Zimmer Abel Braun Cohen Dupont Evans Ferrari Gruber Horvat Ito Jung Klein Lind "
    "Moreau Nagy"
).split()


@contextmanager
def running(rpc):
    """Run the services, with accounts that point at them; yield ``{name: address}``."""
    _ensure_readers(rpc)
    filters = [_filter(rpc, *one) for one in FILTERS.items()]
    with ExitStack() as stack:
        found = {}
        for service in simulators.SIMULATORS:
            simulator = stack.enter_context(simulators.running(service))
            account, name = _connect(rpc, service, simulator)
            simulator.set_fault(times=0, latency=LATENCY_SECONDS)
            # The first one has all, the others one each.
            for source in filters if not found else filters[:1]:
                _mirror(rpc, source, account)
            found[name] = f"{simulator.root}/_state"
        yield found


def _ensure_readers(rpc):
    """Have as many contacts as it takes to see them go."""
    readers = [("email", "=like", f"%@{DOMAIN}")]
    if not rpc.call("res.partner", "search_count", readers):
        people = itertools.product(FIRST_NAMES, LAST_NAMES)
        contacts = [
            {
                "name": f"{first} {last}",
                "email": f"{first}.{last}@{DOMAIN}".lower(),
            }
            for first, last in people
        ]
        rpc.call("res.partner", "create", contacts)


def _filter(rpc, name, domain):
    key, values = {"name": name}, {"domain": repr(domain)}
    return _find_or_create(rpc, "newsletter.filter", key, values)


def _connect(rpc, service, simulator):
    """Return id and name of the account; the simulator has forgotten its lists."""
    labels = rpc.call("newsletter.account", "fields_get", ["provider"], ["selection"])
    name = f"{dict(labels['provider']['selection'])[service]} – simulated"
    values = {"provider": service}
    account = _find_or_create(rpc, "newsletter.account", {"name": name}, values)
    _let_go_of_lists(rpc, account)
    values = {
        "api_key": simulator.settings.get("api_key", False),
        "base_url": simulator.base_url,
        "opt_outs": "note",
    }
    rpc.call("newsletter.account", "write", [account], values)
    domain = [("account_id", "=", account)]
    lines = rpc.call("newsletter.setting", "search_read", domain, ["name", "is_secret"])
    for line in lines:
        field = "secret_value" if line["is_secret"] else "value"
        values = {field: simulator.settings.get(line["name"], False)}
        rpc.call("newsletter.setting", "write", [line["id"]], values)
    rpc.call("newsletter.account", "action_test", [account])
    return account, name


def _let_go_of_lists(rpc, account):
    domain = [("account_id", "=", account), ("state", "!=", "disconnected")]
    for record in rpc.call("newsletter.list", "search", domain):
        wizard = rpc.call("newsletter.disconnect", "create", {"list_id": record})
        rpc.call("newsletter.disconnect", "action_disconnect", [wizard])


def _mirror(rpc, source, account):
    values = {"filter_id": source, "account_id": account}
    rpc.call("newsletter.list", "create", values)


def _find_or_create(rpc, model, key, values):
    domain = [(name, "=", value) for name, value in key.items()]
    found = rpc.call(model, "search", domain, limit=1)
    return found[0] if found else rpc.call(model, "create", {**key, **values})
