"""Odoo's own odoo-mailgate.py, as a mail transfer agent calls it."""

import subprocess
import sys

from odoo.tools.misc import file_path

ADMIN_ID, ADMIN_PASSWORD = 2, "admin"
SECONDS = 60


def deliver(server, raw, *options):
    """Pipe a mail into the script; return the ended process (text on stderr)."""
    script = file_path("mail/static/scripts/odoo-mailgate.py")
    login = [f"--userid={ADMIN_ID}", f"--password={ADMIN_PASSWORD}"]
    place = [f"--database={server.db}", "--host=localhost", f"--port={server.port}"]
    return subprocess.run(
        [sys.executable, script, *login, *place, *options],
        input=raw,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
