"""What a newsletter service keeps, and how it behaves."""

import re
from dataclasses import dataclass, field

EMAIL = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]{2,}")


@dataclass
class Options:
    """How the service behaves.

    :ivar max_lists: what the plan allows, 0 for any number
    :ivar job_polls: how often a job says "not yet"
    :ivar job_fails: whether jobs fail
    :ivar lag: seconds until a change can be read
    :ivar refuse: addresses that are refused for good
    :ivar page: rows in a file of an export
    :ivar calls: how many calls are allowed (0: any number)
    :ivar reading: which reading of an uncertain fact holds, by its name
    """

    max_lists: int = 0
    job_polls: int = 2
    job_fails: bool = False
    lag: float = 0
    refuse: list = field(default_factory=list)
    page: int = 1000
    calls: int = 0
    reading: dict = field(default_factory=dict)


@dataclass
class Person:
    """:ivar status: ``active`` · ``opted_out`` (said no to all mail) · ``bounced``"""

    id: object
    email: str
    fields: dict = field(default_factory=dict)
    status: str = "active"


@dataclass
class MailingList:
    """:ivar members: status by lower-case address, as in ``Person``"""

    id: object
    name: str
    members: dict = field(default_factory=dict)
