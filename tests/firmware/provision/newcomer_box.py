# Runs on MicroPython: a box's start as far as provisioning goes. newcomer_box.py [the linux board's arguments]
#
# A box with an identity and nothing to do says so and ends, or is shown the code in the file TRAM_OFFER; any other one
# is a newcomer until it resets itself.
import asyncio
import gc
import os
import sys

from firmware import config, modules, provision
from firmware.boards.linux import Board

board = Board(sys.argv[1:])
settings = config.load(board.config_path)
board.adopt(settings)
base, cas, is_rotating = provision.boot(board.system(), settings.box_id)
shown = os.getenv("TRAM_OFFER")
if shown and base is not None:
    with open(shown, "rb") as file:
        code = file.read()
    reason = provision.offer(board.system(), settings.box_id, code, board.button(), None, board.random_bytes)
    board.say("offered", {"reason": reason})
    sys.exit(0)
if base is not None:
    facts = dict(base["link"], box_id=base["box_id"], ca_bytes=len(cas[0]), rotating=is_rotating)
    facts.update(base["gate"])
    board.say("itself", facts)
    sys.exit(0)
modules.forget("firmware.provision")
modules.forget("firmware.config")
from firmware import newcomer  # noqa: E402

newcomer.GIVE_UP_MS = int(os.getenv("TRAM_GIVE_UP_MS"))
newcomer._LOOK_MS = 300  # nobody is looking

box = newcomer.Newcomer(board, settings, settings.box_id)
gc.threshold(16384)


async def main():
    watching = asyncio.create_task(watch_heap())
    await box.run()
    watching.cancel()


async def watch_heap():
    peak = 0
    while True:
        if gc.mem_alloc() > peak + 4096:
            peak = gc.mem_alloc()
            gc.collect()
            board.say("heap", {"peak": peak, "kept": gc.mem_alloc()})
        await asyncio.sleep_ms(20)


asyncio.run(main())
