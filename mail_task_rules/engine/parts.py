"""The parts of a parsed mail that hold content."""

from dataclasses import dataclass

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
        content_type = message.get_content_type()
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


def readable_text(parts):
    """Return the text of the HTML parts, else of the plain ones."""
    shown = [part for part in parts if not part.is_attachment]
    html = "\n".join(part.text() for part in shown if part.type == "text/html")
    text = html_to_text(html) if html else ""
    if not text:
        plain = (part.text() for part in shown if part.type == "text/plain")
        text = tidy("\n\n".join(plain))
    return storable(text)


def _file_name(message):
    try:
        name = message.get_filename()
    except Exception:
        # whatever the header parser stumbles over, the attachment is there
        name = None
    return storable(name or "").replace("\n", " ")
