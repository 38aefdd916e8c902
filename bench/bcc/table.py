"""table.py items|batch: reads a table of a million entries."""

import sys
import time

from bcc import BPF
from protocol import ENTRIES, report, text

bpf = BPF(text=text("table"))
table = bpf["table"]
keys = (table.Key * ENTRIES)(*range(ENTRIES))
values = (table.Leaf * ENTRIES)(*range(ENTRIES))
table.items_update_batch(keys, values)

# What items_lookup_batch gives are plain numbers.
start = time.perf_counter()
if sys.argv[1] == "batch":
    numbers = [value for _, value in table.items_lookup_batch()]
else:
    numbers = [value.value for _, value in table.items()]
total = sum(numbers)
took = time.perf_counter() - start
assert (len(numbers), total) == (ENTRIES, ENTRIES * (ENTRIES - 1) // 2), (len(numbers), total)
report(read_ms=took * 1e3)
