"""Odoo as a browser uses it: log in, call methods, press buttons, download."""

import requests

# A stuck server shall fail a test, not stop the suite.
ANSWER_SECONDS = 60


class ServerError(Exception):
    """What Odoo would show in a dialog, with the server's traceback."""


class WebClient:
    """One user's session. It outlives a restart of the server."""

    def __init__(self, url, db, login="admin", password="admin"):
        self._url = url
        self._session = requests.Session()
        credentials = {"db": db, "login": login, "password": password}
        self._post("/web/session/authenticate", credentials)

    def call(self, model, method, *args, **kwargs):
        return self._post(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": args, "kwargs": kwargs},
        )

    def download(self, path):
        answer = self._session.get(self._url + path, timeout=ANSWER_SECONDS)
        answer.raise_for_status()
        return answer.content

    def _post(self, path, params):
        answer = self._session.post(
            self._url + path,
            json={"jsonrpc": "2.0", "params": params},
            timeout=ANSWER_SECONDS,
        )
        answer.raise_for_status()
        content = answer.json()
        if "error" in content:
            raise ServerError(content["error"]["data"]["debug"])
        return content.get("result")
