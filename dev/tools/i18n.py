"""The addon's terms, out of a database and into its files: ``python -m tools.i18n DATABASE``."""

import io
import sys

import polib

from odoo.tools.translate import trans_export

from .inside import environment
from .paths import ADDON, ROOT
from .terminal import say

FOLDER = ROOT / "i18n"
DATES = ("POT-Creation-Date", "PO-Revision-Date")  # else each export is another


def main(database):
    with environment(database) as env, io.BytesIO() as buffer:
        trans_export(None, [ADDON], buffer, "po", env)
        template = polib.pofile(buffer.getvalue().decode())
    for name in DATES:
        template.metadata.pop(name, None)
    FOLDER.mkdir(exist_ok=True)
    template.save(str(FOLDER / f"{ADDON}.pot"))
    say(f"{len(template)} terms")
    for path in sorted(FOLDER.glob("*.po")):
        translation = polib.pofile(str(path))
        translation.merge(template)
        for entry in translation.obsolete_entries():
            translation.remove(entry)
        translation.save(str(path))
        say(f"{path.name}: {len(translation.untranslated_entries())} to be translated")


if __name__ == "__main__":
    main(*sys.argv[1:])
