"""What befalls a box on its wall, each by itself, at a real one: it says what is wrong, goes on or comes back by
itself, and every scan that went green arrives."""

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
EXIT_REFUSED = 78
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
    link = {"no_gateway_after_ms": 1000, "retry_cap_ms": 1000, "ping_after_ms": 500, "dead_after_ms": 1000}
    async with Town(folder, 1, {"link": link, **settings}, reader_baud=USUAL_BAUD, ways=ways) as town:
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
        for state, mode in (("away", "half_open"), ("no_dhcp", "cut")):
            since = len(there.said)
            for one in dict.fromkeys(("away", state)):
                there.pair.set_world(there.town.fleet.world(one))
                await there.hears(since, event="wifi", state="down")
            there.pair.link.set_mode(mode)
            await there.hears(since, face="no_gateway")
            await there.scan(2)
            back = len(there.said)
            there.pair.set_world(there.town.fleet.world())
            there.pair.link.set_mode("open")
            await there.hears(back, face="ready")
        assert [line["boot"] for line in there.said if line.get("event") == "boot"] == []  # it has not started anew
        told = await there.ends()
        assert (told["broken"], told["green"]) == ([], 5)


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
        await restart(there, EVERY_BLOCK)
        since = len(there.said)
        there.pair.box.expect_end()
        await there.hears(face="spool_fault", code="flash")
        assert await there.pair.box.wait() == EXIT_REFUSED
        there.pair.box.starts -= 1  # in this one it has not opened its spool
        assert not [line for line in there.said[since:] if line.get("face") == "stored"]
        there.town.box_link.set_mode("open")
        await restart(there, [])
        await there.hears(since, event="reader", state="ready")
        await there.scan(2)
        told = await there.ends()
        assert (told["green"], told["stored"], told["declared_lost"]) == (6, 6, 0)


async def test_where_half_of_the_flash_goes_bad_nothing_turns_green_that_is_not_kept(tmp_path):
    async with place(tmp_path, flash=SMALLEST) as there:
        await there.scan(2)
        since = len(there.said)
        await restart(there, EVERY_BLOCK[len(EVERY_BLOCK) // 2 :])
        await there.hears(since, event="reader", state="ready")
        there.town.box_link.set_mode("half_open")
        async with asyncio.timeout(60):
            while not any(line.get("face") == "spool_fault" for line in there.said[since:]):
                await there.show()
        there.town.box_link.set_mode("open")
        told = await there.ends()
        assert told["green"] > 2


async def restart(there, bad_blocks):
    """From now on these blocks can be read and no more."""
    path = there.pair.folder / "config.json"
    settings = json.loads(path.read_text())
    settings["test"]["bad_blocks"] = bad_blocks
    path.write_text(json.dumps(settings))
    await there.pair.box.kill()
    await there.pair.box.start()


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
