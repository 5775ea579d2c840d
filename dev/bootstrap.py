"""`make setup`: everything the other commands need, made once."""

from . import odoo_source
from .locks import exclusive
from .python_env import ODOO_ENV


def ensure():
    with exclusive("setup"):
        ODOO_ENV.ensure()
        odoo_source.ensure()
