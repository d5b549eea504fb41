"""Check the addon's data files, for ``dev/test lint``: ``check_data.py ROOT RNG``. Needs lxml.

XML must be well-formed and valid by Odoo's own schema, no record given twice, the rows of a CSV
file as long as its head, and whatever lies in a folder of data must be in the manifest: a file that
is not is never loaded.
"""

import ast
import csv
import re
import sys
from pathlib import Path

from lxml import etree

FOLDERS = ("data", "demo", "report", "security", "views", "wizard")
RECORDS = "record", "template", "menuitem"


def loaded_files(root):
    manifest = ast.literal_eval((root / "__manifest__.py").read_text())
    return [root / name for name in [*manifest.get("data", []), *manifest.get("demo", [])]]


def check_manifest(root, loaded):
    lying = {path for folder in FOLDERS for path in (root / folder).glob("**/*.xml")}
    lying |= set((root / "security").glob("*.csv"))
    for path in sorted(lying - set(loaded)):
        yield f"{path.relative_to(root)} is not in the manifest"
    for path in loaded:
        if not path.exists():
            yield f"{path.relative_to(root)} is in the manifest, but not there"


def check_xml(path, schema, seen):
    try:
        tree = etree.parse(path)
    except etree.XMLSyntaxError as error:
        yield str(error)
        return
    if not schema.validate(tree):
        yield from (f"line {error.line}: {error.message}" for error in schema.error_log)
    for element in tree.iter(*RECORDS):
        name = element.get("id")
        # A record may be written to again on purpose: from another file, or outside its noupdate
        # block.
        if name and (path, name, element.getparent().get("noupdate")) in seen:
            yield f"line {element.sourceline}: {name} is there twice"
        seen.add((path, name, element.getparent().get("noupdate")))
    if not re.search(rb"\n\Z", path.read_bytes()):
        yield "the last line has no end"


def check_csv(path):
    with open(path, newline="", encoding="utf-8") as stream:
        head, *rows = csv.reader(stream)
    for number, row in enumerate(rows, start=2):
        if len(row) != len(head):
            yield f"line {number}: {len(row)} values under {len(head)} heads"
    names = [row[0] for row in rows if row]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name} is there twice"


def main(root, rng):
    loaded = loaded_files(root)
    schema, seen = etree.RelaxNG(file=str(rng)), set()
    problems = list(check_manifest(root, loaded))
    for path in filter(Path.exists, loaded):
        found = check_csv(path) if path.suffix == ".csv" else ()
        if path.suffix == ".xml":
            found = check_xml(path, schema, seen)
        problems += [f"{path.relative_to(root)}: {problem}" for problem in found]
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
