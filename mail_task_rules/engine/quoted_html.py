"""What ``quoted`` does, for mails in HTML: their programs mark what they quote."""

from html import escape

import lxml.etree
import lxml.html

from .quoted import is_introduction, is_signature_mark
from .text import html_to_text, parse_html

HTML_LIMIT = 500_000

_CONTAINERS = frozenset(
    "gmail_quote gmail_extra yahoo_quoted protonmail_quote tutanota_quote "
    "zmail_extra".split()
)
# Odoo drops the classes, but marks what they say.
_MARKED_BY_ODOO = "data-o-mail-quote"
_INTRODUCTIONS = frozenset(("gmail_attr", "moz-cite-prefix"))
_SIGNATURES = frozenset(
    "gmail_signature moz-signature odoo_signature_wrapper o_mail_signature "
    "protonmail_signature_block Signature".split()
)
# Outlook marks where the older mail begins; all after it belongs to it.
_STARTS = frozenset(("divRplyFwdMsg", "appendonsend", "stopSpelling"))
_OUTLOOK_LINE = "border:none;border-top:solid#"


def cut_html(html):
    """Return the HTML of a mail without quoted mails and signature; as it was if
    there are none or nothing else would be left."""
    return own_html(html) or html


def own_html(html):
    """Return the same, but nothing if nothing else is left."""
    root = parse_html(html) if len(html) <= HTML_LIMIT else None
    if root is None:
        return html
    changed = [_cut_old_mail(root), _cut_quotes(root), _cut_signatures(root)]
    rest = inner_html(root) if any(changed) else html
    return rest if html_to_text(rest) else ""


def is_foreign(element):
    """Tell whether somebody else may have written what begins here: a quote, an older
    mail or a signature."""
    return bool(
        element.tag == "blockquote"
        or _names(element) & (_INTRODUCTIONS | _SIGNATURES)
        or _is_container(element)
        or _starts_old_mail(element)
    )


def _cut_old_mail(root):
    return _cut_from(next(filter(_starts_old_mail, root.iter()), None))


def _starts_old_mail(element):
    if (element.get("id") or "").removeprefix("x_") in _STARTS:
        return True
    style = "".join((element.get("style") or "").lower().split())
    return style.startswith(_OUTLOOK_LINE)


def _cut_signatures(root):
    marked = [element for element in root.iter() if _names(element) & _SIGNATURES]
    for element in marked:
        _drop(element)
    if any(map(_is_quote, root.iter())):
        # answers may stand between them
        return bool(marked)
    begun = next(filter(_begins_signature, root.iter()), None)
    followed = next(filter(_precedes_signature, root.iter()), None)
    if begun is None and followed is not None:
        return _cut_after(followed)
    return _cut_from(begun) or bool(marked)


def _begins_signature(element):
    return is_signature_mark((element.text or "").strip())


def _precedes_signature(element):
    return is_signature_mark((element.tail or "").strip())


def _cut_quotes(root):
    quotes = _quotes(root)
    answered = _answered(root, quotes)
    if sum(answered) > 1:
        quotes = quotes[len(answered) - answered[::-1].index(True) :]
    for quote in quotes:
        _drop_introduction(quote)
        _drop(quote)
    return bool(quotes)


def _quotes(root):
    """Return the outermost quotes in their order."""
    found = []
    walk = lxml.etree.iterwalk(root, ("start",))
    for _, element in walk:
        if _is_quote(element):
            found.append(element)
            walk.skip_subtree()
    return found


def _is_quote(element):
    names = _names(element)
    if names & _INTRODUCTIONS:
        return True
    if element.tag == "blockquote":
        return element.get("type") == "cite" or _is_in_container(element)
    # between the quotes inside of it there may be answers
    return _is_container(element) and element.find(".//blockquote") is None


def _is_in_container(element):
    if _names(element) & _CONTAINERS:
        return True
    return any(map(_is_container, element.iterancestors()))


def _is_container(element):
    """Tell whether a mail program, or Odoo when it cleaned the HTML, marked it."""
    return bool(_names(element) & _CONTAINERS or element.get(_MARKED_BY_ODOO))


def _names(element):
    return {*(element.get("class") or "").split(), element.get("id") or ""}


def _answered(root, quotes):
    """Return for each quote whether something is written below it."""
    answered, inside, number = [False] * len(quotes), 0, -1
    for event, element in lxml.etree.iterwalk(root, ("start", "end")):
        if number + 1 < len(quotes) and element is quotes[number + 1]:
            inside, number = 1, number + 1
            continue
        if inside and element is quotes[number]:
            inside = 0
        text = element.text if event == "start" else element.tail
        if number >= 0 and not inside and (text or "").strip():
            answered[number] = True
    return answered


def _drop_introduction(quote):
    """Remove the line above that says who wrote what is quoted."""
    above = quote.getprevious()
    while above is not None and above.tag == "br" and not (above.tail or "").strip():
        above = above.getprevious()
    if above is None:
        parent = quote.getparent()
        if is_introduction([parent.text or ""]):
            parent.text = None
    elif (above.tail or "").strip():
        if is_introduction([above.tail]):
            above.tail = None
    elif is_introduction([" ".join(above.text_content().split())]):
        _drop(above)


def _cut_from(element):
    """Remove an element and all that comes after it in the mail."""
    if element is None or element.getparent() is None:
        return False
    _cut_after(element)
    element.getparent().remove(element)
    return True


def _cut_after(element):
    while element is not None:
        for sibling in list(element.itersiblings()):
            sibling.getparent().remove(sibling)
        element.tail = None
        element = element.getparent()
    return True


def _drop(element):
    if element.getparent() is not None:
        element.drop_tree()


def inner_html(root):
    """Return what is inside of the body of a parsed HTML."""
    body = root.find("body")
    body = root if body is None else body
    children = (lxml.html.tostring(child, encoding="unicode") for child in body)
    return "".join([escape(body.text or "", quote=False), *children])
