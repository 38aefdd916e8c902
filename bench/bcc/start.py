"""start.py hash|sock: starts a program, reads its map, ends."""

import os
import socket
import sys

from bcc import BPF
from protocol import peak_kb, report, text

TABLES = {"hash": "counts", "sock": "states"}

name = sys.argv[1]
bpf = BPF(text=text(name))
# What the program counts: a call, or a socket that begins to listen.
os.getppid()
listener = socket.create_server(("127.0.0.1", 0))
entries = len(bpf[TABLES[name]].items())
assert entries > 0, "the program has counted nothing"
report(peak_kb=peak_kb(), compiled=True)
