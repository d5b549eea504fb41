import json

from lxml import etree

from odoo import Command
from odoo.tools.safe_eval import safe_eval

from .common import MillCase


class TestPlantBoard(MillCase):
    """One device on one page, as its users see it."""

    def board(self):
        return self.device.with_user(self.plc_user).get_plant_board()

    def cards(self, **wanted):
        return [
            card
            for card in self.board()["cards"]
            if all(card.get(key) == value for key, value in wanted.items())
        ]

    def test_an_empty_device_shows_its_slots(self):
        cards = self.board()["cards"]
        self.assertEqual([card["slot"] for card in cards], list(range(1, 11)))
        self.assertEqual({card["kind"] for card in cards}, {"free"})

    def test_the_running_order_is_large_and_shows_silo_by_silo(self):
        self.make_batch(self.make_order(), {}, batch_no=2, state="sent")
        order = self.make_order()
        self.make_batch(order, {103: 150.0}, batch_no=1)
        (card,) = self.cards(large=True)
        self.assertEqual((card["slot"], card["order"], card["state"]), (1, order.name, "running"))
        dosed = {silo["number"]: silo["dosed"] for silo in card["silos"]}
        self.assertEqual(dosed[103], 150.0)
        self.assertEqual(card["progress"], self.env["mo.batch"].browse(card["id"]).progress)

    def test_a_dose_is_marked_by_the_tolerance_of_its_silo(self):
        silo = self.mill.silos[103]
        silo.write({"plc_tolerance_warning": 20.0, "plc_tolerance_out": 30.0})
        batch = self.make_batch(self.make_order(), {103: 300.0 * 1.1, 102: 500.0}, batch_no=1)
        (card,) = self.cards(id=batch.id)
        grades = {silo["number"]: silo["grade"] for silo in card["silos"]}
        self.assertEqual((grades[103], grades[102]), ("", "out"))

    def test_what_is_stuck_says_why_and_what_to_press(self):
        batch = self.make_batch(self.make_order(), {103: 10.0}, finished=True)
        batch._set_error(batch._odoo_error("No."))
        (card,) = self.cards(id=batch.id)
        self.assertEqual(card["error"], batch.error_message)
        self.assertEqual(card["action"], batch.error_action)
        self.assertTrue(card["retry"])
        batch.forgotten = True
        self.assertFalse(self.cards(id=batch.id)[0]["retry"])

    def test_what_waits_without_a_slot_comes_last(self):
        batch = self.make_batch(self.make_order(), {}, state="staged", holds_slot=False)
        self.assertEqual(self.board()["cards"][-1]["id"], batch.id)
        self.assertEqual(self.board()["cards"][-1]["slot"], 0)

    def test_an_open_history_holds_its_slot(self):
        batch = self.make_batch(self.make_order(), {103: 1.0}, batch_no=7)
        history = batch._copy_to_history("cancelled")
        batch.unlink()
        self.assertEqual(self.cards(slot=7)[0]["id"], history.id)
        self.assertEqual(self.cards(slot=7)[0]["kind"], "closing")

    def test_no_address_is_in_it(self):
        self.device.host = "10.11.12.13"
        self.assertNotIn("10.11.12.13", json.dumps(self.board()))

    def test_statements_do_not_depend_on_the_number_of_batches(self):
        def statements():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.board()
            return self.cr.sql_log_count - before

        self.make_batch(self.make_order(), {103: 1.0}, batch_no=1)
        statements()
        one = statements()
        for number in range(2, 9):
            self.make_batch(self.make_order(), {103: 1.0}, batch_no=number)
        self.assertEqual(statements(), one)
        self.assertLessEqual(one, 20)


class TestSiloSearch(MillCase):
    """What a person types into the search of silos."""

    def found(self, text):
        view = self.env["plc.silo"].get_view(view_type="search")
        (field,) = etree.fromstring(view["arch"]).xpath("//search/field[@name='name']")
        domain = safe_eval(field.get("filter_domain"), {"self": text})
        return self.env["plc.silo"].with_user(self.plc_user).search(domain)

    def test_by_name_code_and_number(self):
        silo = self.mill.silos[103]
        for text in (silo.name, silo.name[-1], silo.code, "103", "10"):
            with self.subTest(text):
                self.assertIn(silo, self.found(text))
        self.assertEqual(self.found("103"), silo)
        self.assertFalse(self.found("nowhere"))


class TestSiloBoard(MillCase):
    """What a silo still holds, for how many batches, and how well it doses."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.silo = cls.mill.silos[103]
        cls.bin = cls.env["stock.location"].create(
            {
                "name": "Bin 103",
                "usage": "internal",
                "location_id": cls.mill.picking_type.default_location_src_id.id,
            }
        )
        cls.silo.location_id = cls.bin

    def fill(self, kg):
        self.env["stock.quant"]._update_available_quantity(self.silo.product_id, self.bin, kg)

    def history(self, planned, dosed, status="completed", dosed_at=False, **vals):
        self.env["mo.histories"].create(
            {
                "mo_id": "H",
                "company_id": self.env.company.id,
                "device_id": self.device.id,
                "status": status,
                "archived_at": "2026-01-01",
                "acknowledged": True,
                **vals,
                "line_ids": [
                    Command.create(
                        {
                            "silo_id": self.silo.id,
                            "silo_number": 103,
                            "consumption": planned,
                            "actual_consumption": dosed,
                            "dosed_at": dosed_at,
                        }
                    )
                ],
            }
        )

    def test_stock_and_for_how_many_batches(self):
        self.fill(700.0)
        for number in (1, 2, 3):
            self.make_batch(self.make_order(), {}, batch_no=number, state="sent")
        self.assertEqual(self.silo.stock_kg, 700.0)
        self.assertEqual((self.silo.covered_batches, self.silo.planned_batches), (2, 3))

    def test_stock_that_is_just_enough(self):
        """0.3 - 0.1 - 0.1 is less than 0.1 in binary."""
        self.fill(0.3)
        for number in (1, 2, 3):
            batch = self.make_batch(self.make_order(), {}, batch_no=number, state="sent")
            batch.line_ids.filtered(lambda line: line.silo_number == 103).consumption = 0.1
        self.assertEqual((self.silo.covered_batches, self.silo.planned_batches), (3, 3))

    def test_what_is_dosed_and_not_posted_is_gone_from_the_silo(self):
        self.fill(700.0)
        batch = self.make_batch(self.make_order(), {103: 100.0}, batch_no=1)
        self.assertEqual(self.silo.stock_kg, 600.0)
        planned = batch.line_ids.filtered(lambda line: line.silo_number == 103).consumption
        self.fill(planned - 600.0 - 100.0)
        self.assertEqual(self.silo.covered_batches, 1)

    def left_open(self):
        """100 kg of 700 are in an order whose batch is archived or waits for a person."""
        self.fill(700.0)
        self.device.close_order = False
        order = self.make_order()
        return order, self.make_batch(order, {103: 100.0}, finished=True)

    def assert_left(self, kg):
        self.env.invalidate_all()
        self.assertEqual(self.silo.stock_kg, kg)
        self.assertEqual(self.silo._left_kg()[self.silo], kg)

    def test_what_was_archived_with_its_order_open_is_gone_from_the_silo(self):
        order, batch = self.left_open()
        self.assertTrue(batch._archive_completed())
        self.assertNotEqual(order.state, "done")
        self.assert_left(600.0)
        order.qty_producing = order.product_qty
        order.with_context(skip_consumption=True, skip_backorder=True).button_mark_done()
        self.assertEqual(order.state, "done")
        self.assert_left(600.0)

    def test_what_was_posted_by_a_person_is_gone_once(self):
        order, batch = self.left_open()
        self.assertTrue(batch._process_batch_consumption())
        order.qty_producing = order.product_qty
        order.with_context(skip_consumption=True, skip_backorder=True).button_mark_done()
        self.device.close_order = True
        with self.assertLogs("odoo.addons.mrp_plc_batch", "WARNING"):
            self.assertFalse(batch._archive_completed())
        self.assertEqual(batch.error_code, "mo_done")
        self.assert_left(600.0)
        self.device.close_order = False
        self.assertTrue(batch._archive_completed())
        self.assert_left(600.0)

    def test_an_ingredient_whose_stock_odoo_does_not_keep(self):
        self.fill(700.0)
        self.assertTrue(self.silo.has_stock)
        self.silo.product_id = self.silo.product_id.copy({"name": "WATER", "is_storable": False})
        self.assertEqual((self.silo.has_stock, self.silo.stock_kg), (False, 0.0))

    def test_stock_in_grams_is_shown_in_kg(self):
        gram = self.env.ref("uom.product_uom_gram")
        self.silo.product_id = self.silo.product_id.copy({"name": "TRACE", "uom_id": gram.id})
        self.fill(2500.0)
        self.assertEqual(self.silo.stock_kg, 2.5)

    def test_error_of_the_latest_doses(self):
        for _ in range(60):
            self.history(100.0, 90.0)
        for _ in range(50):
            self.history(100.0, 102.0)
        self.history(100.0, 0.0, status="cancelled")
        self.history(100.0, 0.0, status_operation=True)  # broken off by the PLC, and accepted
        self.assertEqual(self.silo.dose_count, 50)
        self.assertAlmostEqual(self.silo.dose_error, 2.0)
        self.assertEqual(self.silo.last_dose_kg, 102.0)
        (graph,) = json.loads(self.silo.dose_graph)
        self.assertEqual({point["y"] for point in graph["values"]}, {2.0})

    def test_last_dosed_is_when_it_dosed_not_when_that_was_archived(self):
        self.history(100.0, 90.0)
        self.assertEqual(str(self.silo.last_dose_at), "2026-01-01 00:00:00")  # nothing else known
        self.history(100.0, 91.0, dosed_at="2026-01-02 10:00:00")
        self.history(100.0, 92.0, dosed_at="2026-01-02 08:00:00")  # had waited for its lot
        self.silo.invalidate_recordset()
        self.assertEqual(str(self.silo.last_dose_at), "2026-01-02 10:00:00")
        self.assertEqual(self.silo.last_dose_kg, 91.0)

    def test_a_silo_that_never_dosed(self):
        silo = self.mill.silos[101]
        self.assertEqual((silo.dose_count, silo.dose_error, silo.last_dose_at), (0, 0.0, False))

    def test_statements_do_not_depend_on_the_number_of_silos(self):
        names = ("stock_kg", "planned_batches", "covered_batches", "dose_error", "dose_graph")

        def statements(silos):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            silos.with_user(self.plc_user).read(names)
            return self.cr.sql_log_count - before

        self.make_batch(self.make_order(), {103: 1.0})
        silos = self.env["plc.silo"].browse(self.device.silo_ids.ids)
        statements(silos)
        self.assertEqual(statements(silos[2:4]), statements(silos))


class TestLive(MillCase):
    """One message a commit tells the screens which devices have changed, and nothing else."""

    def messages(self, act):
        bus = self.env["bus.bus"].sudo()
        self.env.cr.precommit.run()
        bus.search([]).unlink()
        act()
        self.env.flush_all()
        self.env.cr.precommit.run()
        return [
            (json.loads(message.channel)[1:], json.loads(message.message)["payload"])
            for message in bus.search([("message", "like", "mrp_plc_batch.changed")])
        ]

    def test_ids_alone_to_those_who_may_look(self):
        group = self.env.ref("mrp_plc_batch.group_plc_user")
        told = self.messages(lambda: self.make_batch(self.make_order(), {103: 1.0}))
        self.assertEqual(told, [(["res.groups", group.id], {"devices": self.device.ids})])

    def test_a_change_of_batch_device_silo_and_history_is_told(self):
        batch = self.make_batch(self.make_order(), {103: 1.0}, finished=True)
        history = batch._copy_to_history("cancelled")
        for act in (
            lambda: batch.write({"update_odoo": True}),
            lambda: self.device.write({"paused": True}),
            lambda: self.mill.silos[101].write({"lot_id": False}),
            lambda: history.write({"acknowledged": True}),
            lambda: batch.unlink(),
        ):
            self.assertEqual(len(self.messages(act)), 1)

    def test_a_read_without_news_tells_nothing(self):
        self.device._note_contact(1.0)
        self.assertFalse(self.messages(lambda: self.device._note_contact(1.0)))

    def test_a_device_that_goes_or_comes_back_is_told(self):
        self.device.state = "offline"
        self.assertTrue(self.messages(lambda: self.device._note_contact(1.0)))
