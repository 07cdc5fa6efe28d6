# What is typed at the box's console (SPEC §18): set-up codes, and questions that are answered there.
#
# 1. This file stays loaded. What answers a question is loaded for it, and let go after.
# 2. A question is answered before the next line is read. An answer goes out line by line, and the other tasks get their
#    turn after each.

import asyncio

from firmware.modules import forget

_AGAIN_MS = 1000
_OURS = ("console.answer", "console.words")


async def listen(console, program, on_code):
    # `program`: App, Newcomer or Safe; its room() has the words that are its own. `on_code(text)` -> the verdict on a
    # set-up code, in a word.
    while True:
        line = await console.readline()
        if not line:  # nobody types any more, or not now
            await asyncio.sleep_ms(_AGAIN_MS)
            continue
        line = line.strip()
        if line.startswith(b"tram "):
            await _answer(console, program, line)
        elif line:
            console.write(("-> " + on_code(line) + "\r\n").encode())


async def _answer(console, program, line):
    from . import answer

    try:
        await answer.answer(console, program, program.room(), line)
    finally:
        del answer
        for name in _OURS + program.seldom:
            forget("firmware." + name)
