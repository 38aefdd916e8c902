#!/usr/bin/python3
"""Our tools and bcc's at the same time, on the same load of known size: do they count the same?

Started by side_by_side.sh: side_by_side.py TOOLS_FOLDER WORK_FOLDER [TOOL...]
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
PYTHON = ["/usr/bin/python3", "-u"]
PORT = "47321"
NOWHERE = "/no-such-folder/side-by-side"


def lines(pattern):
    """Counts the lines that match."""
    return lambda text: len(re.findall(pattern, text, re.MULTILINE))


def last(text):
    """What was printed last, behind a time of day."""
    return re.split(r"^\[?\d\d:\d\d:\d\d\]?$", text, flags=re.MULTILINE)[-1]


def histogram(text):
    """Sums up the rows of a histogram."""
    return sum(int(count) for count in re.findall(r"-> \d+ +: (\d+) ", last(text)))


def rows(text):
    """The rows of a histogram themselves."""
    return re.findall(r"\d+ -> \d+ +: \d+ +\|.*\|", last(text))


def named(name):
    """The count behind a name."""
    return lambda text: int((re.findall(rf"{name} +(\d+)$", text, re.MULTILINE) or [0])[-1])


def folded(text):
    return sum(int(count) for count in re.findall(r" (\d+)$", text, re.MULTILINE))


def dropped(text):
    return sum(int(count) for count in re.findall(r"^17: (\d+) pkt$", text, re.MULTILINE))


# Tool: load, how many, its argument; ours; bcc's; how to count; how far apart they may be. `{pid}` is
# that of the load.
CASES = {
    "opensnoop": (
        ["opens", 1000, NOWHERE], ["opensnoop", "-p", "{pid}"],
        ["opensnoop-bpfcc", "-p", "{pid}"], lines(rf"{NOWHERE}$"), 0),
    "execsnoop": (
        ["execs", 100, "side-by-side"], ["execsnoop", "-P", "{pid}"],
        ["execsnoop-bpfcc", "-P", "{pid}"], lines(r"/bin/true side-by-side \d+$"), 0),
    "tcpconnect": (
        ["connects", 200, PORT], ["tcpconnect", "-P", PORT],
        ["tcpconnect-bpfcc", "-P", PORT], lines(rf"127\.0\.0\.1 +127\.0\.0\.1 +{PORT} *$"), 0),
    "biolatency": (
        ["reads", 500, "{disk}"], ["biolatency", "--disk", "{diskname}"],
        ["biolatency-bpfcc", "-d", "{diskname}"], histogram, 0),
    "runqlat": (
        ["sleeps", 500], ["runqlat", "-p", "{pid}"],
        ["runqlat-bpfcc", "-p", "{pid}"], histogram, 0.02),
    "funccount": (
        ["calls", 5000], ["funccount", "-p", "{pid}", "c:getppid"],
        ["funccount-bpfcc", "-p", "{pid}", "c:getppid"], named("getppid"), 0),
    "argdist": (
        ["writes", 5000], ["argdist", "-p", "{pid}", "c:pwrite", "3"],
        ["argdist-bpfcc", "-p", "{pid}", "-c", "-H",
         "p:c:pwrite(int fd, const void *buf, size_t len):size_t:len"], histogram, 0),
    "profile": (
        ["spins", 4000], ["profile", "-p", "{pid}", "-F", "99", "-f"],
        ["profile-bpfcc", "-p", "{pid}", "-F", "99", "-f"], folded, 0.05),
    "usdt": (
        ["passes", 200], ["usdt", "-p", "{pid}", "usdt_test:numbers"],
        ["trace-bpfcc", "-p", "{pid}", "u:{target}:numbers"], lines(r" numbers\b"), 0),
    "xdp_drop_count": (
        ["packets", 3000, "10.77.{lane}.2"], ["xdp_drop_count", "-S", "sbs{lane}b"],
        ["bcc/xdp_drop_count.py", "sbs{lane}b"], dropped, 0),
}

# One after the other, with a load each: bcc 0.26 hands the kernel a number it never set as the place of a
# semaphore, so that nobody else can attach to the same place of a binary.
IN_TURN = {"funccount", "argdist", "usdt"}
# At the same time, with a load each: a device has one such program.
TWO_LOADS = {"xdp_drop_count"}


def run(*command):
    subprocess.run(command, check=True)


def device(lane):
    """A pair of devices, one of which sends to the other, which drops all."""
    one, other = f"sbs{lane}a", f"sbs{lane}b"
    run("ip", "link", "add", one, "type", "veth", "peer", "name", other)
    run("ip", "address", "add", f"10.77.{lane}.1/24", "dev", one)
    for name in [one, other]:
        run("ip", "link", "set", name, "up")
    # Nobody answers who has the address.
    run("ip", "neighbour", "add", f"10.77.{lane}.2", "lladdr", "02:00:00:00:00:01", "dev", one)


class Load:
    """A load that waits to be told."""

    def __init__(self, kind, count, *rest, target=None):
        if kind == "passes":
            command = [target]
        else:
            command = [*PYTHON, HERE / "load.py", kind, str(count), *rest]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        self.passes = count if kind == "passes" else 1
        assert self.process.stdout.readline() == "ready\n"

    def act(self):
        for _ in range(self.passes):
            self.process.stdin.write("\n")
            self.process.stdin.flush()
            self.process.stdout.readline()

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def open_files(pid):
    names = []
    for file in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            names.append(os.readlink(file))
        except FileNotFoundError:
            pass  # It is closed meanwhile.
    return " ".join(names)


def wait_until_attached(process, seconds):
    """Until the process holds a program that is attached, and a while longer."""
    end = time.monotonic() + 900
    while time.monotonic() < end and process.poll() is None:
        if re.search("perf_event|bpf_link|bpf-prog|raw-tracepoint", open_files(process.pid)):
            break
        time.sleep(0.1)
    time.sleep(seconds)


def command(tools, words, parts):
    """A command line: ours by name, bcc's from the system or from the folder of ours."""
    name, *arguments = [part.format(**words) for part in parts]
    if name.endswith(".py"):
        return [*PYTHON, str(HERE / name), *arguments]
    return [name if name.endswith("-bpfcc") else str(tools / name), *arguments]


def watch(commands, loads):
    """What the commands print while the loads act."""
    outputs = [tempfile.TemporaryFile("w+", errors="replace") for _ in commands]
    environment = dict(os.environ, PYTHONUNBUFFERED="1")
    processes = [
        subprocess.Popen(line, stdout=out, stderr=subprocess.STDOUT, env=environment)
        for line, out in zip(commands, outputs)
    ]
    for process in processes:
        wait_until_attached(process, 3)
    for load in loads:
        load.act()
    time.sleep(2)
    texts = []
    for process, out in zip(processes, outputs):
        process.send_signal(signal.SIGINT)
        process.wait(60)
        out.seek(0)
        texts.append(out.read())
        if re.search("Traceback|Error|ailed", texts[-1]) or not texts[-1]:
            print(" ".join(process.args), texts[-1][-1500:], sep="\n", file=sys.stderr)
    for load in loads:
        load.end()
    return texts


def both(tool, tools, words):
    """What the two print."""
    load_words, ours, theirs, *_ = CASES[tool]

    def load(lane):
        words["lane"] = lane
        filled = [part.format(**words) if isinstance(part, str) else part for part in load_words]
        made = Load(*filled, target=words["target"])
        words["pid"] = str(made.process.pid)
        return made

    if tool in IN_TURN:
        first = load("1")
        texts = watch([command(tools, words, ours)], [first])
        second = load("2")
        return texts + watch([command(tools, words, theirs)], [second])
    loads = [load("1")]
    commands = [command(tools, words, ours)]
    if tool in TWO_LOADS:
        loads.append(load("2"))
    commands.append(command(tools, words, theirs))
    return watch(commands, loads)


def main(tools, work, *names):
    source = HERE / "../tests/tests/usdt/target.c"
    target, library = work / "target", work / "libtarget.so"
    run("cc", "-O1", "-shared", "-fPIC", "-DLIBRARY", "-o", library, source)
    run("cc", "-O1", "-no-pie", "-o", target, source, library, f"-Wl,-rpath,{work}")
    run("ip", "link", "set", "lo", "up")
    words = {"target": str(target), "disk": "/dev/nullb0", "diskname": "nullb0"}
    if "biolatency" in names:
        run("modprobe", "null_blk", "nr_devices=1", "gb=1")
    if "xdp_drop_count" in names:
        device(1)
        device(2)
    print("| tool | expected | ours | bcc | equal? |\n|---|---|---|---|---|")
    equal = True
    for tool in names:
        expected = CASES[tool][0][1]
        about = {"profile": expected * 99 // 1000, "runqlat": f"{expected} or more"}
        _, _, _, count, tolerance = CASES[tool]
        texts = both(tool, tools, words)
        ours, theirs = map(count, texts)
        apart = abs(ours - theirs)
        if apart > tolerance * max(ours, theirs) or tool == "argdist" and rows(texts[0]) != rows(texts[1]):
            verdict = "NO"
        else:
            verdict = "yes" if apart == 0 else f"within {tolerance:.0%}"
        exact = tool in about or ours == expected
        equal = equal and verdict != "NO" and exact and ours > 0
        print(f"| {tool} | {about.get(tool, expected)} | {ours} | {theirs} | {verdict} |", flush=True)
    sys.exit(0 if equal else 1)


main(Path(sys.argv[1]), Path(sys.argv[2]), *(sys.argv[3:] or CASES))
