"""What the addons cost, measured against stock Odoo: `make bench`.

The gateway of one database takes the same kinds of mail in four variants,
interleaved: stock Odoo, and `mail_task_rules` with 0, 100 and 1 000 rules.

How stock is made: `variants.py`. What is timed: `measure.py`. The mails and
rules: `mails.py`, `workload.py`.
"""
