"""Odoo 19.0: the tree that ``ODOO_SRC`` names, else Debian's package, else Odoo's git branch."""

import os
import shutil
from pathlib import Path

from . import apt
from .locks import exclusive
from .paths import STATE
from .processes import run
from .terminal import Stop, say

HOME = STATE / "odoo"
VERSION = HOME / "VERSION"
PACKAGES = {
    "unstable": [
        "odoo-19",
        "libjs-jquery",
        "libjs-jquery-form",
        "libjs-underscore",
        "fonts-roboto-unhinted",
        "fonts-montserrat",
        "fonts-ocr-b",
    ],
    # Odoo's package links to paths that these have in stable only.
    "stable": ["fonts-font-awesome", "fonts-inconsolata"],
}
DEBIAN_TREE = Path("usr/lib/python3/dist-packages")
# `odoo/addons` holds every module; the folder beside `odoo` is a partial copy of it.
EXCLUDE = [
    f"./{DEBIAN_TREE}/addons",
    f"./{DEBIAN_TREE}/setup",
    f"./{DEBIAN_TREE}/doc",
    "./usr/share/doc",
]
# The package lacks this file, and every page that wants it fails on a console error.
PLACEHOLDER = "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
GIT = "https://github.com/odoo/odoo.git"


def ensure():
    """Have an Odoo 19 at hand; answers the folder to put on Python's path."""
    if os.environ.get("ODOO_SRC"):
        return _given(Path(os.environ["ODOO_SRC"]).expanduser().resolve())
    if not VERSION.exists():
        with exclusive(STATE / "setup.lock", "setting up"):
            if not VERSION.exists():
                _fetch()
    return _tree()


def version():
    """What is recorded about the build, for keys of what is made with it."""
    return os.environ.get("ODOO_SRC") or VERSION.read_text().strip()


def addons(tree):
    """The folders with Odoo's modules (Python finds those in ``odoo/addons`` by itself)."""
    return [folder for folder in (tree / "odoo" / "addons", tree / "addons") if folder.is_dir()]


def _tree():
    debian = HOME / "tree" / DEBIAN_TREE
    return debian if debian.exists() else HOME / "tree"


def _given(tree):
    release = tree / "odoo" / "release.py"
    if not release.exists():
        raise Stop(f"ODOO_SRC={tree} is not an Odoo source tree: it has no odoo/release.py")
    if "(19, 0," not in release.read_text():
        raise Stop(f"ODOO_SRC={tree} is not Odoo 19.0")
    return tree


def _fetch():
    shutil.rmtree(HOME, ignore_errors=True)
    try:
        say("Odoo 19: Debian's package odoo-19")
        found = apt.fetch(PACKAGES, HOME / "tree", EXCLUDE)["odoo-19"]
        _mend(_tree())
    except Stop as error:
        say(f"Odoo 19: {error}; trying Odoo's public branch 19.0")
        found = _clone()
    VERSION.write_text(found + "\n")
    say(f"Odoo 19: {found}")


def _mend(tree):
    placeholder = tree / PLACEHOLDER
    if not placeholder.exists():
        placeholder.parent.mkdir(parents=True, exist_ok=True)
        placeholder.write_text("// not part of Debian's package\n")
    broken = [
        path for path in (tree / "odoo").rglob("*") if path.is_symlink() and not path.exists()
    ]
    if broken:
        say(
            f"Odoo 19: {len(broken)} files are missing in Debian's package, for one"
            f" {broken[0].relative_to(tree)}"
        )


def _clone():
    shutil.rmtree(HOME / "tree", ignore_errors=True)
    HOME.mkdir(parents=True, exist_ok=True)
    command = ["git", "clone", "--progress", "--depth", "1", "--branch", "19.0", GIT, HOME / "tree"]
    if not shutil.which("git") or run(command):
        raise Stop(
            "Odoo 19 is not to be had here: set ODOO_SRC to an Odoo 19.0 source tree, then run this"
            " again"
        )
    head = (HOME / "tree" / ".git" / "shallow").read_text().strip()
    return f"19.0 git {head[:12]}"
