"""What tests share that drive Odoo from outside."""

import re

import pytest

from dev import database, postgres
from dev.server import OdooServer
from tests import mail_servers
from tests.administrator import Administrator

# Scheduled actions run when a test says so, not when they are due.
NO_CRON = "--max-cron-threads=0"


@pytest.fixture(scope="session")
def dovecot():
    with mail_servers.dovecot() as server:
        yield server


@pytest.fixture(scope="session")
def sink():
    with mail_servers.sink() as server:
        yield server


@pytest.fixture(scope="session")
def odoo():
    """An Odoo server with our addons, for all tests that do it no harm."""
    with postgres.running(), database.fresh("outside") as db:
        database.speed_up(db)
        with OdooServer(db, extra_args=[NO_CRON]) as server:
            yield server


@pytest.fixture(scope="session")
def admin(odoo, sink):
    """Its administrator, who has set up the company's mail."""
    administrator = Administrator(odoo.url, odoo.db)
    administrator.set_up_outgoing_mail(sink.host, sink.port)
    administrator.set_up_domain()
    return administrator


@pytest.fixture
def mailbox(request, dovecot):
    """A mailbox that no other test uses."""
    name = re.sub(r"\W+", "-", request.node.name).strip("-")
    return dovecot.mailbox(f"{name}@hosted.example")


@pytest.fixture
def account(admin, mailbox):
    """The same, fetched by IMAP."""
    return admin.mail_account(mailbox)


@pytest.fixture(scope="session")
def support(admin):
    """A project with an address of its own, support@mail.example."""
    return admin.project("Support", address="support")


@pytest.fixture(scope="session")
def billing(admin):
    return admin.project("Billing", address="billing")


@pytest.fixture(scope="session")
def ann(admin):
    """An employee with an address, ann@mail.example."""
    return admin.employee("ann", address="ann")


@pytest.fixture(scope="session")
def incoming_project(admin):
    company = admin.read("res.company", 1, "mail_task_project_id")
    return company.mail_task_project_id
