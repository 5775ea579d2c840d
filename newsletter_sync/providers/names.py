"""Names that services restrict."""

import re
from hashlib import md5


def plain_name(name, limit=100):
    """Return a name of ASCII letters, digits and underscores, the same every time."""
    plain = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
    if not name.isascii() or not re.match(r"[A-Za-z]", plain):
        digest = md5(name.encode(), usedforsecurity=False).hexdigest()
        plain = f"field_{digest[:8]}"
    return plain[:limit]
