"""Mails as they come from outside, good and bad."""

from email import policy
from email.message import EmailMessage
from email.utils import make_msgid

CUSTOMER_DOMAIN = "customer.example"
# An attachment with every octet there is.
REPORT = bytes(range(256)) * 40


def customer(name):
    """Return an address of its own: Odoo takes many mails of one for a loop."""
    return f"{name.replace(' ', '-').lower()}@{CUSTOMER_DOMAIN}"


def mail(subject, *, to, sender=None, text=None, attachments=None, **headers):
    """Return a well-formed mail as bytes.

    :param dict attachments: file name → bytes
    :param headers: further ones; ``_`` stands for ``-``, ``None`` removes
    """
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = sender or customer(subject)
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = make_msgid(domain=CUSTOMER_DOMAIN)
    for name, value in headers.items():
        del message[name.replace("_", "-")]
        if value is not None:
            message[name.replace("_", "-")] = value
    message.set_content(text or f"The text of “{subject}”.")
    for name, content in (attachments or {}).items():
        message.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=name
        )
    return message.as_bytes()


def lines(*texts):
    """Return a mail written line by line, for what no mail program would send."""
    return b"".join(text.encode() + b"\r\n" for text in texts)


def redelivered(raw, host):
    """Return the same mail as another server hands it over."""
    return b"Received: from %s by mx.example; Mon, 3 Nov 2025 08:00:00 +0000\r\n%s" % (
        host.encode(),
        raw,
    )
