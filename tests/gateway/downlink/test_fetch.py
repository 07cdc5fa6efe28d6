"""The server's wishes are fetched, kept and handed on, whatever the server does and however long it was away."""

import asyncio
import errno
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.downlink import collect as collect_file
from gateway.downlink import fetch as fetch_file
from gateway.downlink.fetch import Fetch
from gateway.downlink.fetch import Settings as FetchSettings
from gateway.downlink.store import Store
from gateway.server import Settings, Way
from tests.gateway.deaths import dies_at
from tests.gateway.downlink.wishing import SERVER_UTC_MS, Wishing, mono_ms
from tests.gateway.fleet import bundle, fleet_key, stranger_key
from tests.gateway.server.papers import authority, certificate, shows, write
from tests.gateway.server.stand import HANG, PORTAL, Reply, Stand, says

BOX = "box-a"
QUICK = FetchSettings(poll_s=1.0, first_wait_s=0.01, longest_wait_s=0.1, denied_wait_s=0.05, spread_s=0.0)


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = Wishing()
        self.store = Store(folder / "downlink", fleet_key().modulus, "gw-1")
        self.places: list[Any] = []
        self.keys: list[bytes] = []
        self.alerts: list[tuple[str, str, str]] = []
        self.times: list[int] = []
        self.news = 0
        self.refuses: type[Exception] | None = None
        self.fetch: Fetch

    @asynccontextmanager
    async def fetching(self, *urls: str, settings: FetchSettings = QUICK, **more: Any) -> AsyncIterator[Fetch]:
        asked = urls or (self.server.stand.url,)
        way_settings = Settings(asked, "token", timeout_s=1.0)._replace(**more)
        way = Way(way_settings, None, mono_ms=mono_ms, utc_bounds=lambda: None, random=lambda: 0.5)
        self.fetch = Fetch(
            "gw-1",
            self.store,
            way,
            settings,
            on_place=self._on_place,
            on_sealing_key=self.keys.append,
            on_news=self._on_news,
            alert=lambda *said: self.alerts.append(said),
            on_server_time=lambda utc_ms, *_: self.times.append(utc_ms),
        )
        task = asyncio.create_task(self.fetch.run())
        yield self.fetch
        task.cancel()
        done = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(done[0], asyncio.CancelledError), done

    def _on_place(self, rules: dict[str, Any] | None) -> None:
        if self.refuses:
            raise self.refuses("no such rule")
        self.places.append(rules)

    def _on_news(self) -> None:
        self.news += 1

    def has(self, version: int, key: Any = None, **content: bytes) -> int:
        """The server has a bundle and wishes it for the box; -> the wishes' version."""
        source = bundle(self.folder / f"source{version}", version, content or None, key=key)
        self.server.bundles[version] = source
        manifest = (source / "manifest").read_bytes()
        listed = {
            "version": version,
            "manifest_length": len(manifest),
            "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
        }
        return self.server.wish(
            boxes={BOX: {"settings": None, "firmware": version}},
            bundles=[*self.server.wishes.get("bundles", []), listed],
        )

    @property
    def shelf(self) -> set[int]:
        return set(self.store.wishes().bundles)

    async def until(self, what: Callable[[], object], timeout_s: float = 15.0) -> None:
        async with asyncio.timeout(timeout_s):
            while not what():
                await asyncio.sleep(0.01)


@pytest.fixture
async def it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(fetch_file, "LEAST_S", 0.02)
    monkeypatch.setattr(collect_file, "LOOK_S", 0.2)
    world = World(tmp_path)
    async with world.server.stand:
        yield world


async def test_what_is_wished_is_kept_handed_on_and_said(it: World) -> None:
    it.server.wish(place={"capacity": 5}, sealing_key="ab" * 32)
    async with it.fetching() as fetch:
        await it.until(lambda: it.news)
        assert (fetch.version, fetch.state) == (1, "ok")
    assert it.places == [{"capacity": 5}]
    assert it.keys == [bytes.fromhex("ab" * 32)]
    assert it.store.central.desired().version == 1
    assert it.times[0] == SERVER_UTC_MS


async def test_it_asks_for_what_is_newer_than_what_it_has_and_takes_it_at_once(it: World) -> None:
    async with it.fetching() as fetch:
        for number in range(1, 4):
            it.server.wish(place={"capacity": number})
            await it.until(lambda number=number: fetch.version == number)
    assert it.places == [{"capacity": 1}, {"capacity": 2}, {"capacity": 3}]
    assert set(it.server.asked_after) == {0, 1, 2, 3}


async def test_a_restart_without_the_server_has_the_rules_and_the_key_of_before(it: World) -> None:
    it.server.wish(place={"capacity": 5}, sealing_key="ab" * 32, boxes={BOX: {"settings": None, "firmware": 0}})
    async with it.fetching():
        await it.until(lambda: it.news)
    await it.server.stand.stop()
    again = World(it.folder)
    async with again.fetching("http://127.0.0.1:9") as fetch:
        await again.until(lambda: again.keys)
        assert fetch.version == 1
        await again.until(lambda: fetch.state == "unreachable")
    assert again.places == [{"capacity": 5}]


async def test_rules_that_are_wished_no_more_are_taken_back(it: World) -> None:
    it.server.wish(place={"capacity": 5})
    async with it.fetching():
        await it.until(lambda: it.places)
        it.server.wish(place=None)
        await it.until(lambda: len(it.places) == 2)
        it.server.wish(updates_at_once=2)
        await it.until(lambda: it.news == 3)
    assert it.places == [{"capacity": 5}, None]


async def test_rules_that_cannot_be_taken_are_said_once_and_offered_again_with_the_next_wishes(it: World) -> None:
    it.refuses = ValueError
    it.server.wish(place={"capacity": -5})
    async with it.fetching() as fetch:
        await it.until(lambda: it.alerts)
        assert fetch.refused == ("place: no such rule",)
        it.server.wish(updates_at_once=2)
        await it.until(lambda: it.news == 2)
        assert len(it.alerts) == 1
        it.refuses = None
        it.server.wish(updates_at_once=3)
        await it.until(lambda: it.places)
        assert fetch.refused == ()


async def test_one_entry_that_is_wrong_is_said_and_the_others_count(it: World) -> None:
    it.server.wish(boxes={"box-b": 5, BOX: {"settings": {"version": 1, "values": {}}, "firmware": 0}})
    async with it.fetching():
        await it.until(lambda: it.news)
    assert it.store.wishes().settings.keys() == {BOX}
    assert "box-b" in it.alerts[0][2]


@pytest.mark.parametrize(
    "awkward",
    [
        PORTAL,
        says(200, b""),
        says(200, b"{}"),
        says(200, b'{"v":1,"gateway_id":"gw-2","version":99}'),
        says(200, b'{"v":2,"gateway_id":"gw-1","version":99}'),
        says(200, b'{"v":1,"gateway_id":"gw-1","version":0}'),
        says(200, b'{"v":1,"gateway_id":"gw-1","version":"99"}'),
        says(200, b" " * 3_000_000),
        says(206, b"{}"),
        says(302, b"", ("Location", "http://portal.example")),
        says(304, b""),
        says(401),
        says(404),
        says(429, b"", ("Retry-After", "0")),
        says(500),
        says(503),
        lambda _: Reply(200, b'{"v":1,', cut_at=45),
        lambda _: Reply(raw=b"SSH-2.0-x\r\n"),
        HANG,
    ],
)
async def test_whatever_the_server_does_its_wishes_come_in_the_end_and_nothing_else_does(it: World, awkward) -> None:
    it.server.wish(place={"capacity": 5})
    it.server.awkward = [awkward] * 3
    async with it.fetching(settings=QUICK._replace(poll_s=0.1), timeout_s=0.2) as fetch:
        await it.until(lambda: it.news)
        assert fetch.state == "ok"
        assert sum(fetch.failures.values()) == 3
    assert it.places == [{"capacity": 5}]
    assert it.news == 1


async def test_a_server_that_does_not_wait_is_not_asked_without_end(it: World, monkeypatch) -> None:
    monkeypatch.setattr(fetch_file, "LEAST_S", 0.2)
    async with it.fetching():
        await asyncio.sleep(1.0)
    assert 2 <= len(it.server.asked_after) <= 8


async def test_an_older_version_from_another_address_is_not_taken(it: World) -> None:
    it.server.wish(version=7, place={"capacity": 7})
    async with it.fetching():
        await it.until(lambda: it.news)
    stale = says(200, b'{"v":1,"gateway_id":"gw-1","version":3,"place":{"capacity":3}}')
    async with Stand(stale) as other:
        it.news = 0
        async with it.fetching(other.url, it.server.stand.url) as fetch:
            await it.until(lambda: fetch.failures.get("bad_answer"))
            await it.until(lambda: fetch.state == "ok")
            it.server.wish(place={"capacity": 8})
            await it.until(lambda: fetch.version == 8)
    assert it.places[-1] == {"capacity": 8}
    assert {"capacity": 3} not in it.places


async def test_wishes_for_which_the_disk_has_no_room_are_not_acted_on_until_it_has(it: World, monkeypatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(fetch_file, "DISK_S", 0.05)
    monkeypatch.setattr(os, "fsync", full)
    it.server.wish(place={"capacity": 5})
    async with it.fetching() as fetch:
        await it.until(lambda: fetch.state == "disk")
        assert it.places == []
        monkeypatch.setattr(os, "fsync", lambda _: None)
        await it.until(lambda: it.places)


async def test_over_tls_with_our_own_authority_all_of_it_works(it: World, tmp_path: Path) -> None:
    it.has(7)
    ca = write(tmp_path / "ca.pem", authority().pem())
    async with Stand(it.server.answer, shows(certificate(authority()), tmp_path)) as secure:
        async with it.fetching(secure.url, ca_file=ca):
            await it.until(lambda: it.shelf == {7})
        async with Stand(it.server.answer, shows(certificate(authority("Others")), tmp_path)) as other:
            it.server.wish(place={"capacity": 66})
            async with it.fetching(other.url, ca_file=ca) as fetch:
                await it.until(lambda: fetch.state == "certificate")
        assert other.requests == []


# --- bundles


async def test_a_bundle_that_a_box_should_have_is_fetched_once_and_is_on_the_shelf(it: World) -> None:
    it.has(7)
    async with it.fetching() as fetch:
        await it.until(lambda: it.shelf == {7})
        it.server.wish(updates_at_once=5)
        await it.until(lambda: fetch.version == 2)
        await asyncio.sleep(0.3)
        assert fetch.collect.fetched == 1
        assert fetch.collect.troubles == {}
    paths = [one.target for one in it.server.stand.requests if "bundles" in one.target]
    assert len(paths) == len(set(paths)) == 3
    files = {path.name for path in (it.folder / "downlink" / "firmware" / "7").rglob("*") if path.is_file()}
    assert files == {"manifest", "a.mpy", "b.mpy"}


async def test_one_that_no_box_here_should_have_is_not_fetched(it: World) -> None:
    it.has(7)
    it.server.wish(boxes={})
    async with it.fetching():
        await it.until(lambda: it.news)
        await asyncio.sleep(0.3)
    assert it.shelf == set()
    assert not [one for one in it.server.stand.requests if "bundles" in one.target]


@pytest.mark.parametrize(
    "awkward",
    [
        PORTAL,
        says(404),
        says(416),
        says(500),
        says(206, b""),
        says(302, b""),
        lambda _: Reply(206, b"x" * 50, cut_at=30),
        lambda _: Reply(cut_at=0),
        HANG,
    ],
)
async def test_whatever_the_line_does_the_bundle_comes_in_the_end(it: World, awkward) -> None:
    it.has(7)
    it.server.awkward_bundle = [awkward] * 2
    async with it.fetching(timeout_s=0.3) as fetch:
        await it.until(lambda: it.shelf == {7} and not fetch.collect.troubles)


async def test_a_bundle_cut_off_again_and_again_goes_on_where_it_was(it: World) -> None:
    big = bytes(range(256)) * 1_000
    it.has(7, a=big)
    it.server.cap_bytes = 20_000
    async with it.fetching() as fetch:
        await it.until(lambda: it.shelf == {7})
        assert fetch.collect.received_bytes < len(big) + 5_000
    assert (it.folder / "downlink" / "firmware" / "7" / "a").read_bytes() == big


async def test_a_restart_goes_on_with_what_had_come(it: World) -> None:
    big = bytes(range(256)) * 1_000
    it.has(7, a=big)
    it.server.cap_bytes = 5_000
    async with it.fetching() as fetch:
        await it.until(lambda: fetch.collect.received_bytes > 50_000)
    first = it.fetch.collect.received_bytes
    assert it.shelf == set()
    it.server.cap_bytes = 0
    async with it.fetching() as fetch:
        await it.until(lambda: it.shelf == {7})
        assert fetch.collect.received_bytes + first < len(big) + 15_000


async def test_a_file_that_came_damaged_is_fetched_anew_and_never_offered_before(it: World, monkeypatch) -> None:
    monkeypatch.setattr(collect_file, "BAD_S", 0.05)
    it.has(7)
    source = it.server.bundles[7] / "a.mpy"
    good = source.read_bytes()
    source.write_bytes(b"y" + good[1:])
    async with it.fetching() as fetch:
        await it.until(lambda: it.alerts)
        assert it.alerts[0][:2] == ("firmware", "file")
        assert it.shelf == set()
        source.write_bytes(good)
        await it.until(lambda: it.shelf == {7} and not fetch.collect.troubles)


@pytest.mark.parametrize("what", ["signature", "manifest", "length"])
async def test_a_bundle_that_is_not_the_fleets_or_not_the_one_named_is_said_and_no_file_of_it_is_asked_for(
    it: World, what: str
) -> None:
    it.has(7, key=stranger_key() if what == "signature" else None)
    if what == "manifest":
        path = it.server.bundles[7] / "manifest"
        path.write_bytes(path.read_bytes().replace(b"7.0", b"7.1"))
    if what == "length":
        it.server.wish(bundles=[it.server.wishes["bundles"][0] | {"manifest_length": 100}])
    it.has(8)
    it.server.wish(boxes={BOX: {"firmware": 7}, "box-b": {"firmware": 8}})
    async with it.fetching() as fetch:
        await it.until(lambda: it.alerts and it.shelf == {8})
        assert 7 in fetch.collect.troubles
    assert it.alerts[0][:2] == ("firmware", "signature" if what == "signature" else "manifest")
    asked = {one.target.rpartition("/")[2] for one in it.server.stand.requests if "/7/" in one.target}
    assert asked == {"manifest"}


async def test_without_the_fleets_key_nothing_is_fetched_and_that_is_said(it: World) -> None:
    it.store = Store(it.folder / "downlink", None, "gw-1")
    it.has(7)
    async with it.fetching():
        await it.until(lambda: it.alerts)
    assert "fleet_key_file" in it.alerts[0][2]
    assert not [one for one in it.server.stand.requests if "bundles" in one.target]


async def test_old_bundles_go_when_no_box_wants_them_and_the_server_names_them_no_more(it: World) -> None:
    async with it.fetching():
        for version in (7, 8, 9):
            it.has(version)
            await it.until(lambda version=version: version in it.shelf)
        assert it.shelf == {7, 8, 9}
        it.server.wish(bundles=[it.server.wishes["bundles"][2]])
        await it.until(lambda: it.shelf == {9})


async def test_a_death_at_any_step_onto_the_shelf_leaves_it_to_be_finished(it: World) -> None:
    it.has(7)
    async with it.fetching():
        await it.until(lambda: it.shelf == {7})
    good = it.folder / "downlink"
    shutil.move(good / "firmware" / "7", good / "firmware" / "7.part")
    (good / "fetched.json").unlink()
    shutil.copytree(good, it.folder / "kept")
    step, died = 0, True
    while died:
        shutil.rmtree(good)
        shutil.copytree(it.folder / "kept", good)
        died = dies_at(step, lambda: Store(good, fleet_key().modulus, "gw-1").central.shelve(7))
        store = Store(good, fleet_key().modulus, "gw-1")
        assert (7 in store.wishes().bundles) != (good / "firmware" / "7.part").exists()
        assert store.damaged == []
        step += 1
    assert step > 5
