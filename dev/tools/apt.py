"""Fetch and unpack Debian packages into a folder, without installing them or touching the system.

apt works here with a source list, package lists and a cache of its own; the mirror is the one that
the machine is set up with.
"""

import re
import shutil
import subprocess
from pathlib import Path

from .paths import STATE
from .processes import follow, output, run, running
from .terminal import Progress, Stop, say

HOME = STATE / "apt"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def fetch(packages, target, exclude=()):
    """Unpack ``packages`` (suite → names) into ``target``; answers the version of each."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise Stop("there is no apt on this machine")
    _update(packages)
    names = [f"{name}/{suite}" for suite, names in packages.items() for name in names]
    folder = HOME / "packages"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _download(names, folder)
    files = sorted(folder.glob("*.deb"))
    for file in files:
        _unpack(file, target, exclude)
    versions = dict(file.name.split("_")[:2] for file in files)
    shutil.rmtree(HOME)
    return versions


def _mirror():
    """The address of the Debian archive that this machine uses."""
    listed = output(
        ["apt-get", "indextargets", "--format", "$(CREATED_BY) $(REPO_URI)"], "apt's sources"
    )
    addresses = [line.split()[1] for line in listed.splitlines() if line.startswith("Packages ")]
    for address in addresses:
        if re.search(r"debian(\.list)?/?$", address):  # .list: mirrors in a file, as clouds have
            return address
    raise Stop("apt is not set up with a Debian mirror")


def _options():
    settings = {
        "Dir::Etc::sourcelist": HOME / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": HOME / "lists",
        "Dir::Cache": HOME / "cache",
        "Acquire::Languages": "none",
        "APT::Sandbox::User": "root",
    }
    return [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]


def _update(suites):
    mirror = _mirror()
    for folder in ("lists/partial", "cache/archives/partial"):
        (HOME / folder).mkdir(parents=True, exist_ok=True)
    signed = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
    source = "".join(f"deb {signed}{mirror} {suite} main\n" for suite in suites)
    (HOME / "sources.list").write_text(source)
    say(f"Debian: package lists of {' and '.join(suites)}")
    said = []
    status = follow(["apt-get", *_options(), "update"], said.append)
    errors = [line for line in said if line.startswith(("E:", "Err:"))]
    if status or errors:
        raise Stop(f"apt-get update: {(errors or said)[-1]}")


def _download(names, folder):
    listed = output(
        ["apt-get", *_options(), "download", "--print-uris", *names], "apt-get download", cwd=folder
    )
    total = sum(int(line.split()[2]) for line in listed.splitlines() if line.startswith("'"))
    say(f"Debian: fetching {len(names)} packages, {total / 1e6:.0f} MB")
    progress = Progress()
    with running(
        ["apt-get", *_options(), "-q", "download", *names], cwd=folder, stdout=subprocess.DEVNULL
    ) as process:
        while True:
            try:
                status = process.wait(timeout=0.5)
                break
            except subprocess.TimeoutExpired:
                done = sum(file.stat().st_size for file in folder.iterdir())
                progress.tell(f"Debian: {done / 1e6:.0f} of {total / 1e6:.0f} MB")
    if status:
        raise Stop("apt-get download failed, see above")


def _unpack(file, target, exclude):
    """dpkg-deb alone cannot leave a part of a package out; tar can."""
    target.mkdir(parents=True, exist_ok=True)
    if file.stat().st_size > 10e6:
        say(f"Debian: unpacking {file.name.split('_')[0]}")
    options = [f"--exclude={pattern}" for pattern in exclude]
    script = 'package=$1; shift; dpkg-deb --fsys-tarfile "$package" | tar -x --no-same-owner "$@"'
    if run(["bash", "-o", "pipefail", "-c", script, "unpack", file, "-C", target, *options]):
        raise Stop(f"could not unpack {file.name} (is the disk full?)")
