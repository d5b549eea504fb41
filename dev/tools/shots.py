"""The screens of README and store page, and all others that people use, as pictures."""

import argparse
import shutil
import sys
import time

from . import databases, extra_packages, odoo_run, odoo_source, server
from .browser import Browser
from .paths import ROOT, STATE
from .terminal import one_line_errors, say

SIZES = {"wide": (1500, 950), "narrow": (390, 844), "dark": (1500, 950)}
KEPT = ROOT / "static" / "description"
KEPT_WIDE = ("board", "queue", "failed", "batch", "order", "record", "silos")
SETTLE = 1.5  # seconds: charts draw themselves
UNFOLD = 0.3  # seconds, of a menu
XML = "action-mrp_plc_batch."
# Odoo Community has no dark colours; this is the community's module for them
DARK_MODE = ("web_dark_mode", "odoo-addon-web-dark-mode==19.0.1.0.0.6")
OPEN_FIRST = ".o_data_row td[name=mo_id], article.o_kanban_record"
ROWS = ".o_data_row, .o_kanban_record"
MENUS = (".o_statusbar_buttons .oi-ellipsis-v", ".o_button_more")
CHART = ".o_kanban_record canvas"
DIALOG = ".modal .o_form_view"
# name: (path, what is there when it is loaded, what to click first, one after the other)
SCREENS = {
    "board": ("2/plc-board", ".o_plc_card"),
    "silos": (f"{XML}action_plc_device/2", CHART, ".oe_stat_button:has(.fa-database)"),
    "queue": (f"{XML}action_mo_batch", ".o_plc_banner"),
    "failed": (f"{XML}action_mo_batch_failed", ROWS),
    "batch": (f"{XML}action_mo_batch_failed", ".o_form_view .alert", OPEN_FIRST),
    "hand": (
        f"{XML}action_mo_batch_failed",
        DIALOG,
        OPEN_FIRST,
        "button[name=action_open_by_hand]",
    ),
    "history": (f"{XML}action_mo_histories", ROWS),
    "record": (f"{XML}action_mo_histories", ".o_form_view", OPEN_FIRST),
    "events": (f"{XML}action_plc_event", ROWS),
    "device": (f"{XML}action_plc_device/2", ".o_form_view"),
    "layout": (f"{XML}action_plc_layout/1", ".o_form_view"),
    "silo": (f"{XML}action_plc_silo/1", ".o_form_view"),
    "changeover": (f"{XML}action_plc_silo/1", DIALOG, ".o_form_view button.btn-primary"),
    "changes": (f"{XML}action_plc_silo_changeover", ROWS),
    "pivot": (f"{XML}action_plc_dose_report", ".o_pivot table"),
    "graph": (f"{XML}action_plc_dose_report?view_type=graph", ".o_graph_renderer canvas"),
    "use": (f"{XML}action_plc_material_use", ".o_form_view"),
    "orders": ("action-mrp.mrp_production_action", ROWS),
    "order": (
        f"{XML}action_mo_batch_failed",
        "[name=move_raw_ids] .o_data_row",
        OPEN_FIRST,
        "button[name=action_open_order]",
    ),
    "settings": ("action-mrp.action_mrp_configuration", "#plc_event_days"),
}


def main():
    parser = argparse.ArgumentParser(prog="dev/shots")
    parser.add_argument("--lang", default="en_US")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("names", nargs="*", metavar="SCREEN", help="all, unless named")
    options = parser.parse_args()
    folder = STATE / "shots" / options.lang
    folder.mkdir(parents=True, exist_ok=True)
    tree = odoo_source.ensure()
    good = True
    with (
        server.site(tree, databases.demo(tree), "shots", *_with_dark_mode(tree)) as site,
        Browser() as browser,
    ):
        browser.log_in(*site, "admin", "admin")
        if options.lang != "en_US":
            _speak(browser, options.lang)
        for size in SIZES:
            browser.call_kw("res.users", "write", [browser.user_id], {"dark_mode": size == "dark"})
            for name in options.names or SCREENS:
                good &= _shoot(browser, site[0], name, size, folder)
        for error in browser.errors:
            if "beforeunload" in error:  # a dialog was left as it was
                continue
            print(f"in the console: {error}")
            good = False
    if options.keep:
        _keep(folder)
    return 0 if good else 1


def _with_dark_mode(tree):
    """Odoo's options for it."""
    module, requirement = DARK_MODE
    folder = extra_packages.packages(extra_packages.ensure("dark", requirement))
    path = ",".join([*odoo_run.addons_path(tree), str(folder / "odoo" / "addons")])
    return ("--addons-path", path, "-i", module)


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
    path, loaded, *clicks = SCREENS[name]
    browser.resize(*SIZES[size])
    browser.open(f"{address}/odoo/{path}")
    for click in clicks:
        _click(browser, click)
    browser.wait_for(f"!!document.querySelector({loaded!r})")
    time.sleep(SETTLE)
    browser.screenshot(folder / f"{name}-{size}.png")
    wider = browser.run("document.documentElement.scrollWidth - innerWidth")
    say(f"{name}, {size}" + (f": {wider} px too wide" if wider > 0 else ""))
    return wider <= 0


def _click(browser, selector):
    """Also what a narrow screen keeps in a menu of its status bar or of its stat buttons."""
    there, *menus = (f"document.querySelector({name!r})" for name in (selector, *MENUS))
    browser.wait_for(f"!!({' ?? '.join([there, *menus])})")
    for menu in menus:
        browser.run(f"void ({there} ?? {menu}?.click())")
        time.sleep(UNFOLD)
    browser.click(selector)


def _keep(folder):
    """Replace the pictures in the repository."""
    for name in KEPT_WIDE:
        shutil.copyfile(folder / f"{name}-wide.png", KEPT / f"{name}.png")
    shutil.copyfile(folder / "board-narrow.png", KEPT / "phone.png")


if __name__ == "__main__":
    with one_line_errors():
        sys.exit(main())
