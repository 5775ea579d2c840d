"""Habits of older Odoo versions that the server of Odoo 19 accepts silently.

Everything else that is gone makes the installation fail, so needs no check.
"""

import re

from .paths import ROOT

OLD = {
    r"oe_chatter": "the chatter is <chatter /> since 18.0; nothing reads this class",
    r"kanban-box": 'cards are t-name="card" since 18.0; the browser fails on this',
    r"_sql_constraints\b": "use models.Constraint; nothing creates these any more",
}
FILE_TYPES = {".js", ".py", ".xml"}


def findings(addons):
    """List every old idiom of the addons as `file:line: what to do`."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {advice}"
        for addon in addons
        for path in sorted((ROOT / addon).rglob("*"))
        if path.suffix in FILE_TYPES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        for pattern, advice in OLD.items()
        if re.search(pattern, line)
    ]
