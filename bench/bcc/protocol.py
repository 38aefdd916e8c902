"""What a program that is measured says to the driver; see protocol/src/lib.rs."""

import json
import sys
import threading
from pathlib import Path

ENTRIES = 1_000_000
WAIT_MS = 100


def text(name):
    """The program that this project's side runs as well."""
    return (Path(__file__).parent.parent / "text" / (name + ".c")).read_text()


def report(**figures):
    print(json.dumps(figures), flush=True)


def peak_kb():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1])


class Session:
    """A reader of events and the driver."""

    def __init__(self):
        self.is_over = False
        self.listener = threading.Thread(target=self.listen)
        self.listener.start()
        print("ready", flush=True)

    def listen(self):
        sys.stdin.readline()
        self.is_over = True
        sys.stdin.readline()

    def end(self, received, lost):
        report(received=received, lost=lost)
        self.listener.join()
