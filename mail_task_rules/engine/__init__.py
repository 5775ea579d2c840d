"""What the addon knows about e-mail and rules, without Odoo.

Nothing in this package touches the ORM: it can be imported, tested and read
on its own.
"""
