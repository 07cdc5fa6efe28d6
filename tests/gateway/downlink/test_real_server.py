"""The real server in a process of its own: wishes down, results, health and firmware; kills in between."""

import asyncio
import io
import tarfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from firmware.wire.command import Command, Result
from firmware.wire.settings import Settings as WishedSettings
from firmware.wire.update import Offer
from gateway.downlink import Downlink, Events, Fetch, FetchSettings, Limits, Now, Report, Store
from gateway.downlink.pace import Waits
from gateway.server import Settings, Way
from tests.gateway.downlink.wishing import mono_ms
from tests.gateway.fleet import bundle, fleet_key, write_fleet_key
from tests.server.rig import BOX, GATEWAY, GATEWAY_TOKEN, READS, WISHES, Process, settings

BOOT = "aabbccddeeff"
QUICK = FetchSettings(poll_s=2.0, first_wait_s=0.02, longest_wait_s=0.3, denied_wait_s=0.1, spread_s=0.0)


class World:
    """One gateway without its broker: what it would say to boxes is written down."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.said: list[Any] = []
        self.places: list[Any] = []
        self.keys: list[bytes] = []
        self.utc: tuple[int, int] | None = None
        born = {"v": 1, "box_id": BOX, "state": "online", "boot": 1, "session": 1, "epoch": BOOT, "uptime_ms": 5}
        born |= {"first_held": 1, "last_seq": 0, "counters": {}, "settings_version": 4, "firmware_version": 6}
        self.statuses: dict[str, Any] = {BOX: born}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        way = Way(
            Settings([self.url], GATEWAY_TOKEN, timeout_s=5.0),
            self.folder / "way.json",
            mono_ms=mono_ms,
            utc_bounds=lambda: self.utc,
            random=lambda: 0.5,
        )
        store = Store(self.folder / "downlink", fleet_key().modulus, GATEWAY)
        self.events = Events(self.folder / "events.log", BOOT, mono_ms)
        limits = Limits(0.05, Waits(200, 1_000, 50))
        self.downlink = Downlink(
            store,
            self,
            lambda: self.statuses,
            lambda: None,
            BOOT,
            mono_ms,
            limits,
            lambda: self.utc,
            self.events,
        )
        self.fetch = Fetch(
            GATEWAY,
            store,
            way,
            QUICK,
            on_place=self.places.append,
            on_sealing_key=self.keys.append,
            on_news=self.downlink.on_status,
            alert=self._alert,
            on_server_time=self._on_time,
        )
        report = Report(
            GATEWAY,
            self.events,
            way,
            report_s=0.3,
            software="1.0",
            now=self._now,
            wishes_version=lambda: self.fetch.version,
            began_ms=mono_ms(),
            instant=lambda boot, at_ms: self.utc,
            on_server_time=self._on_time,
        )
        tasks = [asyncio.create_task(one.run()) for one in (self.downlink, self.fetch, report)]
        yield
        for task in tasks:
            task.cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(one, asyncio.CancelledError) for one in done), done

    def _alert(self, part: str, state: str, reason: str) -> None:
        self.events.add("alert", {"part": part, "state": state, "reason": reason, "box_id": None})

    def _on_time(self, utc_ms: int, sent_ms: int, received_ms: int) -> None:
        self.utc = utc_ms - 250, utc_ms + received_ms - sent_ms + 250

    def _now(self) -> Now:
        box = {"box_id": BOX, "state": "ok", "reason": "", "since_s": 1, "status": self.statuses[BOX]}
        part = {"part": "broker", "state": "down", "reason": "không kết nối được", "since_s": 3}
        return Now([part], [box], {"tram_waiting_records": 17, "tram_waiting_oldest_seconds": 4.5})

    # --- the voice

    def command(self, one: Any) -> bool:
        self.said.append(one)
        if isinstance(one, Command):
            self.downlink.on_result(Result(one.box_id, one.id, "done", 1, 1, b'{"rssi":-61}'))
        return True

    settings = offer = piece = command

    def flush(self) -> None: ...

    async def until(self, what: Callable[[], object], timeout_s: float = 20.0) -> None:
        async with asyncio.timeout(timeout_s):
            while not what():
                await asyncio.sleep(0.02)


@pytest.fixture
def server(tmp_path: Path):
    key = write_fleet_key(tmp_path / "fleet.key")
    process = Process(settings(tmp_path, more=f'[fleet]\nfleet_key_file = "{key.name}"')).start()
    yield process
    process.end()


def wish(server: Process, method: str, path: str, **more: Any) -> Any:
    response = httpx.request(method, f"{server.url}/api/v1/fleet{path}", headers=WISHES, timeout=20, **more)
    assert response.status_code in (200, 201), response.text
    return response.json()


def looked(server: Process, path: str) -> Any:
    return httpx.get(f"{server.url}/api/v1/fleet{path}", headers=READS, timeout=20).json()


async def test_settings_commands_rules_and_firmware_go_down_and_their_results_and_health_go_up(
    server: Process, tmp_path: Path
) -> None:
    it = World(tmp_path / "gateway", server.url)
    at = f"/gateways/{GATEWAY}"
    async with it.running():
        await it.until(lambda: it.utc is not None)
        await it.until(lambda: looked(server, at)["parts"])
        told = looked(server, at)
        assert told["parts"][0]["reason"] == "không kết nối được"
        assert told["gateway"]["waiting"] == 17
        assert told["statuses"][BOX]["settings_version"] == 4
        wish(server, "PUT", f"{at}/boxes/{BOX}/settings", json={"gate": {"direction": "in"}})
        await it.until(lambda: any(getattr(one, "body", b"") == b'{"gate":{"direction":"in"}}' for one in it.said))
        assert all(one.version > 4 for one in it.said if isinstance(one, WishedSettings))
        wish(server, "PUT", f"{at}/place", json={"capacity": 40})
        await it.until(lambda: it.places and it.places[-1] is not None)
        assert it.places[-1]["capacity"] == 40
        began = time.monotonic()
        given = wish(server, "POST", f"{at}/commands", json={"box_id": BOX, "name": "identify", "within_s": 60})
        await it.until(lambda: looked(server, f"{at}/commands/{given['id']}")["outcome"] == "done")
        assert time.monotonic() - began < 5
        assert looked(server, f"{at}/commands/{given['id']}")["body"] == {"rssi": -61}
        source = bundle(tmp_path / "v7", 7)
        tar = io.BytesIO()
        with tarfile.open(fileobj=tar, mode="w") as file:
            for path in sorted(source.rglob("*")):
                if path.is_file():
                    file.add(path, path.relative_to(source).as_posix())
        wish(server, "PUT", "/bundles/7", content=tar.getvalue())
        wish(server, "PUT", f"{at}/boxes/{BOX}/firmware", json={"version": 7})
        await it.until(lambda: any(isinstance(one, Offer) and one.version == 7 for one in it.said))
    assert it.events.waiting == 0


async def test_a_server_killed_and_started_again_loses_no_event_and_takes_none_twice(
    server: Process, tmp_path: Path
) -> None:
    it = World(tmp_path / "gateway", server.url)
    port = server.url.rpartition(":")[2]
    async with it.running():
        await it.until(lambda: it.utc is not None)
        for number in range(30):
            it._alert("test", f"state-{number}", "no reason")
            if number == 10:
                server.kill()
                await it.until(lambda: it.fetch.state in ("unreachable", "cut"))
            if number == 20:
                server.path.write_text(server.path.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}"))
                server.start()
        await it.until(lambda: it.events.waiting == 0)
    events = looked(server, f"/gateways/{GATEWAY}")["events"]
    states = [one["body"]["state"] for one in events if one["body"].get("part") == "test"]
    assert sorted(states) == sorted(f"state-{number}" for number in range(30))
