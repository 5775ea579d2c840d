"""How long Odoo would take to show a text.

The regular expressions that Odoo and lxml clean HTML with look for an end from each
start, so that they are quadratic where ends are missing; they were found by
experiment. Counting is linear, whatever the text is.
"""

import re
from html import unescape

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
_SIGNATURE = re.compile(r"(?<![^\n>])--\s?(?![^<\r\n])")
_COMPARED = 1_000
# Odoo marks all elements behind one of these.
_MARKS = ("stopspelling", "yahoo_quoted")
_MARKED = 1_000_000
_FEW_CHILDREN = 100
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
# lxml copes with images in the text, if that is what they are.
_IMAGE = re.compile(
    r"""(?<=src=["'])data:image/[\w.+-]{1,40};base64,([A-Za-z0-9+/=]{100,})"""
)
_IMAGE_SHARE = 5
_LONGEST_WORD = 2_000
_ADDRESS_SHARE = 10
_VALUE_SHARE = 300
_ATTRIBUTE = re.compile("=\\s*([\"'])")
_WORD = re.compile(r"[\w-]+")
_LONG_RUN = 100
_parser = lxml.etree.HTMLParser(encoding="utf-8")


def weigh(texts, limits):
    """Return what is too much first in the texts that one mail shows, as findings.

    :param list texts: pairs of whether it is HTML, and the text
    """
    whole = [text for is_html, text in texts if is_html]
    html = list(map(_without_images, whole))
    images = sum(map(len, whole)) - sum(map(len, html))
    plain = [text for is_html, text in texts if not is_html]
    if images > limits.html_size * _IMAGE_SHARE:
        return [Finding("html_size", images // _IMAGE_SHARE, limits.html_size)]
    for measure in (_measure_sizes, _measure_shapes, _measure_steps):
        for code, value, limit in measure(html, plain, limits):
            if value > limit:
                # the next measure may take as long as Odoo would
                return [Finding(code, value, limit)]
    return []


def _without_images(text):
    """Remove images, but no octets that somebody made up to look like one."""

    def replace(image):
        longest = max(map(len, re.split("[+/]", image[1])))
        return image[0] if longest > _LONGEST_WORD else "data:,"

    return _IMAGE.sub(replace, text) if "data:image" in text else text


def _measure_sizes(html, plain, limits):
    elements = (len(_ELEMENT.findall(text)) for text in html)
    yield "text_parts", len(html) + len(plain), limits.text_parts
    yield "text_size", sum(map(_escaped_size, plain)), limits.text_size
    yield "html_size", _read_again(map(len, html)), limits.html_size
    yield "html_tags", _read_again(elements), limits.html_tags


def _measure_shapes(html, plain, limits):
    trees = [tree for tree in map(_parse, html) if tree is not None]
    if any(tree.xpath("/*" * (limits.html_depth + 1)) for tree in trees):
        yield "html_depth", limits.html_depth + 1, limits.html_depth
    children = max((max(map(len, tree.iter())) for tree in trees), default=0)
    texts = [_unescaped(text).lower() for text in html if children > _FEW_CHILDREN]
    marks = sum(text.count(mark) for mark in _MARKS for text in texts)
    yield "html_children", children, _CHILDREN
    yield "html_syntax", marks * children, _MARKED
    if children > _COMPARED and any(map(_quotes_siblings, texts)):
        yield "html_children", children, _COMPARED
    runs = plain + [run for text in html for run in _quoting_runs(text)]
    quotations = sum(len(_QUOTATION.findall(run)) ** 2 for run in runs)
    yield "quotations", int(quotations**0.5), _QUOTATIONS


def _measure_steps(html, plain, limits):
    for steps in (_vain_searches, _style_steps, _attribute_steps):
        yield "html_syntax", _read_again(map(steps, html)), _STEPS


def _read_again(sizes):
    """Odoo cleans all the HTML that it has at each further part."""
    total = read = 0
    for size in sizes:
        total += size
        read += total
    return read


def _escaped_size(text):
    """Odoo writes five characters for each of these."""
    return len(text) + 4 * sum(map(text.count, "&<>\"'"))


def _parse(html):
    """Return what lxml sees: no more than 255 levels."""
    try:
        octets = storable(html).encode("utf-8")
        return lxml.etree.fromstring(octets, _parser).getroottree()
    except (lxml.etree.LxmlError, AttributeError):
        # there is nothing in it
        return None


def _quotes_siblings(text):
    return (
        "gmail_extra" in text
        or "skydriveplaceholder" in text
        or ("--" in text and _SIGNATURE.search(text))
    )


def _quoting_runs(html):
    """Return the runs of text in which quotations may be too many."""
    count = html.count("\n>") + html.count("\n&gt;")
    return _MARKUP.split(html) if count > _QUOTATIONS else []


def _vain_searches(html):
    text = _unescaped(html).lower()
    return max(_searched(text, start, end) for start, end in _ENDINGS)


def _searched(text, start, end):
    """Return how many characters lie between each start and the end behind it."""
    starts = text.count(start)
    if start == "<":
        starts -= len(_MARKUP.findall(text))
    if starts * len(text) <= _STEPS:
        return 0
    searched = waiting = positions = 0
    for mark in re.finditer(f"({re.escape(start)})|{re.escape(end)}", text):
        if mark[1]:
            waiting += 1
            positions += mark.start()
        else:
            searched += waiting * mark.start() - positions
            waiting = positions = 0
    return searched + waiting * len(text) - positions


def _style_steps(html):
    """A colon is looked for behind each letter of a word."""
    longer = (run for run in _unescaped(html).split() if len(run) > _LONG_RUN)
    words = (word for run in longer for word in _WORD.findall(run))
    return sum(len(word) ** 2 for word in words) // 10


def _attribute_steps(html):
    """A file name is looked for from each letter of an image's address, and an image
    in any address or style that may hide one."""
    return sum(
        len(value) ** 2 // (_ADDRESS_SHARE if name.endswith("src") else _VALUE_SHARE)
        for name, value in _attributes(html)
    )


def _attributes(html):
    """Yield the end of the name, and the value, of what may be attributes."""
    for start in _ATTRIBUTE.finditer(html):
        end = html.find(start[1], start.end())
        name = html[max(start.start() - 10, 0) : start.start()].strip().lower()
        yield name, html[start.end() : end if end >= 0 else len(html)]


def _unescaped(text):
    return unescape(text) if "&#" in text else text
