from datetime import timedelta

from odoo import fields
from odoo.tools import convert_file

from .common import MillCase


class TestFigures(MillCase):
    """Graph and pivot say what the PLC dosed: in kg, percent and money."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        gram, tonne = (cls.env.ref(f"uom.product_uom_{name}") for name in ("gram", "ton"))
        products = cls.mill.products
        cls.env["decimal.precision"].search([("name", "=", "Product Unit")]).digits = 5
        lines = {
            line.product_id.name: line for line in cls.mill.boms["CATTLE FEED 1B"].bom_line_ids
        }
        lines["CGF"].write({"product_qty": 10_000, "product_uom_id": gram.id})
        # kept in tonnes, and so priced a tonne
        sawit = cls.env["product.product"].create(
            {"name": "SAWIT", "is_storable": True, "uom_id": tonne.id, "standard_price": 4000.0}
        )
        lines["SAWIT"].write(
            {"product_id": sawit.id, "product_qty": 0.22, "product_uom_id": tonne.id}
        )
        cls.mill.silos[109].product_id = sawit
        products["CGF"].standard_price = 7.5
        kopra = products["KOPRA"]
        kopra.write({"tracking": "lot", "standard_price": 3.0})
        cls.lots = cls.env["stock.lot"].create(
            [{"name": name, "product_id": kopra.id} for name in ("K-1", "K-2")]
        )
        # two silos of one ingredient, each with its own lot
        cls.mill.silos[102].lot_id = cls.lots[0]
        location = cls.env["stock.location"].create(
            {"name": "Silo A", "location_id": cls.mill.picking_type.default_location_src_id.id}
        )
        cls.env["stock.quant"]._update_available_quantity(kopra, location, 60.0, lot_id=cls.lots[1])
        cls.mill.silos[101].write(
            {"product_id": kopra.id, "lot_id": cls.lots[1].id, "location_id": location.id}
        )
        products["BSJ"].standard_price = 1.25

    def line_kg(self, batch):
        return {line.silo_number: line for line in batch.line_ids}

    def finished_batch(self):
        """As the PLC's ledger says: two silos of one ingredient, a substitute (silo 103 was
        changed over to BSJ), a zero, and lines of the recipe in g and t."""
        self.ledger = {
            101: 70.25,
            102: 81.5,
            103: 298.4,
            105: 10.6,
            109: 219.33,
            110: 0.0,
            111: 120.0,
            114: 41.7,
            115: 30.0,
        }
        self.plan = {
            101: 60.0,
            102: 90.0,
            103: 300.0,
            105: 10.0,
            109: 220.0,
            110: 107.0,
            111: 120.0,
            114: 40.0,
            115: 30.0,
        }
        self.prices = dict.fromkeys(self.ledger, 2.0)
        self.prices |= {101: 3.0, 102: 3.0, 103: 1.25, 105: 7.5, 109: 4.0}
        order = self.make_order()
        batch = self.make_batch(order, {})
        self.mill.silos[103].product_id = self.mill.products["BSJ"]
        for number, kg in self.ledger.items():
            self.line_kg(batch)[number]._store_dose(kg)
        batch.write(
            {
                "status_manufacturing": True,
                "state": "done",
                "actual_weight_quantity_finished_goods": 870.0,
                "sent_at": fields.Datetime.now() - timedelta(minutes=42),
                "finished_at": fields.Datetime.now(),
            }
        )
        self.assertTrue(batch._archive_completed(), batch.exists().mapped("error_reason"))
        self.env.flush_all()
        return order.plc_history_ids

    def figures(self, history, groupby, *aggregates):
        report = self.env["plc.dose.report"].with_user(self.plc_user)
        return report._read_group(
            [("history_id", "=", history.id), ("source", "=", "silo")], groupby, aggregates
        )

    def test_ledger_list_pivot_and_money_agree(self):
        history = self.finished_batch()
        lines = {line.silo_number: line for line in history.line_ids}
        self.assertEqual(
            {number: line.actual_consumption for number, line in lines.items()}, self.ledger
        )
        self.assertEqual({number: line.consumption for number, line in lines.items()}, self.plan)
        dosed = sum(self.ledger.values())
        planned = sum(self.plan.values())
        money = sum(kg * self.prices[number] for number, kg in self.ledger.items())
        off = sum((kg - self.plan[n]) * self.prices[n] for n, kg in self.ledger.items())
        ((sums),) = self.figures(
            history,
            [],
            "planned:sum",
            "dosed:sum",
            "deviation:sum",
            "deviation_percent:avg",
            "cost:sum",
            "deviation_cost:sum",
            "off_plan:sum",
        )
        wanted = (
            planned,
            dosed,
            dosed - planned,
            100 * (dosed - planned) / planned,
            money,
            off,
            sum(abs(kg - self.plan[number]) for number, kg in self.ledger.items()),
        )
        for found, value in zip(sums, wanted, strict=True):
            self.assertAlmostEqual(found, value, 4)
        by_hand_of_the_hand = 70.25 * 3 + 81.5 * 3 + 298.4 * 1.25 + 10.6 * 7.5 + 219.33 * 4
        by_hand_of_the_hand += (120.0 + 41.7 + 30.0) * 2
        self.assertAlmostEqual(money, by_hand_of_the_hand, 4)

    def test_stock_carries_the_same_kg_and_money(self):
        history = self.finished_batch()
        kg = self.env.ref("uom.product_uom_kgm")
        moves = history.production_id.move_raw_ids.filtered(lambda m: m.state == "done")
        posted = {}
        for line in moves.move_line_ids.filtered("plc_silo_id"):
            number = line.plc_silo_id.number
            posted[number] = line.product_uom_id._compute_quantity(line.quantity, kg, round=False)
        self.assertEqual(posted, {number: kg for number, kg in self.ledger.items() if kg})
        lots = {line.lot_id.name for line in moves.move_line_ids if line.lot_id}
        self.assertEqual(lots, {"K-1", "K-2"})

    def test_the_batch_record_says_the_same(self):
        history = self.finished_batch()
        report = self.env["report.mrp_plc_batch.batch_record"].with_user(self.plc_user)
        (record,) = report._get_report_values(history.ids)["records"]
        doses = {dose["number"]: dose for dose in record["silos"]}
        self.assertEqual({number: dose["dosed"] for number, dose in doses.items()}, self.ledger)
        self.assertEqual({number: dose["planned"] for number, dose in doses.items()}, self.plan)
        self.assertEqual(
            (doses[103]["product"], doses[103]["substitute_for"][:7]), ("BSJ", "POLLARD")
        )
        self.assertEqual((doses[101]["lot"], doses[102]["lot"]), ("K-2", "K-1"))
        self.assertEqual((doses[110]["dosed"], doses[110]["grade"]), (0.0, "out"))

    def test_by_silo_ingredient_recipe_and_shift(self):
        history = self.finished_batch()
        by_product = dict(self.figures(history, ["product_name"], "dosed:sum"))
        self.assertAlmostEqual(by_product["KOPRA"], 151.75)
        self.assertAlmostEqual(by_product["BSJ"], 298.4)
        self.assertNotIn("POLLARD ANGSA", by_product)
        by_silo = dict(self.figures(history, ["silo_name"], "dosed:sum"))
        self.assertAlmostEqual(by_silo["SILO J"], 0.0)
        for groupby in ("recipe", "device_id", "shift", "date:day", "date:week", "grade"):
            rows = self.figures(history, [groupby], "dosed:sum")
            self.assertAlmostEqual(sum(row[1] for row in rows), sum(self.ledger.values()))

    def test_yield_and_cycle_time(self):
        history = self.finished_batch()
        by_hand = sum(history.hand_line_ids.mapped("actual_consumption"))
        self.assertTrue(by_hand)
        went_in = sum(self.ledger.values()) + by_hand
        self.assertAlmostEqual(history.input_kg, went_in, 4)
        self.assertAlmostEqual(history.yield_percent, 100 * 870.0 / went_in, 2)
        self.assertAlmostEqual(history.cycle_minutes, 42.0)
        other = history.copy({"line_ids": False, "acknowledged": True})
        self.env.flush_all()
        ((ratio, cycle),) = self.env["mo.histories"]._read_group(
            [("id", "in", (history | other).ids)], [], ["yield_percent:avg", "cycle_minutes:avg"]
        )
        self.assertAlmostEqual(cycle, 42.0)
        self.assertFalse(other.input_kg)  # what went in is not known: it counts for no yield
        self.assertAlmostEqual(ratio, 100 * 870.0 / went_in, 4)

    def test_the_price_is_that_of_archiving(self):
        history = self.finished_batch()
        self.mill.products["CGF"].standard_price = 100.0
        line = history.line_ids.filtered(lambda line: line.silo_number == 105)
        self.assertEqual(line.unit_cost, 7.5)

    def test_sacks_have_a_cost_and_no_weight(self):
        history = self.finished_batch()
        line = history.hand_line_ids[0]
        sack = self.env["product.product"].create({"name": "SACK", "standard_price": 0.4})
        vals = {
            "history_id": history.id,
            "source": "hand",
            "product_id": sack.id,
            "uom_id": sack.uom_id.id,
            "consumption": 40.0,
            "actual_consumption": 39.0,
            "deviation": -1.0,
        }
        line = line.create(vals)
        self.env.flush_all()
        row = self.env["plc.dose.report"].browse(line.id)
        self.assertFalse(row.dosed or row.planned or row.deviation)
        self.assertAlmostEqual(row.cost, 15.6)
        self.assertAlmostEqual(row.deviation_cost, -0.4)
        self.assertEqual(row.currency_id, self.env.company.currency_id)

    def test_a_shift_that_a_plant_has_deleted_stays_away(self):
        night = self.env.ref("mrp_plc_batch.shift_night")
        morning = self.env.ref("mrp_plc_batch.shift_morning")
        night.unlink()
        morning.start = 7.0
        path = "data/plc_shift.xml"
        convert_file(self.env, "mrp_plc_batch", path, {}, mode="update", noupdate=True)
        self.assertFalse(self.env.ref("mrp_plc_batch.shift_night", raise_if_not_found=False))
        self.assertEqual(morning.start, 7.0)

    def test_material_use_adds_up(self):
        location = self.env["stock.location"].create(
            {"name": "Silo E", "location_id": self.mill.picking_type.default_location_src_id.id}
        )
        cgf = self.mill.products["CGF"]
        self.mill.silos[105].location_id = location
        quant = self.env["stock.quant"]
        quant.with_context(inventory_mode=True).create(
            {"product_id": cgf.id, "location_id": location.id, "inventory_quantity": 500.0}
        ).action_apply_inventory()
        start = fields.Datetime.now() - timedelta(hours=1)
        self.finished_batch()
        use = (
            self.env["plc.material.use"]
            .with_user(self.plc_user)
            .create({"date_from": start, "date_to": fields.Datetime.now() + timedelta(minutes=1)})
        )
        use.action_open_lines()
        row = use.line_ids.filtered(lambda line: line.location_id == location)
        self.assertEqual(row.silo_names, "SILO E")
        self.assertAlmostEqual(row.opening, 0.0)
        self.assertAlmostEqual(row.other, 500.0)
        self.assertAlmostEqual(row.dosed, 10.6)
        self.assertAlmostEqual(row.closing, 489.4)
        # a period that ended before all of that
        use.write({"date_from": start - timedelta(days=1), "date_to": start})
        use.action_open_lines()
        row = use.line_ids.filtered(lambda line: line.location_id == location)
        self.assertEqual((row.opening, row.dosed, row.closing), (0.0, 0.0, 0.0))

    def test_material_without_stock_in_odoo_is_neither_opened_nor_closed(self):
        location = self.env["stock.location"].create(
            {"name": "Silo E", "location_id": self.mill.picking_type.default_location_src_id.id}
        )
        silo = self.mill.silos[105]
        silo.location_id = location
        silo.product_id.is_storable = False
        self.finished_batch()
        use = self.env["plc.material.use"].with_user(self.plc_user).create({})
        for _archived in range(2):  # what it dosed before counts all the same
            use.action_open_lines()
            row = use.line_ids.filtered(lambda line: line.location_id == location)
            self.assertAlmostEqual(row.dosed, 10.6)
            self.assertEqual((row.opening, row.closing), (0.0, 0.0))
            silo.active = False
        use.write({"date_from": "2020-01-01", "date_to": "2020-01-02"})
        use.action_open_lines()
        self.assertNotIn(location, use.line_ids.filtered("dosed").location_id)

    def test_material_in_other_units_is_not_added_to_kg(self):
        litre = self.env.ref("uom.product_uom_litre")
        oil = self.env["product.product"].create(
            {"name": "OIL", "is_storable": True, "uom_id": litre.id}
        )
        location = self.env["stock.location"].create(
            {"name": "Silo E", "location_id": self.mill.picking_type.default_location_src_id.id}
        )
        silo = self.mill.silos[105]
        silo.location_id = location
        for product, quantity in ((silo.product_id, 500.0), (oil, 40.0)):
            self.env["stock.quant"]._update_available_quantity(product, location, quantity)
        use = self.env["plc.material.use"].with_user(self.plc_user).create({})
        action = use.action_open_lines()
        lines = self.env["plc.material.use.line"].with_user(self.plc_user)
        domain = [*action["domain"], ("location_id", "=", location.id)]
        closing = dict(lines._read_group(domain, ["uom_id"], ["closing:sum"]))
        self.assertEqual(closing, {litre: 40.0, self.env.ref("uom.product_uom_kgm"): 500.0})
        self.assertFalse(lines._read_group(domain, [], ["closing:sum"])[0][0])
