"""Rows of history for the tests of filters, figures and exports: known figures on known days."""

from datetime import datetime, timedelta
from typing import NamedTuple

from odoo.fields import Command

NOW = "2026-06-10 12:00:00"  # a Wednesday; in en_US its week began on Sunday the 7th


class Dose(NamedTuple):
    when: str
    silo: int
    product: str
    planned: float
    dosed: float
    unit_cost: float
    shift: str
    grade: str
    source: str = "silo"
    status: str = "completed"
    broken_off: bool = False

    @property
    def shift_day(self):
        """Nights begin on the day before."""
        began = timedelta(days=self.shift == "Night" and self.when[11:] < "06:00:00")
        return datetime.fromisoformat(self.when).date() - began

    @property
    def deviation(self):
        return self.dosed - self.planned

    @property
    def deviation_cost(self):
        return self.deviation * self.unit_cost


DOSES = (
    # this week
    Dose("2026-06-07 00:00:00", 101, "KOPRA", 100.0, 104.0, 3.0, "Night", "warning"),
    Dose("2026-06-08 08:30:00", 102, "KOPRA", 50.0, 49.5, 3.0, "Morning", "in"),
    Dose("2026-06-10 00:00:00", 103, "BSJ", 200.0, 230.25, 1.25, "Night", "out"),
    Dose("2026-06-10 09:00:00", 103, "BSJ", 200.0, 172.0, 1.25, "Morning", "out"),
    Dose("2026-06-10 09:30:00", 0, "GARAM", 4.0, 3.75, 0.5, "Morning", "in", "hand"),
    Dose("2026-06-10 09:45:00", 0, "GARAM", 4.0, 4.0, 0.5, "Morning", "in", "recipe"),
    Dose("2026-06-10 10:00:00", 101, "KOPRA", 100.0, 10.0, 3.0, "Morning", "out", "silo", "failed"),
    Dose("2026-06-10 11:00:00", 101, "KOPRA", 100.0, 0.0, 3.0, "Morning", "out", broken_off=True),
    # the weeks before
    Dose("2026-06-06 23:59:59", 105, "CGF", 10.0, 10.6, 7.5, "Night", "warning"),
    Dose("2026-05-31 00:00:00", 102, "KOPRA", 50.0, 51.0, 3.0, "Night", "in"),
    Dose("2026-05-30 23:59:59", 102, "KOPRA", 50.0, 50.5, 3.0, "Night", "in"),
    Dose("2026-05-13 00:00:00", 111, "SAWIT", 120.0, 119.0, 4.0, "Night", "in"),
    # more than four weeks ago
    Dose("2026-05-12 23:59:59", 111, "SAWIT", 120.0, 10.0, 4.0, "Night", "out"),
    Dose("2026-01-05 06:00:00", 110, "BSJ", 107.0, 0.0, 1.25, "Morning", "out"),
)


def make_histories(mill):
    """A history for each of `DOSES`, in their order."""
    env, kg = mill.device.env, mill.device.env.ref("uom.product_uom_kgm")
    return env["mo.histories"].create(
        [
            {
                "mo_id": f"D/{number:02}",
                "product_name": "CATTLE FEED 1B",
                "recipe": "CATTLE FEED 1B",
                "company_id": mill.device.company_id.id,
                "device_id": mill.device.id,
                "equipment_id_batch": mill.device.code,
                "batch_no": number,
                "status": dose.status,
                "status_operation": dose.broken_off,
                "archived_at": dose.when,
                "sent_at": "2026-01-01 00:00:00",
                "finished_at": f"2026-01-01 00:{number + 10}:00",
                "acknowledged": dose.status == "completed",
                "consumption": dose.planned,
                # what is weighed by hand has none, as where a PLC reports no weight
                "actual_weight_quantity_finished_goods": dose.silo and dose.dosed * 0.98,
                "dose_ids": [Command.create(_prepare_line(mill, dose, kg))],
            }
            for number, dose in enumerate(DOSES, 1)
        ]
    )


def _prepare_line(mill, dose, kg):
    silo = mill.silos.get(dose.silo)
    return {
        "source": dose.source,
        "silo_id": silo and silo.id,
        "silo_number": dose.silo,
        "silo_name": silo and silo.name,
        "product_id": mill.products[dose.product].id,
        "product_name": dose.product,
        "uom_id": kg.id,
        "uom_name": kg.name,
        "consumption": dose.planned,
        "actual_consumption": dose.dosed,
        "deviation": dose.deviation,
        "dosed_at": dose.when,
        "unit_cost": dose.unit_cost,
        "shift": dose.shift,
        "shift_day": dose.shift_day,
        "grade": dose.grade,
    }
