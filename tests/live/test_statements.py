"""How many statements runs cost, in the mills that the bench measures; never times."""

from order_mill import dose, order_mill, same_values_again


def test_the_same_kg_again_ask_nothing_of_stock_and_orders(own_db):
    with order_mill(own_db, "reserved") as (world, plant):
        dose(world, plant, 20.0)
        assert not same_values_again(world)
