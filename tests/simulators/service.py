"""What the simulators of all services have in common."""

import threading
import time
import traceback
from collections import Counter, deque
from contextlib import contextmanager
from dataclasses import asdict

from .faults import Fault
from .server import Response, find_route
from .store import EMAIL, Options, Person


class Refusal(Exception):
    """The service says no."""

    def __init__(self, status, body="", headers=None):
        super().__init__(body)
        self.response = Response(body, status, headers or {})


class Simulator:
    """A newsletter service in memory.

    Subclasses have a method for each call of the API, marked with ``route``, which
    returns what is sent as JSON or a ``Response``, or raises ``Refusal``.
    """

    service = ""
    # What comes after host and port in the API's address.
    prefix = ""
    # What a client must know to log in.
    settings = {"api_key": "key-of-the-test-account"}
    # Whether fields must be made before they are used.
    makes_fields = True
    # For tests: the calls that add contacts, and the paths that change lists.
    UPSERTS = ()
    CHANGES = ""
    ACTS = (
        "opt_out",
        "bounce",
        "complain",
        "add_by_hand",
        "add_by_hand_hook",
        "drop_list",
        "rename_by_hand",
        "revoke",
    )

    def __init__(self, **options):
        self.options = Options(**options)
        self.lists = {}
        self.people = {}
        self.calls = Counter()
        # The last calls, each as request and response.
        self.log = deque(maxlen=1000)
        self.faults = []
        self.open_calls = self.most_open_calls = 0
        self.root = ""
        self._ahead = 0
        self._revoked = False
        self._last_number = 1000
        self._lock = threading.RLock()

    @property
    def base_url(self):
        return self.root + self.prefix

    # ------------------------------------------------------------------
    # Calls
    # ------------------------------------------------------------------

    @contextmanager
    def open_call(self):
        with self._lock:
            self.open_calls += 1
            self.most_open_calls = max(self.most_open_calls, self.open_calls)
        try:
            yield
        finally:
            with self._lock:
                self.open_calls -= 1

    def receive(self, request):
        """Return the response to a request, and the fault that struck it."""
        with self._lock:
            if request.path.startswith("/_"):
                return self._control(request), None
            fault = next((one for one in self.faults if one.meets(request)), None)
            if not fault or fault.after or not (fault.status or fault.drop):
                response = self._work(request)
            if fault and fault.status:
                response = Response(fault.body, fault.status, fault.headers)
            elif fault and fault.drop and not fault.after:
                response = None
            return response, fault

    def _work(self, request):
        found = find_route(self, request)
        self.calls[f"{request.method} {found[1] if found else '?'}"] += 1
        try:
            response = self._serve(request, found)
        except Refusal as refusal:
            response = refusal.response
        except Exception:
            traceback.print_exc()
            response = Response("The simulator failed.", 500)
        self.log.append((request, response))
        return response

    def _serve(self, request, found):
        self.check_limits(request)
        self.authenticate(request)
        if not found:
            return self.unknown_call(request)
        function, _, arguments = found
        answer = function(request, **arguments)
        return answer if isinstance(answer, Response) else Response(answer)

    def authenticate(self, request):
        """Raise ``Refusal`` unless the request has the right key."""
        raise NotImplementedError

    def check_limits(self, request):
        """Raise ``Refusal`` if there are too many calls."""

    def unknown_call(self, request):
        return Response({"message": "Not found"}, 404)

    def knows(self, key):
        return not self._revoked and key == self.settings["api_key"]

    # ------------------------------------------------------------------
    # For tests, and for people who look at it
    # ------------------------------------------------------------------

    def _control(self, request):
        if request.path == "/_state":
            return Response(self.state())
        if request.path == "/_fault":
            self.set_fault(**request.json)
        elif request.path == "/_act" and request.json["act"] in self.ACTS:
            arguments = request.json
            self.act(arguments.pop("act"), **arguments)
        else:
            return Response({"error": "GET /_state, POST /_fault or /_act"}, 404)
        return Response({})

    def state(self):
        with self._lock:
            return {
                "service": self.service,
                "lists": [
                    {"id": one.id, "name": one.name, "members": self.members(one.id)}
                    for one in self.shown_lists()
                ],
                "calls": dict(self.calls),
                "most_open_calls": self.most_open_calls,
                "options": asdict(self.options),
            }

    def set_fault(self, options=None, advance=0, clear=False, **fault):
        """Set options, put the clock forward, clear or add faults."""
        for name, value in (options or {}).items():
            setattr(self.options, name, value)
        self._ahead += advance
        if clear:
            self.faults.clear()
        if fault:
            self.faults.append(Fault(**fault))

    def shown_lists(self):
        return list(self.lists.values())

    def members(self, list_id):
        """Return the status of each address in a list; who opted out is in there if
        the service keeps them.
        """
        members = self._shown_list(list_id).members
        return {email: self.status_of(email, own) for email, own in members.items()}

    def status_of(self, email, own):
        person = self.people.get(email)
        return person.status if person and person.status != "active" else own

    def fields_of(self, email):
        return self.people[email.lower()].fields

    def count(self, call):
        """Return how often a call was made, for example ``POST /lists``."""
        return self.calls[call]

    def _shown_list(self, list_id):
        return next(one for one in self.shown_lists() if str(one.id) == str(list_id))

    # ------------------------------------------------------------------
    # What people do over there
    # ------------------------------------------------------------------

    def act(self, name, **arguments):
        """Do one of ``ACTS``; services that tell of such things tell of it."""
        getattr(self, name)(**arguments)

    def opt_out(self, email, list_id=None):
        self._leave_all_lists(email)

    def bounce(self, email, list_id=None):
        self.people[email.lower()].status = "bounced"

    def complain(self, email, list_id=None):
        if self.reading("complaint_leaves_one_list", False):
            self.opt_out(email, list_id)
        else:
            self._leave_all_lists(email)

    def _leave_all_lists(self, email):
        self.people[email.lower()].status = "opted_out"

    def add_by_hand(self, email, list_id):
        person = self.person(email)
        self._shown_list(list_id).members[person.email] = "active"

    def drop_list(self, list_id):
        del self.lists[self._shown_list(list_id).id]

    def rename_by_hand(self, list_id, name):
        self._shown_list(list_id).name = name

    def revoke(self):
        self._revoked = True

    # ------------------------------------------------------------------
    # Tools for the services
    # ------------------------------------------------------------------

    def now(self):
        return time.time() + self._ahead

    def number(self):
        self._last_number += 1
        return self._last_number

    def new_id(self):
        return self.number()

    def person(self, email):
        """Return the person with an address, who is made if need be."""
        key = email.lower()
        if key not in self.people:
            self.people[key] = Person(self.new_id(), key)
        return self.people[key]

    def is_refused(self, email):
        return not EMAIL.fullmatch(email) or email.lower() in self.options.refuse

    def reading(self, name, default):
        return self.options.reading.get(name, default)
