"""Databases: built once as templates, then copied in a second.

Names start with the clone's own prefix, since a server named by PGHOST may serve several clones.
"""

import hashlib
import os
import re
import shutil

from . import odoo_run, odoo_source
from .locks import exclusive
from .paths import ADDON, CLONE, DATA, DEV, LOGS, PYTHON, ROOT, STATE
from .postgres import sql
from .processes import follow, run
from .terminal import Progress, Stop, say

PREFIX = f"plc_{CLONE}_"
BASE_MODULES = "mrp,mrp_account"
BENCH_MODULES = "mrp_product_expiry,stock_account,mrp_account"
KEPT = 3  # templates of a kind: a command that still copies from an older one must find it
FILESTORE = DATA / "filestore"
LOADING = re.compile(r"Loading module (\w+) \((\d+)/(\d+)\)")


def base(tree):
    """The template with Odoo's own modules, without the addon and without demo data."""
    arguments = ["-i", BASE_MODULES]
    return _template(
        "base", _key(BASE_MODULES), lambda name: install(tree, name, arguments, BASE_MODULES)
    )


def addon(tree):
    """The template with the addon as it is now."""
    source = base(tree)

    def build(name):
        copy(source, name)
        install(tree, name, ["-i", ADDON], ADDON)

    return _template("addon", _key(source, _contents(ROOT)), build)


def bench(tree):
    """The template with the addon and the modules of Odoo's that take part in stock moves."""
    source = addon(tree)

    def build(name):
        copy(source, name)
        install(tree, name, ["-i", BENCH_MODULES], BENCH_MODULES)

    return _template("bench", _key(source, BENCH_MODULES), build)


def demo(tree):
    """The template with the addon and its demo data."""
    source = addon(tree)

    def build(name):
        say("database: loading the demo data")
        copy(source, name)
        log = LOGS / "demo-data.log"
        command = [PYTHON, "-m", "tools.load_demo", name]
        with open(log, "w") as stream:
            environment = odoo_run.environment(tree, with_tools=True)
            status = run(command, cwd=DEV, env=environment, stdout=stream, stderr=stream)
        if status:
            raise Stop(f"demo data: {_last_error(log)}; see {log.relative_to(ROOT)}")

    return _template("demo", _key(source, "demo"), build)


def temporary(kind):
    """A name that no other run uses; what killed runs have left of the kind is dropped."""
    pattern = re.compile(rf"{PREFIX}{kind}_(\d+)")
    for (name,) in sql("SELECT datname FROM pg_database"):
        found = pattern.fullmatch(name)
        if found and not os.path.exists(f"/proc/{found[1]}"):
            drop(name)
    return f"{PREFIX}{kind}_{os.getpid()}"


def copy(source, target):
    sql(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')
    if (FILESTORE / source).exists():
        # Odoo never writes into a stored file, so that links do.
        shutil.copytree(
            FILESTORE / source, FILESTORE / target, copy_function=os.link, dirs_exist_ok=True
        )


def drop(name):
    sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    shutil.rmtree(FILESTORE / name, ignore_errors=True)


def install(tree, name, arguments, what):
    """Run Odoo to its end to install modules, telling how far it is."""
    progress = Progress()

    def on_line(line):
        found = LOADING.search(line)
        if found:
            progress.tell(f"database: {found[1]}, {found[2]} of {found[3]} modules")

    say(f"database: installing {what}")
    log = LOGS / f"install-{what.partition(',')[0]}.log"
    LOGS.mkdir(parents=True, exist_ok=True)
    command = odoo_run.command(
        "-d", name, *arguments, "--stop-after-init", "--no-http", "--max-cron-threads", "0"
    )
    with open(log, "w") as stream:
        status = follow(command, on_line, stream, env=odoo_run.environment(tree))
    if status:
        raise Stop(
            f"Odoo could not install {what}: {_last_error(log)}; see {log.relative_to(ROOT)}"
        )


def _template(kind, key, build):
    """The name of a template, built unless it is there; its comment says that it is complete."""
    name = f"{PREFIX}{kind}_{key}"
    with exclusive(STATE / "databases.lock", f"building the {kind} database"):
        if not _is_complete(name):
            drop(name)
            build(name)
            sql(f"COMMENT ON DATABASE \"{name}\" IS 'complete'")
            _drop_old(kind)
    return name


def _is_complete(name):
    comment = "shobj_description(oid, 'pg_database')"
    query = f"SELECT 1 FROM pg_database WHERE datname = '{name}' AND {comment} = 'complete'"
    return bool(sql(query))


def _drop_old(kind):
    """Drop all but the latest templates of a kind, and copies that killed tests left of them."""
    ours = f"datname ~ '^{PREFIX}{kind}_[0-9a-f]{{12}}$'"
    query = f"SELECT datname FROM pg_database WHERE {ours} ORDER BY oid DESC OFFSET {KEPT}"
    for (template,) in sql(query):
        idle = "datname NOT IN (SELECT datname FROM pg_stat_activity WHERE datname IS NOT NULL)"
        query = f"SELECT datname FROM pg_database WHERE datname ~ '^{template}' AND {idle}"
        for (name,) in sql(query):
            drop(name)


def _key(*parts):
    text = "\n".join([odoo_source.version(), *parts])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _contents(root):
    """A hash of what the addon installs: its files, but not tests or tools."""
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if name[0] not in "._" and name not in ("dev", "tests", "static")
        )
        for name in sorted(files):
            path = os.path.join(folder, name)
            digest.update(os.path.relpath(path, root).encode())
            with open(path, "rb") as stream:
                digest.update(stream.read())
    return digest.hexdigest()


def _last_error(log):
    """The exception that ended a program, with the one that led to it."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    named = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b", line)]
    return ", because of ".join(reversed(named[-2:] or lines[-1:])) or "it said nothing"
