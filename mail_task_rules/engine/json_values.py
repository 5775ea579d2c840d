"""JSON that stands in a mail, and what a JSONPath finds in it."""

import json
import re

import jsonpath_ng
import re2

from .patterns import PatternError

# RE2 says in one pass that there is none.
_SCRIPT = re2.compile(
    r"(?is)<script[^>]{0,200}\btype\s*=\s*[\"']?application/(?:ld\+)?json\b"
    r"[^>]{0,200}>(.*?)</script"
)
_START = re.compile(r"^[ \t]*[{\[]", re.MULTILINE)
# Each beginning that is none costs a pass over the text.
START_LIMIT = 20
DEPTH_LIMIT = 100
_POSITION = re.compile(r"(?:col |\d:)(\d+)")


def compile_path(text):
    """Return the compiled JSONPath. Raise PatternError if it is none.

    Only one ``..`` is taken: each further one multiplies the work.
    """
    if not text.strip():
        raise PatternError(code="json_path_missing")
    try:
        path = jsonpath_ng.parse(text)
    except Exception as error:
        # the parser raises bare exceptions besides its own
        raise PatternError(str(error), _position(text, error)) from error
    second = text.find("..", text.find("..") + 2)
    if text.count("..") > 1:
        raise PatternError(position=second, code="json_path_costly")
    return path


def documents(html, text):
    """Return each JSON document of a mail: those in scripts of its HTML, then
    those that begin a line of its text."""
    found = [_load(match[1]) for match in _SCRIPT.finditer(html)]
    found += _inside(text)
    return [document for document in found if _is_usable(document)]


def find(path, document):
    """Return what a compiled path finds, as a list of JSON values."""
    try:
        return [match.value for match in path.find(document)]
    except Exception:
        # a path that does not suit this document finds nothing in it
        return []


def as_text(value):
    """Return a JSON value as people write it; ``null`` is nothing."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def members(value):
    """Return the simple members of a JSON object as texts, by name."""
    if not isinstance(value, dict):
        return {}
    return {
        name: as_text(member)
        for name, member in value.items()
        if not isinstance(member, (dict, list))
    }


def _inside(text):
    decoder, end, found = json.JSONDecoder(), 0, []
    for tried, match in enumerate(_START.finditer(text)):
        if tried == START_LIMIT:
            break
        if match.end() <= end:
            continue
        try:
            document, end = decoder.raw_decode(text, match.end() - 1)
        except (ValueError, RecursionError):
            continue
        found.append(document)
    return found


def _load(text):
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_usable(document):
    if not isinstance(document, (dict, list)):
        return False
    level = [document]
    for _ in range(DEPTH_LIMIT):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return True
    return False


def _children(value):
    values = value.values() if isinstance(value, dict) else value
    return (child for child in values if isinstance(child, (dict, list)))


def _position(text, error):
    found = _POSITION.search(str(error))
    return min(int(found[1]), len(text)) if found else len(text)
