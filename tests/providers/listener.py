"""An address that services may call."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Listener:
    """:ivar made: the calls to its address, as headers and body"""

    url: str
    made: list


@contextmanager
def listening():
    made = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers.get("Content-Length") or 0)
            made.append((self.headers, self.rfile.read(length)))
            self.do_GET()

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield Listener(f"http://127.0.0.1:{server.server_address[1]}/hook", made)
    finally:
        server.shutdown()
        server.server_close()
