"""Orders × configurations on a real S7 server with real commits: the plant's ledger, the history
and the stock agree to 0.01 kg by ingredient, lot and location."""

import pytest
from order_case import Case
from order_rows_endings import ENDING_ROWS
from order_rows_orders import ORDER_ROWS
from order_rows_silos import SILO_ROWS

LAYOUTS = ("native", "word_map")
ROWS = [
    pytest.param(row, LAYOUTS[index % 2], id=row.name)
    for index, row in enumerate([*SILO_ROWS, *ORDER_ROWS, *ENDING_ROWS])
]


@pytest.mark.parametrize(("row", "layout"), ROWS)
def test_three_ledgers_agree(row, db, plant, layout):
    Case(row, db, plant, layout).run()
