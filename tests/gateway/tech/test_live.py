"""What happens at a box is told to who listens, and to nobody for whom it is not."""

import json

import pytest

from gateway.tech import live
from gateway.tech.live import HEARTBEAT, Live, TooMany


def facts(line: bytes) -> dict:
    assert (line[:6], line[-2:]) == (b"data: ", b"\n\n")
    return json.loads(line[6:])


async def test_only_what_is_of_that_box_is_told_in_its_order():
    made = Live()
    stream = made.listen("box-a", lambda: True)
    assert facts(await anext(stream)) == {"event": "listening", "box": "box-a"}
    made.told("box-b", "kept", to=9)
    made.told("box-a", "status", state="online")
    made.told("box-a", "kept", to=3)
    assert facts(await anext(stream)) == {"event": "status", "state": "online"}
    assert facts(await anext(stream)) == {"event": "kept", "to": 3}
    await stream.aclose()
    assert made.listeners == 0


async def test_who_is_slow_is_told_how_much_went_by():
    made = Live()
    stream = made.listen("box-a", lambda: True)
    await anext(stream)
    for number in range(live.LEFT + 5):
        made.told("box-a", "kept", to=number)
    assert facts(await anext(stream)) == {"event": "missed", "events": 5}
    assert facts(await anext(stream)) == {"event": "kept", "to": 5}
    await stream.aclose()


async def test_a_line_breaks_no_event():
    made = Live()
    stream = made.listen("box-a", lambda: True)
    await anext(stream)
    made.told("box-a", "status", firmware="a\n\ndata: {}\r\n")
    line = await anext(stream)
    assert line.count(b"\n") == 2
    assert facts(line)["firmware"] == "a\n\ndata: {}\r\n"
    await stream.aclose()


async def test_it_ends_when_the_technician_may_not_come_in_any_more():
    made, welcome = Live(heartbeat_s=0.01), [True]
    stream = made.listen("box-a", lambda: welcome[0])
    await anext(stream)
    assert await anext(stream) == HEARTBEAT
    welcome[0] = False
    made.told("box-a", "kept", to=1)
    rest = [line async for line in stream]
    assert facts(rest[-1]) == {"event": "ended"}
    assert b"kept" not in b"".join(rest)
    assert made.listeners == 0


async def test_there_are_never_too_many_and_a_stream_that_nobody_looks_at_takes_no_room():
    made = Live()
    for _ in range(3 * live.MOST):
        made.listen("box-a", lambda: True)
    streams = [made.listen("box-a", lambda: True) for _ in range(live.MOST)]
    for stream in streams:
        await anext(stream)
    with pytest.raises(TooMany):
        made.listen("box-b", lambda: True)
    await streams[0].aclose()
    last = made.listen("box-b", lambda: True)
    await anext(last)
    for stream in [*streams[1:], last]:
        await stream.aclose()
    assert made.listeners == 0
