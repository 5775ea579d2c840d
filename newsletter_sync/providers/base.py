"""The contract between the engine and the newsletter services.

Plain Python: no ORM, no Odoo. A provider knows one service; it keeps nothing between
calls but its connection, so a new instance may go on where another one died.

How the engine calls it
=======================
Write down what will be sent and commit (T1); call without a transaction; write down the
results of what *was sent* and commit (T2). If the process dies in between:

======================  ==============================================================
verb                    after a crash or a timeout
======================  ==============================================================
``test_connection``     repeat
``find_lists``          repeat
``create_list``         NEVER repeat blindly: note the ids that ``find_lists(name)``
                        gives before the call; afterwards a list that is not among
                        them is ours. None: create it.
``get_list``            repeat
``rename_list``         repeat
``delete_list``         repeat; a list that is gone already is deleted
``upsert``              repeat with the same contacts; nobody is added twice
``remove``              repeat; who is not in the list is removed. Not sooner than
                        ``support.visible_after`` seconds after the address was sent,
                        and its job had ended: until then the service may not find it
``poll_job``            repeat
``list_members``        repeat, also from any cursor it gave
``set_reply_to``        repeat
``ensure_field``        repeat
``add_webhook``         repeat: an address is told to the service once
``remove_webhook``      repeat
======================  ==============================================================

``parse_webhook`` makes no call: it reads what the service sent by itself.

To empty a list is to ``remove`` whom we added: there is no verb that removes others.

Each verb answers or raises one of ``errors``, whose texts are the service's own words
without our secrets: ``Retryable`` (call again later; a ``RateLimited`` call is no
attempt) · ``ContactError`` (halve the contacts until the bad one is alone) ·
``ListError`` (stop this list and tell) · ``AccountError`` (stop the account and tell).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps

from .errors import ListGone, Retryable, Unsupported
from .texts import Text as _lt
from .transport import Http, explain_status, words

VERBS = {
    "test_connection",
    "find_lists",
    "create_list",
    "get_list",
    "rename_list",
    "delete_list",
    "set_reply_to",
    "upsert",
    "remove",
    "poll_job",
    "list_members",
    "ensure_field",
    "add_webhook",
    "remove_webhook",
    "parse_webhook",
}

OK = "ok"
REFUSED = "refused"
OPTED_OUT = "opted_out"
RETRY = "retry"

ACTIVE = "active"
BOUNCED = "bounced"
PENDING = "pending"


@dataclass(frozen=True)
class Contact:
    """:ivar fields: value of each field by the key that ``ensure_field`` returned"""

    email: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What became of one contact.

    :ivar state: ``OK`` · ``REFUSED`` (for good, see ``reason``) · ``OPTED_OUT`` (the
        person said no over there; nothing was changed) · ``RETRY`` (send again later)
    """

    email: str
    state: str = OK
    reason: str = ""


def again(emails, reason):
    """Return the results of contacts that all have to be sent again."""
    return [Result(email, RETRY, reason) for email in emails]


@dataclass(frozen=True)
class Answer:
    """What became of a batch.

    :ivar results: one for each contact, in any order. While there is a ``job``: only
        those that are decided already, the job decides the others.
    :ivar job: hand it to ``poll_job``, not before ``wait`` seconds; empty when done
    :ivar list_id: store it in place of the one you called with (empty: keep that)
    """

    results: Sequence[Result] = ()
    job: str = ""
    wait: float = 0
    list_id: str = ""


@dataclass(frozen=True)
class RemoteList:
    id: str
    name: str


@dataclass(frozen=True)
class Member:
    """:ivar status: ``ACTIVE`` · ``OPTED_OUT`` · ``BOUNCED`` · ``PENDING`` (has not
    confirmed yet)
    """

    email: str
    status: str = ACTIVE


@dataclass(frozen=True)
class Page:
    """:ivar cursor: hand it to ``list_members`` for the next page, not before ``wait``
    seconds; empty after the last one
    """

    members: Sequence[Member] = ()
    cursor: str = ""
    wait: float = 0


@dataclass(frozen=True)
class Setting:
    """Something that a user enters to connect; ``Provider.settings`` lists them."""

    name: str
    label: str
    secret: bool = False
    required: bool = True
    help: str = ""


@dataclass(frozen=True)
class Support:
    """What a service can do, as a user should know before choosing it.

    :ivar batch_size: contacts in one ``upsert``; ``remove_size``: in one ``remove``
    :ivar creates_lists: ``yes`` · ``first_contact`` (comes into being with it)
    :ivar removal: ``membership`` (only from this list) · ``archive`` · ``none``
    :ivar answers: ``contact`` (a result for each) · ``counts`` (who was refused may
        stay unknown) · ``none``
    :ivar jobs: whether the service works on a batch after it answered
    :ivar sets_reply_to: whether a list has a reply address of its own
    :ivar shows_opt_outs: whether ``list_members`` tells who opted out
    :ivar opt_outs: what people leave who opt out: ``account`` (all lists at once) ·
        ``list`` (the one whose mail they got)
    :ivar webhooks: whether the service tells of opt-outs by itself: ``api`` (we ask it
        to) · ``hand`` (people do, on its website) · empty (it does not)
    :ivar visible_after: seconds until a change shows in ``list_members``, at most
    """

    batch_size: int
    remove_size: int
    creates_lists: str = "yes"
    finds_lists: bool = True
    renames_lists: bool = True
    deletes_lists: bool = True
    unique_names: bool = False
    removal: str = "membership"
    answers: str = "contact"
    jobs: bool = False
    enumerates: bool = True
    shows_opt_outs: bool = True
    creates_fields: bool = True
    sets_reply_to: bool = False
    opt_outs: str = "account"
    webhooks: str = ""
    visible_after: int = 0


def _understood(verb):
    """Take an answer of an unknown shape for a failure of the service, which is often
    a proxy's or an outage's, not for one of the program.
    """

    @wraps(verb)
    def call(self, *arguments):
        try:
            return verb(self, *arguments)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            details = self.http.redact(f"{type(error).__name__}: {error}")
            text = _lt("The answer was not understood (%s).", details)
            raise Retryable(text) from error

    return call


class Provider:
    """A newsletter service. Subclasses fill in the class attributes and the verbs.

    :param settings: the value of each of ``settings`` by name, and as ``odoo_url`` the
        address of the Odoo that calls
    :param base_url: in place of the class's own, for simulators and own servers
    """

    code = ""
    label = ""
    base_url = ""
    # Said when the settings lead to no address.
    no_address = _lt("Enter the address of the service.")
    settings = (Setting("api_key", _lt("API key"), secret=True),)
    support = Support(batch_size=500, remove_size=500)
    # Our names of fields that every account has, and the service's keys.
    standard_fields = {}

    def __init_subclass__(cls):
        for name in VERBS & vars(cls).keys():
            setattr(cls, name, _understood(vars(cls)[name]))

    def __init__(self, settings, base_url=""):
        # Keys are pasted, at times with the space beside them.
        self._settings = {
            one.name: (settings.get(one.name) or "").strip() for one in self.settings
        }
        secrets = [self._settings.get(s.name) for s in self.settings if s.secret]
        url = base_url or self._default_url()
        self.http = Http(url, secrets, self.authorize, self.explain)
        self.http.no_address = self.no_address

    def __repr__(self):
        return f"<{self.code} at {self.http.base_url}>"

    def _default_url(self):
        """Return the address of the API; empty if the settings lead to none."""
        return self.base_url

    def authorize(self, request):
        """Put the credentials into a ``requests.PreparedRequest``."""

    def explain(self, response):
        """Return the error that a response stands for, or ``None``: all is well.

        Providers whose service has its own ways ask it first and ``super()`` after.
        """
        return explain_status(response.status_code, words(response), response.headers)

    def test_connection(self):
        """Check the key and the rights; return how the service calls the account."""
        raise NotImplementedError

    def all_lists(self):
        """Yield every ``RemoteList`` of the account."""
        raise NotImplementedError

    @_understood
    def find_lists(self, name):
        """Return the lists of exactly this name (more than one where names repeat)."""
        return [one for one in self.all_lists() if one.name == name]

    def create_list(self, name):
        """Return the new ``RemoteList``; its id outlives renaming."""
        raise NotImplementedError

    @_understood
    def get_list(self, list_id):
        """Return the ``RemoteList`` with its present name; raise ``ListGone``."""
        for one in self.all_lists():
            if one.id == list_id:
                return one
        raise ListGone(_lt("The list was deleted."))

    def rename_list(self, list_id, name):
        raise Unsupported(_lt("Lists of this service are renamed on its website only."))

    def delete_list(self, list_id):
        """Delete the list, never the people in it."""
        raise Unsupported(_lt("Lists of this service are deleted on its website only."))

    def set_reply_to(self, list_id, address):
        """Have answers to the mailings of a list go to an address; empty: to whom the
        service says.
        """
        raise Unsupported(_lt("This service sets the reply address in each campaign."))

    def upsert(self, list_id, contacts):
        """Put at most ``support.batch_size`` contacts into the list; who is in it gets
        the new values of fields. Never changes somebody's opt-out.
        """
        raise NotImplementedError

    def remove(self, list_id, emails):
        """Take at most ``support.remove_size`` addresses out of the list: no opt-out,
        no deleted contact.
        """
        raise NotImplementedError

    def poll_job(self, job, emails):
        """Return an ``Answer`` for these addresses, with a job while it is running."""
        raise NotImplementedError

    def list_members(self, list_id, cursor=""):
        """Return a ``Page``: everybody in the list, also those who opted out."""
        raise NotImplementedError

    def ensure_field(self, list_id, name):
        """Return the key of a field, one of ``standard_fields`` or one of this name,
        which is created if need be.
        """
        raise NotImplementedError

    def add_webhook(self, url):
        """Have the service call an address from now on; return the ``Webhook``."""
        raise Unsupported(_lt("This service cannot be told to call an address."))

    def remove_webhook(self, webhook_id):
        """Have the service not call it any more; it may be gone already."""
        raise Unsupported(_lt("This service cannot be told to call an address."))

    def parse_webhook(self, headers, body, key):
        """Return the ``OptOut`` of a call that the service made to the address.

        :param headers: a mapping that ignores case
        :param bytes body: as it came
        :param str key: of the ``Webhook``; empty: signatures cannot be checked
        :raise Forged: the signature is wrong or missing
        """
        raise Unsupported(_lt("This service does not call an address."))
