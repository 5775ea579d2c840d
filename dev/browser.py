"""A headless Chromium to look at Odoo with, by way of its DevTools protocol."""

import base64
import itertools
import json
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import requests
import websocket

from .console import Problem

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-prefers-reduced-motion",
    "--remote-debugging-port=0",
)
WAIT_SECONDS = 60


class Browser:
    """One page of a Chromium with a profile of its own, as a context manager."""

    def __init__(self, width, height):
        self._size = {"width": width, "height": height}
        self._numbers = itertools.count(1)

    def __enter__(self):
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        profile = Path(self._profile.name)
        self._process = subprocess.Popen(
            [_executable(), *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stderr=subprocess.DEVNULL,
        )
        try:
            self._socket = self._connect(profile / "DevToolsActivePort")
            self.send(
                "Emulation.setDeviceMetricsOverride",
                **self._size,
                deviceScaleFactor=1,
                mobile=False,
            )
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception):
        self._process.terminate()
        try:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
        finally:
            self._process.kill()
            self._process.wait()
            self._profile.cleanup()

    def open(self, url):
        self.send("Page.navigate", url=url)

    def run(self, script):
        """Return the value of a JavaScript expression, awaited."""
        answer = self.send(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
        )
        if "exceptionDetails" in answer:
            raise Problem(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait_for(self, condition):
        """Wait until a JavaScript expression holds, also while pages change."""

        def holds():
            with suppress(Problem):
                return self.run(f"Boolean({condition})")

        _wait(holds, f"The page never came to: {condition}")

    def screenshot(self, clip):
        """Return a part of the page as PNG."""
        answer = self.send("Page.captureScreenshot", clip={**clip, "scale": 1})
        return base64.b64decode(answer["data"])

    def send(self, method, **params):
        """Call a method of the DevTools protocol; return its result."""
        number = next(self._numbers)
        self._socket.send(
            json.dumps({"id": number, "method": method, "params": params})
        )
        while (answer := json.loads(self._socket.recv())).get("id") != number:
            pass  # an event
        if "error" in answer:
            raise Problem(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def _connect(self, port_file):
        _wait(
            lambda: port_file.is_file() and port_file.read_text().count("\n"),
            "Chromium did not start.",
        )
        port = port_file.read_text().splitlines()[0]
        targets = requests.get(f"http://localhost:{port}/json/list", timeout=10).json()
        page = next(target for target in targets if target["type"] == "page")
        return websocket.create_connection(
            page["webSocketDebuggerUrl"], timeout=WAIT_SECONDS, suppress_origin=True
        )


def _executable():
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if not path:
        raise Problem("Chromium is missing: on Debian, `apt-get install chromium`.")
    return path


def _wait(condition, complaint):
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise Problem(complaint)
        time.sleep(0.1)
