"""The plant board by keyboard, and as a screen reader tells it."""

BOARD = ".o_plc_board"
STOPS = f"[...document.querySelectorAll('{BOARD} button, {BOARD} select')]"
FULL_SCREEN = f"document.querySelector('{BOARD}_head button')"
IS_FULL = "document.fullscreenElement?.matches('html') === true"
DEVICE_WORDS = {"online": "Online", "offline": "Does not answer", "unknown": "Not asked yet"}
OTHER_WORDS = {"free": "Free", "closing": "the PLC still has it"}


def look_at_board(person):
    """The demo's second device, paused: data of its board, which is on the screen now."""
    person.visit("2/plc-board")
    person.wait_for_text("MIX/00205", BOARD)
    return person.call_kw("plc.device", "get_plant_board", [2])


def as_shown(board):
    """The cards of a board in the order of the page: the running one is the first of the slots."""
    stuck = [card for card in board["cards"] if not card["slot"] and card["error"]]
    stuck = [card for card in stuck if card["state"] != "parked"]
    slots = [card for card in board["cards"] if card["slot"]]
    slots.sort(key=lambda card: not card.get("large"))
    return [*stuck, *slots, *(card for card in board["cards"] if card not in [*stuck, *slots])]


def texts(person):
    """What stands on each card, also for those who do not see."""
    return person.run("[...document.querySelectorAll('.o_plc_card')].map((c) => c.textContent)")


def test_tab_reaches_every_button_in_the_order_of_the_page(watcher):
    board = look_at_board(watcher)
    count = watcher.run(f"(window.plcStops = {STOPS}).length")
    assert count > len([card for card in board["cards"] if card["kind"] != "free"])
    reached, unseen = [], []
    for _ in range(count + 60):  # Odoo's own menu comes first
        watcher.press("Tab")
        stop = watcher.run("window.plcStops.indexOf(document.activeElement)")
        if stop < 0:
            continue
        reached.append(stop)
        style = "getComputedStyle(document.activeElement)"
        if watcher.run(f"{style}.outlineStyle === 'none' && {style}.boxShadow === 'none'"):
            unseen.append(watcher.run("document.activeElement.outerHTML"))
        if len(reached) == count:
            break
    assert reached == list(range(count))
    assert not unseen  # each shows that it has the focus


def test_every_card_and_button_has_a_name(watcher):
    board = look_at_board(watcher)
    names = [name for name, _description in watcher.heard(BOARD, "article")]
    assert len(names) == len(board["cards"])
    for name, card in zip(names, as_shown(board), strict=True):
        slot = f"Slot {card['slot']}" if card["slot"] else ""
        for part in (slot, card.get("order", "Free"), card.get("state_label", "")):
            assert part in " ".join(name.split()), (name, card)
    buttons = watcher.heard(BOARD, "button")
    assert all(name for name, _description in buttons), buttons
    assert len(set(buttons)) == len(buttons)  # no two sound alike: Open of which batch?
    assert "Full screen" in dict(buttons)
    assert all(name for name, _description in watcher.heard(BOARD, "progressbar"))
    assert all(name for name, _description in watcher.heard(BOARD, "combobox"))


def test_states_are_told_in_words(watcher):
    board = look_at_board(watcher)
    shown = texts(watcher)
    assert len(shown) == len(board["cards"])
    told = set()
    for text, card in zip(shown, as_shown(board), strict=True):
        word = card.get("state_label") or OTHER_WORDS[card["kind"]]
        assert word in text, card
        assert card.get("error", "") in text
        told.add(word)
        out = [silo for silo in card.get("silos", ()) if silo["grade"] == "out"]
        assert text.count("Out of tolerance") == len(out), card
        told.update("out" for _ in out)
    assert len(told) > 3, told
    device = board["device"]
    word = "Paused" if device["paused"] else DEVICE_WORDS[device["state"]]
    assert word in watcher.text(f"{BOARD}_state")


def test_a_screen_reader_is_told_what_changes_and_nothing_else(watcher, colleague):
    look_at_board(watcher)
    assert len(watcher.heard(BOARD, "status")) == 1
    assert not watcher.heard(BOARD, "alert")
    # All that is read out without being asked for.
    watcher.run(
        """void (window.plcHeard = new Set(), new MutationObserver((changes) => {
            for (const { target } of changes) {
                const loud = "[aria-live], [role=status], [role=alert]";
                const told = (target.closest ? target : target.parentElement)?.closest(loud);
                told?.closest(".o_plc_board") && window.plcHeard.add(told.innerText);
            }
        }).observe(document.body, { subtree: true, childList: true, characterData: true }))"""
    )
    (batch,) = colleague.call_kw("mo.batch", "search", [["mo_id", "=", "MIX/00205"]])
    told = []
    for press, state in (("action_park", "Parked"), ("action_unpark", "Sent")):
        colleague.call_kw("mo.batch", press, [batch])  # the banner counts one less, one more
        told.append(f"Slot 5: MIX/00205: {state}.")
        watcher.wait_for(f"window.plcHeard.size === {len(told)}")
    for paused, text in ((False, "Pellet Line PLC: Online."), (True, "is paused; in its queue")):
        colleague.call_kw("plc.device", "write", [2], {"paused": paused})
        told.append(text)
        watcher.wait_for(f"window.plcHeard.size === {len(told)}")
    heard = watcher.run("[...window.plcHeard]")
    assert heard[:2] == told[:2]
    for sentences, text in zip(heard[2:], told[2:], strict=True):
        assert text in sentences
        assert "MIX/" not in sentences


def test_full_screen_by_keyboard(watcher):
    look_at_board(watcher)
    watcher.run(f"{FULL_SCREEN}.focus()")
    watcher.press("Enter")
    watcher.wait_for(IS_FULL)
    # Escape leaves it: that is the browser's own doing, so nothing may keep the key from it. One
    # without a window does not do it, so it is told to.
    watcher.run(
        "void addEventListener('keydown', (key) => (window.plcKept = key.defaultPrevented))"
    )
    watcher.press("Escape")
    assert watcher.wait_for("window.plcKept === false")
    watcher.run("document.exitFullscreen()")
    watcher.wait_for(f"!({IS_FULL})")
    for expected in (IS_FULL, f"!({IS_FULL})"):
        watcher.press("Enter")  # the same button, in and out
        watcher.wait_for(expected)


def test_full_screen_hides_no_answer_and_ends_with_the_board(watcher):
    look_at_board(watcher)
    watcher.point(f"{BOARD}_head button")
    watcher.wait_for(IS_FULL)
    covered = "document.elementFromPoint(innerWidth / 2, 5).closest('.o_plc_board') !== null"
    assert watcher.run(covered)  # the board, not Odoo's menu
    sizes = f"[...document.querySelectorAll('{BOARD}, {BOARD} .btn')]"
    sizes = watcher.run(f"{sizes}.map((e) => parseFloat(getComputedStyle(e).fontSize))")
    assert min(sizes) == sizes[0] > 14  # what is to be pressed is as large as what is to be read
    watcher.run(
        """odoo.__WOWL_DEBUG__.root.env.services.notification.add("Tried again", { sticky: true })
            && null"""
    )
    watcher.point(".o_notification_close")  # it is seen, and nothing lies over it
    watcher.point(".o_plc_card_order", "MIX/00205")
    watcher.wait_for_text("MIX/00205", ".o_form_view")
    watcher.wait_for("document.fullscreenElement === null")
