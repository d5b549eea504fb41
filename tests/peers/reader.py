"""Values read by pyS7, a client that shares no code with ours: reader.py PORT [[DB, TYPE, BYTE,
BIT, LENGTH], …]; prints them as JSON, in the same order. Runs in an environment with pys7."""

import json
import sys

from pyS7 import S7Client
from pyS7.constants import ConnectionType, DataType, MemoryArea
from pyS7.tag import S7Tag

port, places = sys.argv[1:]
tags = [
    S7Tag(MemoryArea.DB, db, DataType[kind], byte, bit, length)
    for db, kind, byte, bit, length in json.loads(places)
]
with S7Client("127.0.0.1", rack=0, slot=1, connection_type=ConnectionType.OP, port=int(port)) as s7:
    print(json.dumps(s7.read(tags)))
