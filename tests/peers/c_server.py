"""The S7 server of the C library snap7, in a process of its own: c_server.py PORT {"DB": SIZE, …}

Runs in an environment with python-snap7 2.x, which wraps that library. What stands on its standard
input is done with the memory, and answered with a line: ``get DB`` (hex), ``put DB START HEX``.
"""

import ctypes
import json
import sys

from snap7.server import Server
from snap7.type import SrvArea

port, sizes = sys.argv[1:]
blocks = {int(db): (ctypes.c_uint8 * size)() for db, size in json.loads(sizes).items()}
server = Server(log=False)
for number, block in blocks.items():
    server.register_area(SrvArea.DB, number, block)
server.start(tcp_port=int(port))
print("ready", flush=True)
for line in sys.stdin:
    command, db, *arguments = line.split()
    memory = blocks[int(db)]
    if command == "put":
        start, data = int(arguments[0]), bytes.fromhex(arguments[1])
        ctypes.memmove(ctypes.byref(memory, start), data, len(data))
    print(bytes(memory).hex(), flush=True)
server.stop()
