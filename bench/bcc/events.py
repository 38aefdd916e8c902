"""events.py ring|perf THREAD: reads events with bcc's defaults."""

import os
import sys

from bcc import BPF
from protocol import WAIT_MS, Session, text

kind, thread = sys.argv[1:]
bpf = BPF(text=text("events_" + kind), cflags=["-DTHREAD=" + thread])
received = 0
lost = 0
last = 0


def on_event(_, data, size):
    global received, last
    last = events.event(data).number
    received += 1


def on_lost(more):
    global lost
    lost += more


events = bpf["events"]
if kind == "ring":
    events.open_ring_buffer(on_event)
    poll = bpf.ring_buffer_poll
else:
    events.open_perf_buffer(on_event, lost_cb=on_lost)
    poll = bpf.perf_buffer_poll

session = Session()
while True:
    over, before = session.is_over, received
    poll(WAIT_MS)
    if over and received == before:
        break
if kind == "ring":
    lost = bpf["refused"][0].value
session.end(received, lost)
# An end in order makes bcc 0.26 complain about its own buffers.
os._exit(0)
