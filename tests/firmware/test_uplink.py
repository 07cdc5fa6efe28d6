"""A gateway whose disk is full, as a whole box shows it: to who keeps the box, for as long as it is so."""

import asyncio

import pytest

from firmware.wire import topics
from firmware.wire.ruling import Notice, encode_notice
from tests.firmware.link.rig import Gateway
from tests.firmware.rig import Box, gate

GATEWAY_BOOT = "00000000000a"
IMPATIENT = {"patience_ms": 300, "patience_cap_ms": 600, "no_gateway_after_ms": 1000}


def notice(gateway: Gateway, state: str) -> None:
    gateway.client.publish(topics.NOTICE, encode_notice(Notice("gw-1", GATEWAY_BOOT, state)))


def states(gateway: Gateway) -> list[object]:
    return [seen.get("gateway_state") for seen in gateway.statuses if seen["state"] == "online"]


async def shows_full(gateway: Gateway, box: Box, times: int = 1) -> None:
    notice(gateway, "full")
    await box.face("gateway_full", times=times)
    await gateway.until(lambda: "full" in states(gateway))


async def test_a_full_gateway_is_shown_told_and_over_when_it_says_so(tmp_path):
    async with gate(tmp_path, link=IMPATIENT) as (_, gateway, reader, box):
        gateway.beacon()
        await box.event("link", state="up")
        gateway.acks = False
        await reader.show_codes([b"before"])
        await box.face("stored", seq=1)
        await shows_full(gateway, box)
        await asyncio.sleep(1.5)  # it acks nothing, and for longer than a box waits to say that nobody is there
        assert box.faces("no_gateway") == []
        await reader.show_codes([b"while it is full"])
        await box.face("stored", seq=2)
        gateway.acks = True
        notice(gateway, "ok")
        await box.event("notice", state="ok")
        await box.face("delivered", complete_to=2)
        await gateway.until(lambda: states(gateway)[-1] == "ok")
        counters = gateway.statuses[-1]["counters"]
        assert (counters["notice_full"], counters["notice_ok"]) == (1, 1)


async def test_three_beacons_without_a_notice_end_it(tmp_path):
    async with gate(tmp_path) as (_, gateway, _reader, box):
        await box.event("link", state="up")
        await shows_full(gateway, box)
        for mono_ms in (1000, 2000):
            gateway.beacon(mono_ms)
        notice(gateway, "full")  # still: what was silent before does not count
        for mono_ms in (3000, 4000):
            gateway.beacon(mono_ms)
        await gateway.until(lambda: bool(gateway.heard))
        await asyncio.sleep(0.3)
        assert [line["state"] for line in box.lines if line.get("event") == "notice"] == ["full"]
        gateway.beacon(5000)
        await box.event("notice", state=None)
        await gateway.until(lambda: states(gateway)[-1] is None)
        assert gateway.statuses[-1]["counters"]["notice_silent"] == 1
        await shows_full(gateway, box, times=2)


@pytest.mark.parametrize("state", ["ok", "too_warm"])
async def test_another_state_is_told_and_shows_nothing(tmp_path, state):
    async with gate(tmp_path) as (_, gateway, _reader, box):
        await box.event("link", state="up")
        notice(gateway, state)
        await gateway.until(lambda: state in states(gateway))
        assert box.faces("gateway_full") == []


async def test_a_notice_that_is_not_in_its_form_is_counted_and_changes_nothing(tmp_path):
    async with gate(tmp_path) as (_, gateway, _reader, box):
        await box.event("link", state="up")
        for payload in (b"", b"1 notice gw-1 00000000000a\n", b"1 notice gw-1 00000000000a FULL\n", b"\xff" * 900):
            gateway.client.publish(topics.NOTICE, payload)
        await gateway.until(lambda: gateway.statuses[-1].get("counters", {}).get("notice_header", 0) >= 3)
        assert gateway.statuses[-1]["counters"]["notice_field"] == 1
        assert set(states(gateway)) == {None}
        assert box.faces("gateway_full") == []
