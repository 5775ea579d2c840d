"""The parts of a parsed mail that hold content."""

from dataclasses import dataclass

from .attached import original_type
from .text import decode, html_to_text, storable, tidy


@dataclass
class Part:
    """One part of a mail.

    The parser takes apart a header each time somebody asks for it, so each is
    asked for once.

    :ivar str type: such as ``text/html``
    :ivar str file_name: empty if it has none
    """

    message: object
    type: str
    file_name: str
    is_attachment: bool

    @classmethod
    def of(cls, message):
        content_type = original_type(message)
        disposition = str(message.get("Content-Disposition", "")).strip().lower()
        name = _file_name(message)
        return cls(
            message=message,
            type=content_type,
            file_name=name,
            is_attachment=(
                not content_type.startswith("text/")
                or disposition.startswith("attachment")
                or bool(name)
            ),
        )

    def text(self):
        octets = self.message.get_payload(decode=True)
        if octets is None:
            return str(self.message.get_payload())
        return decode(octets, self.message.get_content_charset())


def content_parts(message):
    """Return the parts that hold content, in their order.

    An attached mail is one such part, not what is in it.
    """
    parts, waiting = [], [message]
    while waiting:
        part = waiting.pop()
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            waiting.extend(reversed(part.get_payload()))
        else:
            parts.append(Part.of(part))
    return parts


def html_code(parts):
    """Return the HTML of the parts that are shown, one after the other."""
    return storable("\n".join(_shown(parts, "text/html")))


def readable_text(parts, html):
    """Return the text of the parts' ``html_code``, else of the plain ones."""
    text = html_to_text(html) if html else ""
    return text or storable(tidy("\n\n".join(_shown(parts, "text/plain"))))


def _shown(parts, content_type):
    return (
        part.text()
        for part in parts
        if part.type == content_type and not part.is_attachment
    )


def _file_name(message):
    try:
        name = message.get_filename()
    except Exception:
        # whatever the header parser stumbles over, the attachment is there
        name = None
    return storable(name or "").replace("\n", " ")
