# Runs on MicroPython: the reader loop on a tty, every call-back one line of JSON on standard output.
#   micropython drive.py TTY WANTED_JSON
# A line on standard input is an order: trigger, reinit, test, or write (which stands for one that masks interrupts).

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


def loaded():
    room = "firmware.scanner."
    return [name[len(room) :] for name in sys.modules if name.startswith(room)]


async def count(loop, port):
    while True:
        await asyncio.sleep_ms(COUNTERS_MS)
        gc.collect()
        say(counters=loop.counters, baud=port.baud, heap=gc.mem_alloc(), model=loop.model, loaded=loaded())


async def orders(loop):
    stream = asyncio.StreamReader(sys.stdin)
    while True:
        order = (await stream.readline()).decode().strip()
        if order == "trigger":
            say(trigger=await loop.trigger())
        elif order == "reinit":
            loop.reinit()
        elif order == "test":
            say(test=await loop.self_test())
        elif order == "write":
            loop.hold()
            time.sleep_ms(45)
            loop.release()
        else:
            return


async def main():
    port = SerialPort(sys.argv[1], 9600)
    loop = ReaderLoop(port, time.ticks_ms, json.loads(sys.argv[2]), on_code, on_state, on_refused)
    tasks = [asyncio.create_task(count(loop, port)), asyncio.create_task(orders(loop))]
    await loop.run()
    return tasks


asyncio.run(main())
