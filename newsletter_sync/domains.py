"""What can be told about a domain of contacts without running it."""

import ast
import re

from odoo.fields import Domain

# A date that is written out, not one like "today -3d".
FIXED_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
RELATED_OPERATORS = {"any", "not any", "any!", "not any!", "child_of", "parent_of"}


class _UserId(ast.NodeTransformer):
    def __init__(self, uid):
        self._uid = uid

    def visit_Name(self, node):
        return ast.Constant(self._uid) if node.id == "uid" else node


def parse(text, uid):
    """Return the ``Domain`` that a text describes.

    Favourites may say ``uid``: it stands for the user with that id.

    :raise ValueError: the text is no domain, or needs more than its literal values
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
        return Domain(ast.literal_eval(_UserId(uid).visit(tree)))
    except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(str(error)) from error


def field_names(domain):
    """Return the names of the contact's own fields that the domain looks at."""
    return {
        condition.field_expr.split(".")[0] for condition in domain.iter_conditions()
    }


def speed(domain, model):
    """Return how soon a change of who matches can be noticed.

    :return: ``instant`` if only edits of a contact itself can change it,
        ``midnight`` if a new day can, too, ``minutes`` if other records can
    """
    speeds = {_speed(condition, model) for condition in domain.iter_conditions()}
    return next((name for name in ("minutes", "midnight") if name in speeds), "instant")


def _speed(condition, model):
    name, _, rest = condition.field_expr.partition(".")
    field = model._fields.get(name)
    if not field:
        return "minutes"
    if name == "days_to_birthday":
        return "midnight"
    is_date = field.type in ("date", "datetime")
    if condition.operator in RELATED_OPERATORS or (rest and not is_date):
        return "minutes"
    if not (field.store or name == "display_name"):
        return "minutes"
    if field.type == "one2many":
        return "minutes"
    return _speed_of_date(condition.value) if is_date else "instant"


def _speed_of_date(value):
    values = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
    relative = [v for v in values if isinstance(v, str) and not FIXED_DATE.match(v)]
    if not relative:
        return "instant"
    return "midnight" if all(v.startswith("today") for v in relative) else "minutes"
