"""Stand-ins of the newsletter services, which behave as their documentation says.

On the command line: ``python -m tests.simulators SERVICE --port P``. In tests::

    with running("mailchimp") as simulator:
        simulator.base_url, simulator.settings, simulator.members(list_id)

Over HTTP, ``GET /_state`` shows lists, members and counted calls; ``POST /_fault`` sets
a fault (see ``faults.Fault``), options (see ``service.Options``) or the clock forward;
``POST /_act`` does what people do over there (see ``service.Simulator.ACTS``).
"""

from contextlib import contextmanager

from .endpoint import Endpoint
from .esputnik import Esputnik, Yespo
from .mailchimp_members import MailchimpMembers
from .mailerlite_subscribers import MailerLite
from .sendgrid_contacts import SendGrid
from .sendpulse import SendPulse
from .server import Server
from .unisender import Unisender

_CLASSES = (
    MailchimpMembers,
    MailerLite,
    SendGrid,
    SendPulse,
    Unisender,
    Esputnik,
    Yespo,
    Endpoint,
)
SIMULATORS = {simulator.service: simulator for simulator in _CLASSES}


@contextmanager
def running(service, port=0, **options):
    """Run a simulator in a thread and yield it; it knows its ``base_url``.

    :param options: of ``service.Options``
    """
    simulator = SIMULATORS[service](**options)
    server = Server(simulator, port)
    server.start()
    try:
        yield simulator
    finally:
        server.stop()
