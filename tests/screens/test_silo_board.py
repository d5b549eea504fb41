"""What a silo's card says is missing."""

BOARD = "action-mrp_plc_batch.action_plc_silo_board"


def test_a_silo_says_that_its_lot_is_missing(watcher):
    watcher.visit(BOARD)
    watcher.wait_for_text("VITAMIN MIX", ".o_kanban_view")
    told = watcher.run(
        """[...document.querySelectorAll(".o_kanban_record")]
            .filter((card) => card.innerText.includes("Lot missing"))
            .map((card) => card.innerText.includes("BIN 5"))"""
    )
    assert told == [True]
