# Runs on MicroPython: watched_box.py STORY TIMEOUT_MS   Tasks, their watch, and the linux board's watchdog: the
# kernel's timer. Ends by itself with 0 if the box has lived through it.

import asyncio
import sys
import time

from firmware import supervise
from firmware.boards.linux import Board

supervise.FEED_MS = 50


class Watched(Board):
    # the board's watchdog, without its reader, flash and face
    def __init__(self):
        pass


LIMITS = {"reader": 300, "link": 300}


async def lives(watch, name):
    while True:
        watch.beat(name)
        await asyncio.sleep_ms(20)


async def never_comes(watch):
    watch.beat("link")
    await asyncio.Event().wait()


async def never_gives_way(watch):
    await asyncio.sleep_ms(100)
    print("busy")
    while True:
        pass


async def slow_flash(watch):
    for _ in range(2):
        watch.beat("link")
        time.sleep_ms(2000)  # one write that takes that long, and nothing else moves meanwhile
        await asyncio.sleep_ms(20)
    await lives(watch, "link")


async def fails_again_and_again(watch):
    async def start():
        watch.beat("link")
        await asyncio.sleep_ms(20)
        raise OSError(5)

    def say(event, **facts):
        pass

    supervise._FIRST_PAUSE_MS = supervise._LONGEST_PAUSE_MS = 20
    await supervise.keep_running("link", start, time.ticks_ms, lambda name: None, say)


async def is_fed_by_nobody(watch):
    await asyncio.sleep_ms(100)
    raise KeyboardInterrupt


async def main(story, timeout_ms):
    watch = supervise.Watch(LIMITS, time.ticks_ms)
    dog = Watched().watchdog(timeout_ms)
    tasks = [
        lives(watch, "reader"),
        lives(watch, "link") if story == "lives" else globals()[story](watch),
        supervise.guard(watch, dog.feed, lambda name: print("late", name)),
    ]
    tasks = [asyncio.create_task(task) for task in tasks]
    await asyncio.sleep_ms(2 * timeout_ms + 500)
    print("alive")
    return tasks


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
