#!/usr/bin/python3
"""What bcc prints for the content of maps: writes a case a line, as JSON, to standard output.

    bench/with_bcc.sh bcc-runtime/tests/golden/histograms.py > bcc-runtime/tests/golden/histograms.jsonl
    bench/with_bcc.sh bcc-runtime/tests/golden/histograms.py 500 7 > FILE    500 by chance, with seed 7

`BCC_GOLDEN_HISTOGRAMS=FILE cargo test -p bcc-runtime --lib histogram` compares such a file.

A case is a map's content, `[id, slot, count]` each (without an id where the map has none), how it is
printed, and the `text` that bcc's methods print for maps of the kernel with that content.
"""

import contextlib
import io
import json
import random
import sys

from bcc import BPF

TEXT = """
struct part_t { s64 id; u64 slot; };
BPF_ARRAY(log2_array, u64, 65);
BPF_ARRAY(linear_array, u64, 1025);
BPF_HASH(hash, u64, u64);
BPF_HASH(parts, struct part_t, u64);
"""
bpf = BPF(text=TEXT)

MOST = 2**64 - 1
PRINT = {"plain": None, "hex": hex, "disk": lambda number: "sd%s" % number}


def fill(case):
    """The map with the content of the case, and nothing else."""
    kind = "linear_" if case["linear"] else "log2_"
    name = kind + "array" if case["map"] == "array" else "hash"
    table = bpf["parts" if case["has_ids"] else name]
    table.clear()
    for entry in case["counts"]:
        if case["has_ids"]:
            key = table.Key(entry[0], entry[1])
        else:
            key = table.Key(entry[0])
        table[key] = table.Leaf(entry[-1])
    return table


def printed(case):
    table = fill(case)
    options = {"val_type": case["val_type"], "strip_leading_zero": case["strip"]}
    if case["has_ids"]:
        options["section_header"] = case["header"]
        options["section_print_fn"] = PRINT[case["print"]]
        options["bucket_sort_fn"] = sorted
        if case["shift"]:
            options["bucket_fn"] = lambda number: number >> case["shift"]
    method = table.print_linear_hist if case["linear"] else table.print_log2_hist
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        method(**options)
    return out.getvalue()


def case(counts, **other):
    made = {
        "linear": False,
        "map": "hash",
        "val_type": "usecs",
        "header": "Bucket ptr",
        "print": "plain",
        "shift": 0,
        "strip": False,
    }
    made.update(other)
    made["has_ids"] = any(len(entry) == 3 for entry in counts) or "header" in other
    made["counts"] = counts
    made["text"] = printed(made)
    print(json.dumps(made))


def fixed():
    few = [[0, 5], [3, 1], [4, 17], [5, 1000], [6, 333], [9, 24], [10, 25]]
    contents = [
        few,
        [],
        [[0, 7]],
        [[1, 0], [5, 0]],
        [[1, 1]],
        [[32, 1], [2, 3]],
        [[33, 7], [2, 14]],
        [[64, MOST], [63, MOST - 1], [1, 1]],
        [[12, 2**53], [13, 2**53 + 1], [14, 2**52 - 1]],
        [[number, number] for number in range(1, 41)],
        [[20, 100000000], [21, 99999999]],
    ]
    for linear in [False, True]:
        for strip in [False, True]:
            for counts in contents:
                case(counts, linear=linear, strip=strip)
            case(few, linear=linear, strip=strip, map="array")
    case([[1024, 3], [1000, 9]], linear=True)
    case([[1024, 3], [1000, 9]], linear=True, map="array", strip=True)
    case(few, val_type="")
    case(few, val_type="a name that is longer than its column is wide")
    case(few, val_type="\u00b5s")
    sections = [[8, 2, 4], [8, 3, 2], [3, 1, 1], [-2, 0, 5], [19, 40, 6], [7, 1, 0]]
    for linear in [False, True]:
        case(sections, linear=linear)
        for how in PRINT:
            case(sections, linear=linear, header="disk", print=how, strip=True)
        # Nothing else is in the same slot of a bucket: there bcc keeps one of the counts.
        case(sections, linear=linear, header="bucket", print="hex", shift=2)
        case([], linear=linear, header="disk")


def by_chance(count, seed):
    chance = random.Random(seed)

    def number():
        return chance.choice(
            [
                chance.randrange(0, 4),
                chance.randrange(0, 1000),
                chance.randrange(0, 2**32),
                chance.randrange(0, 2**64),
                min(MOST, max(0, 2 ** chance.randrange(0, 65) + chance.randrange(-2, 3))),
            ]
        )

    for _ in range(count):
        linear = chance.random() < 0.5
        has_ids = chance.random() < 0.4
        slots = chance.choice([2, 12, 33, 34, 65] + ([300, 1025] if linear and not has_ids else []))
        shift = chance.choice([0, 0, 1, 4])
        content = {}
        for _ in range(chance.randrange(0, 25)):
            slot = chance.randrange(0, slots)
            if has_ids:
                identity = chance.choice([chance.randrange(-3, 12), chance.randrange(-(2**63), 2**63)])
                content[identity >> shift, slot] = [identity, slot, number()]
            else:
                content[slot] = [slot, number()]
        other = {"header": chance.choice(["pid", "disk"])} if has_ids else {}
        case(
            list(content.values()),
            linear=linear,
            map=chance.choice(["hash", "array"]),
            print=chance.choice(list(PRINT)),
            shift=shift,
            strip=chance.random() < 0.5,
            **other,
        )


if len(sys.argv) > 1:
    by_chance(int(sys.argv[1]), int(sys.argv[2]))
else:
    fixed()
