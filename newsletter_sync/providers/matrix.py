"""What each service can do, in words: for the account's form and the README."""


class English:
    """Stands in for an Odoo environment where nobody translates."""

    def _(self, text, *values):
        return text % values if values else text


def describe(provider, env=None):
    """Return title and text of each property of a service.

    :param env: translates, if given
    """
    env = env or English()
    support = provider.support
    return [
        (env._("Contacts in one call"), f"{support.batch_size:,}"),
        (env._("A new list"), _creation(support, env)),
        (env._("Renaming a list"), _by_us(support.renames_lists, env)),
        (env._("Deleting a list"), _by_us(support.deletes_lists, env)),
        (env._("Who leaves the filter"), _removal(support, env)),
        (env._("Refused contacts"), _answers(support, env)),
        (env._("Who is in a list"), _reading(support, env)),
        (env._("Who opts out"), _leaving(support, env)),
        (env._("Opt-outs are told"), _telling(support, env)),
        (env._("New fields"), _by_us(support.creates_fields, env)),
        (env._("Delay at the service"), _delay(support, env)),
    ]


def markdown(providers):
    """Return a table with a line for each service."""
    rows = [(one.label, dict(describe(one))) for one in providers]
    titles = ["Service", *rows[0][1]]
    lines = [titles, ["---"] * len(titles)]
    lines += [[label, *texts.values()] for label, texts in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _by_us(able, env):
    return env._("yes") if able else env._("on its website only")


def _creation(support, env):
    if support.creates_lists == "first_contact":
        return env._("with its first contact")
    return env._("at once")


def _removal(support, env):
    if support.removal == "archive":
        return env._("is archived")
    return env._("leaves this list only")


def _answers(support, env):
    texts = {
        "contact": env._("are named with a reason"),
        "counts": env._("are named, or searched for"),
        "none": env._("are dropped silently"),
    }
    return texts[support.answers]


def _reading(support, env):
    if not support.enumerates:
        return env._("is not told")
    if support.shows_opt_outs:
        return env._("can be read, with opt-outs")
    return env._("can be read, without opt-outs")


def _leaving(support, env):
    if support.opt_outs == "list":
        return env._("leaves one list")
    return env._("leaves all lists")


def _telling(support, env):
    texts = {
        "api": env._("at once"),
        "hand": env._("at once, after a setting on its website"),
        "": env._("once a day") if support.shows_opt_outs else env._("never"),
    }
    return texts[support.webhooks]


def _delay(support, env):
    if not support.visible_after:
        return env._("none known")
    return env._("about %s min", -(-support.visible_after // 60))
