"""The development environment: what `make` runs.

Only the standard library may be imported before the virtual environment
exists; ``python_env``, ``odoo_source`` and what they import keep to that.
"""
