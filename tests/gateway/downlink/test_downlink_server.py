"""What the server wishes reaches the boxes, and what came of it goes up: once, in time, in order."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from firmware.wire.command import Command, Result
from firmware.wire.update import Offer, Want
from gateway.downlink.downlink import LINGER_MS, Downlink, Limits
from gateway.downlink.events import Events
from gateway.downlink.pace import Waits
from gateway.downlink.store import Store
from gateway.downlink.turns import HANGS_MS
from tests.gateway.fleet import bundle, fleet_key

BOX, BOOT = "box-a", "aabbccddeeff"
NOW_MS = 1_793_500_000_000
WAITS = Waits(first_ms=1_000, longest_ms=4_000, least_ms=200)


class World:
    """A downlink with a real store and real events, a voice that is written down, a clock that a test sets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mono_ms = 1_000_000
        self.utc: tuple[int, int] | None = (NOW_MS - 200, NOW_MS + 300)
        self.boot = BOOT
        self.said: list[Any] = []
        self.statuses: dict[str, dict[str, Any]] = {}
        self.version = 0
        self.at_once = 1
        self.new()
        self.is_there()

    def new(self) -> None:
        """A gateway that was started anew."""
        self.store = Store(self.folder / "downlink", fleet_key().modulus, "gw-1")
        self.events = Events(self.folder / "events.log", self.boot, lambda: self.mono_ms)
        limits = Limits(0.02, WAITS, 1000.0, 3, HANGS_MS)
        self.downlink = Downlink(
            self.store,
            self,
            lambda: self.statuses,
            lambda: None,
            self.boot,
            lambda: self.mono_ms,
            limits,
            lambda: self.utc,
            self.events,
        )

    def is_there(self, box_id: str = BOX, session: int = 1, state: str = "online", **more: Any) -> None:
        self.statuses[box_id] = {"box_id": box_id, "state": state, "boot": 1, "session": session} | more

    def wish(self, **parts: Any) -> None:
        self.version += 1
        said = {"v": 1, "gateway_id": "gw-1", "version": self.version, "updates_at_once": self.at_once} | parts
        self.store.central.take(json.dumps(said).encode())

    def later(self, ms: int) -> None:
        self.mono_ms += ms
        if self.utc is not None:
            self.utc = (self.utc[0] + ms, self.utc[1] + ms)

    async def look(self) -> list[Any]:
        begin = len(self.said)
        await self.downlink.look()
        return self.said[begin:]

    def answers(self, number: int, outcome: str = "done", body: bytes = b"{}", box_id: str = BOX) -> str | None:
        return self.downlink.on_result(Result(box_id, f"{number:012x}", outcome, 1, 1, body))

    async def results(self) -> list[tuple[str, str, Any]]:
        found = await self.events.offer(500, 10**6, lambda *_: None)
        bodies = [one.said["body"] for one in found]
        return [(body["id"][-1], body["outcome"], body["body"]) for body in bodies]

    # --- the voice

    def command(self, one: Any) -> bool:
        self.said.append(one)
        return True

    settings = offer = piece = command

    def flush(self) -> None: ...


def command(number: int, within_ms: int = 60_000, box_id: str = BOX, name: str = "identify") -> dict[str, Any]:
    expires_ms = NOW_MS + within_ms
    return {"id": f"{number:012x}", "box_id": box_id, "name": name, "argument": None, "expires_utc_ms": expires_ms}


@pytest.fixture
def it(tmp_path: Path) -> World:
    return World(tmp_path)


# --- commands


async def test_a_command_goes_with_a_deadline_on_our_clock_that_is_not_later_than_meant(it: World) -> None:
    it.wish(commands=[command(1)])
    (said,) = await it.look()
    assert said == Command(BOX, f"{1:012x}", BOOT, it.mono_ms + 60_000 - 300, "identify", b"")


async def test_several_for_a_box_go_in_the_servers_order(it: World) -> None:
    it.wish(commands=[command(number) for number in (5, 2, 9)])
    assert [one.id[-1] for one in await it.look()] == ["5", "2", "9"]


async def test_while_utc_is_not_known_a_command_waits_and_is_neither_given_nor_over(it: World) -> None:
    it.utc = None
    it.wish(commands=[command(1, -1)])
    assert await it.look() == []
    assert await it.results() == []
    it.utc = (NOW_MS, NOW_MS)
    assert await it.look() == []
    assert await it.results() == [("1", "expired", None)]


async def test_what_came_of_it_goes_up_once_and_it_is_not_given_again(it: World) -> None:
    it.wish(commands=[command(1)])
    await it.look()
    assert it.answers(1, "done", b'{"rssi":-60}') is None
    assert it.answers(1, "done", b'{"rssi":-60}') is None
    await it.look()
    it.later(10_000)
    it.wish(commands=[command(1)])
    assert await it.look() == []
    assert await it.results() == [("1", "done", {"rssi": -60})]


async def test_after_a_restart_an_answered_command_is_not_given_again_and_its_result_is_there(it: World) -> None:
    it.wish(commands=[command(1), command(2)])
    await it.look()
    it.answers(1)
    await it.look()
    it.new()
    assert [one.id[-1] for one in await it.look()] == ["2"]
    assert await it.results() == [("1", "done", {})]


async def test_a_log_goes_up_as_text(it: World) -> None:
    it.wish(commands=[command(1, name="fetch_log")])
    await it.look()
    it.answers(1, "done", "dòng mới nhất".encode())
    await it.look()
    assert await it.results() == [("1", "done", "dòng mới nhất")]


async def test_one_whose_box_never_comes_is_over_in_time_and_that_goes_up(it: World) -> None:
    it.is_there(state="gone")
    it.wish(commands=[command(1)])
    assert await it.look() == []
    it.later(59_000)
    await it.look()
    assert await it.results() == []
    it.later(1_000)
    await it.look()
    await it.look()
    assert await it.results() == [("1", "expired", None)]
    it.is_there()
    assert await it.look() == []


async def test_a_gateway_that_was_away_for_a_week_says_of_every_command_that_it_is_over_and_gives_the_new_ones(
    it: World,
) -> None:
    week_ms = 7 * 86_400_000
    it.later(week_ms)
    old = [command(number, number * 3_600_000) for number in (1, 2, 3)]
    it.wish(commands=[*old, command(4, week_ms + 60_000)])
    assert [one.id[-1] for one in await it.look()] == ["4"]
    assert await it.results() == [("1", "expired", None), ("2", "expired", None), ("3", "expired", None)]


async def test_an_answer_under_way_at_the_deadline_goes_up_too_also_when_the_server_names_it_no_more(
    it: World,
) -> None:
    it.wish(commands=[command(1)])
    await it.look()
    it.later(61_000)
    await it.look()
    it.wish(commands=[])
    await it.look()
    it.later(LINGER_MS // 2)
    assert it.answers(1) is None
    await it.look()
    assert await it.results() == [("1", "expired", None), ("1", "done", {})]


async def test_an_answer_long_after_is_to_no_command_that_is_known(it: World) -> None:
    it.wish(commands=[command(1)])
    await it.look()
    it.later(61_000)
    await it.look()
    it.later(LINGER_MS + 1)
    await it.look()
    await it.look()
    assert it.answers(1) == "unknown_command"
    assert await it.look() == []


async def test_a_command_that_the_server_takes_back_is_given_no_more(it: World) -> None:
    it.wish(commands=[command(1)])
    await it.look()
    it.wish(commands=[])
    it.later(10_000)
    assert await it.look() == []
    assert await it.results() == []


async def test_after_a_restart_of_the_machine_the_deadline_is_on_the_new_clock(it: World) -> None:
    it.wish(commands=[command(1)])
    await it.look()
    it.boot, it.mono_ms = "0123456789ab", 5_000
    it.new()
    (said,) = await it.look()
    assert (said.gateway_boot, said.deadline_ms) == ("0123456789ab", 5_000 + 60_000 - 300)


async def test_a_result_that_the_disk_refuses_is_kept_in_hand_until_it_does_not(it: World, monkeypatch) -> None:
    it.wish(commands=[command(1)])
    await it.look()
    it.answers(1)
    real = os.fsync

    def full(_: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError):
        await it.look()
    monkeypatch.setattr(os, "fsync", real)
    await it.look()
    assert await it.results() == [("1", "done", {})]


async def test_what_this_machine_ordered_itself_is_no_business_of_the_servers(it: World) -> None:
    order = it.store.order(BOX, "identify", "", BOOT, it.mono_ms + 60_000)
    await it.look()
    it.downlink.on_result(Result(BOX, order.id, "done", 1, 1, b"{}"))
    await it.look()
    assert await it.results() == []
    assert it.store.result(order.id)["outcome"] == "done"


# --- settings and firmware


async def test_settings_of_the_servers_go_to_the_box_that_they_are_for(it: World) -> None:
    it.is_there("box-b")
    it.wish(boxes={BOX: {"settings": {"version": 3, "values": {"a": 1}}, "firmware": 0}})
    said = [one for one in await it.look() if not isinstance(one, Offer)]
    assert [(one.box_id, one.version, one.body) for one in said] == [(BOX, 3, b'{"a":1}')]


def has_firmware(it: World, *boxes: str) -> None:
    found = it.store.add(bundle(it.folder / "v7", 7))
    listed = {"version": 7, "manifest_length": found.manifest_bytes, "manifest_sha256": found.manifest_sha256}
    it.wish(boxes={box: {"firmware": 7} for box in boxes}, bundles=[listed])


def offered(said: list[Any]) -> list[str]:
    return [one.box_id for one in said if isinstance(one, Offer)]


async def test_so_many_boxes_as_the_server_says_are_offered_at_once_and_the_next_when_one_has_it(it: World) -> None:
    it.at_once = 2
    boxes = ["box-a", "box-b", "box-c", "box-d"]
    for box in boxes:
        it.is_there(box, firmware_version=6)
    has_firmware(it, *boxes)
    assert offered(await it.look()) == ["box-a", "box-b"]
    it.is_there("box-a", 2, firmware_version=7)
    assert offered(await it.look()) == ["box-c"]
    it.is_there("box-b", 2, firmware_version=6, firmware_refused={"version": 7, "code": "board"})
    assert offered(await it.look()) == ["box-d"]


async def test_a_box_that_hangs_in_its_update_does_not_keep_the_others_waiting_for_ever(it: World) -> None:
    for box in ("box-a", "box-b"):
        it.is_there(box, firmware_version=6)
    has_firmware(it, "box-a", "box-b")
    assert offered(await it.look()) == ["box-a"]
    want = Want("box-a", 7, "manifest", 0, 100)
    for _ in range(20):  # the same piece again and again is no progress
        it.downlink.on_want(want)
        it.later(HANGS_MS // 20)
        await it.look()
    assert "box-b" in offered(it.said)
    assert it.downlink.turns.has("box-b")
    assert not it.downlink.turns.has("box-a")


async def test_who_has_no_turn_gets_no_piece_and_who_has_it_does(it: World) -> None:
    for box in ("box-a", "box-b"):
        it.is_there(box, firmware_version=6)
    has_firmware(it, "box-a", "box-b")
    await it.look()
    it.downlink.on_want(Want("box-b", 7, "manifest", 0, 100))
    it.downlink.on_want(Want("box-a", 7, "manifest", 0, 100))
    assert it.downlink.pieces.refused == {"turn": 1}


async def test_after_a_restart_the_box_that_was_fetching_goes_on_before_the_others(it: World) -> None:
    for box in ("box-a", "box-b"):
        it.is_there(box, firmware_version=6)
    has_firmware(it, "box-a", "box-b")
    it.downlink.on_want(Want("box-b", 7, "manifest", 100, 100))
    assert offered(await it.look()) == ["box-b"]


async def test_firmware_that_is_not_here_yet_is_offered_to_nobody(it: World) -> None:
    it.is_there(BOX, firmware_version=6)
    it.wish(boxes={BOX: {"firmware": 9}})
    assert await it.look() == []
    assert it.downlink.behind() == {"settings": 0, "firmware": 1}
