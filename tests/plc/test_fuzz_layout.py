"""Memory maps, and slots' bytes, of any kind; dev/chaos tries many more, in Odoo."""

import json

from fuzz_images import believable, hostile_images
from fuzz_layout import any_maps, built, check_round_trip, good_maps, records
from hypothesis import given, settings
from hypothesis import strategies as st

from plc.rules import Expectation, Meaning, agree, judge

BELIEVED = (Meaning.RUNNING, Meaning.FINISHED)


@settings(max_examples=400)
@given(st.data())
def test_any_map_is_refused_in_words_or_carries_its_values(data):
    layout = built(data.draw(any_maps()))
    if layout:
        for _ in range(3):
            check_round_trip(layout, data.draw(records(layout)))


@settings(max_examples=500)
@given(st.data())
def test_what_is_believed_of_hostile_bytes(data):
    layout = built(data.draw(good_maps()))
    name = layout.cut("mo_id", "WH/MO/00001")
    limit = data.draw(st.sampled_from((1.0, 250.0, 5000.0)))
    image = data.draw(hostile_images(layout, name))
    expected = Expectation(1, name, None, {}, {}, limit)
    verdict = judge(image, expected)
    assert (verdict.meaning in BELIEVED) == believable(image, name, limit)
    if verdict.doubt:
        assert str(verdict.doubt)
    assert agree(image, image)
    json.dumps([record.mapped(flag=True) for record in (image.write, image.read)], allow_nan=False)


@given(st.data())
def test_any_bytes_at_all_are_a_record(data):
    layout = built(data.draw(good_maps()))
    raw = data.draw(st.binary(min_size=layout.slot_size, max_size=layout.slot_size))
    record = layout.decode(raw)
    for text in (record.mo_id, record.recipe, record.finished_goods):
        assert text.isascii() and text.isprintable()
    assert record.mapped(flag=True) == layout.decode(raw).mapped(flag=True)
