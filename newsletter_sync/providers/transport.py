"""HTTP for providers: timeouts, pace, errors without secrets."""

import base64
import json
import re
import time
from collections import deque
from contextlib import contextmanager
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import requests

from .errors import (
    AccountError,
    ContactError,
    ListGone,
    PlanLimit,
    RateLimited,
    Retryable,
    WrongCredentials,
)
from .texts import Text
from .texts import Text as _lt

NO_ADDRESS = (
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
)
USER_AGENT = "odoo-newsletter-sync/1.0"
CONNECT_SECONDS = 5
READ_SECONDS = 60
# How long to wait when a service says "too many" and not how long.
PAUSE_SECONDS = 60
LONGEST_TEXT = 300
# Times above this are dates, those below it are waits.
FIRST_EPOCH = 1_000_000_000
# Bytes of a file: an export of about a million contacts.
LARGEST_FILE = 100 * 2**20
CHUNK = 2**16


class Limiter:
    """Keeps below so many calls in so many seconds.

    A short wait is slept; a long one is the caller's: ``RateLimited``.
    """

    LONGEST_SLEEP = 2

    def __init__(self, calls, seconds, clock=time.monotonic, sleep=time.sleep):
        self._seconds = seconds
        self._clock, self._sleep = clock, sleep
        self._times = deque(maxlen=calls)

    def wait(self):
        if len(self._times) == self._times.maxlen:
            left = self._times[0] + self._seconds - self._clock()
            if left > self.LONGEST_SLEEP:
                raise RateLimited(
                    _lt("Our own limit for this service is reached."), left
                )
            if left > 0:
                self._sleep(left)
        self._times.append(self._clock())


class Http:
    """Calls one service.

    :param secrets: texts that appear in no error
    :param authorize: gets each ``PreparedRequest`` and puts the credentials into it
    :param explain: returns the error that a ``Response`` stands for, or ``None``
    """

    def __init__(self, base_url, secrets, authorize, explain):
        self.base_url = base_url
        self.limiter = None
        self.no_address = ""
        self._secrets = set()
        self._authorize, self._explain = authorize, explain
        self._session = requests.Session()
        self._session.headers["User-Agent"] = USER_AGENT
        for secret in secrets:
            self.hide(secret)

    def __repr__(self):
        return f"<Http {self.base_url}>"

    def hide(self, secret):
        """Let a text appear in no error, in whatever way it travels."""
        if secret:
            quoted = quote(secret, safe="")
            self._secrets |= {secret, quoted, json.dumps(secret)[1:-1]}

    def redact(self, text):
        """Return a text for people: short, and without secrets."""
        if isinstance(text, Text):
            return text.map(lambda value: self.redact(str(value)))
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text[:LONGEST_TEXT]

    def call(self, method, path, seconds=READ_SECONDS, **options):
        """Return the JSON of the answer (``None`` if it is empty).

        :param options: ``params``, ``json``, ``data``, ``headers`` as in requests
        """
        response = self.request(method, path, seconds, **options)
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError:
            # A proxy's or a maintenance page: the service itself did not speak.
            raise Retryable(
                _lt("The answer is no JSON: is this the address of the API?"),
                response.status_code,
            ) from None

    def delete(self, path, **options):
        """Delete what may be gone already."""
        try:
            return self.call("DELETE", path, **options)
        except ListGone:
            return None

    def request(self, method, path, seconds=READ_SECONDS, **options):
        """Return the ``requests.Response`` of a call that succeeded."""
        if not self.base_url:
            raise AccountError(self.no_address)
        if self.limiter:
            self.limiter.wait()
        response = self._send(
            method,
            self.base_url.rstrip("/") + path if path else self.base_url,
            timeout=(CONNECT_SECONDS, seconds),
            # requests would otherwise take passwords from ~/.netrc instead.
            auth=self._authorized,
            # Some services have the key in the body: it goes to no other host.
            allow_redirects=False,
            **options,
        )
        if error := self._explain(response):
            error.args = (self.redact(str(error)),)
            raise error
        return response

    def download(self, url):
        """Return the bytes of a file that the service offers: without the key."""
        if self.base_url.startswith("https:"):
            url = re.sub("^http:", "https:", url)
        options = {
            "timeout": (CONNECT_SECONDS, READ_SECONDS),
            "auth": _unauthorized,
            "allow_redirects": False,
            "stream": True,
        }
        with self._send("GET", url, **options) as response, _described():
            status = response.status_code
            if status != 200:
                raise Retryable(_lt("The file cannot be fetched (%s).", status), status)
            return _read(response)

    def _send(self, method, url, **options):
        with _described():
            return self._session.request(method, url, **options)

    def _authorized(self, request):
        self._authorize(request)
        return request


def _unauthorized(request):
    # requests would otherwise take passwords from ~/.netrc.
    return request


@contextmanager
def _described():
    """Let errors of requests be ours, without what must not be shown."""
    try:
        yield
    except NO_ADDRESS:
        raise AccountError(_lt("This is no web address.")) from None
    except ValueError:
        # Of a header: its text has the key.
        text = _lt("The key has characters that no key has.")
        raise WrongCredentials(text) from None
    except requests.RequestException as error:
        # Not "from error": its text and request have URL, headers and body.
        raise Retryable(_describe(error)) from None


def _read(response):
    """Return the bytes of a file, unless there are too many of them."""
    content = bytearray()
    for chunk in response.iter_content(CHUNK):
        content += chunk
        if len(content) > LARGEST_FILE:
            raise Retryable(_lt("The file is too large."))
    return bytes(content)


def basic(user, password):
    """Return the header of HTTP's basic authentication, in UTF-8."""
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    return f"Basic {token}"


def words(response):
    """Return what a response says, as one line of text."""
    try:
        text = _sentence(response.json())
    except ValueError:
        html = "html" in response.headers.get("Content-Type", "")
        text = response.reason or "" if html else response.text
    return re.sub(r"\s+", " ", text).strip()


def _sentence(answer):
    """Return the text in a JSON answer, wherever services put it."""
    if isinstance(answer, str):
        return answer
    if isinstance(answer, list):
        return "; ".join(filter(None, map(_sentence, answer)))
    if not isinstance(answer, dict):
        return ""
    texts = [
        answer.get(name) for name in ("detail", "message", "error", "errorMessage")
    ]
    first = next((text for text in texts if isinstance(text, str) and text), "")
    inner = answer.get("errors") or answer.get("data")
    inner = list(inner.values()) if isinstance(inner, dict) else inner
    return " – ".join(filter(None, [first, _sentence(inner)]))


def explain_status(status, text, headers):
    """Return the error that an HTTP status usually stands for, or ``None``."""
    text = text or f"HTTP {status}"
    if 200 <= status < 300:
        return None
    if status == 429:
        return RateLimited(text, retry_after(headers))
    if status in (408, 425) or status >= 500:
        return Retryable(text, status)
    if status < 400:
        return AccountError(_lt("The service has moved: check its address."), status)
    kinds = {
        401: WrongCredentials,
        402: PlanLimit,
        403: AccountError,
        404: ListGone,
        405: AccountError,
        410: ListGone,
    }
    return kinds.get(status, ContactError)(text, status)


def retry_after(headers, name="Retry-After", default=PAUSE_SECONDS):
    """Return the seconds to wait that a header tells: as a number of seconds, as
    seconds since 1970 or as a date.
    """
    value = headers.get(name, "").strip()
    now = datetime.now(timezone.utc)
    try:
        seconds = float(value)
        if seconds > FIRST_EPOCH:
            seconds -= now.timestamp()
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - now).total_seconds()
        except (TypeError, ValueError):
            return default
    return max(seconds, 1)


def _describe(error):
    if isinstance(error, requests.Timeout):
        return _lt("The service did not answer in time.")
    if isinstance(error, requests.exceptions.SSLError):
        return _lt("The service's certificate is not trusted.")
    if isinstance(error, requests.ConnectionError):
        return _lt("The service cannot be reached.")
    return _lt("The call failed: %s", type(error).__name__)
