"""What stands in the PLC, read past Odoo: with snap7's own client and the layouts' CSV files."""

from plant.layouts import layout_named
from snap7.client import Client


class PlcReader:
    """Keeps the latest READ record of each order: a slot is used again."""

    def __init__(self, layout, port):
        self.layout = layout_named(layout)
        self.port = port
        self.records = {}

    def look(self):
        client = Client()
        try:
            client.connect("127.0.0.1", 0, 1, self.port)
            size = self.layout.slot_count * self.layout.slot_size
            data = bytes(client.db_read(self.layout.read_db, 0, size))
        finally:
            client.disconnect()
        for number in range(1, self.layout.slot_count + 1):
            start = self.layout.offset(number)
            record = self.layout.decode(data[start : start + self.layout.slot_size])
            if record.mo_id:
                self.records[record.mo_id] = record

    def dosed(self, order):
        """Silo → kg as the READ record of an order (by its name as the PLC holds it) has them."""
        record = self.records.get(self.layout.cut("mo_id", order))
        return dict(record.quantities) if record else {}
