"""What a mail may be like, and what was found wrong with one."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a mail may have and still be shown as it is.

    Odoo, lxml and Python's e-mail parser are quadratic, or worse, in something of
    each of these. The defaults keep any mail of 10 MB below five seconds on two
    cores, and are far above what people send.

    :ivar int size: of the mail as it was delivered, in bytes
    :ivar int lines: read again for each level of nesting
    :ivar int parts: of a multipart mail, containers included
    :ivar int nesting: multiparts in multiparts; attached mails do not count
    :ivar int header_block: all headers of one part, in bytes
    :ivar int header: all headers of one name, in bytes
    :ivar int recipients: in To, Cc and the like together
    :ivar int text_parts: texts that are shown one below the other
    :ivar int text_size: of all plain texts that are shown, as HTML, in characters
    :ivar int html_size: of all HTML that is shown, in characters; what is already
        there is read again for each further part
    :ivar int html_tags: in all HTML that is shown; read again likewise
    :ivar int html_depth: elements in elements; lxml drops what is below 254
    :ivar int image_pixels: of an attached image that Odoo may take apart
    """

    size: int = 25 * 1024 * 1024
    lines: int = 2_000_000
    parts: int = 300
    nesting: int = 30
    header_block: int = 256 * 1024
    header: int = 32 * 1024
    recipients: int = 500
    text_parts: int = 50
    text_size: int = 1_000_000
    html_size: int = 3_000_000
    html_tags: int = 30_000
    html_depth: int = 240
    image_pixels: int = 50_000_000


@dataclass(frozen=True)
class Finding:
    """Something about a mail that was not left as it came.

    :ivar str code: a key of ``SENTENCES``
    :ivar value: what the mail has: a number, or a word such as a charset's name
    :ivar limit: what is allowed, for what exceeds ``Limits``; else ``None``
    :ivar str instead: what was put in its place, for what was repaired
    """

    code: str
    value: object = None
    limit: int | None = None
    instead: str | None = None

    @property
    def is_guess(self):
        """Tell whether text was decoded by a guess and may be wrong."""
        return self.code == "charset"


# One of each for every code. The models may translate them.
SENTENCES = {
    "size": "%(value)s bytes, at most %(limit)s are allowed",
    "lines": "%(value)s lines to read, at most %(limit)s are allowed",
    "parts": "%(value)s parts, at most %(limit)s are allowed",
    "nesting": "parts nested more than %(limit)s levels deep",
    "header_block": "%(value)s bytes of headers, at most %(limit)s are allowed",
    "header": "a header too long or too intricate to be read (%(value)s)",
    "recipients": "%(value)s recipients, at most %(limit)s are kept",
    "text_parts": "%(value)s texts, at most %(limit)s are allowed",
    "text_size": "%(value)s characters of text, at most %(limit)s are allowed",
    "html_size": "%(value)s characters of HTML, at most %(limit)s are allowed",
    "html_tags": "%(value)s HTML elements, at most %(limit)s are allowed",
    "html_depth": "HTML nested more than %(limit)s levels deep",
    "html_syntax": "HTML too broken to be read (%(value)s)",
    "attached": "an attached mail is kept as a file (%(value)s)",
    "boundary": "the parts were told apart by a guess",
    "content_type": "a part's type was not readable (%(value)s)",
    "charset": "text in %(value)s was read as %(instead)s",
    "transfer_encoding": "a part's encoding was wrong (%(value)s)",
    "control": "characters that no text may contain were removed (%(value)s)",
    "file_name": "an attachment's name was not readable",
    "header_syntax": "a header was not readable (%(value)s)",
    "date": "the date was impossible (%(value)s)",
}


def sentence(finding):
    """Return a finding in English words, without a full stop."""
    return SENTENCES[finding.code] % vars(finding)
