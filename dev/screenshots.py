"""`make screenshots`: the pictures of the README, taken of a demo database."""

import io
import time
from dataclasses import dataclass

from PIL import Image

from . import database, newsletters, postgres, samples, smtp_gateway
from .browser import Browser
from .console import Problem, say
from .paths import ROOT
from .server import OdooServer, free_port

FOLDER = ROOT / "docs" / "images"
# Higher than a picture gets: each is cut where its content ends.
WIDTH, HEIGHT = 1280, 1600
MARGIN = 8
COLORS = 128
SYNC_SECONDS = 200

SHOWN = "document.querySelector({selector!r})?.offsetHeight"
READY = "!document.querySelector('.o_loading_indicator, .o_blockUI')"
BOX = "document.querySelector({selector!r}).getBoundingClientRect().toJSON()"
LOGIN = """
    document.querySelector('[name=login]').value = 'admin';
    document.querySelector('[name=password]').value = 'admin';
    document.querySelector('form.oe_login_form').submit();
"""


@dataclass
class Picture:
    """What to show: a page, and the element where it ends.

    :ivar str path: below /odoo; ``{…}`` stands for the id of a record
    :ivar str last: the selector of the element at whose end the picture is cut
    :ivar str click: the selector of an element to click first, ``then_click`` next
    """

    name: str
    path: str
    last: str = ".o_form_sheet"
    click: str = ""
    then_click: str = ""


PICTURES = (
    Picture("rules", "incoming-mail-rules", ".o_list_table"),
    Picture("rule", "incoming-mail-rules/{rule}"),
    Picture(
        "rule-texts",
        "incoming-mail-rules/{order_rule}",
        click=".nav-link[name=extractions]",
    ),
    Picture("order", "m-project.task/{order}", click=".nav-link[name=sub_tasks_page]"),
    Picture("task", "m-project.task/{task}", ".o-mail-Thread"),
    Picture("incoming-mails", "incoming-mails", ".o_list_table"),
    Picture("incoming-mail", "incoming-mails/{mail}", click=".nav-link[name=trace]"),
    Picture("addresses", "virtual-addresses", ".o_list_table"),
    Picture("address", "virtual-addresses/{address}"),
    Picture("employee", "m-hr.employee/{employee}", ".o_notebook_headers"),
    Picture(
        "settings", "action-project.project_config_settings_action", "#mail_task_limits"
    ),
    Picture(
        "notification",
        "task-notifications",
        click=".o_data_row:last-child .o_data_cell[name=name]",
    ),
    Picture("newsletter-lists", "newsletter-lists", ".o_list_table"),
    Picture("newsletter-list", "newsletter-lists/{newsletter_list}"),
    Picture("contact-filter", "contact-filters/{filter}"),
    Picture(
        "mirror-search",
        "contacts",
        ".modal-content",
        click=".o_cp_action_menus .dropdown-toggle",
        then_click=".o_newsletter_mirror_menu",
    ),
)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    with postgres.running(), database.fresh("screenshots", demo=True) as db:
        with OdooServer(db) as odoo:
            _deliver_samples(odoo)
            with newsletters.running(odoo.rpc()):
                _wait_for_lists(odoo.rpc())
                with Browser(WIDTH, HEIGHT) as browser:
                    _log_in(browser, odoo)
                    ids = _ids(odoo.rpc())
                    for picture in PICTURES:
                        _take(browser, odoo, picture, ids)


def _deliver_samples(odoo):
    port = free_port()
    listener = smtp_gateway.listener(odoo.rpc(), port)
    listener.start()
    try:
        samples.send_new(odoo.rpc(), port)
    finally:
        listener.stop()


def _wait_for_lists(rpc):
    """Wait until the scheduler has filled the newsletter lists."""
    deadline = time.monotonic() + SYNC_SECONDS
    waiting = {
        "newsletter.list": [("last_check", "=", False)],
        "newsletter.member": [("state", "in", ["waiting", "sending"])],
    }
    while any(
        rpc.call(model, "search_count", domain) for model, domain in waiting.items()
    ):
        if time.monotonic() > deadline:
            raise Problem("The newsletter lists were not filled.")
        time.sleep(1)


def _ids(rpc):
    """Return the ids of the records that the pictures show."""

    def demo(name, module="mail_task_rules"):
        return rpc.call("ir.model.data", "check_object_reference", module, name)[1]

    def mail(rule):
        taken = [("rule_ids", "=", rule)]
        return rpc.call("mail.task.incoming", "search_read", taken, ["task_id"])[0]

    rule = demo("mail_task_rule_invoice_demo")
    order_rule = demo("mail_task_rule_order_demo")
    return {
        "rule": rule,
        "mail": mail(rule)["id"],
        "task": mail(rule)["task_id"][0],
        "order_rule": order_rule,
        "order": mail(order_rule)["task_id"][0],
        "address": demo("mail_alias_returns_demo"),
        "employee": demo("employee_qdp", "hr"),
        "newsletter_list": rpc.call(
            "newsletter.list", "search", [("name", "like", "New this month%")], limit=1
        )[0],
        "filter": rpc.call(
            "newsletter.filter", "search", [("name", "=", "New this month")]
        )[0],
    }


def _log_in(browser, odoo):
    browser.open(f"{odoo.url}/web/login")
    browser.wait_for(SHOWN.format(selector="form.oe_login_form"))
    browser.run(LOGIN)
    browser.wait_for(SHOWN.format(selector=".o_main_navbar"))


def _take(browser, odoo, picture, ids):
    browser.open(f"{odoo.url}/odoo/{picture.path.format(**ids)}")
    for selector in filter(None, (picture.click, picture.then_click)):
        _wait_until_shown(browser, selector)
        browser.run(f"document.querySelector({selector!r}).click()")
    _wait_until_shown(browser, picture.last)
    path = FOLDER / f"{picture.name}.png"
    path.write_bytes(_smaller(browser.screenshot(_clip(browser, picture))))
    say(f"{path.relative_to(ROOT)} ({path.stat().st_size // 1024} KiB)")


def _wait_until_shown(browser, selector):
    browser.wait_for(f"{READY} && {SHOWN.format(selector=selector)}")
    browser.run("document.fonts.ready.then(() => true)")
    browser.run("new Promise((done) => setTimeout(done, 500))")


def _clip(browser, picture):
    box = browser.run(BOX.format(selector=picture.last))
    height = min(box["bottom"] + MARGIN, HEIGHT)
    return {"x": 0, "y": 0, "width": WIDTH, "height": height}


def _smaller(png):
    image = Image.open(io.BytesIO(png)).convert("RGB")
    output = io.BytesIO()
    image.quantize(COLORS, dither=Image.Dither.NONE).save(output, "PNG", optimize=True)
    return output.getvalue()
