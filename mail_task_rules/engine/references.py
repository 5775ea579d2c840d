"""What a mail says, in its addresses and its subject, of the task it is about."""

import re
from typing import NamedTuple

from .searchable import Searchable

_TAGGED = re.compile(r"([^+@]+)\+([^@]*)@([^@]+)")
_NUMBERED = re.compile(r"(task|project)\+(\d{1,9})(?:-([0-9a-f]+))?@[^@]+")
# "[#12]", "#12"; neither "#12.5", "#12-a" nor "&#12;"
_NUMBER = re.compile(r"(?<![\w#&])#(\d{1,9})(?![\w;]|[-.,/]\w)")
_WORD = re.compile(r"[^\W\d_]+")
_REPLY = re.compile(
    r"\s*(?:re|aw|sv|vs|antw|odp|res|rif|fwd?|wg|tr|отв|ответ|пересл)"
    r"(?:\[\d+\]|\(\d+\))?\s*:",
    re.IGNORECASE,
)
# Who writes "order #12" means an order, and hardly ever our task 12.
FALSE_FRIENDS = (
    "invoice order ticket case issue pr pull bug build commit room rma "
    "rechnung bestellung auftrag facture commande factura pedido fattura ordine "
    "счет заказ договор накладная рахунок замовлення"
)


class Reference(NamedTuple):
    """What ``task+12-0a1b@`` or ``project+3@`` says; the token may be empty."""

    kind: str
    id: int
    token: str


def reference_in(address):
    """Return the ``Reference`` that an address is, or ``None``."""
    found = _NUMBERED.fullmatch(address.lower())
    return found and Reference(found[1], int(found[2]), found[3] or "")


def split_tag(address):
    """Return ``("info@acme.test", "urgent")`` for ``info+urgent@acme.test``; an
    address without a tag comes back with an empty one."""
    found = _TAGGED.fullmatch(address.lower())
    return (f"{found[1]}@{found[3]}", found[2]) if found else (address.lower(), "")


def numbers_in(subject, false_friends=FALSE_FRIENDS):
    """Return the numbers of tasks that a subject names, as a list of ints.

    :param str false_friends: words which, before a number, say that it is none
    """
    friends = set(Searchable(false_friends).folded.replace(",", " ").split())
    return [
        int(found[1])
        for found in _NUMBER.finditer(subject)
        if not friends.intersection(_words_before(subject[: found.start()]))
    ]


def _words_before(text):
    """Return the two words before a number: "order no. #12", "order: #12"."""
    between_numbers = re.split(r"\d", text[-60:])[-1]
    return [Searchable(word).folded for word in _WORD.findall(between_numbers)[-2:]]


def replied_subject(subject):
    """Return the subject that a reply answers; empty if it is no reply."""
    title = subject
    while found := _REPLY.match(title):
        title = title[found.end() :]
    return title.strip() if title != subject else ""


def is_same_subject(one, other):
    """Compare subjects without case, white space, and what marks a reply."""
    one, other = (
        Searchable(replied_subject(subject) or subject).folded_phrase
        for subject in (one, other)
    )
    return one == other
