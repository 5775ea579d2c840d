"""SendGrid's Event Webhook: the account tells what became of its mails."""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from .texts import Text as _lt
from .webhooks import BOUNCED, COMPLAINED, UNSUBSCRIBED, Forged, OptOut, moment

SETTINGS = "/v3/user/webhooks/event/settings"
SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
EVENTS = {
    "unsubscribe": UNSUBSCRIBED,
    "spamreport": COMPLAINED,
    "bounce": BOUNCED,
}
# The names of events in the settings.
WANTED = {"unsubscribe", "spam_report", "bounce"}
OTHERS = (
    "group_resubscribe",
    "group_unsubscribe",
    "delivered",
    "processed",
    "open",
    "click",
    "dropped",
    "deferred",
)


def values(url):
    unwanted = dict.fromkeys(OTHERS, False)
    return {"enabled": True, "url": url, **dict.fromkeys(WANTED, True), **unwanted}


def check(headers, body, key):
    """Raise ``Forged`` unless the call is signed with the key's private half.

    :param str key: as SendGrid shows it, in base64
    """
    try:
        public = load_der_public_key(base64.b64decode(key))
        signature = base64.b64decode(headers.get(SIGNATURE) or "")
        signed = (headers.get(TIMESTAMP) or "").encode() + body
        public.verify(signature, signed, ec.ECDSA(SHA256()))
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise Forged(_lt("The signature is wrong.")) from error


def opt_out(event):
    """Return the ``OptOut`` that an event is, or ``None``."""
    kind = EVENTS.get(event["event"])
    # “blocked” is a bounce that may pass.
    if not kind or event.get("type") == "blocked":
        return None
    return OptOut(event["email"], kind, at=moment(event.get("timestamp")))
