# Runs on MicroPython: the reader loop on a tty, every call-back one line of JSON on standard output.
#   micropython drive.py TTY WANTED_JSON
# A line on standard input pulls the trigger.

import asyncio
import gc
import json
import sys
import time

from firmware.boards.serial import SerialPort
from firmware.scanner.uart import ReaderLoop

COUNTERS_MS = 100


def say(**facts):
    sys.stdout.write(json.dumps(facts) + "\n")


def on_code(code, done_ms):
    if code == b"ValueError":
        raise ValueError("from a call-back")
    say(code=code.hex(), done_ms=done_ms)


def on_state(state, detail):
    say(state=state, detail=detail)


def on_refused(reason, length):
    say(refused=reason, length=length)


async def count(loop, port):
    while True:
        await asyncio.sleep_ms(COUNTERS_MS)
        gc.collect()
        say(counters=loop.counters, baud=port.baud, heap=gc.mem_alloc())


async def orders(loop):
    stream = asyncio.StreamReader(sys.stdin)
    while await stream.readline():
        say(trigger=await loop.trigger())


async def main():
    port = SerialPort(sys.argv[1], 9600)
    loop = ReaderLoop(port, time.ticks_ms, json.loads(sys.argv[2]), on_code, on_state, on_refused)
    tasks = [asyncio.create_task(count(loop, port)), asyncio.create_task(orders(loop))]
    await loop.run()
    return tasks


asyncio.run(main())
