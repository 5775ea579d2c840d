"""Damaged mails: none stops the guard, the parser or the gateway (see mutations.py).

`make fuzz` looks for more; what it finds and somebody mended is kept in fuzz-finds/.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from odoo.addons.mail_task_rules.tests.common import MailTaskCommon

from tests import fuzzing
from tests.mutations import mutant

FINDS = fuzzing.finds()


def test_guard_and_parser_take_any_mail():
    # forked: a new process would have to find Odoo's addons first
    with ProcessPoolExecutor(mp_context=get_context("fork")) as pool:
        failures = pool.map(fuzzing.failure, range(20_000), chunksize=500)
        failed = list(filter(None, failures))
    assert failed == [], "Repeat one: make fuzz ARGS='--seed SEED --mails 1'"


@pytest.mark.parametrize("path", FINDS, ids=[path.stem for path in FINDS])
def test_find_stays_mended(path):
    fuzzing.examine(path.read_bytes())


class TestGatewayTakesAnyMail(MailTaskCommon):
    def test_mutants(self):
        mails = fuzzing.corpus()
        for seed in range(20_000, 21_000):
            with self.subTest(seed=seed):
                self.carry_through(mutant(seed, mails))

    def test_finds(self):
        for path in FINDS:
            with self.subTest(path.name):
                self.carry_through(path.read_bytes())

    def carry_through(self, raw):
        """Carry a mail through the gateway, then undo all that it did."""
        with self.env.cr.savepoint() as savepoint:
            fuzzing.examine_entries(self.deliver(raw, "project.task"))
            # a transaction that an error has broken refuses this
            self.env.cr.execute("SELECT 1")
            savepoint.rollback()
        self.env.invalidate_all()
