"""What can be told about a domain of contacts without running it."""

import ast
import re

from odoo.fields import Domain

# A date that is written out, not one like "today -3d".
FIXED_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
ANY_OPERATORS = {"any", "not any", "any!", "not any!"}
RELATED_OPERATORS = ANY_OPERATORS | {"child_of", "parent_of"}
# Of records that belong to a contact: others look at their names.
KNOWN_OPERATORS = ANY_OPERATORS | {"=", "!=", "in", "not in"}


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


def field_names(domain, model):
    """Return the names of the model's own fields that the domain looks at, and of those
    that they are computed from."""
    conditions = domain.iter_conditions()
    names = [condition.field_expr.partition(".")[0] for condition in conditions]
    found = set()
    while names:
        name = names.pop()
        if name in model._fields and name not in found:
            found.add(name)
            depends = model.pool.field_depends.get(model._fields[name], ())
            names.extend(path.partition(".")[0] for path in depends)
    return found


def belongings(model):
    """Return the one2many fields whose records each name one record of the model."""
    return [field for field in model._fields.values() if _is_belonging(field, model)]


def related_fields(domain, model):
    """Yield which fields of records that belong to a contact the domain looks at.

    :return: ``(model name, (field that names the contact, names of fields))``
    """
    for condition in domain.iter_conditions():
        field = model._fields.get(condition.field_expr.partition(".")[0])
        if _is_belonging(field, model):
            records = model.env[field.comodel_name]
            inner = _domain_of_records(condition) & field.get_comodel_domain(model)
            names = {field.inverse_name, "active", *field_names(inner, records)}
            yield records._name, (field.inverse_name, frozenset(names))


def speed(domain, model):
    """Return how soon a change of who matches can be noticed.

    :return: ``instant`` if only edits of a contact can change it, or of records that
        belong to it; ``midnight`` if a new day can, too, ``minutes`` if others can
    """
    return _slowest(_speed(condition, model) for condition in domain.iter_conditions())


def _slowest(speeds):
    speeds = set(speeds)
    return next((name for name in ("minutes", "midnight") if name in speeds), "instant")


def _speed(condition, model):
    field = model._fields.get(condition.field_expr.partition(".")[0])
    if not _is_belonging(field, model):
        return _speed_of_own(condition, model)
    if not ("." in condition.field_expr or condition.operator in KNOWN_OPERATORS):
        return "minutes"
    records = model.env[field.comodel_name]
    inner = _domain_of_records(condition) & field.get_comodel_domain(model)
    return _slowest(_speed_of_own(one, records) for one in inner.iter_conditions())


def _is_belonging(field, model):
    if not field or field.type != "one2many" or not field.inverse_name:
        return False
    inverse = model.env[field.comodel_name]._fields[field.inverse_name]
    return inverse.type == "many2one" and inverse.store


def _domain_of_records(condition):
    """Return what a condition on records that belong to a contact asks of them."""
    _, _, rest = condition.field_expr.partition(".")
    if rest:
        return Domain(rest, condition.operator, condition.value)
    if condition.operator in ANY_OPERATORS:
        return Domain(condition.value)
    return Domain.TRUE


def _speed_of_own(condition, model):
    """Return the speed of a condition that looks at no record but the model's."""
    name, _, rest = condition.field_expr.partition(".")
    field = model._fields.get(name)
    if not field:
        return "minutes"
    if name == "days_to_birthday":
        return "midnight"
    is_date = field.type in ("date", "datetime")
    if condition.operator in RELATED_OPERATORS or (rest and not is_date):
        return "minutes"
    if field.type == "one2many" or not _is_told(field, model):
        return "minutes"
    return _speed_of_date(condition.value) if is_date else "instant"


def _is_told(field, model):
    """Return whether a field changes by edits of its own record only, and not by what
    another record says."""
    if not field.store:
        return field.name == "display_name"
    depends = model.pool.field_depends.get(field, ())
    return not field.readonly or not any("." in path for path in depends)


def _speed_of_date(value):
    values = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
    relative = [v for v in values if isinstance(v, str) and not FIXED_DATE.match(v)]
    if not relative:
        return "instant"
    return "midnight" if all(v.startswith("today") for v in relative) else "minutes"
