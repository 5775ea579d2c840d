"""An SMTP listener that hands each mail to Odoo as its odoo-mailgate.py does."""

import xmlrpc.client

from aiosmtpd.controller import Controller

LARGEST_MAIL = 64 * 2**20


def listener(rpc, port):
    """Return a listener on localhost; it serves between start() and stop()."""
    return Controller(
        _Handler(rpc), hostname="localhost", port=port, data_size_limit=LARGEST_MAIL
    )


class _Handler:
    """What aiosmtpd calls. One mail at a time is enough for a demonstration."""

    def __init__(self, rpc):
        self._rpc = rpc

    async def handle_DATA(self, server, session, envelope):
        raw = xmlrpc.client.Binary(envelope.original_content)
        try:
            self._rpc.call("mail.thread", "message_process", False, raw)
        except xmlrpc.client.Fault as fault:
            if "No possible route" in fault.faultString:
                return "550 5.1.1 Nobody has this address"
            return "554 5.3.0 Odoo could not process this mail (see its log)"
        except OSError as error:
            return f"451 4.4.1 Odoo does not answer: {error}"
        return "250 2.0.0 Handed to Odoo"
