"""What befalls a box on its wall, each by itself, at a real one: it says what is wrong, goes on or comes back by itself,
and every scan that went green arrives."""

import asyncio
import base64
import json
import time
from contextlib import asynccontextmanager

from scripts.sim import report
from scripts.sim.faults import ERASE_MS, PROGRAM_US
from scripts.sim.fleet import WATCHDOG_S
from scripts.sim.run import conclude
from scripts.sim.stock import code_of
from scripts.sim.town import USUAL_BAUD, Town, Ways

BOX = "box-1"
SEED = 3
SMALLEST = {"size_bytes": 196_608}
EVERY_BLOCK = list(range(196_608 // 4096))


class Place:
    """A town with one box, and what that box says."""

    def __init__(self, town):
        self.town = town
        self.pair = town.boxes[BOX]
        self.said = []
        self._shown = 0
        hear = town.witness.box_line

        def heard(box_id, line):
            if line.endswith(b"\n"):
                self.said.append(json.loads(line))
            hear(box_id, line)

        town.witness.box_line = heard

    async def show(self):
        """Another code. -> whether the reader has sent it"""
        code = code_of(SEED, self._shown, "card")
        self._shown += 1
        order = {"show_code_base64": base64.b64encode(code).decode(), "hold_ms": 8000}
        return await self.town.show(BOX, code, order)

    async def scan(self, count=1):
        for _ in range(count):
            green = len(self.town.evidence.greens)
            assert await self.show()
            await self.until(lambda: len(self.town.evidence.greens) > green)  # noqa: B023  (awaited here)

    async def hears(self, since=0, limit_s=30, **facts):
        return await self.until(
            lambda: next((line for line in self.said[since:] if facts.items() <= line.items()), None), limit_s, facts
        )

    async def until(self, is_so, limit_s=30, what="it"):
        try:
            async with asyncio.timeout(limit_s):
                while not (found := is_so()):
                    await asyncio.sleep(0.02)
                return found
        except TimeoutError:
            raise AssertionError(f"{what} did not come; the last lines: {self.said[-6:]}") from None

    async def ends(self):
        """-> the report, when everything has arrived"""
        await conclude(self.town, time.monotonic())
        told = report.build(self.town.evidence)
        assert (told["lost"], told["invented"], self.town.evidence.gave_up) == (0, 0, "")
        return told


@asynccontextmanager
async def place(folder, ways=Ways(), **settings):  # noqa: B008  (it cannot change)
    link = {"link": {"no_gateway_after_ms": 1000, "retry_cap_ms": 1500}}
    async with Town(folder, 1, {**link, **settings}, reader_baud=USUAL_BAUD, ways=ways) as town:
        yield Place(town)


async def test_a_reader_that_is_unplugged_is_told_and_used_again_when_it_is_back(tmp_path):
    async with place(tmp_path) as there:
        await there.scan(2)
        since = len(there.said)
        await there.pair.reader.send(json.dumps({"fault": "unplug", "for_ms": 3000}).encode())
        await there.hears(since, face="reader_fault")
        back = len(there.said)
        await there.hears(back, event="reader", state="ready")
        await there.scan(2)
        assert (await there.ends())["broken"] == []


async def test_a_wifi_that_comes_and_goes_stops_nobody_at_the_gate(tmp_path):
    async with place(tmp_path, Ways(cared=True)) as there:
        await there.scan()
        for state, mode in (("away", "half_open"), ("no_dhcp", "cut"), ("hang", "half_open")):
            since = len(there.said)
            there.pair.set_world(there.town.fleet.world(state))
            there.pair.link.set_mode(mode)
            await there.hears(since, face="no_gateway")
            await there.scan(2)
            there.pair.set_world(there.town.fleet.world())
            there.pair.link.set_mode("open")
            await there.hears(since, event="link", state="up")
        assert [line["boot"] for line in there.said if line.get("event") == "boot"] == []  # it has not started anew
        told = await there.ends()
        assert (told["broken"], told["green"]) == ([], 7)


async def test_a_gateway_at_another_address_is_found_by_its_name(tmp_path):
    async with place(tmp_path, Ways(by_name=True)) as there:
        await there.scan()
        for address in ("127.0.0.2", "127.0.0.1"):
            since = len(there.said)
            await there.town.move(address, 0.5)
            await there.scan(2)
            await there.hears(since, event="link", state="up")
        assert there.town.box_link.host == "127.0.0.1"
        told = await there.ends()
        assert (told["broken"], told["green"]) == ([], 5)


async def test_where_the_gateway_does_not_know_the_time_every_interval_holds_the_true_one(tmp_path):
    async with place(tmp_path, Ways(knows_utc=False)) as there:
        await there.scan(3)
        await there.town.server.kill()
        await there.scan(3)
        await there.town.server.start()
        told = await there.ends()
        assert told["broken"] == []
        assert told["instants"]["wrong"] == 0
        assert told["instants"]["known"] + told["instants"]["unknown"] == 6
        assert told["instants"]["width_ms"]["p50"] > 10  # of a gateway that knows, it is less


async def test_a_slow_flash_makes_nobody_wait_for_the_first_sign(tmp_path):
    slow = {"erase_ms": ERASE_MS, "program_us": PROGRAM_US}
    async with place(tmp_path, test=slow) as there:
        await there.scan(8)
        told = await there.ends()
        assert (told["broken"], told["green"]) == ([], 8)
        assert told["latency_ms"]["code_to_green"]["p50"] < 400


async def test_a_flash_that_can_only_be_read_is_told_and_no_green_scan_is_lost(tmp_path):
    async with place(tmp_path, flash=SMALLEST) as there:
        there.town.box_link.set_mode("half_open")
        await there.scan(4)
        await bad_blocks(there, EVERY_BLOCK)
        since = len(there.said)
        assert await there.show()
        await there.hears(since, face="spool_fault")
        there.town.box_link.set_mode("open")
        await there.until(lambda: sum(there.town.evidence.delivered.values()) >= 4)
        await bad_blocks(there, [])
        await there.scan(2)
        told = await there.ends()
        assert told["green"] == 6
        assert told["stored"] == 6


async def bad_blocks(there, blocks):
    """From its next start on, which is now, these blocks can be read and no more."""
    path = there.pair.folder / "config.json"
    settings = json.loads(path.read_text())
    settings["test"]["bad_blocks"] = blocks
    path.write_text(json.dumps(settings))
    since = len(there.said)
    await there.pair.box.kill()
    await there.pair.box.start()
    await there.hears(since, event="reader", state="ready")


async def test_a_box_that_hangs_is_started_again_by_its_watchdog_and_says_so(tmp_path):
    async with place(tmp_path, Ways(cared=True)) as there:
        await there.scan(2)
        since = len(there.said)
        await there.pair.freeze(WATCHDOG_S + 0.5)
        await there.hears(since, event="boot", cause="watchdog")
        await there.hears(since, event="reader", state="ready")
        await there.scan(2)
        told = await there.ends()
        assert (told["broken"], told["green"]) == ([], 4)


async def test_a_box_that_stands_still_for_less_than_its_watchdog_waits_goes_on(tmp_path):
    async with place(tmp_path, Ways(cared=True)) as there:
        await there.scan()
        await there.pair.freeze(WATCHDOG_S / 4)
        await there.scan()
        assert not [line for line in there.said if line.get("event") == "boot"]
        assert (await there.ends())["broken"] == []
