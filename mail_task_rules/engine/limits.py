"""What a mail may have and still be shown as it is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits that keep any mail of 10 MB below five seconds on two cores.

    Odoo, lxml and Python's e-mail parser are quadratic, or worse, in something of
    each of these. The defaults are far above what people send.

    :ivar int megabytes: of the mail as it was delivered
    :ivar int lines: each is compared with the boundaries of all multiparts
    :ivar int parts: of a multipart mail, containers included
    :ivar int nesting: multiparts in multiparts; attached mails do not count
    :ivar int header_block: all headers of one part, in bytes
    :ivar int header: all headers of one name, in bytes
    :ivar int recipients: in To, Cc and the like together
    :ivar int text_parts: texts that are shown one below the other
    :ivar int text_size: of all plain texts that are shown, in characters
    :ivar int html_size: of all HTML that is shown, in characters; images in it
        count a fifth, and what is there is read again for each further part
    :ivar int html_tags: in all HTML that is shown; read again likewise
    :ivar int html_depth: elements in elements; lxml drops what is below 254
    :ivar frozenset domains: our own; recipients there are the last to be left out
    """

    megabytes: int = 25
    lines: int = 1_000_000
    parts: int = 300
    nesting: int = 30
    header_block: int = 256 * 1024
    header: int = 32 * 1024
    recipients: int = 500
    text_parts: int = 50
    text_size: int = 1_000_000
    html_size: int = 1_000_000
    html_tags: int = 30_000
    html_depth: int = 240
    domains: frozenset = frozenset()


@dataclass(frozen=True)
class Finding:
    """Something about a mail that was not left as it came.

    :ivar str code: what it is: the name of the limit that is exceeded, or
        ``html_syntax``, ``quotations``, ``attached``, ``content_type``,
        ``charset``, ``encoding``, ``control``, ``header_syntax``, ``date``
    :ivar value: what the mail has: a number, or a word such as a charset's name
    :ivar int limit: what is allowed, or ``None`` if nothing is exceeded
    """

    code: str
    value: object = None
    limit: int | None = None
