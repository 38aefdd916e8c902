#!/usr/bin/python3
"""What bcc makes of lines of the kernel's trace: writes a line and what came out of it, as JSON, to
standard output.

    bcc-runtime/tests/golden/traces.py > bcc-runtime/tests/golden/traces.jsonl
    bcc-runtime/tests/golden/traces.py 500 7 > FILE     500 by chance, with seed 7

`BCC_GOLDEN_TRACES=FILE cargo test -p bcc-runtime --lib trace` compares such a file.

`read` is what `trace_readline` gives; `fields` what `trace_fields` gives, null if it passes the line
over. bcc gives bytes: here they are text. Its `trace_print` prints what `trace_readline` gives as the
bytes' `repr`, which nothing of ours imitates.
"""

import io
import json
import random
import sys

from bcc import BPF


def made_of(line):
    """A `BPF` that reads the line instead of the kernel's trace."""
    bpf = BPF.__new__(BPF)
    bpf.trace_open = lambda nonblocking=False, file=io.BytesIO(line.encode()): file
    return bpf


def case(line):
    read = made_of(line + "\n").trace_readline().decode()
    fields = made_of(line + "\n").trace_fields(nonblocking=True)
    if fields[0] is None:
        fields = None
    else:
        fields = [part.decode() if isinstance(part, bytes) else part for part in fields]
    print(json.dumps({"line": line, "read": read, "fields": fields}))


def event(task="cat", pid=4711, cpu=1, flags="d..31", time="12.5", message="hi"):
    return "%16s-%-7d [%03d] %s %12s: bpf_trace_printk: %s" % (task, pid, cpu, flags, time, message)


MESSAGES = ["hi", "", "  hi", "hi  ", "a: b: c", ": a", "a:b", "-1 [2] (3)", "\u00e4\u00f6", "1\t2", ":"]
TASKS = ["cat", "<...>", "tmux: server", "a-1 [000] b", "kworker/0:1-ev", "a", "0123456789abcde"]
TIMES = ["0.000001", "12.500000", "4294967.123456", "123456789.000000"]


def fixed():
    for message in MESSAGES:
        case(event(message=message))
    for task in TASKS:
        case(event(task=task))
    for time in TIMES:
        case(event(time=time))
    for flags in ["....", "d...1", "dNs41", "d..31"]:
        case(event(flags=flags))
    for pid in [0, 7, 4194304]:
        case(event(pid=pid))
    case(event(cpu=123))
    case("             cat-4711    [001] d..31 12.5: 0x00000001: hi")
    case("             cat-4711    [001] d..31 12.5: : hi")
    case("             cat-4711    [001] d..31 12.5: func+0x12: hi")
    case("CPU:1 [LOST 12 EVENTS]")
    case("# tracer: nop")


def by_chance(count, seed):
    chance = random.Random(seed)
    letters = "ab :-[]()._/0123456789<>"

    def text(length):
        return "".join(chance.choice(letters) for _ in range(chance.randrange(1, length)))

    for _ in range(count):
        task = chance.choice([chance.choice(TASKS), "x" + text(14).strip()])
        message = chance.choice([chance.choice(MESSAGES), text(30)])
        pid = chance.randrange(0, 4194305)
        time = "%d.%06d" % (chance.randrange(0, 10**7), chance.randrange(0, 10**6))
        flags = chance.choice(["d..31", "....", "dN.41"])
        case(event(task, pid, chance.randrange(0, 256), flags, time, message))


if len(sys.argv) > 1:
    by_chance(int(sys.argv[1]), int(sys.argv[2]))
else:
    fixed()
