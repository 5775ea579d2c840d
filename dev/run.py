"""`make run`: the main job to look at, without any account or server."""

import os
import socket
from contextlib import suppress

from . import database, newsletters, postgres, samples, smtp_gateway
from .console import Problem, say
from .server import OdooServer

DATABASE = "demo"


def main():
    http_port = _free_port_from("PORT", 8069)
    smtp_port = _free_port_from("SMTP_PORT", 2525)
    with postgres.running(), suppress(KeyboardInterrupt):
        database.ensure(DATABASE, demo=True)
        with OdooServer(DATABASE, port=http_port) as odoo:
            with newsletters.running(odoo.rpc()) as services:
                _serve_mail(odoo, smtp_port, services)
    say("Everything that this command started has ended.")


def _serve_mail(odoo, smtp_port, services):
    rpc = odoo.rpc()
    listener = smtp_gateway.listener(rpc, smtp_port)
    listener.start()
    try:
        samples.send_new(odoo.rpc(), smtp_port)
        print(f"\n{samples.table(odoo.rpc())}\n", flush=True)
        say(
            f"Odoo: {odoo.url} (user admin, password admin; log: {odoo.log_path})\n"
            f"Mail: send it to localhost:{smtp_port}"
        )
        for name, address in services.items():
            say(f"{name}: what it has is at {address}")
        say("Ctrl-C ends all.")
        odoo.wait()
    finally:
        listener.stop()


def _free_port_from(variable, default):
    port = int(os.environ.get(variable) or default)
    try:
        socket.create_server(("localhost", port)).close()
    except OSError as error:
        raise Problem(
            f"Port {port} is in use: stop the program that uses it, or choose another "
            f"port, for example `make run {variable}={port + 1}`."
        ) from error
    return port
