"""Files of contacts, as services offer them after an export."""

import csv
import gzip
import io
import json
import zlib

from .transport import LARGEST_FILE

GZIP_MAGIC = b"\x1f\x8b"


def read_table(content):
    """Return the rows of a file as dicts by lower-case column name.

    No service documents all of its layout, so this takes any: compressed or not, a
    JSON array, an object on each line, or CSV with comma, semicolon or tab.

    :raise ValueError: it is no table
    """
    text = unpack(content).decode("utf-8-sig").lstrip()
    if text.startswith("["):
        rows = json.loads(text)
    elif text.startswith("{"):
        rows = map(json.loads, filter(str.strip, text.splitlines()))
    else:
        rows = _read_csv(text)
    return [{str(name).lower(): value for name, value in row.items()} for row in rows]


def unpack(content):
    """Return the bytes of a file that may be compressed.

    :raise ValueError: the archive is broken or too large
    """
    if not content.startswith(GZIP_MAGIC):
        return content
    try:
        with gzip.open(io.BytesIO(content)) as archive:
            content = archive.read(LARGEST_FILE + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(f"a broken archive: {error}") from error
    if len(content) > LARGEST_FILE:
        raise ValueError("the archive is too large")
    return content


def _read_csv(text):
    try:
        return list(csv.DictReader(io.StringIO(text), dialect=_dialect(text)))
    except csv.Error as error:
        raise ValueError(str(error)) from error


def _dialect(text):
    header = text.partition("\n")[0]

    class Dialect(csv.excel):
        delimiter = max(",;\t", key=header.count)

    return Dialect
