"""Inside an Odoo process: load everything first, then run the suites.

`odoo --test-enable` runs a module's at_install tests while modules load, when
an addon that extends it may not be there yet.
"""

import sys
import threading
from pathlib import Path

from odoo import api, http
from odoo.modules import module
from odoo.modules.registry import Registry
from odoo.service import server
from odoo.tests import loader
from odoo.tests.result import OdooTestResult
from odoo.tools import config

from .server import free_port


class RecordingResult(OdooTestResult):
    """Odoo's result counts failures; this one also names them."""

    def __init__(self):
        super().__init__()
        self.failed = []

    def addError(self, test, err):
        super().addError(test, err)
        self._record(test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._record(test)

    def _record(self, test):
        # Subtests and class setups carry values that change from run to run.
        name = getattr(test, "test_case", test).id().removeprefix("odoo.addons.")
        if name not in self.failed:
            self.failed.append(name)


def main(failures_file, *arguments):
    options = [*arguments, f"--http-port={free_port()}"]
    config.parse_config(options, setup_logging=True)
    db = config["db_name"][0]
    threading.current_thread().dbname = db
    # Test tags switch this on, and loading the registry would run tests.
    config["test_enable"] = False
    registry = Registry(db)
    _answer_as_odoo_does(registry)
    _start_http_server()
    config["test_enable"] = True
    result = _run_suites(registry)
    print(f"{result} when loading database {db!r}", flush=True)
    Path(failures_file).write_text("".join(f"{name}\n" for name in result.failed))
    server.server.stop()


def _run_suites(registry):
    modules = sorted(registry._init_modules)
    result = RecordingResult()
    for position in ("at_install", "post_install"):
        suite = loader.make_suite(modules, position)
        if suite.has_http_case():
            _generate_assets(registry)
        # loader.run_suite() does these three lines, but makes its own result.
        module.current_test = True
        suite(result)
        module.current_test = False
    return result


def _answer_as_odoo_does(registry):
    """Have customers get mail from where the suites expect it: by default, our addon
    sends it from the address that the task came by."""
    with registry.cursor() as cr:
        environment = api.Environment(cr, api.SUPERUSER_ID, {})
        companies = environment["res.company"].search([])
        if "mail_task_answers_from" in companies:
            companies.mail_task_answers_from = "company"


def _generate_assets(registry):
    with registry.cursor() as cr:
        environment = api.Environment(cr, api.SUPERUSER_ID, {})
        environment["ir.qweb"]._pregenerate_assets_bundles()


def _start_http_server():
    server.load_server_wide_modules()
    server.server = server.ThreadedServer(http.root)
    server.server.start(stop=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
