#!/usr/bin/python3
"""A load of known size: does something so many times when it reads a line, then waits for another.

    bench/load.py opens|execs|connects|reads|sleeps|calls|writes|spins|packets COUNT [ARGUMENT]

The first line it prints is `ready`; the second, when all is done, `done`.
"""

import ctypes
import mmap
import os
import socket
import subprocess
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)


def opens(count, path):
    for _ in range(count):
        try:
            os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            # So that nobody loses events.
            time.sleep(0.001)


def execs(count, mark):
    for number in range(count):
        subprocess.run(["/bin/true", mark, str(number)], check=True)


def connects(count, port):
    with socket.create_server(("127.0.0.1", int(port)), backlog=128) as server:
        for _ in range(count):
            with socket.create_connection(server.getsockname()):
                server.accept()[0].close()


def reads(count, disk):
    file = os.open(disk, os.O_RDONLY | os.O_DIRECT)
    buffer = mmap.mmap(-1, 4096)
    for number in range(count):
        os.preadv(file, [buffer], 4096 * (number % 1000))


def sleeps(count):
    for _ in range(count):
        time.sleep(0.001)


def calls(count):
    for _ in range(count):
        libc.getppid()


def writes(count):
    null = os.open("/dev/null", os.O_WRONLY)
    for number in range(count):
        libc.pwrite(null, bytes(1000), number % 1000, 0)


def spins(milliseconds):
    end = time.process_time() + milliseconds / 1000
    while time.process_time() < end:
        pass


def packets(count, address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(count):
            sender.sendto(b"side by side", (address, 9))


kind, count, *rest = sys.argv[1:]
act = globals()[kind]
print("ready", flush=True)
sys.stdin.readline()
act(int(count), *rest)
print("done", flush=True)
sys.stdin.readline()
