"""The server is told how things are and what happened, whatever it answers and whatever boxes have said."""

import asyncio
import errno
import json
import math
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import zstandard

from gateway.downlink import report as report_file
from gateway.downlink.account import BOXES_BYTES, Now, compose
from gateway.downlink.events import Events
from gateway.downlink.report import Report
from gateway.server import Backoff, Settings, Way
from tests.gateway.downlink.wishing import SERVER_UTC_MS, Wishing, mono_ms
from tests.gateway.server.stand import HANG, PORTAL, Reply, says

BOX = {"box_id": "box-1", "state": "ok", "reason": "", "since_s": 5, "status": {"v": 1, "state": "online"}}
HEALTH = {"part": "broker", "state": "ok", "reason": "subscribed", "since_s": 7}


class World:
    def __init__(self, path: Path) -> None:
        self.server = Wishing()
        self.events = Events(path / "events.log", "aabbccddeeff", mono_ms)
        self.now = Now([HEALTH], [BOX], {"tram_waiting_records": 3})
        self.times: list[tuple[int, int, int]] = []
        self.report: Report

    @asynccontextmanager
    async def telling(self, report_s: float = 0.1, **more: Any) -> AsyncIterator[Report]:
        settings = Settings([self.server.stand.url], "token", timeout_s=1.0)._replace(**more)
        way = Way(settings, None, mono_ms=mono_ms, utc_bounds=lambda: None, random=lambda: 0.5)
        self.report = Report(
            "gw-1",
            self.events,
            way,
            report_s=report_s,
            software="1.2",
            now=lambda: self.now,
            wishes_version=lambda: 12,
            began_ms=mono_ms() - 5_000,
            instant=lambda boot, at_ms: None,
            on_server_time=lambda *said: self.times.append(said),
            backoff=Backoff(0.01, 0.1, 0.05, lambda: 0.5),
        )
        task = asyncio.create_task(self.report.run())
        yield self.report
        task.cancel()
        done = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(done[0], asyncio.CancelledError), done

    def alert(self, number: int) -> None:
        self.events.add("alert", {"part": "x", "state": "y", "reason": f"{number}", "box_id": None})

    def said(self) -> list[str]:
        return [event["body"].get("reason", event["body"].get("id")) for event in self.server.events()]

    async def until(self, what: Callable[[], object], timeout_s: float = 15.0) -> None:
        async with asyncio.timeout(timeout_s):
            while not what():
                await asyncio.sleep(0.01)


@pytest.fixture
async def it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(report_file, "LEAST_S", 0.02)
    world = World(tmp_path)
    async with world.server.stand:
        yield world


async def test_a_report_says_who_what_and_how_things_are(it: World) -> None:
    async with it.telling():
        await it.until(lambda: it.server.reports)
    report = it.server.reports[0]
    assert report["v"] == 1
    assert (report["gateway_id"], report["wishes_version"], report["software"]) == ("gw-1", 12, "1.2")
    assert report["events_epoch"] == it.events.epoch
    assert report["sent_utc_ms"] is None
    assert 5_000 <= report["uptime_ms"] < 60_000
    assert (report["health"], report["boxes"]) == ([HEALTH], [BOX])
    assert report["numbers"] == {"tram_waiting_records": 3}
    assert report["events"] == []


async def test_the_servers_time_is_handed_on_with_when_it_was_asked_and_answered(it: World) -> None:
    async with it.telling():
        await it.until(lambda: it.times)
    utc_ms, sent_ms, received_ms = it.times[0]
    assert utc_ms == SERVER_UTC_MS
    assert 0 <= received_ms - sent_ms < 1_000


async def test_what_happens_is_told_at_once_and_once(it: World) -> None:
    async with it.telling(report_s=60):
        it.alert(1)
        await it.until(lambda: it.said() == ["1"])
        it.alert(2)
        await it.until(lambda: it.said() == ["1", "2"])
        await it.until(lambda: it.events.waiting == 0)
    assert it.server.twice == []


async def test_many_events_go_in_their_order_in_several_reports(it: World, monkeypatch) -> None:
    monkeypatch.setattr(report_file, "MOST_EVENTS", 20)
    for number in range(90):
        it.alert(number)
    async with it.telling(report_s=60):
        await it.until(lambda: it.events.waiting == 0)
    assert it.said() == [f"{number}" for number in range(90)]
    assert len(it.server.reports) >= 5


@pytest.mark.parametrize(
    "awkward",
    [
        PORTAL,
        says(200, b"{}"),
        says(200, b'{"v":2,"events_to":0}'),
        says(200, b'{"v":1,"events_to":"1"}'),
        says(200, b'{"v":1,"events_to":-1}'),
        says(200, b'{"v":1,"events_to":true}'),
        says(200, b"[" * 50_000),
        says(204, b""),
        says(304, b""),
        says(401),
        says(429, b"", ("Retry-After", "0")),
        says(500),
        says(502),
        lambda _: Reply(cut_at=5),
        lambda _: Reply(200, b"x" * 100, cut_at=60),
        lambda _: Reply(raw=b"SMTP ready\r\n"),
        HANG,
    ],
)
async def test_whatever_the_server_does_every_event_arrives_once_in_the_end(it: World, awkward) -> None:
    it.server.awkward_report = [awkward] * 3
    async with it.telling(timeout_s=0.2):
        it.alert(1)
        await it.until(lambda: not it.server.awkward_report or it.report.failures)
        it.alert(2)
        await it.until(lambda: it.said() == ["1", "2"] and it.events.waiting == 0)
        assert it.report.state == "ok"
    assert sum(it.report.failures.values()) >= 3


async def test_a_report_that_was_taken_but_whose_answer_was_lost_is_told_again_under_the_same_numbers(
    it: World,
) -> None:
    def taken_and_cut(request):
        return it.server.take(json.loads(zstandard.decompress(request.body)))._replace(cut_at=10)

    async with it.telling(report_s=60):
        await it.until(lambda: it.server.reports)
        it.server.awkward_report = [taken_and_cut]
        it.alert(1)
        await it.until(lambda: it.events.waiting == 0)
    assert it.said() == ["1"]
    assert it.server.twice == [(it.events.epoch, 1)]


async def test_while_the_server_is_away_the_state_says_why(it: World) -> None:
    await it.server.stand.stop()
    async with it.telling():
        await it.until(lambda: it.report.state == "unreachable")
        assert "127.0.0.1" in it.report.reason


async def test_an_event_that_the_server_cannot_take_stops_neither_health_nor_the_events_behind_it(it: World) -> None:
    def no_poison(request):
        report = json.loads(zstandard.decompress(request.body))
        poisoned = any("poison" in json.dumps(event) for event in report["events"])
        return Reply(400, b"no") if poisoned else it.server.take(report)

    it.server.awkward_report = [no_poison] * 200
    for number in range(6):
        it.alert(number)
    await it.events.flush()
    result = {"id": "aaaaaaaaaaaa", "box_id": "box-1", "name": "identify", "outcome": "done", "body": {"x": "poison"}}
    await it.events.put("result", result)
    it.alert(7)
    async with it.telling():
        await it.until(lambda: it.events.waiting == 0)
    assert it.said() == ["0", "1", "2", "3", "4", "5", "aaaaaaaaaaaa", "7"]
    assert it.server.events()[6]["body"] == {**result, "body": None}


async def test_a_server_that_refuses_every_report_gets_no_event_emptied(it: World) -> None:
    async with it.telling(report_s=60):
        await it.until(lambda: it.server.reports)
        it.server.awkward_report = [says(400)] * 10
        it.alert(1)
        await it.until(lambda: it.said())
    assert it.server.awkward_report == []
    assert it.said() == ["1"]


async def test_a_server_that_was_set_back_gets_what_waits_under_a_new_epoch(it: World) -> None:
    async with it.telling(report_s=60):
        it.alert(1)
        await it.until(lambda: it.said() == ["1"] and it.events.waiting == 0)
        epoch = it.events.epoch
        it.server.taken.clear()
        it.server.awkward_report = [says(200, b'{"v":1,"events_to":0}')]
        it.alert(2)
        await it.until(lambda: it.said() == ["2"])
    assert it.events.epoch != epoch


async def test_a_server_that_knows_events_which_this_file_has_lost_is_told_the_rest_under_a_new_epoch(
    it: World, tmp_path: Path
) -> None:
    async with it.telling(report_s=60):
        it.alert(1)
        await it.until(lambda: it.said() == ["1"] and it.events.waiting == 0)
    path = tmp_path / "events.log"
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    it.events = Events(path, "aabbccddeeff", mono_ms)
    it.alert(2)
    async with it.telling(report_s=60):
        await it.until(lambda: it.said() == ["1", "2"] and it.events.waiting == 0)


async def test_a_full_disk_keeps_nothing_from_being_told_that_holds_now(it: World, monkeypatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    it.alert(1)
    async with it.telling():
        await it.until(lambda: len(it.server.reports) >= 2)
        assert it.report.state == "disk"
        monkeypatch.undo()
        monkeypatch.setattr(report_file, "LEAST_S", 0.02)
        await it.until(lambda: it.said() == ["1"])


# --- what boxes may have said


def test_what_cannot_be_said_in_json_costs_its_box_the_status_and_nobody_else() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    boxes = [
        {**BOX, "box_id": "box-1", "status": {"rssi": math.nan}},
        {**BOX, "box_id": "box-2", "status": {"deep": deep}},
        {**BOX, "box_id": "box-3", "status": {"name": "\ud800"}},
    ]
    numbers = {"good": 1.5, "bad": math.inf, "worse": math.nan}
    said = json.loads(compose({"v": 1}, Now([], boxes, numbers), [], 0))
    assert [box["status"] for box in said["boxes"]] == [None, None, {"name": "?"}]
    assert said["numbers"] == {"good": 1.5}


def test_more_boxes_than_a_report_can_carry_take_turns_with_their_statuses() -> None:
    boxes = [{**BOX, "box_id": f"box-{number}", "status": {"x": "y" * 4_000}} for number in range(300)]
    told: set[str] = set()
    for turn in range(0, 300, 60):
        body = compose({"v": 1}, Now([], boxes, {}), [], turn)
        assert len(body) < BOXES_BYTES + 100_000
        said = json.loads(body)["boxes"]
        assert [box["box_id"] for box in said] == [box["box_id"] for box in boxes]
        told |= {box["box_id"] for box in said if box["status"] is not None}
    assert len(told) == 300


async def test_where_the_rate_is_limited_few_events_go_at_once(it: World) -> None:
    for number in range(100):
        it.events.add("alert", {"part": "x", "state": "y", "reason": f"{number} " + "z" * 200, "box_id": None})
    async with it.telling(report_s=60, bytes_per_s=5_000, timeout_s=10.0):
        await it.until(lambda: it.said())
        assert len(it.server.events()) < 60
