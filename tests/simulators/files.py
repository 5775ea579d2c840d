"""Files of exports, in each layout that a service may choose."""

import csv
import gzip
import io
import json


def encode_table(rows, layout):
    """Return rows (dicts) as bytes: ``lines`` and ``array`` of JSON, ``csv``, ``csv;``,
    each compressed if ``.gz`` follows, and cut off if ``.cut`` does.
    """
    layout, _, compression = layout.partition(".")
    if layout == "array":
        text = json.dumps(rows)
    elif layout == "lines":
        text = "\n".join(map(json.dumps, rows))
    else:
        text = _csv(rows, layout.removeprefix("csv") or ",")
    content = gzip.compress(text.encode()) if compression else text.encode()
    return content[:20] if compression == "cut" else content


def _csv(rows, delimiter):
    file = io.StringIO()
    writer = csv.DictWriter(
        file, list(rows[0]) if rows else ["email"], delimiter=delimiter
    )
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()
