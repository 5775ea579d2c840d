"""`make readme`: README.rst and index.html of the addons from their readme/*.md."""

import ast
import importlib
import re

from docutils.core import publish_parts

import odoo.addons

from . import addons
from .console import say
from .paths import ROOT

# The file of readme/ and its heading; the description needs none.
SECTIONS = (
    ("DESCRIPTION", ""),
    ("CONFIGURE", "Configuration"),
    ("USAGE", "Usage"),
    ("DEVELOP", "Development"),
    ("CONTRIBUTORS", "Contributors"),
)
NOTE = ".. Made from readme/*.md by `make readme`: change those.\n"
HTML = """<!-- Made from readme/*.md by `make readme`: change those. -->
<section class="container py-4">
{body}
</section>
"""
# Stands in a fragment for the table that its providers make.
MATRIX = "{support matrix}\n"
INLINE = (
    (re.compile(r"`([^`]+)`"), r"``\1``"),
    (re.compile(r"\[([^]]+)\]\(([^)]+)\)"), r"`\1 <\2>`__"),
)
TABLE = re.compile(r"(?:^\|.*\|\n)+", re.MULTILINE)


def main():
    for addon in addons.names():
        folder = ROOT / addon
        text = rst(folder)
        _write(folder / "README.rst", text)
        _write(folder / "static/description/index.html", _html(text))


def rst(folder):
    """Return the README of an addon."""
    name = ast.literal_eval((folder / "__manifest__.py").read_text())["name"]
    bar = "=" * len(name)
    parts = [NOTE, f"{bar}\n{name}\n{bar}\n"]
    for file, heading in SECTIONS:
        path = folder / "readme" / f"{file}.md"
        if path.is_file():
            parts.append(_heading(heading, "=") if heading else "")
            text = path.read_text()
            if MATRIX in text:
                text = text.replace(MATRIX, _support_matrix())
            parts.append(_from_markdown(text))
    return "\n".join(filter(None, parts))


def _from_markdown(text):
    """Convert what we use of Markdown: headings, lists, tables, code, bold, links."""
    blocks = re.split(r"(^```\n.*?^```\n)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(
        _code(block) if block.startswith("```") else _prose(block) for block in blocks
    )


def _code(block):
    lines = block.splitlines()[1:-1]
    return "".join(["::\n\n", *(f"    {line}".rstrip() + "\n" for line in lines)])


def _prose(text):
    for pattern, replacement in INLINE:
        text = pattern.sub(replacement, text)
    text = TABLE.sub(_table, text)
    return re.sub(
        r"^#+ (.+)\n", lambda found: _heading(found[1], "-"), text, flags=re.MULTILINE
    )


def _table(found):
    rows = [line.strip("| ").split(" | ") for line in found[0].splitlines()]
    del rows[1]
    cells = (
        f"   {'  ' if number else '* '}- {cell}\n"
        for row in rows
        for number, cell in enumerate(row)
    )
    return ".. list-table::\n   :header-rows: 1\n\n" + "".join(cells)


def _support_matrix():
    """Return what the newsletter services can do, as a table in Markdown."""
    if str(ROOT) not in odoo.addons.__path__:
        odoo.addons.__path__.append(str(ROOT))
    providers = importlib.import_module("odoo.addons.newsletter_sync.providers")
    matrix = importlib.import_module("odoo.addons.newsletter_sync.providers.matrix")
    return matrix.markdown(providers.PROVIDERS.values())


def _heading(title, bar):
    return f"{title}\n{bar * len(title)}\n"


def _html(rst):
    settings = {"halt_level": 2, "initial_header_level": 2}
    parts = publish_parts(rst, writer="html5", settings_overrides=settings)
    return HTML.format(body=parts["html_body"].strip())


def _write(path, text):
    if not path.is_file() or path.read_text() != text:
        path.write_text(text)
        say(f"{path.relative_to(ROOT)} is new")
