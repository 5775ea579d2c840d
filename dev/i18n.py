"""`make i18n`: collect the addons' texts, and merge them into the translations."""

import subprocess
import sys

import polib

from . import addons, database, odoo_process, postgres
from .console import Problem, say
from .paths import ROOT

LANGUAGES = {
    "ru": "nplurals=4; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && "
    "(n%100<12 || n%100>14) ? 1 : n%10==0 || (n%10>=5 && n%10<=9) || "
    "(n%100>=11 && n%100<=14) ? 2 : 3);",
}
DATES = ("POT-Creation-Date", "PO-Revision-Date")


def main():
    with postgres.running(), database.fresh("i18n") as db:
        _export(db)
    for addon in addons.names():
        folder = ROOT / addon / "i18n"
        template = _without_dates(folder / f"{addon}.pot")
        for language, plural in LANGUAGES.items():
            _merge(template, folder / f"{language}.po", language, plural)


def _export(db):
    command = [sys.executable, "-m", "odoo", f"--addons-path={ROOT}"]
    command += ["i18n", "export", "--database", db, *addons.names()]
    result = subprocess.run(
        command,
        env=odoo_process.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise Problem(f"Odoo could not export the texts:\n{result.stderr}")


def _without_dates(path):
    """Return the template, written anew without what changes with every export."""
    template = polib.pofile(str(path))
    for name in DATES:
        template.metadata.pop(name, None)
    template.save()
    return template


def _merge(template, path, language, plural):
    translation = polib.pofile(str(path)) if path.is_file() else polib.POFile()
    translation.header = template.header
    translation.metadata = {
        **template.metadata,
        "Language": language,
        "Plural-Forms": plural,
    }
    translation.merge(template)
    for entry in translation.obsolete_entries():
        translation.remove(entry)
    translation.save(str(path))
    missing = len(translation.untranslated_entries())
    say(f"{path.relative_to(ROOT)}: {missing or 'no'} texts without translation")
