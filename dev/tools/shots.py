"""The screens of README and store page, and all others that people use, as pictures."""

import argparse
import shutil
import sys
import time

from . import databases, odoo_source, server
from .browser import Browser
from .paths import ROOT, STATE
from .terminal import one_line_errors, say

SIZES = {"wide": (1500, 950), "narrow": (390, 844)}
KEPT = ROOT / "static" / "description"
KEPT_WIDE = ("board", "queue", "failed", "batch", "order", "record", "silos")
SETTLE = 1.5  # seconds: charts draw themselves
XML = "action-mrp_plc_batch."
# name: (path, what is there when it is loaded, what to click first)
SCREENS = {
    "board": ("2/plc-board", ".o_plc_card", None),
    "silos": ("plc-silo-board", ".o_kanban_record canvas", None),
    "queue": (f"{XML}action_mo_batch", ".o_plc_banner", None),
    "failed": (f"{XML}action_mo_batch_failed", ".o_data_row, .o_kanban_record", None),
    "batch": (
        f"{XML}action_mo_batch_failed",
        ".o_form_view .alert",
        ".o_data_row td[name=mo_id], article.o_kanban_record",
    ),
    "history": (f"{XML}action_mo_histories", ".o_data_row, .o_kanban_record", None),
    "record": (
        f"{XML}action_mo_histories",
        ".o_form_view",
        ".o_data_row td[name=mo_id], article.o_kanban_record",
    ),
    "device": (f"{XML}action_plc_device/2", ".o_form_view", None),
    "layout": (f"{XML}action_plc_layout/1", ".o_form_view", None),
    "figures": (f"{XML}action_plc_dose_report", ".o_graph_renderer canvas, .o_pivot", None),
    "order": ("action-mrp.mrp_production_action", ".o_data_row, .o_kanban_record", None),
    "settings": ("action-mrp.action_mrp_configuration", "#plc_event_days", None),
}


def main():
    parser = argparse.ArgumentParser(prog="dev/shots")
    parser.add_argument("--lang", default="en_US")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    folder = STATE / "shots" / options.lang
    folder.mkdir(parents=True, exist_ok=True)
    tree = odoo_source.ensure()
    good = True
    with (
        server.site(tree, databases.demo(tree), "shots") as (address, database),
        Browser() as browser,
    ):
        browser.log_in(address, database, "admin", "admin")
        if options.lang != "en_US":
            _speak(browser, options.lang)
        for name in SCREENS:
            for size in SIZES:
                good &= _shoot(browser, address, name, size, folder)
        for error in browser.errors:
            print(f"in the console: {error}")
            good = False
    if options.keep:
        _keep(folder)
    return 0 if good else 1


def _speak(browser, lang):
    """Install a language and have the administrator use it."""
    wizard = browser.call_kw(
        "base.language.install", "create", [{"lang_ids": _language(browser, lang)}]
    )
    browser.call_kw("base.language.install", "lang_install", wizard)
    browser.call_kw("res.users", "write", [browser.user_id], {"lang": lang})


def _language(browser, lang):
    found = browser.call_kw(
        "res.lang", "search", [["code", "=", lang]], context={"active_test": False}
    )
    return [[6, 0, found]]


def _shoot(browser, address, name, size, folder):
    """:return: whether nothing of the page lies outside of it"""
    path, loaded, click = SCREENS[name]
    browser.resize(*SIZES[size])
    browser.open(f"{address}/odoo/{path}")
    if click:
        browser.click(click)
    browser.wait_for(f"!!document.querySelector({loaded!r})")
    if name == "silos":  # the pellet line's, which have a history, come last
        browser.run("document.querySelector('.o_content').scrollTo(0, 1e6)")
    time.sleep(SETTLE)
    browser.screenshot(folder / f"{name}-{size}.png")
    wider = browser.run("document.documentElement.scrollWidth - innerWidth")
    say(f"{name}, {size}" + (f": {wider} px too wide" if wider > 0 else ""))
    return wider <= 0


def _keep(folder):
    """Replace the pictures in the repository."""
    for name in KEPT_WIDE:
        shutil.copyfile(folder / f"{name}-wide.png", KEPT / f"{name}.png")
    shutil.copyfile(folder / "board-narrow.png", KEPT / "phone.png")


if __name__ == "__main__":
    with one_line_errors():
        sys.exit(main())
