"""What SendGrid wants contacts to look like, and how it refuses them."""

import json
import re

# A request has 6 MB at most.
REQUEST_BYTES = 5_500_000
LONGEST_PERSON_NAME = 50
RESERVED = {"first_name", "last_name"}
ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
LONGEST_ADDRESS = 254


def is_address(email):
    """Return whether SendGrid may take an address."""
    return len(email) <= LONGEST_ADDRESS and bool(ADDRESS.fullmatch(email))


def parts(contacts):
    """Yield the contacts in parts that fit into a request."""
    part, size = [], 0
    for contact in contacts:
        bytes_ = len(json.dumps(row(contact)))
        if part and size + bytes_ > REQUEST_BYTES:
            yield part
            part, size = [], 0
        part.append(contact)
        size += bytes_
    if part:
        yield part


def row(contact):
    names = RESERVED & contact.fields.keys()
    values = {name: contact.fields[name][:LONGEST_PERSON_NAME] for name in names}
    custom = {key: contact.fields[key] for key in contact.fields.keys() - names}
    if custom:
        values["custom_fields"] = custom
    return {"email": contact.email, **values}


def bad_contacts(response):
    """Return the texts of a refusal by place of the contact they are about."""
    try:
        errors = response.json()["errors"]
    except (ValueError, KeyError, TypeError):
        return {}
    places = (re.match(r"contacts\[(\d+)\]", one.get("field") or "") for one in errors)
    return {int(p[1]): e["message"] for p, e in zip(places, errors, strict=True) if p}
