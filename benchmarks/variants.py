"""Stock Odoo and ours, side by side in one process on one database.

Odoo builds the classes of a database's models from the modules that the table
`ir_module_module` calls installed, and keeps them in a `Registry`, one for
each database. Here two registries are built for the same database: one while
the table says that our addons are not installed, one afterwards. So stock is
what Odoo makes of a database without our addons, not ours with something
switched off; `_check_is_stock` proves that no class of ours is in it. The
tables are the same: stock does not know our columns and leaves them empty.

Odoo asks for *the* registry of a database, so a side puts its own in that place
before its turn.
"""

from contextlib import contextmanager

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import close_db, db_connect

from dev import addons


class Side:
    """A registry with a cursor that, like core's fetchmail's, takes many mails."""

    def __init__(self, db):
        self.registry = Registry.new(db)
        self.env = api.Environment(
            self.registry.cursor(), SUPERUSER_ID, {"fetchmail_cron_running": True}
        )

    def activate(self):
        Registry.registries[self.registry.db_name] = self.registry

    def process(self, raw):
        """Take one mail as fetchmail does. Return the id of what it became."""
        record_id = self.env["mail.thread"].message_process("", raw)
        self.env.cr.commit()
        return record_id


@contextmanager
def loaded(db):
    """Yield the sides ``(stock, ours)``."""
    with _without_our_addons(db):
        stock = Side(db)
    _check_is_stock(stock.registry)
    ours = Side(db)
    try:
        yield stock, ours
    finally:
        stock.env.cr.close()
        ours.env.cr.close()
        close_db(db)


@contextmanager
def _without_our_addons(db):
    _set_state(db, "uninstalled")
    try:
        yield
    finally:
        _set_state(db, "installed")


def _set_state(db, state):
    with db_connect(db).cursor() as cr:
        cr.execute(
            "UPDATE ir_module_module SET state = %s WHERE name = ANY(%s)",
            [state, addons.names()],
        )


def _check_is_stock(registry):
    ours = tuple(f"odoo.addons.{name}." for name in addons.names())
    found = {
        base.__module__
        for model in registry.values()
        for base in model.__mro__
        if base.__module__.startswith(ours)
    }
    if found or "mail.task.incoming" in registry:
        raise AssertionError(f"Our code is in the stock registry: {found}")
