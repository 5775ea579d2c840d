"""The sample mails of `make run` and what became of them."""

import smtplib
import textwrap
from email import message_from_bytes, policy

from .console import say
from .paths import ROOT

FOLDER = ROOT / "dev" / "samples"
COLUMNS = (("Mail", 34), ("Rule that fired", 26), ("Task", 34), ("Outcome", 80))


def send_new(rpc, smtp_port):
    """Send the samples that Odoo has not seen yet."""
    seen = {record["message_id"] for record in _received(rpc)}
    mails = [mail for mail in _mails() if _message_id(mail) not in seen]
    if not mails:
        return
    say(f"Sending {len(mails)} sample mails to localhost:{smtp_port}")
    with smtplib.SMTP("localhost", smtp_port) as smtp:
        for mail in mails:
            _send(smtp, mail)


def table(rpc):
    """Return what happened to the samples: mail, rule, task, outcome."""
    lines = [_line(*(title for title, _ in COLUMNS))]
    lines.append(_line(*("-" * width for _, width in COLUMNS)))
    rules = _names(rpc, "mail.task.rule")
    for record in _received(rpc):
        fired = ", ".join(rules.get(rule, "?") for rule in record["rule_ids"])
        task = record["task_id"][1] if record["task_id"] else ""
        outcome = f"{record['state']}: {record['reason'] or ''}"
        lines.append(_line(record["subject"] or "", fired, task, outcome))
    return "\n".join(lines)


def _mails():
    for path in sorted(FOLDER.glob("*.eml")):
        yield message_from_bytes(path.read_bytes(), policy=policy.SMTP)


def _message_id(mail):
    return str(mail["Message-ID"])


def _send(smtp, mail):
    try:
        smtp.send_message(mail)
    except smtplib.SMTPException as error:
        say(f"Not accepted: {mail['Subject']} ({error})")


def _received(rpc):
    message_ids = [_message_id(mail) for mail in _mails()]
    return rpc.call(
        "mail.task.incoming",
        "search_read",
        [("message_id", "in", message_ids)],
        ["subject", "message_id", "state", "reason", "rule_ids", "task_id"],
        order="id",
    )


def _names(rpc, model):
    records = rpc.call(
        model, "search_read", [("active", "in", [True, False])], ["name"]
    )
    return {record["id"]: record["name"] for record in records}


def _line(*cells):
    widths = (width for _, width in COLUMNS)
    return "  ".join(
        textwrap.shorten(cell, width, placeholder="…").ljust(width)
        for cell, width in zip(cells, widths, strict=True)
    ).rstrip()
