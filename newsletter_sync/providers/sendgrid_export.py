"""Who is in a list at SendGrid: an export, and whom the account must not mail."""

from .base import ACTIVE, BOUNCED, OPTED_OUT, Member, Page
from .errors import Retryable
from .tables import read_table
from .texts import Text as _lt

CONTACTS = "/v3/marketing/contacts"
POLL_SECONDS = 5
SUPPRESSION_PAGE = 500
SUPPRESSIONS = {
    "bounces": BOUNCED,
    "invalid_emails": BOUNCED,
    "spam_reports": OPTED_OUT,
    "unsubscribes": OPTED_OUT,
}


class Export:
    def __init__(self, http):
        self._http = http
        self._suppressed = None

    def page(self, list_id, cursor):
        if not cursor:
            values = {"list_ids": [list_id], "file_type": "json"}
            export = self._http.call("POST", f"{CONTACTS}/exports", json=values)["id"]
            return Page(cursor=f"{export}:0", wait=POLL_SECONDS)
        export, place = cursor.split(":")
        state = self._http.call("GET", f"{CONTACTS}/exports/{export}")
        if state["status"] == "pending":
            return Page(cursor=cursor, wait=POLL_SECONDS)
        if state["status"] != "ready":
            raise Retryable(state.get("message") or _lt("The export failed."))
        return self._file(export, state["urls"], int(place))

    def _file(self, export, urls, place):
        if not urls:
            return Page()
        rows = read_table(self._http.download(urls[place]))
        suppressed = self._suppressions()
        emails = [row["email"] for row in rows]
        members = [Member(one, suppressed.get(one.lower(), ACTIVE)) for one in emails]
        following = place + 1
        return Page(members, f"{export}:{following}" if following < len(urls) else "")

    def _suppressions(self):
        """Return the status of everybody whom the account must not mail."""
        if self._suppressed is None:
            self._suppressed = {}
            for kind, status in SUPPRESSIONS.items():
                for email in self._suppressed_by(kind):
                    self._suppressed[email.lower()] = status
        return self._suppressed

    def _suppressed_by(self, kind):
        offset = 0
        while offset is not None:
            params = {"limit": SUPPRESSION_PAGE, "offset": offset}
            page = self._http.call("GET", f"/v3/suppression/{kind}", params=params)
            yield from (one["email"] for one in page)
            offset = (
                offset + SUPPRESSION_PAGE if len(page) == SUPPRESSION_PAGE else None
            )
