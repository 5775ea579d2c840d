"""What services tell by themselves: who wants no mail any more."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from .errors import ProviderError
from .texts import Text as _lt

UNSUBSCRIBED = "unsubscribed"
BOUNCED = "bounced"
COMPLAINED = "complained"
KINDS = (UNSUBSCRIBED, BOUNCED, COMPLAINED)


@dataclass(frozen=True)
class OptOut:
    """Somebody whom the service will not mail any more.

    :ivar kind: ``UNSUBSCRIBED`` · ``BOUNCED`` (for good) · ``COMPLAINED`` (of spam)
    :ivar list_id: the only list that it is about; empty: all lists of the account
    :ivar at: when it happened, in UTC; ``None`` if the service does not say
    """

    email: str
    kind: str = UNSUBSCRIBED
    list_id: str = ""
    at: datetime | None = None

    def __post_init__(self):
        if "@" not in self.email or self.kind not in KINDS:
            raise ValueError("This is no opt-out.")


@dataclass(frozen=True)
class Webhook:
    """An address that the service calls.

    :ivar id: what ``remove_webhook`` needs
    :ivar key: proves that a call comes from the service; empty: nothing does but that
        it knows the address
    """

    id: str
    key: str = ""


class Forged(ProviderError):
    """A call to the webhook whose signature is not the service's."""


def check_hmac(key, body, signature):
    """Raise ``Forged`` unless this is the SHA-256 HMAC of the body, in hexadecimal."""
    expected = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    check_digest(expected, signature)


def check_digest(expected, given):
    if not hmac.compare_digest(expected.encode(), (given or "").encode()):
        raise Forged(_lt("The signature is wrong."))


def moment(value):
    """Return an aware datetime for seconds since 1970 or an ISO text in UTC; ``None``
    for what is neither.
    """
    text = str(value or "")
    try:
        if text.replace(".", "", 1).isdigit():
            return datetime.fromtimestamp(float(text), timezone.utc)
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def events_of(body) -> Sequence[dict]:
    """Return the events of a JSON body: it is one, or a list of them."""
    content = json.loads(body)
    return content if isinstance(content, list) else [content]
