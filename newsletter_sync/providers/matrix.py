"""What each service can do, in words: for the account's form and the README."""


def describe(provider, _=str):
    """Return title and text of each property of a service.

    :param _: translates, such as ``env._``
    """
    support = provider.support
    minutes = -(-support.visible_after // 60)
    return [
        (_("Contacts in one call"), f"{support.batch_size:,}"),
        (_("A new list"), _creation(support, _)),
        (_("Renaming a list"), _by_us(support.renames_lists, _)),
        (_("Deleting a list"), _by_us(support.deletes_lists, _)),
        (_("Who leaves the filter"), _removal(support, _)),
        (_("Refused contacts"), _answers(support, _)),
        (_("Who is in a list"), _reading(support, _)),
        (_("New fields"), _by_us(support.creates_fields, _)),
        (
            _("Changes can be read"),
            _("after %s min at most") % minutes if minutes else _("at once"),
        ),
    ]


def markdown(providers):
    """Return a table with a line for each service."""
    rows = [(one.label, dict(describe(one))) for one in providers]
    titles = ["Service", *rows[0][1]]
    lines = [titles, ["---"] * len(titles)]
    lines += [[label, *texts.values()] for label, texts in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _by_us(able, _):
    return _("yes") if able else _("on its website only")


def _creation(support, _):
    if support.creates_lists == "first_contact":
        return _("with its first contact")
    return _("at once")


def _removal(support, _):
    if support.removal == "archive":
        return _("is archived")
    return _("leaves this list only")


def _answers(support, _):
    texts = {
        "contact": _("are named with a reason"),
        "counts": _("are named, or searched for"),
        "none": _("are dropped silently"),
    }
    return texts[support.answers]


def _reading(support, _):
    if not support.enumerates:
        return _("is not told")
    if support.shows_opt_outs:
        return _("can be read, with opt-outs")
    return _("can be read, without opt-outs")
