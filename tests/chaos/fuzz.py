"""Answers, slot images and memory maps of any kind, in the session and in Odoo.

What the session makes of an answer is judged by ``tests/plc/fuzz_session.py``. In Odoo a map is
refused in words, or its device is read: only what is believed is stored, all else is `plc_data`.
"""

import re
import sys
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).resolve().parents[1] / "plc"))

from fuzz_images import believable, hostile_images  # noqa: E402
from fuzz_layout import any_maps, built, check_round_trip, records  # noqa: E402
from fuzz_session import FuzzedPeer, replies  # noqa: E402
from mill_world import READ, World  # noqa: E402
from plant.layouts import layout_named  # noqa: E402
from plant.plant import Plant  # noqa: E402
from verdicts import HUNG, LOST, Disagreement  # noqa: E402

from odoo.exceptions import ValidationError  # noqa: E402
from odoo.fields import Command  # noqa: E402

from odoo.addons.mrp_plc_batch.models.plc_layout_field import ROLES  # noqa: E402

SHIPPED = ("native", "word_map")
ANSWERS, MAPS, SHIPPED_TURNS = 500, 10, 3  # a round
REFUSED = re.compile("cannot be used|the scale must be")
LIMIT = 5000.0  # kg a silo, as the device has it
KNOWN_ROLES = dict(ROLES)  # a selection's own check is Odoo's

STORED = """
SELECT b.batch_no, b.error_code, coalesce(b.status_manufacturing, false),
       b.actual_weight_quantity_finished_goods,
       jsonb_object_agg(l.silo_number, l.actual_consumption)
           FILTER (WHERE l.actual_consumption != 0)
  FROM mo_batch b LEFT JOIN mo_batch_line l ON l.batch_id = b.id
 WHERE b.device_id = %(device)s
 GROUP BY b.id"""
INTERNAL = """
SELECT message FROM plc_event WHERE device_id = %(device)s AND kind = 'error'"""
FORGET = """
DELETE FROM plc_event WHERE device_id = %(device)s;
DELETE FROM mo_batch_line WHERE batch_id IN (SELECT id FROM mo_batch WHERE device_id = %(device)s);
DELETE FROM mo_batch WHERE device_id = %(device)s;
UPDATE plc_device SET next_try_at = NULL, quiet_until = NULL WHERE id = %(device)s"""


def run(db, tally, chance):
    """Rounds of each kind until the time is up; counts answers, images and maps."""
    with Plant("native", manual=True) as plant, FuzzedPeer() as peer:
        fuzzed = FuzzedMill(World(db, plant, "native"), tally)
        while not tally.is_over():
            _try(tally, chance, "answers", ANSWERS, lambda data: _answer(data, peer, tally))
            _try(tally, chance, "shipped maps", SHIPPED_TURNS, fuzzed.read_a_shipped_map)
            _try(tally, chance, "any maps", MAPS, fuzzed.save_any_map)


def _try(tally, chance, what, examples, check):
    number = chance.randrange(10**6)

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(st.data())
    def trial(data):
        check(data)

    with tally.trial(f"{what}, seed {number}"):
        trial()


def _answer(data, peer, tally):
    peer.check(data.draw(replies))
    tally.count()


class FuzzedMill:
    """A device whose PLC has anything in its memory, and whose map may be any."""

    def __init__(self, world, tally):
        self.world, self.db, self.tally = world, world.db, tally
        with world.device() as device:
            device.max_quantity = LIMIT
            layouts = {name: device.env.ref(f"mrp_plc_batch.layout_{name}").id for name in SHIPPED}
        self.shipped = layouts

    def read_a_shipped_map(self, data):
        name = data.draw(st.sampled_from(SHIPPED))
        self._read(data, self.shipped[name], layout_named(name))

    def save_any_map(self, data):
        given = {**data.draw(any_maps()), "write_handshake": "slot"}
        given["rows"] = [row for row in given["rows"] if row["role"] in KNOWN_ROLES]
        for row in given["rows"]:
            row["scale"] = round(row["scale"], 6)  # as many decimals as Odoo keeps
            for key in ("address", "datatype"):
                row[key] = row[key].replace("\0", "")  # no text of a database's
        layout = built(given)
        layout_id = self._save(given)
        self.tally.count()
        if (layout is None) != (layout_id is None):
            raise Disagreement(HUNG, f"Odoo and the wire side disagree about {given}")
        if layout:
            with self.db.env() as env:
                kept = env["plc.layout"].browse(layout_id)._to_plc()
            if _as_told(kept) != _as_told(layout):
                raise Disagreement(LOST, f"Odoo keeps {kept.fields} of {given}")
            check_round_trip(layout, data.draw(records(layout)))
            self._read(data, layout_id, kept)

    def _save(self, given):
        """The map's id in Odoo, or None where it is refused in words."""
        vals = {key: value for key, value in given.items() if key != "rows"}
        try:
            with self.db.env() as env:
                fields = [Command.create(row) for row in given["rows"]]
                return env["plc.layout"].create({"name": "Any", "field_ids": fields, **vals}).id
        except ValidationError as error:
            if not REFUSED.search(str(error)):
                raise
            return None

    def _read(self, data, layout_id, layout):
        """One turn over a PLC with hostile bytes in every slot, each an order's."""
        device = {"device": self.world.device_id}
        with Plant(layout, manual=True) as plant:
            self._point_to(plant.port, layout_id)
            try:
                images = [
                    data.draw(hostile_images(layout, layout.cut("mo_id", name), number))
                    for number, name in self._make_batches(layout).items()
                ]
                for image in images:
                    start = layout.offset(image.number)
                    plant.write_area[start : start + layout.slot_size] = image.raw_write
                    plant.read_area[start : start + layout.slot_size] = image.raw_read
                self.world.cron(READ)
                self._check(images, layout)
            finally:
                with self.db.env() as env:
                    env.cr.execute(FORGET, device)
        self.tally.count(len(images))

    def _point_to(self, port, layout_id):
        self.world.set_device(port=port, layout_id=layout_id)

    def _make_batches(self, layout):
        """{slot: order} of batches as a script makes them, one for each slot."""
        names = {n: f"WH/MO/{n:05}" for n in range(1, layout.slot_count + 1)}
        with self.db.env() as env:
            env["mo.batch"].create(
                [
                    {
                        "mo_id": name,
                        "device_id": self.world.device_id,
                        "batch_no": number,
                        "status_manufacturing": False,
                    }
                    for number, name in names.items()
                ]
            )
        return names

    def _check(self, images, layout):
        with self.db.env() as env:
            env.cr.execute(INTERNAL, {"device": self.world.device_id})
            told = env.cr.fetchall()
            env.cr.execute(STORED, {"device": self.world.device_id})
            stored = {row[0]: row[1:] for row in env.cr.fetchall()}
        if told:
            raise Disagreement(HUNG, f"{told} at {images} of {layout}")
        for image in images:
            error, found = stored[image.number][0], stored[image.number][1:]
            name = layout.cut("mo_id", f"WH/MO/{image.number:05}")
            wrong = _wrong(image, name, error, found)
            if wrong:
                raise Disagreement(LOST, f"{wrong}; stored {stored[image.number]}: {image}")


def _as_told(layout):
    """A map's fields in plain values: Odoo's package and the tests' own are two to Python. A scale
    of 15 digits is kept but for the last."""
    return [
        (f.role, f.silo_number, f.byte, f.bit, str(f.datatype), f"{f.scale:.12g}")
        for f in layout.fields
    ]


def _wrong(image, name, error, found):
    """What is wrong with what was stored, or None."""
    finished, weight, kg = found[0], found[1] or 0.0, found[2] or {}
    if not believable(image, name, LIMIT):
        taken = image.write.mo_id == name and not image.write.status_read_data
        if finished or weight or kg:
            return "stored, though not to be believed"
        return None if taken or error == "plc_data" else f"no plc_data, but {error}"
    read = image.read
    expected = {str(silo): q for silo, q in read.quantities.items() if round(q, 2)}
    if error == "plc_data":
        return "not believed"
    same = expected.keys() == kg.keys() and all(
        abs(float(kg[silo]) - q) < 0.0051 for silo, q in expected.items()
    )
    if not same or abs(float(weight) - (read.actual_weight or 0.0)) > 0.0051:
        return "something else was stored"
    return None if finished == read.status_manufacturing else "finished or not?"
