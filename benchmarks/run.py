"""One run on one fresh database."""

import threading
import time
from contextlib import contextmanager

from odoo import release, sql_db
from odoo.tools import config

from dev import odoo_process

from . import costs, surroundings, variants, workloads
from .measure import Measurement
from .report import Report
from .workloads import WORKLOADS

LEDGER_STATES = """
    SELECT count(*), count(*) FILTER (WHERE state = 'task') FROM mail_task_incoming
"""


def compare(db, seed, seconds):
    start = time.monotonic()
    with _prepared(db) as (stock, ours):
        measurement = Measurement(stock, ours, seed)
        measurement.run(start + seconds)
        _check_ledger(db)
        print(_conditions(db, seed))
    print()
    print(Report(measurement.samples).text())
    print(f"\nIt took {time.monotonic() - start:.0f} s.")


def show_costs(db, seed, name):
    workload = {str(workload): workload for workload in WORKLOADS}[name]
    with _prepared(db) as (stock, ours):
        costs.show(stock, ours, seed, workload)


@contextmanager
def _prepared(db):
    config.parse_config(
        [
            *odoo_process.options(db),
            "--http-interface=localhost",
            "--log-level=warn",
        ],
        setup_logging=True,
    )
    threading.current_thread().dbname = db
    _check_disk_is_waited_for(db)
    with variants.loaded(db) as (stock, ours):
        surroundings.create(ours.env)
        workloads.create(ours.env)
        ours.env.cr.commit()
        yield stock, ours


def _check_disk_is_waited_for(db):
    if (_setting(db, "fsync"), _setting(db, "synchronous_commit")) != ("on", "on"):
        raise AssertionError("Commits do not wait for the disk")


def _check_ledger(db):
    kept, tasks = _query(db, LEDGER_STATES)
    if not kept or kept != tasks:
        raise AssertionError(f"{tasks} of {kept} mails in the ledger became tasks")


def _conditions(db, seed):
    return (
        f"mail.thread.message_process and commit; seed {seed}\n"
        f"Odoo {release.version}, PostgreSQL {_setting(db, 'server_version')}, "
        f"fsync {_setting(db, 'fsync')}, "
        f"synchronous_commit {_setting(db, 'synchronous_commit')}"
    )


def _setting(db, name):
    return _query(db, f"SHOW {name}")[0]


def _query(db, query):
    with sql_db.db_connect(db).cursor() as cr:
        cr.execute(query)
        return cr.fetchone()
