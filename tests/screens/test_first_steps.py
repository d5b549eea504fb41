"""From an empty database to the first finished batch, with mouse and keyboard alone; and the
sample plant, for who only wants to look."""

import time

from plant.plant import Plant

BOARD = "action-mrp_plc_batch.action_plc_board"
PANEL = ".o_plc_first_steps"
DONE = "[...document.querySelectorAll('.o_plc_step_done strong')].map((title) => title.innerText)"
NEXT = "document.querySelector('.o_plc_step_next strong')?.innerText"
TITLES = ("Memory map", "Device", "Test", "Silos", "First order", "First batch")
INGREDIENTS = {"CORN": 10, "BRAN": 5}
PATIENCE = 30  # seconds, for the plant


def field(name):
    return f".o_field_widget[name={name}] input"


def value(person, name):
    return person.wait_for(f"document.querySelector('{field(name)}')?.value")


def see_steps(person, done):
    """The panel has so many steps behind it, and points to the next."""
    person.wait_for(f"{NEXT} === '{TITLES[done]}'")
    assert person.run(DONE) == list(TITLES[:done])


def open_step(person, title):
    row = TITLES.index(title) + 1
    person.point(f"{PANEL} li:nth-child({row}) button", "Open")
    person.wait_for(f"!document.querySelector('{PANEL}')")


def go_to(person, entry):
    """By the menu of the application."""
    person.point(".o_menu_sections button", "PLC")
    person.point(".o-dropdown--menu .dropdown-item", entry)


def back_to_steps(person, done):
    go_to(person, "Plant Board")
    see_steps(person, done)


def save(person):
    person.point(".o_form_button_save")
    person.wait_for("!!document.querySelector('.o_form_saved')")


def choose_map_and_device(person, port):
    open_step(person, "Memory map")
    person.point(".o_data_row td[name=name]", "Native S7")
    person.point("button[name=action_open_new_device]")
    person.wait_for_text("Operation types", ".o_form_view")
    assert "Native S7" in value(person, "layout_id")
    assert value(person, "code") == "PLC01"
    person.wait_for_text("Manufacturing", "[name=picking_type_ids]")
    person.fill(field("name"), "First PLC")
    person.fill(field("host"), "127.0.0.1")
    person.fill(field("port"), port)
    save(person)


def try_connection(person):
    open_step(person, "Test")
    person.point("button[name=action_test_connection]")
    person.wait_for_text("First PLC answers", ".o_notification_content")
    person.wait_for_text("Online", "[name=state]")


def add_silos(person):
    open_step(person, "Silos")
    person.point(".o_list_button_add")
    for number, name in enumerate(INGREDIENTS, start=101):
        person.wait_for(f"document.querySelector('{field('number')}')?.value === '{number}'")
        assert value(person, "device_id") == "First PLC"
        assert value(person, "code") == f"silo{number}"
        assert value(person, "name") == f"SILO {number}"
        person.choose(field("product_id"), name, f'Create "{name}"')
        save(person)
        person.point(".o_form_button_create")
    person.wait_for(f"document.querySelector('{field('number')}')?.value === '103'")
    go_to(person, "Silo Board")  # nothing of the third one was changed, so nothing is kept
    for name in INGREDIENTS:
        person.wait_for_text(name, ".o_kanban_view")
    assert "103" not in person.text(".o_kanban_view")


def enter_order(person):
    """Its name."""
    open_step(person, "First order")
    person.choose(field("product_id"), "FIRST FEED", 'Create "FIRST FEED"')
    for name, kg in INGREDIENTS.items():
        person.point("[name=move_raw_ids] .o_field_x2many_list_row_add a")
        row = "[name=move_raw_ids] .o_selected_row"
        person.wait_for(f"document.querySelector('{row} [name=product_id] input')?.value === ''")
        person.choose(f"{row} [name=product_id] input", name)
        person.fill(f"{row} [name=product_uom_qty] input", kg)
        person.wait_for(f"document.querySelector('{row} [name=product_uom] input').value === 'kg'")
    person.point("button[name=action_confirm]")
    person.wait_for_text("Confirmed", ".o_arrow_button_current")
    return person.text(".o_form_view h1").strip()


def press_on_device(person, *buttons):
    """One after the other, each when what the one before has said was read and put away."""
    for button in buttons:
        person.point(f".o_form_view button[name={button}]")
        person.point(".o_notification_close")
        person.wait_for("!document.querySelector('.o_notification')")


def wait_for_plant(plant):
    end = time.monotonic() + PATIENCE
    while not any(entry["event"] == "finished" for entry in plant.ledger):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_to_the_first_finished_batch(newcomer, onlooker):
    """Who has the board open meanwhile sees the steps go on."""
    onlooker.visit(BOARD)
    with Plant("native", speed=1000.0) as plant:
        newcomer.visit(BOARD)
        see_steps(newcomer, 0)
        choose_map_and_device(newcomer, plant.port)
        back_to_steps(newcomer, 2)
        see_steps(onlooker, 2)
        assert "Load the Sample Plant" not in newcomer.text(PANEL)
        try_connection(newcomer)
        back_to_steps(newcomer, 3)
        see_steps(onlooker, 3)
        add_silos(newcomer)
        back_to_steps(newcomer, 4)
        see_steps(onlooker, 4)
        order = enter_order(newcomer)
        back_to_steps(newcomer, 5)
        open_step(newcomer, "First batch")
        press_on_device(newcomer, "action_send_now")
        back_to_steps(newcomer, 5)
        newcomer.wait_for_text(order, ".o_plc_card")
        wait_for_plant(plant)
        open_step(newcomer, "First batch")
        press_on_device(newcomer, "action_read_now", "action_archive_now")
        go_to(newcomer, "Plant Board")
        newcomer.wait_for("document.querySelectorAll('.o_plc_card').length === 10")
        assert not newcomer.text(PANEL)
        assert not plant.violations
        (dosed,) = (entry for entry in plant.ledger if entry["event"] == "finished")
    go_to(newcomer, "History")
    newcomer.wait_for_text("Completed", ".o_data_row")
    newcomer.point(".o_data_row td", order)
    newcomer.wait_for_text("Completed", ".o_arrow_button_current")
    shown = newcomer.text(".o_form_view")
    for name, number in zip(INGREDIENTS, ("101", "102"), strict=True):
        assert name in shown
        assert f"{dosed['quantities'][number]:.2f}" in shown
    onlooker.wait_for(f"!document.querySelector('{PANEL}')")
    assert newcomer.is_same_page() and onlooker.is_same_page()


def test_the_sample_plant_is_one_click_away(visitor):
    visitor.visit(BOARD)
    see_steps(visitor, 0)
    visitor.wait_for_text("nothing is sent anywhere", PANEL)
    visitor.point(f"{PANEL} button", "Load the Sample Plant")
    visitor.wait_for("!!document.querySelector('.o_plc_card_large')")
    assert not visitor.text(PANEL)
    board = visitor.text(".o_plc_board")
    for words in ("Paused", "MIX/00204", "DAIRY PELLET"):
        assert words in board
    go_to(visitor, "Queue")
    visitor.wait_for_text("MIX/00205", ".o_list_view")
