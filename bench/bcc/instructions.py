"""instructions.py FILE...: how many instructions bcc makes of each text, as it gives them to the kernel."""

import json
import sys
from pathlib import Path

from bcc import BPF, lib

# Nothing is to be loaded or attached: the kernel may have no kprobes.
BPF._trace_autoload = lambda self: None


def count(path):
    bpf = BPF(src_file=path)
    functions = range(lib.bpf_num_functions(bpf.module))
    return sum(lib.bpf_function_size(bpf.module, lib.bpf_function_name(bpf.module, i)) for i in functions) // 8


for path in sys.argv[1:]:
    try:
        counted = count(path)
    except Exception as error:
        counted = str(error)
    print(json.dumps({"name": Path(path).stem, "instructions": counted}), flush=True)
