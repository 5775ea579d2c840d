"""What the addons cost, measured against stock Odoo: `make bench`.

The gateway of one database takes the same kinds of mail in stock Odoo and,
interleaved, in `mail_task_rules` without rules, with many as companies have
them, and with the costliest.

How stock is made: `variants.py`. What is timed: `measure.py`. The mails and what
they meet: `mails.py`, `surroundings.py`, `workloads.py`.
"""
