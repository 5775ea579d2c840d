"""The HTTP server under a simulator."""

import json
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit


@dataclass
class Request:
    """:ivar query: the last value of each parameter; ``pairs``: all, form's included"""

    method: str
    path: str
    query: dict
    headers: dict
    body: bytes
    pairs: list = field(default_factory=list)

    @property
    def json(self):
        return json.loads(self.body) if self.body else {}


@dataclass
class Response:
    """:ivar body: sent as JSON, or as it is if it is text or bytes"""

    body: object = None
    status: int = 200
    headers: dict = field(default_factory=dict)

    def encode(self):
        if isinstance(self.body, bytes):
            return self.body, "application/octet-stream"
        if isinstance(self.body, str):
            return self.body.encode(), "text/plain; charset=utf-8"
        if self.body is None:
            return b"", "application/json"
        return json.dumps(self.body).encode(), "application/json"


def route(method, template):
    """Mark a method as the one for a path such as ``/lists/{list_id}``."""
    pattern = re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", template) + "/?")

    def mark(function):
        function.routes = [
            *getattr(function, "routes", ()),
            (method, template, pattern),
        ]
        return function

    return mark


def find_route(simulator, request):
    """Return function, template and arguments for a request; ``None`` if unknown."""
    for name in dir(type(simulator)):
        function = getattr(simulator, name)
        for method, template, pattern in getattr(function, "routes", ()):
            match = method == request.method and pattern.fullmatch(request.path)
            if match:
                values = {key: unquote(v) for key, v in match.groupdict().items()}
                return function, template, values
    return None


class Server:
    def __init__(self, simulator, port=0, host="127.0.0.1"):
        self._http = ThreadingHTTPServer((host, port), _handler(simulator))
        self._http.daemon_threads = True
        simulator.root = f"http://{host}:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self.serve, daemon=True)

    def serve(self):
        self._http.serve_forever(poll_interval=0.02)

    def start(self):
        self._thread.start()

    def stop(self):
        self._http.shutdown()
        self._http.server_close()


def _handler(simulator):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body leave in one packet: otherwise each answer waits 40 ms.
        wbufsize = -1
        disable_nagle_algorithm = True

        def handle_one_call(self):
            request = self._read()
            with simulator.open_call():
                self._answer(request, *simulator.receive(request))

        def _read(self):
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = parse_qs(url.query, keep_blank_values=True)
            pairs = parse_qsl(url.query, keep_blank_values=True)
            if "form-urlencoded" in self.headers.get("Content-Type", ""):
                pairs += parse_qsl(body.decode(), keep_blank_values=True)
            last = {name: values[-1] for name, values in query.items()}
            path = url.path
            return Request(self.command, path, last, dict(self.headers), body, pairs)

        def _answer(self, request, response, fault):
            if fault:
                time.sleep(fault.latency)
            if fault and fault.drop:
                self.close_connection = True
                return
            body, kind = response.encode()
            self.send_response(response.status)
            headers = {"Content-Type": kind, **response.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            if response.status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if response.status != 204:
                self.wfile.write(body)

        def log_message(self, *arguments):
            pass

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one_call

    return Handler
