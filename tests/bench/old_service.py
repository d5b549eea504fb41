"""The old way, in a process of its own: old_service.py URL DATABASE KEY PLC_PORT MAP

What people do without the addon: connect to the PLC, read it field by field, ask Odoo over
``/json/2`` for each order with its components, and write their quantities: two HTTP requests an
order, as few as can be without knowing its components beforehand. MAP is JSON: the READ area's
data block, its slots, and its fields. Each line on standard input is one round; the answer is a
line with the numbers of orders pushed, wire requests and HTTP requests. Knows nothing of Odoo's
code.
"""

import json
import struct
import sys

import requests
from snap7 import Client

UPDATE = 1  # Odoo's command: change a record that is linked


class OldService:
    def __init__(self, url, database, key, port, memory_map):
        self.url, self.map = url, memory_map
        self.http = requests.Session()
        self.http.headers.update({"Authorization": f"bearer {key}", "X-Odoo-Database": database})
        self.plc = Client()
        self.plc.connect("127.0.0.1", 0, 1, port)
        self.wire_requests = self.http_requests = 0

    def call(self, model, method, **arguments):
        self.http_requests += 1
        answer = self.http.post(f"{self.url}/json/2/{model}/{method}", json=arguments, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def field(self, start, size):
        self.wire_requests += 1
        return bytes(self.plc.db_read(self.map["db"], start, size))

    def record(self, slot):
        """(order, {silo: kg}) of a slot, or None when it is blank."""
        base = (slot - 1) * self.map["slot_size"]
        if not struct.unpack(">h", self.field(base + self.map["batch_no"], 2))[0]:
            return None
        at, length = self.map["mo_id"]
        raw = self.field(base + at, length + 2)
        name = raw[2 : 2 + raw[1]].decode("ascii")
        kg = {
            silo: struct.unpack(">f", self.field(base + at, 4))[0]
            for silo, at in self.map["quantities"].items()
        }
        return name, kg

    def push(self, name, doses):
        """Write what was dosed into the order's components, all of them at once."""
        found = self.call(
            "mrp.production",
            "web_search_read",
            domain=[["name", "=", name]],
            specification={"move_raw_ids": {"fields": {"product_id": {}}}},
        )
        (order,) = found["records"]
        by_product = {move["product_id"]: move["id"] for move in order["move_raw_ids"]}
        commands = []
        for silo, kg in doses.items():
            move_id = by_product.get(self.map["products"].get(silo))
            if move_id and kg:
                commands.append([UPDATE, move_id, {"quantity": round(kg, 2), "picked": True}])
        self.call("mrp.production", "write", ids=[order["id"]], vals={"move_raw_ids": commands})

    def round(self):
        self.wire_requests = self.http_requests = 0
        pushed = 0
        for slot in range(1, self.map["slot_count"] + 1):
            found = self.record(slot)
            if found:
                self.push(*found)
                pushed += 1
        return pushed, self.wire_requests, self.http_requests


def main():
    url, database, key, port, memory_map = sys.argv[1:]
    service = OldService(url, database, key, int(port), json.loads(memory_map))
    print("ready", flush=True)
    for _line in sys.stdin:
        print(*service.round(), flush=True)


main()
