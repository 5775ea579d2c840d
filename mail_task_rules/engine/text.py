"""Making text comparable and readable, whatever a sender put into it."""

import re
from email.header import decode_header
from html import unescape

import lxml.etree
import lxml.html

_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
_BLANK_LINES = re.compile("\n{3,}")
BLOCKS = frozenset(
    "address article aside blockquote caption dd div dl dt fieldset footer form h1 h2 "
    "h3 h4 h5 h6 header hr li main nav ol p section table tr ul".split()
)
_CELLS = ("td", "th")
# What no text holds, see storable(): where a block begins or ends.
_EDGE = "\x00"
_EDGES = re.compile(rf"(?:{_EDGE}[ \t]*)+")
_TAG = re.compile(r"<(/?[a-z]\w*|[!?/])[^<>]*>?", re.IGNORECASE)


def storable(text):
    """Return ``text`` without what PostgreSQL or UTF-8 refuse to hold."""
    if text.isascii() and "\x00" not in text:
        return text
    return _FORBIDDEN.sub("", text)


def decode(octets, charset=None):
    """Return the text of ``octets``: the named charset, UTF-8 or a guess."""
    for candidate in (charset, "utf-8"):
        try:
            return octets.decode(candidate)
        except (LookupError, TypeError, ValueError):
            continue
    return octets.decode("latin-1")


def header_text(value):
    """Return a raw header value as one line, its encoded words decoded.

    :param str value: as the parser keeps it: folded, raw octets as surrogates
    """
    return without_encoded_words(header_line(value))


def header_line(value):
    """Return a raw header value as one line, its encoded words as they are."""
    return _one_line(decode(value.encode("utf-8", "surrogateescape")))


def without_encoded_words(line):
    """Return a line as people read it."""
    if "=?" in line:
        # a line end inside an encoded word would forge a header
        line = _one_line(_decode_words(line))
    return storable(line)


def _one_line(text):
    lines = (line.strip() for line in re.split("[\r\n]+", text))
    return " ".join(filter(None, lines))


def _decode_words(line):
    try:
        chunks = decode_header(line)
    except Exception:
        # the header module raises many things on malformed encoded words
        return line
    return "".join(
        chunk if isinstance(chunk, str) else decode(chunk, charset)
        for chunk, charset in chunks
    )


def parse_html(html):
    """Return the root element of what a reader sees, or ``None``.

    Comments, scripts, styles and the head are left out.
    """
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        root = lxml.html.document_fromstring(
            storable(html).encode("utf-8"), parser=parser
        )
    except (lxml.etree.LxmlError, ValueError):
        return None
    lxml.etree.strip_elements(
        root,
        *(lxml.etree.Comment, lxml.etree.ProcessingInstruction),
        *("script", "style", "head"),
        with_tail=False,
    )
    return root


def html_to_text(html):
    """Return what a reader sees of ``html``, one line for each block and a tab
    between the cells of a table."""
    root = parse_html(html)
    if root is None:
        return ""
    return tidy(_EDGES.sub("\n", "".join(_pieces(root))))


def _pieces(root):
    preformatted = 0
    for event, element in lxml.etree.iterwalk(root, ("start", "end")):
        is_start = event == "start"
        if element.tag == "pre":
            preformatted += 1 if is_start else -1
        if element.tag in BLOCKS or element.tag == "pre":
            yield _EDGE
        elif element.tag == "br" and is_start:
            yield "\n"
        elif element.tag in _CELLS and not is_start:
            yield "\t"
        text = (element.text if is_start else element.tail) or ""
        yield text if preformatted else _collapsed(text)


def _collapsed(text):
    """Return a text with one space for each run of white space, also at its ends."""
    words = " ".join(text.split())
    if not words:
        return " " if text else ""
    before = " " if text[0].isspace() else ""
    return before + words + (" " if text[-1].isspace() else "")


def rough_text(html):
    """Return roughly the same as ``html_to_text`` does, in linear time for whatever
    ``html`` is."""
    pieces, hidden = [], ""
    found = _TAG.split(html)
    tags = ["", *map(str.lower, found[1::2])]
    for tag, text in zip(tags, found[::2], strict=True):
        if hidden:
            hidden = "" if tag == "/" + hidden else hidden
        elif tag in ("style", "script"):
            hidden = tag
        if not hidden:
            name = tag.lstrip("/")
            pieces += ["\n" if name in BLOCKS or name == "br" else "", text]
    return tidy(unescape("".join(pieces)))


def tidy(text):
    """Return ``text`` with its runs of spaces and of empty lines shortened.

    Tabs stay: they are what separates the columns of a table.
    """
    lines = map(_tidy_line, text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _tidy_line(line):
    cells = (" ".join(cell.split()) for cell in line.split("\t"))
    return "\t".join(filter(None, cells))
