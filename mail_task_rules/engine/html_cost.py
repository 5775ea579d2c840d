"""How long Odoo would take to show a text.

The regular expressions that Odoo and lxml clean HTML with look for an end from each
start, so that they are quadratic where ends are missing; they were found by
experiment. Counting is linear, whatever the text is.
"""

import re
from urllib.parse import unquote_plus

import lxml.etree

from .limits import Finding
from .text import storable

_ELEMENT = re.compile("<[a-zA-Z!?]")
_MARKUP = re.compile("<[^<>]*>")
_QUOTATION = re.compile("(?:\n(?:>|&gt;)[^\n\r]*)+")
# What cleaning goes through in vain, in characters, elements or the like
_STEPS = 10_000_000
_CHILDREN = 7_000
# Odoo compares all children of an element that holds one of these.
_QUOTES_SIBLINGS = re.compile(
    r"gmail_extra|skydriveplaceholder|(?<![^\n>])--\s?(?![^<\r\n])", re.IGNORECASE
)
_COMPARED = 1_000
# Odoo marks all elements behind one of these.
_QUOTES_THE_REST = re.compile("stopspelling|yahoo_quoted", re.IGNORECASE)
_MARKED = 1_000_000
# Odoo inserts each quotation of a text before those behind it.
_QUOTATIONS = 6_000
# What each start is looked for until
_ENDINGS = (
    ("<", ">"),
    ("<!--", "-->"),
    ("[if", "]>"),
    ("/*", "*/"),
    ("url(", ")"),
    ("expression", ")"),
    ("@import", '"'),
    ("data:image/", ";base64,"),
)
# Odoo escapes these.
_ESCAPED = {"&": 4, "<": 3, ">": 3, '"': 4, "'": 4}
# lxml copes with images in the text, if that is what they are.
_IMAGE = re.compile(
    r"""(?<=src=["'])data:image/[\w.+-]{1,40};base64,([A-Za-z0-9+/=]{100,})"""
)
_IMAGE_SHARE = 5
_ATTRIBUTE = re.compile("=\\s*([\"'])")
_STYLE_ELEMENT = re.compile("<style[^<>]*>([^<]*)", re.IGNORECASE)
_BARE_STYLE = re.compile("style\\s*=\\s*([^\\s\"'>]+)", re.IGNORECASE)
_LONG_WORD = re.compile(r"[\w-]{50,}")
_LONG_VALUE = 500
_REFERENCE = re.compile(r"&#(?:(\d{1,7})|x([0-9a-f]{1,6}));?", re.IGNORECASE)
_CSS_ESCAPE = re.compile(r"\\([0-9a-f]{1,6})\s?", re.IGNORECASE)
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_INVISIBLE = re.compile(r"[\s\x00-\x19\\]+")


def weigh(texts, limits):
    """Return what is too much first in the texts that one mail shows, as findings.

    :param list texts: pairs of whether it is HTML, and the text
    """
    texts = [(is_html, _without_images(text)) for is_html, text in texts]
    for measures in (_sizes, _shapes, _steps):
        for code, value, limit in measures(texts, limits):
            if value > limit:
                # the next measure may take as long as Odoo would
                return [Finding(code, value, limit)]
    return []


def _without_images(text):
    """Shorten images, but no octets that somebody made up to look like one."""

    def shorten(image):
        words = re.split("[+/]", image[1])
        if max(map(len, words)) > 2000:
            return image[0]
        return "data:" + " " * (len(image[1]) // _IMAGE_SHARE)

    return _IMAGE.sub(shorten, text)


def _html(texts):
    return [text for is_html, text in texts if is_html]


def _sizes(texts, limits):
    plain = [text for is_html, text in texts if not is_html]
    elements = (len(_ELEMENT.findall(text)) for text in _html(texts))
    yield "text_parts", len(texts), limits.text_parts
    yield "text_size", sum(map(_escaped_size, plain)), limits.text_size
    yield "html_size", _read_again(map(len, _html(texts))), limits.html_size
    yield "html_tags", _read_again(elements), limits.html_tags


def _shapes(texts, limits):
    html = _html(texts)
    shapes = [_Shape(text) for text in html]
    children = max((shape.children for shape in shapes), default=0)
    depth = max((shape.depth for shape in shapes), default=0)
    marks = sum(len(_QUOTES_THE_REST.findall(_unescaped(text))) for text in html)
    is_quote = any(_QUOTES_SIBLINGS.search(_unescaped(text)) for text in html)
    yield "html_depth", depth, limits.html_depth
    yield "html_children", children, _COMPARED if is_quote else _CHILDREN
    yield "html_syntax", marks * children, _MARKED
    quotations = sum(_quotations(is_html, text) for is_html, text in texts)
    yield "quotations", int(quotations**0.5), _QUOTATIONS


def _steps(texts, limits):
    for cost in (_vain_searches, _style_steps, _image_steps):
        yield "html_syntax", _read_again(map(cost, _html(texts))), _STEPS


def _read_again(sizes):
    """Odoo cleans all the HTML that it has at each further part."""
    total = read = 0
    for size in sizes:
        total += size
        read += total
    return read


def _escaped_size(text):
    return len(text) + sum(
        text.count(character) * growth for character, growth in _ESCAPED.items()
    )


class _Shape:
    """How deep the elements of a text are nested, and how many have one parent, as
    lxml sees it. It gives up at a depth of 256."""

    def __init__(self, html):
        self.depth = self.children = 0
        self._counts = [0]
        parser = lxml.etree.HTMLParser(target=self)
        parser.feed(storable(html))
        parser.close()

    def start(self, tag, attributes):
        self._counts[-1] += 1
        self.children = max(self.children, self._counts[-1])
        self._counts.append(0)
        self.depth = max(self.depth, len(self._counts))

    def end(self, tag):
        self._counts.pop()

    def close(self):
        """The parser calls it at the end of the text."""


def _quotations(is_html, text):
    """Return the sum of the squares of how many quotations a run of text has."""
    runs = _MARKUP.split(text) if is_html else [text]
    return sum(len(_QUOTATION.findall(run)) ** 2 for run in runs)


def _vain_searches(html):
    text = _unescaped(html).lower()
    return max(_searched(text, start, end) for start, end in _ENDINGS)


def _searched(text, start, end):
    """Return how many characters lie between each start and the end behind it."""
    searched = waiting = starts = 0
    for mark in re.finditer(f"({re.escape(start)})|{re.escape(end)}", text):
        if mark[1]:
            waiting += 1
            starts += mark.start()
        else:
            searched += waiting * mark.start() - starts
            waiting = starts = 0
    return searched + waiting * len(text) - starts


def _style_steps(html):
    """A colon is looked for behind each letter of a word, a comment in all."""
    values = [value for name, value in _attributes(html) if name.endswith("style")]
    values += _BARE_STYLE.findall(html) + _STYLE_ELEMENT.findall(html)
    return sum(map(_style_cost, map(_unescaped, values)))


def _style_cost(style):
    words = sum(len(word) ** 2 for word in _LONG_WORD.findall(style))
    bare = _CSS_ESCAPE.sub(_character, _CSS_COMMENT.sub("", style))
    return words + style.count("/*") * len(style) // 100 + _hidden_images(bare)


def _image_steps(html):
    """A file name is looked for from each letter of an image's address."""
    steps = 0
    for name, value in _attributes(html):
        if name.endswith("src") and not value.startswith("data:"):
            steps += len(value) ** 2 // 10
        if len(value) > _LONG_VALUE:
            steps += _hidden_images(unquote_plus(_unescaped(value)))
    return steps


def _hidden_images(value):
    text = _INVISIBLE.sub("", value).lower()
    return _searched(text, "data:image/", ";base64,") if len(text) > _LONG_VALUE else 0


def _attributes(html):
    """Yield the end of the name, and the value, of what may be attributes."""
    for start in _ATTRIBUTE.finditer(html):
        end = html.find(start[1], start.end())
        name = html[max(start.start() - 10, 0) : start.start()].strip().lower()
        yield name, html[start.end() : end if end >= 0 else len(html)]


def _unescaped(text):
    return _REFERENCE.sub(_character, text) if "&#" in text else text


def _character(reference):
    """Return what a numeric reference, of HTML or of CSS, stands for."""
    digits = reference[reference.lastindex]
    is_decimal = reference.re is _REFERENCE and reference.lastindex == 1
    code = int(digits, 10 if is_decimal else 16)
    return chr(code) if code < 0x110000 else ""
