"""Why a record satisfies a domain or not, condition by condition."""

from dataclasses import dataclass, field

from odoo.fields import Domain

# A domain that names the field finds archived records, but no others through them.
ARCHIVED_TOO = Domain("active", "in", [True, False])


@dataclass
class Node:
    """:ivar text: a condition, or nothing for a group
    :ivar operator: of a group: ``&`` (all of), ``|`` (one of) or ``!`` (none of)
    """

    holds: bool
    text: str = ""
    operator: str = ""
    children: list = field(default_factory=list)


def explain(domain, record, describe):
    """Return the ``Node`` of a domain, judged for one record.

    :param record: as the user sees it who asks; it need not be visible to them
    :param describe: callable that puts a condition ``(path, operator, value)`` into
        words
    """
    itself = Domain("id", "=", record.id) & ARCHIVED_TOO

    def read(parts):
        part = next(parts)
        if part == "!":
            child = read(parts)
            return Node(not child.holds, operator="!", children=[child])
        if part in ("&", "|"):
            children = [read(parts), read(parts)]
            holds = (all if part == "&" else any)(child.holds for child in children)
            return _flat(Node(holds, operator=part, children=children))
        found = record.search_count(Domain([part]) & itself)
        return Node(bool(found), text=describe(*part))

    parts = list(domain)
    return read(iter(parts)) if parts else Node(True)


def _flat(node):
    """Join groups of one operator: “all of” within “all of” says nothing more."""
    children = []
    for child in node.children:
        joined = child.operator == node.operator
        children.extend(child.children if joined else [child])
    node.children = children
    return node
