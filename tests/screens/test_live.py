"""What one person or a task changes, others see at once: two browsers, two workers, no reload."""

import contextlib
import json
import os

import psycopg2

BOARD = ".o_plc_board"
AN_HOUR = 3_600_000  # ms
# Some answers come late.
LATE = """(() => {
    const { rpc } = odoo.loader.modules.get("@web/core/network/rpc");
    const ask = rpc._rpc;
    Object.assign(window, { plcAsked: 0, plcAnswered: 0 });
    rpc._rpc = async (url, params, settings) => {
        const isLate = %s;
        window.plcAsked += isLate;
        const answer = await ask(url, params, settings);
        if (isLate) {
            await new Promise((resolve) => setTimeout(resolve, 2000));
            setTimeout(() => (window.plcAnswered += 1));
        }
        return answer;
    };
})()"""
BOARD_OF_2 = "params.method === 'get_plant_board' && params.args[0] === 2"
QUEUE = "params.method === 'web_search_read' && params.model === 'mo.batch'"
ROWS = "document.querySelectorAll('.o_data_row').length"


def batch_of(person, order):
    (batch,) = person.call_kw("mo.batch", "search_read", [["mo_id", "=", order]], ["state"])
    return batch["id"]


def showing(selector, text):
    """The JavaScript of the element that shows a text."""
    elements = f"[...document.querySelectorAll('{selector}')]"
    return f"{elements}.find((element) => element.innerText.includes('{text}'))"


def test_the_board_changes_while_nobody_touches_it(watcher, colleague):
    watcher.visit("2/plc-board")
    watcher.wait_for_text("MIX/00205", BOARD)
    look = f"{showing('.o_plc_card', 'MIX/00205')}.dataset.look"
    assert watcher.run(look) == "sent"
    colleague.call_kw("mo.batch", "action_park", [batch_of(colleague, "MIX/00205")])
    watcher.wait_for(f"{look} === 'parked'")
    colleague.call_kw("mo.batch", "action_unpark", [batch_of(colleague, "MIX/00205")])
    watcher.wait_for(f"{look} === 'sent'")
    assert watcher.is_same_page()


def read_without_news(when):
    """A read that finds nothing new: no message tells a browser of it."""
    database = psycopg2.connect(dbname=os.environ["PLC_SITE_DB"])
    with contextlib.closing(database), database, database.cursor() as cursor:
        cursor.execute(f"UPDATE plc_device SET last_seen = {when} WHERE id = 2")


def test_old_data_are_asked_for_until_the_plc_is_read_again(watcher):
    read_without_news("now() at time zone 'UTC' - interval '1 hour'")
    watcher.visit("2/plc-board")
    watcher.wait_for_text("Old data", BOARD)
    read_without_news("now() at time zone 'UTC'")
    watcher.run("luxon.Settings.now = () => Date.now() + 360_000")  # 6 minutes on
    watcher.wait_for(f"!{showing('.o_plc_board_head', 'Old data')}")
    read_without_news("now() at time zone 'UTC' - interval '1 hour'")
    watcher.run(f"luxon.Settings.now = () => Date.now() + {AN_HOUR}")
    watcher.wait_for_text("Old data", ".o_plc_board_head")
    read_without_news("now() at time zone 'UTC'")
    watcher.run(f"luxon.Settings.now = () => Date.now() + {1.1 * AN_HOUR}")
    watcher.wait_for(f"!{showing('.o_plc_board_head', 'Old data')}")
    assert watcher.is_same_page()


def choose_device(person, device):
    person.run(
        f"Object.assign(document.querySelector('{BOARD}_device'), {{ value: '{device}' }})"
        ".dispatchEvent(new Event('change'))"
    )


def test_old_data_are_told_by_the_server_s_clock(watcher):
    """That of the computer in the control room may be wrong."""
    watcher.visit("2/plc-board")
    watcher.wait_for_text("MIX/00205", BOARD)
    for wrong_by, hours, age in ((AN_HOUR, 0, "second"), (-2 * AN_HOUR, 1, "1 hour ago")):
        read_without_news(f"now() at time zone 'UTC' - {hours} * interval '1 hour'")
        choose_device(watcher, 1)
        watcher.wait_for(f"!{showing(BOARD, 'MIX/00205')}")
        watcher.run(f"luxon.Settings.now = () => Date.now() + {wrong_by}")
        choose_device(watcher, 2)
        watcher.wait_for_text("MIX/00205", BOARD)
        head = watcher.text(f"{BOARD}_head")
        assert ("Old data" in head, age in head) == (hours > 0, True), head
    read_without_news("now() at time zone 'UTC'")
    assert watcher.is_same_page()


def test_the_answer_of_a_device_that_is_looked_at_no_more_is_dropped(watcher):
    watcher.visit("1/plc-board")
    watcher.wait_for_text("Last read", f"{BOARD}_head")
    shown = watcher.text(f"{BOARD} main")
    watcher.run(LATE % BOARD_OF_2)
    for device in (2, 1):
        choose_device(watcher, device)
    watcher.wait_for("window.plcAnswered")
    assert "MIX/00205" not in shown
    assert watcher.text(f"{BOARD} main") == shown
    assert watcher.run(f"document.querySelector('{BOARD}_device').value") == "1"
    assert watcher.is_same_page()


def test_the_queue_keeps_what_is_selected(watcher, colleague):
    watcher.visit("action-mrp_plc_batch.action_mo_batch")
    watcher.wait_for_text("MIX/00206", ".o_list_view")
    watcher.click(".o_data_row:has([data-tooltip='MIX/00206']) input[type=checkbox]")
    watcher.wait_for_text("1", ".o_selection_box")
    colleague.call_kw("mo.batch", "action_park", [batch_of(colleague, "MIX/00205")])
    row = showing(".o_data_row", "MIX/00205")
    watcher.wait_for(f"{row}.innerText.includes('Parked')")
    watcher.wait_for_text("1", ".o_selection_box")
    colleague.call_kw("mo.batch", "action_unpark", [batch_of(colleague, "MIX/00205")])
    assert watcher.is_same_page()


def turn_to(person, pages):
    person.point(".o_pager_value")
    person.fill("input.o_pager_value", pages)
    person.press("Enter")


def see_late_queue(person):
    """Who sees it, and from now on waits for each look at it."""
    person.visit("action-mrp_plc_batch.action_mo_batch")
    person.wait_for_text("MIX/00206", ".o_list_view")
    assert person.run(ROWS) > 1
    person.run(LATE % QUEUE)


def test_a_page_turned_to_while_the_queue_loads_is_what_is_shown(watcher, colleague):
    see_late_queue(watcher)
    colleague.call_kw("mo.batch", "action_park", [batch_of(colleague, "MIX/00205")])
    watcher.wait_for("window.plcAsked")
    turn_to(watcher, "1-1")
    watcher.wait_for(f"{ROWS} === 1")
    colleague.call_kw("mo.batch", "action_unpark", [batch_of(colleague, "MIX/00205")])
    assert watcher.is_same_page()


def test_what_changes_while_a_search_loads_leaves_it_as_it_is(watcher, colleague):
    see_late_queue(watcher)
    watcher.fill(".o_searchview_input", "MIX/00206")
    watcher.wait_for_text("MIX/00206", ".o_searchview_autocomplete")
    watcher.press("Enter")
    watcher.wait_for("window.plcAsked")
    colleague.call_kw("mo.batch", "action_park", [batch_of(colleague, "MIX/00205")])
    watcher.wait_for("window.plcAnswered > 1")
    watcher.wait_for(f"{ROWS} === 1")
    assert "MIX/00206" in watcher.text(".o_data_row")
    colleague.call_kw("mo.batch", "action_unpark", [batch_of(colleague, "MIX/00205")])
    assert watcher.is_same_page()


def test_all_stay_selected(watcher, colleague):
    """Also those of pages that are not shown."""
    all_selected = "!!document.querySelector('.o_selection_box')?.innerText.startsWith('All')"
    watcher.visit("action-mrp_plc_batch.action_mo_batch")
    watcher.wait_for_text("MIX/00206", ".o_list_view")
    turn_to(watcher, "1-1")
    watcher.wait_for(f"{ROWS} === 1")
    watcher.point("thead .o_list_record_selector")
    watcher.point(".o_select_domain")
    watcher.wait_for(all_selected)
    row = watcher.text(".o_data_row")
    batches = colleague.call_kw("mo.batch", "search_read", [], ["mo_id", "state"])
    (shown,) = [batch for batch in batches if batch["mo_id"] in row]
    buttons = ["action_park", "action_unpark"]
    if shown["state"] == "parked":
        buttons.reverse()
    says_parked = f"{showing('.o_data_row', shown['mo_id'])}.innerText.includes('Parked')"
    before = watcher.run(says_parked)
    colleague.call_kw("mo.batch", buttons[0], [shown["id"]])
    watcher.wait_for(f"{says_parked} !== {json.dumps(before)}")
    watcher.wait_for(all_selected)
    colleague.call_kw("mo.batch", buttons[1], [shown["id"]])
    assert watcher.is_same_page()


def test_the_form_of_a_batch_that_is_archived_becomes_its_history(watcher, colleague):
    batch = batch_of(colleague, "MIX/00206")
    watcher.visit(f"action-mrp_plc_batch.action_mo_batch/{batch}")
    watcher.wait_for_text("Staged", ".o_form_statusbar")
    colleague.call_kw("mo.batch", "action_cancel", [batch], context={"reason": "Not needed"})
    watcher.wait_for_text("Cancelled", ".o_form_statusbar")
    assert watcher.is_same_page()


def test_an_order_shows_that_its_batch_was_parked(watcher, colleague):
    domain = [["name", "=", "MIX/00205"]]
    (order,) = colleague.call_kw("mrp.production", "search", domain)
    watcher.visit(f"action-mrp.mrp_production_action/{order}")
    watcher.wait_for_text("Sent", "[name=plc_status]")
    colleague.call_kw("mo.batch", "action_park", [batch_of(colleague, "MIX/00205")])
    watcher.wait_for_text("Parked", "[name=plc_status]")
    colleague.call_kw("mo.batch", "action_unpark", [batch_of(colleague, "MIX/00205")])
    assert watcher.is_same_page()


def test_a_phone_changes_by_itself_too(phone, colleague):
    batch = batch_of(colleague, "MIX/00205")
    for path, card in (
        ("2/plc-board", ".o_plc_card"),
        ("action-mrp_plc_batch.action_mo_batch", ".o_kanban_record"),
    ):
        phone.visit(path)
        shown = f"{showing(card, 'MIX/00205')}?.innerText"
        phone.wait_for(f"{shown}?.includes('Sent')")
        colleague.call_kw("mo.batch", "action_park", [batch])
        phone.wait_for(f"{shown}?.includes('Parked')")
        colleague.call_kw("mo.batch", "action_unpark", [batch])
        phone.wait_for(f"{shown}?.includes('Sent')")
        assert phone.is_same_page()
        assert phone.run("document.documentElement.scrollWidth <= innerWidth")
