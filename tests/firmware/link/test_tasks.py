"""The box's own asyncio helpers, on the real interpreter: whoever is ended ends, whatever it was waiting for."""

import pytest

from scripts.firmware_build import run_micropython

PROGRAM = """
import asyncio
from firmware.link.tasks import first_end, wait_for_event

async def sender(event, limit_ms):
    while True:
        await wait_for_event(event, limit_ms)

async def nested(event, limit_ms):
    await first_end(sender(event, limit_ms), sender(asyncio.Event(), 60000))

async def failing(event, after_ms, passes):
    await asyncio.sleep_ms(after_ms)
    if event:
        event.set()
    for _ in range(passes):
        await asyncio.sleep_ms(0)
    raise ValueError("end")

async def trial(sends, fails, turned):
    try:
        await (first_end(fails, sends) if turned else first_end(sends, fails))
    except ValueError:
        print("ended")

async def main():
    for number in range(TRIALS):
        for make in (sender, nested):
            event = asyncio.Event()
            await trial(make(event, LIMIT_MS), failing(event if SETS else None, 5, number % 9), number % 2)

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("limit_ms", "sets", "trials"),
    [
        (5, False, 150),  # the limit runs out in the pass in which the other one fails
        (60_000, True, 18),  # the event comes just before
        (60_000, False, 18),  # nothing happens at all
    ],
)
def test_when_one_fails_the_others_end_even_in_the_moment_in_which_their_own_wait_does(
    limit_ms, sets, trials, tmp_path
):
    program = PROGRAM.replace("LIMIT_MS", str(limit_ms)).replace("SETS", str(sets)).replace("TRIALS", str(trials))
    done = run_micropython(["-c", program], cwd=tmp_path, timeout_s=30)
    assert done.stderr == b""
    assert done.stdout.split() == [b"ended"] * 2 * trials
