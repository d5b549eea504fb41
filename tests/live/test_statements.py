"""How many statements runs cost, in the mills that the bench measures; never times."""

from figures import counted
from mill_world import FETCH
from order_mill import dose, order_mill, same_values_again
from reading import mill

SENT = 10
MOST_OF_AN_ORDER = 25  # statements to plan, send and store it


def test_the_same_kg_again_ask_nothing_of_stock_and_orders(own_db):
    with order_mill(own_db, "reserved") as (world, plant):
        dose(world, plant, 20.0)
        assert not same_values_again(world)


def test_fetching_ten_orders(own_db):
    with mill(own_db, SENT, 0) as (world, _plant):
        world.orders(SENT)
        with counted() as statements:
            world.cron(FETCH)
        assert [state for state, _slot in world.states().values()] == ["sent"] * SENT
        assert len(statements) <= SENT * MOST_OF_AN_ORDER, "\n".join(statements)
