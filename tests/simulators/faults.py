"""What can go wrong on demand."""

import re
from dataclasses import dataclass, field


@dataclass
class Fault:
    """The next ``times`` calls of a kind go wrong (0: all of them).

    :ivar method: of the calls, empty for any; ``path``: a pattern found in their path
    :ivar skip: how many of them go well before
    :ivar latency: seconds before the answer
    :ivar status: answered in place of the service, 0 if it may answer itself
    :ivar after: whether the work is done nevertheless
    :ivar drop: whether the connection is cut in place of an answer
    """

    method: str = ""
    path: str = ""
    skip: int = 0
    times: int = 1
    latency: float = 0
    status: int = 0
    headers: dict = field(default_factory=dict)
    body: str = ""
    after: bool = False
    drop: bool = False

    def meets(self, request):
        """Return whether the fault strikes this request, and count it."""
        if self.method not in ("", request.method):
            return False
        if not re.search(self.path, request.path) or self.times < 0:
            return False
        if self.skip:
            self.skip -= 1
            return False
        # One that has struck often enough is spent; 0 strikes for ever.
        if self.times:
            self.times = self.times - 1 or -1
        return True
