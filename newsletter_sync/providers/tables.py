"""Files of contacts, as services offer them after an export."""

import csv
import gzip
import io
import json

GZIP_MAGIC = b"\x1f\x8b"


def read_table(content):
    """Return the rows of a file as dicts by lower-case column name.

    No service documents all of its layout, so this takes any: compressed or not, a
    JSON array, an object on each line, or CSV with comma, semicolon or tab.
    """
    if content.startswith(GZIP_MAGIC):
        content = gzip.decompress(content)
    text = content.decode("utf-8-sig").lstrip()
    if text.startswith("["):
        rows = json.loads(text)
    elif text.startswith("{"):
        rows = map(json.loads, filter(str.strip, text.splitlines()))
    else:
        rows = csv.DictReader(io.StringIO(text), dialect=_dialect(text))
    return [{str(name).lower(): value for name, value in row.items()} for row in rows]


def _dialect(text):
    header = text.partition("\n")[0]

    class Dialect(csv.excel):
        delimiter = max(",;\t", key=header.count)

    return Dialect
