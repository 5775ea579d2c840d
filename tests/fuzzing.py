"""What must hold for any octets that somebody sends as a mail."""

import itertools
import time
import traceback
from contextlib import suppress
from email import message_from_bytes, policy
from functools import cache
from random import SystemRandom

from odoo import SUPERUSER_ID, api

from odoo.addons.mail_task_rules.engine.facts import MailFacts
from odoo.addons.mail_task_rules.engine.guard import guard
from odoo.addons.mail_task_rules.engine.identity import Identity
from odoo.addons.mail_task_rules.engine.repair import repair

from dev.console import say
from dev.paths import ROOT, STATE
from tests import requirements
from tests.mutations import mutant

FINAL_STATES = (
    *("task", "reply", "delivered", "ignored", "rejected"),
    *("forwarded", "duplicate", "quarantined"),
)
# Where `make fuzz` puts what fails, and where it stays once it is mended.
FAILED = STATE / "fuzz"
FINDS = ROOT / "tests" / "fuzz-finds"
# Of processor time
SECONDS = 5
REPORT_EACH = 500


@cache
def corpus():
    """Return the raw mails to start from, always in the same order."""
    paths = requirements.shared("mail-corpus").rglob("*.eml")
    return [path.read_bytes() for path in sorted(paths)]


def finds():
    return sorted(FINDS.glob("*.eml"))


# ----------------------------------------------------------------------
# One mail
# ----------------------------------------------------------------------


def examine(raw):
    """Do to a mail what needs no database. Raise if something is wrong."""
    started = time.process_time()
    Identity.of(raw)
    message = message_from_bytes(guard(raw).raw, policy=policy.SMTP)
    repair(message)
    facts = MailFacts.of(message, len(raw))
    for name, value in vars(facts).items():
        if isinstance(value, str):
            value.encode()
            assert "\0" not in value, f"{name} cannot be stored"
    for part in message.walk():
        if part.get_content_maintype() == "text":
            part.get_content()
    assert time.process_time() - started < SECONDS, "It takes too long."


def failure(seed):
    """Return what is wrong with the mutant of a seed; ``None`` if nothing is."""
    try:
        examine(mutant(seed, corpus()))
    except Exception as error:
        return seed, repr(error)
    return None


def examine_entries(entries):
    """Raise if the ledger's entries are not those of one mail that was dealt with."""
    [entry] = entries
    assert entry.state in FINAL_STATES, f"{entry.state}: {entry.error}"
    assert entry.reason
    assert not entry.attempt_started


# ----------------------------------------------------------------------
# Many mails
# ----------------------------------------------------------------------


def hunt(registry, seed=None, count=None, minutes=None):
    """Send mutants through the gateway, with real commits, and store what fails.

    :param Registry registry: of a database that nobody needs
    :return: how many failed
    """
    mails = corpus()
    first = SystemRandom().getrandbits(40) if seed is None else seed
    say(f"The first seed is {first}. What fails is stored in {FAILED}. Ctrl-C ends it.")
    number = failed = 0
    with suppress(KeyboardInterrupt):
        for number, one in enumerate(_seeds(first, count, minutes), 1):
            failed += not _passes(registry, one, mutant(one, mails))
            if number % REPORT_EACH == 0:
                say(f"{number} mails, {failed} failed")
    say(f"{number} mails, {failed} failed")
    return failed


def _seeds(start, count, minutes):
    end = time.monotonic() + 60 * (minutes or float("inf"))
    seeds = itertools.islice(itertools.count(start), count)
    return itertools.takewhile(lambda seed: time.monotonic() < end, seeds)


def _passes(registry, seed, raw):
    try:
        examine(raw)
        _carry_through(registry, raw)
    except Exception:
        _store(seed, raw, traceback.format_exc())
        return False
    return True


def _carry_through(registry, raw):
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        # The mutants have the senders of the corpus, who thus write thousands.
        env["ir.config_parameter"].set_param("mail.gateway.loop.threshold", 10**9)
        Incoming = env["mail.task.incoming"]
        before = Incoming.search([], limit=1).id or 0
        cr.commit()
        env["mail.thread"].message_process("project.task", raw)
        cr.commit()
        examine_entries(Incoming.search([("id", ">", before)]))


def _store(seed, raw, error):
    FAILED.mkdir(parents=True, exist_ok=True)
    path = FAILED / f"{seed}.eml"
    path.write_bytes(raw)
    path.with_suffix(".txt").write_text(
        f"Seed {seed}: make fuzz ARGS='--seed {seed} --mails 1'\n\n{error}"
    )
    say(f"Seed {seed} failed: {error.splitlines()[-1][:200]} ({path})")
