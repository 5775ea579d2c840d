"""A server with the addon crash_points, and ways to hand it mails again and again."""

from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest
import requests

from dev import database, odoo_process, postgres
from dev.paths import ROOT
from dev.server import START_SECONDS, OdooServer
from tests import fuses as points
from tests import mailgate
from tests.administrator import Administrator, MailAccount
from tests.conftest import NO_CRON

PATIENCE = 10


@dataclass
class FragileOdoo:
    """The server, where it shall break, and its administrator."""

    server: OdooServer
    fuses: points.Fuses
    admin: Administrator

    def dies_in(self, action):
        """Do what kills the whole server, and start it again."""
        with pytest.raises(requests.ConnectionError):
            action()
        self.restart()

    def restart(self):
        assert self.fuses.burned()
        self.fuses.disarm_all()
        self.server.kill()
        self.server.start()

    def recover(self):
        """Undo what a failed test left."""
        self.fuses.disarm_all()
        try:
            requests.get(f"{self.server.url}/web/health", timeout=START_SECONDS)
        except requests.ConnectionError:
            self.server.kill()
            self.server.start()


@contextmanager
def running(folder, sink, workers=0):
    """Run a server that breaks where the fuses in a folder say so."""
    fuses = points.Fuses(folder)
    with postgres.running(), database.fresh("fragile") as db:
        database.speed_up(db)
        server = OdooServer(db, workers, _options(db), fuses.environment())
        with server:
            yield FragileOdoo(server, fuses, _administrator(server, sink))


def _options(db):
    paths = next(o for o in odoo_process.options(db) if o.startswith("--addons-path="))
    return [NO_CRON, f"{paths},{ROOT / 'tests' / 'addons'}", "--init=crash_points"]


def _administrator(server, sink):
    admin = Administrator(server.url, server.db)
    admin.set_up_outgoing_mail(sink.host, sink.port)
    admin.set_up_domain()
    admin.project("Support", address="support")
    return admin


@dataclass
class Fetched:
    """Mails wait in a mailbox until they were fetched."""

    account: MailAccount

    def deliver(self, *mails):
        self.account.mailbox.append(*mails)
        self.deliver_again()

    def deliver_again(self):
        with suppress(requests.ConnectionError):
            self.account.fetch()

    def is_done(self):
        return not self.account.waiting()


class HandedOver:
    """A mail transfer agent hands a mail over until it is accepted."""

    def __init__(self, server):
        self._server, self._queue = server, []

    def deliver(self, *mails):
        self._queue.extend(mails)
        self.deliver_again()

    def deliver_again(self):
        self._queue = [
            raw
            for raw in self._queue
            if mailgate.deliver(self._server, raw, "--retry-status").returncode
        ]

    def is_done(self):
        return not self._queue


def deliver_at_last(way):
    """Deliver again until nothing is left."""
    for _ in range(PATIENCE):
        if way.is_done():
            return
        way.deliver_again()
    raise AssertionError("A mail is delivered for ever.")
