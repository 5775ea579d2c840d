"""The same contacts and filter in OCA's `mass_mailing_list_dynamic`:
`make bench ARGS='--oca FOLDER'`, where FOLDER has it and `mass_mailing_partner`.

It fills mailing lists inside Odoo by the ORM and calls no service; what is compared is
finding out who belongs into a list. It takes long, so the contacts are fewer.
"""

import threading
import time
from contextlib import contextmanager

import psutil

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

from dev import odoo_process

from . import newsletters

CONTACTS = 20_000
MEMBERS = 10_000
MODULES = ("mass_mailing_list_dynamic", "newsletter_sync")


def compare(db, folder):
    options = odoo_process.options(db)
    paths = next(one for one in options if one.startswith("--addons-path="))
    odoo_process.run(db, f"{paths},{folder}", f"--init={','.join(MODULES)}")
    config.parse_config(
        [*options, f"{paths},{folder}", "--log-level=warn"], setup_logging=True
    )
    threading.current_thread().dbname = db
    with _environment(db) as env:
        tag = env["res.partner.category"].create({"name": "Newsletter"})
        newsletters.fill(env, tag, CONTACTS, MEMBERS)
        domain = repr([("category_id", "in", tag.ids)])
        print(f"{CONTACTS:,} contacts, {MEMBERS:,} of them in the filter")
        for name, work in (
            ("mass_mailing_list_dynamic", _dynamic_list(env, domain)),
            ("newsletter_sync", _our_list(env, domain)),
        ):
            for what in ("first", "unchanged"):
                _measure(f"{name}: {what}", env, work)


@contextmanager
def _environment(db):
    with Registry(db).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})


def _dynamic_list(env, domain):
    record = env["mailing.list"].create(
        {"name": "Bench", "dynamic": True, "sync_domain": domain, "sync_method": "full"}
    )
    return record.action_sync


def _our_list(env, domain):
    account = env["newsletter.account"].create(
        {"name": "None", "provider": "mailchimp", "api_key": "x"}
    )
    source = env["newsletter.filter"].create({"name": "Bench", "domain": domain})
    record = env["newsletter.list"].create(
        {"filter_id": source.id, "account_id": account.id}
    )
    return record._check_whole


def _measure(what, env, work):
    before = psutil.Process().memory_info().rss
    started = time.perf_counter()
    work()
    env.cr.commit()
    seconds = time.perf_counter() - started
    growth = (psutil.Process().memory_info().rss - before) / 2**20
    print(f"{what:40} {seconds:10.3f} s {growth:8.0f} MB", flush=True)
