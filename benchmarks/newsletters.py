"""What mirroring costs: `make bench ARGS=--newsletters`.

200 000 contacts (or `--contacts N`), half of them in a filter that is mirrored to a
simulated service. The service runs in a process of its own; what is timed is this
process, which does what the scheduled action does.
"""

import gc
import math
import random
import re
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from statistics import median

import psutil
import requests

from odoo.tools import config

from dev import odoo_process
from dev.paths import ROOT

from . import variants

CHANGED = 1_000
REPEATS = 7
WRITES = 1_500
SERVICE = "mailchimp"
UPSERT = "POST /3.0/lists/{audience}"

FILL = """
    INSERT INTO res_partner (name, complete_name, active, type, email,
                             email_normalized, create_date, write_date)
    SELECT 'Contact ' || n, 'Contact ' || n, TRUE, 'contact',
           'Contact <c' || n || '@customers.test>', 'c' || n || '@customers.test',
           now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
      FROM generate_series(1, %(contacts)s) AS n;
    INSERT INTO res_partner_res_partner_category_rel (category_id, partner_id)
    SELECT %(tag)s, id FROM res_partner
     WHERE email_normalized LIKE 'c%%@customers.test' ORDER BY id LIMIT %(members)s;
    ANALYZE res_partner, res_partner_res_partner_category_rel;
"""
MOVE = """
    WITH gone AS (
        DELETE FROM res_partner_res_partner_category_rel
         WHERE partner_id IN (SELECT partner_id FROM newsletter_member
                               ORDER BY partner_id LIMIT %(moved)s)
     RETURNING category_id
    )
    INSERT INTO res_partner_res_partner_category_rel (category_id, partner_id)
    SELECT (SELECT min(category_id) FROM gone), id
      FROM res_partner AS contact
     WHERE name LIKE 'Contact %%'
       AND NOT EXISTS (SELECT FROM newsletter_member WHERE partner_id = contact.id)
     ORDER BY id LIMIT %(moved)s
"""


def compare(db, seed, contacts):
    config.parse_config(
        [
            *odoo_process.options(db),
            "--http-interface=localhost",
            "--log-level=warn",
        ],
        setup_logging=True,
    )
    threading.current_thread().dbname = db
    with variants.loaded(db) as (stock, ours), _service() as service:
        ours.activate()
        bench = Bench(ours.env, service, contacts)
        bench.prepare()
        bench.first_push()
        bench.unchanged()
        bench.changed(random.Random(seed))
        bench.large_change()
        bench.unwatched_writes(stock, ours)


def fill(env, tag, contacts, members):
    """Make so many contacts, and give some of them the tag."""
    env.flush_all()
    env.cr.execute(FILL, {"contacts": contacts, "members": members, "tag": tag.id})


@contextmanager
def _service():
    """Run the simulator and yield its settings and address."""
    command = [sys.executable, "-m", "tests.simulators", SERVICE]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        yield Service(re.search(r"http\S+", process.stdout.readline())[0])
    finally:
        process.terminate()
        process.wait()


class Service:
    def __init__(self, base_url):
        self.base_url = base_url
        self._root = base_url.removesuffix("/3.0")

    def calls(self):
        answer = requests.get(f"{self._root}/_state", timeout=60).json()
        return answer["calls"]


class Bench:
    """Prints the results as they come, each with its aim."""

    def __init__(self, env, service, contacts):
        self.env, self.service = env, service
        self.contacts, self.members = contacts, contacts // 2

    def prepare(self):
        tag = self.env["res.partner.category"].create({"name": "Newsletter"})
        fill(self.env, tag, self.contacts, self.members)
        account = self.env["newsletter.account"].create(
            {
                "name": "Simulated",
                "provider": SERVICE,
                "api_key": "0123456789abcdef-us21",
                "base_url": self.service.base_url,
            }
        )
        account.setting_ids.value = "a000000001"
        account._claim()
        domain = [("category_id", "in", tag.ids), ("active", "=", True)]
        source = self.env["newsletter.filter"].create(
            {"name": "Bench", "domain": repr(domain)}
        )
        self.list = self.env["newsletter.list"].create(
            {"filter_id": source.id, "account_id": account.id}
        )
        self.env.cr.commit()
        self.account = account

    def first_push(self):
        seconds, growth = self._run()
        # As autovacuum does within a minute.
        self.env.cr.execute("ANALYZE newsletter_member")
        self.env.cr.commit()
        self.list.invalidate_recordset()
        if self.list.member_count != self.members:
            raise AssertionError(f"{self.list.member_count} members were sent")
        upserts = self.service.calls()[UPSERT]
        needed = math.ceil(self.members / self.account._get_support().batch_size)
        self._say("first push of all members", seconds, "s")
        self._say("  upsert calls", upserts, "", needed)
        self._say("  growth of memory", growth, "MB", 50)

    def unchanged(self):
        calls = self.service.calls()
        times = [self._time(self.list._check_whole) for _ in range(REPEATS)]
        self.account._run()
        made = sum(self.service.calls().values()) - sum(calls.values())
        self._say("unchanged comparison of all", median(times), "s", 1.5)
        self._say("  calls to the service", made, "", 0)

    def changed(self, source):
        contacts = self.env["res.partner"].search([("name", "=like", "Contact %")])
        times = []
        for _ in range(REPEATS):
            ids = source.sample(contacts._ids, CHANGED)
            times.append(self._time(self.list._check_contacts, ids, set(), None) * 1000)
            self.env.cr.rollback()
        self._say(f"{CHANGED:,} changed contacts detected", median(times), "ms", 50)

    def large_change(self):
        """Give the tag of each tenth member to somebody else."""
        moved = self.members // 10
        self.env.cr.execute(MOVE, {"moved": moved})
        self.list._look_again()
        self.env.cr.commit()
        before = self.service.calls()
        seconds, growth = self._run()
        after = self.service.calls()
        self.list.invalidate_recordset()
        if (self.list.member_count, self.list.waiting_count) != (self.members, 0):
            raise AssertionError(f"{self.list.waiting_count} members wait")
        made = sum(after.values()) - sum(before.values())
        self._say(f"{moved:,} leave, as many come", seconds, "s")
        self._say("  calls to the service", made, "")
        self._say("  growth of memory", growth, "MB", 50)

    def _run(self):
        """Have the worker do all that is due; return the seconds and the growth of
        this process in MB."""
        process = psutil.Process()
        gc.collect()
        before, started = process.memory_info().rss, time.perf_counter()
        self.account._run()
        seconds = time.perf_counter() - started
        return seconds, (process.memory_info().rss - before) / 2**20

    def unwatched_writes(self, stock, ours):
        """Write a field that no filter looks at, of contacts in no list."""
        self.env.cr.execute(
            "SELECT id FROM res_partner AS contact WHERE name LIKE 'Contact %%'"
            " AND NOT EXISTS (SELECT FROM newsletter_member"
            " WHERE partner_id = contact.id) ORDER BY id LIMIT %s",
            [WRITES],
        )
        ids = [row[0] for row in self.env.cr.fetchall()]
        self.env.cr.rollback()
        self._compare_writes("unwatched write / stock Odoo", stock, ours, ids)
        self.list._disconnect("keep")
        self.env.cr.commit()
        self._compare_writes("  without any list / stock Odoo", stock, ours, ids)

    def _compare_writes(self, what, stock, ours, ids):
        gc.collect()
        gc.freeze()
        with ExitStack() as stack:
            environments = {
                side: side.env(cr=stack.enter_context(side.registry.cursor()))
                for side in (stock, ours)
            }
            pairs = [
                self._time_pair(environments, contact, number)
                for number, contact in enumerate(ids)
            ]
        ratios = [spent[ours] / spent[stock] for spent in pairs]
        more = [spent[ours] - spent[stock] for spent in pairs]
        self._say(what, median(ratios), "", 1.02)
        self._say("  difference", median(more) * 1000, "ms")

    def _time_pair(self, environments, contact, number):
        """Return the seconds of a write and its commit by side, in changing order."""
        sides = sorted(environments, key=id, reverse=number % 2)
        return {
            side: self._time_write(side, environments[side], contact, number)
            for side in sides
        }

    def _time_write(self, side, env, contact, number):
        side.activate()
        record = env["res.partner"].browse(contact)
        started = time.perf_counter()
        record.write({"ref": str(number)})
        env.cr.commit()
        return time.perf_counter() - started

    def _time(self, work, *arguments):
        started = time.perf_counter()
        work(*arguments)
        return time.perf_counter() - started

    def _say(self, what, value, unit, aim=None):
        verdict = ""
        if aim is not None:
            verdict = f"{'met' if value <= aim else 'missed'}: <= {aim} {unit}"
        number = f"{value:,.3f}" if isinstance(value, float) else f"{value:,}"
        print(f"{what:32} {number:>12} {unit:3} {verdict}".rstrip(), flush=True)
