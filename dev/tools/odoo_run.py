"""How Odoo is started here: configuration, addons path, environment."""

import os
import socket

from . import odoo_source, postgres, venv
from .paths import ADDON, DATA, DEV, ODOO_RC, PYTHON, ROOT, STATE

ADDONS = STATE / "addons"
DEFAULT_PORT = 8069


def prepare():
    """Set up all that Odoo needs, and the server it works on; answers Odoo's source tree."""
    venv.ensure()
    tree = odoo_source.ensure()
    postgres.ensure()
    link_addon()
    write_config(tree)
    return tree


def link_addon():
    """Offer the clone under the addon's technical name, whatever its folder is called.

    Entry by entry: Odoo walks through the whole folder, and ``.dev`` and ``dev`` are no part of the
    addon.
    """
    folder = ADDONS / ADDON
    folder.mkdir(parents=True, exist_ok=True)
    left_out = {"dev", "__pycache__"}
    names = {entry.name for entry in ROOT.iterdir() if entry.name[0] != "."} - left_out
    for link in folder.iterdir():
        if link.is_symlink() and link.name not in names:
            link.unlink()
    for name in names:
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(ROOT / name)


def addons_path(tree):
    return [str(path) for path in (ADDONS, *odoo_source.addons(tree))]


def write_config(tree):
    """Written anew by each command, and the same for all: ports are in the environment."""
    server = postgres.environment()
    settings = {
        "addons_path": ",".join(addons_path(tree)),
        "data_dir": DATA,
        "db_host": server.get("PGHOST", "localhost"),
        "db_port": server.get("PGPORT", 5432),
        "db_user": server.get("PGUSER", os.environ.get("USER", postgres.ROLE)),
        "http_interface": "127.0.0.1",
        "screenshots": STATE / "screenshots",
    }
    text = "[options]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items())
    ODOO_RC.parent.mkdir(parents=True, exist_ok=True)
    draft = ODOO_RC.with_suffix(f".{os.getpid()}")
    draft.write_text(text)
    draft.replace(ODOO_RC)


def free_port(preferred=0):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", preferred))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(tree, preferred_port=0, with_tools=False):
    """The environment for a process of Odoo's; `with_tools` for a script of ours in it."""
    path = [tree, DEV, ROOT] if with_tools else [tree]
    return {
        "ODOO_HTTP_PORT": str(free_port(preferred_port)),
        "ODOO_GEVENT_PORT": str(free_port()),
        "ODOO_RC": str(ODOO_RC),
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        # compiled once for all processes, wherever the environment forbids that beside the sources
        "PYTHONPYCACHEPREFIX": str(STATE / "pycache"),
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONUNBUFFERED": "1",
    }


def command(*arguments):
    return [str(PYTHON), "-m", "odoo", *map(str, arguments)]
