"""instructions.py FILE...: how many instructions bcc makes of each text, as it gives them to the kernel."""

import json
import sys
from pathlib import Path

from bcc import BPF, lib

# Nothing is to be loaded or attached: the kernel may have no kprobes.
BPF._trace_autoload = lambda self: None


# By the beginning of a function's name, the types it can be loaded as.
TYPES = {
    b"tracepoint__": [BPF.TRACEPOINT],
    b"raw_tracepoint__": [BPF.RAW_TRACEPOINT],
    b"": [BPF.KPROBE, BPF.PERF_EVENT],
}


def loads(bpf, name):
    """Whether the kernel takes the function: code that it refuses is not to be compared with."""
    types = next(types for start, types in TYPES.items() if name.startswith(start))
    for kind in types:
        try:
            bpf.load_func(name, kind)
            return True
        except Exception:
            bpf.funcs.pop(name, None)
    return False


def count(path):
    try:
        bpf = BPF(src_file=path)
    except Exception:
        return "bcc does not compile this text"
    names = [lib.bpf_function_name(bpf.module, i) for i in range(lib.bpf_num_functions(bpf.module))]
    if not all(loads(bpf, name) for name in names):
        return "the kernel refuses what bcc makes of this text"
    return sum(lib.bpf_function_size(bpf.module, name) for name in names) // 8


for path in sys.argv[1:]:
    print(json.dumps({"name": Path(path).stem, "instructions": count(path)}), flush=True)
