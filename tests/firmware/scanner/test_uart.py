"""The reader loop, compiled, on the real interpreter, against a simulated reader on a pty."""

import asyncio
import random
import time
from pathlib import Path

import pytest

from firmware.scanner.uart import ReaderLoop
from scripts.sim import people
from scripts.sim.reader import SimReader
from scripts.sim.reader_result import Sent
from tests.firmware.scanner.rig import box_at, deliver
from tests.sim.host import Host

PROTOCOL_ONLY = 0x80
TAIL_CRLF = 0x21
CODE_FAULTS = ("noise", "noise_before", "lose_bytes", "truncate")
FAULTS = (*CODE_FAULTS, "bad_crc", "double_ack", "late_reply", "forget", "mute")


async def test_a_module_as_it_ships_is_found_deaf_and_becomes_ready(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm861") as reader, box_at(reader) as box:
        assert await box.alive() == "ready"
        await box.until(lambda: box.baud)
        zones = reader.zones
        assert (zones.baud, zones.now[0x60], zones.now[0x0D], zones.now[0x03] & 2) == (115200, PROTOCOL_ONLY, 0xA0, 2)
        assert zones.saved == zones.now
        assert reader.counts["command_09"] == 1
        assert "command_05" not in reader.counts


async def test_a_module_that_is_set_already_is_neither_written_nor_saved(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm861-uart") as reader:
        async with box_at(reader) as box:
            await box.alive()
        before = dict(reader.counts)
        async with box_at(reader, {"verify_ms": 1000}) as box:
            await box.alive()
            await box.until(lambda: reader.counts["command_07"] > before["command_07"] + 6)
        assert {kind: reader.counts[kind] for kind in ("command_08", "command_09")} == {
            kind: before[kind] for kind in ("command_08", "command_09")
        }


@pytest.mark.parametrize("baud", [9600, 57600, 115200])
async def test_a_module_is_found_at_any_of_the_usual_speeds(tmp_path: Path, baud: int) -> None:
    async with SimReader(tmp_path / "tty", "gm861-uart", baud) as reader, box_at(reader, {"baud": None}) as box:
        assert await box.alive() == "ready"
        await box.until(lambda: box.baud == baud)
        assert reader.zones.baud == baud


async def test_every_length_and_every_byte_arrive_bit_for_bit(tmp_path: Path) -> None:
    draw = random.Random(1)
    codes = [draw.randbytes(length) for length in (1, 2, 255, 256, 257, 767, 768, 2900, 3072)]
    codes += [bytes(range(256)), b"\r", b"\r\n", bytes.fromhex("02000001003331"), bytes.fromhex("03000001003331")]
    codes += [people.any_code(draw)[1] for _ in range(10)]
    reader = SimReader(tmp_path / "tty", "gm861-uart", 115200)
    async with reader, box_at(reader, {"interval_ms": 300}) as box:
        await box.alive()
        sent = await reader.show_codes(codes, hold_ms=20_000)
        assert all(isinstance(one, Sent) for one in sent)
        await box.until(lambda: len(box.codes) == len(codes))
        assert box.codes == codes
        assert not box.refused


async def test_the_instant_of_a_code_is_that_of_its_last_byte(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm861-uart", 115200) as reader, box_at(reader) as box:
        await box.alive()
        (sent,) = await reader.show_codes([b"z" * 1000])
        assert isinstance(sent, Sent)
        await box.until(lambda: box.done_ms)
        # one clock, CLOCK_MONOTONIC; MicroPython cuts it to 30 bits
        assert 0 <= (box.done_ms[0] - sent.last_byte_ms + 5) % (1 << 30) < 500


async def test_a_code_of_ten_thousand_bytes_is_refused_and_the_next_one_is_read(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm861-uart", 115200) as reader, box_at(reader) as box:
        await box.alive()
        await reader.show_codes([b"x" * 10_240, b"next"], hold_ms=5000)
        await box.until(lambda: box.codes)
        assert box.codes == [b"next"]
        assert box.refused == ["too_long"]


async def test_codes_that_are_too_long_are_told_each_time_and_are_no_flood(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm861-uart", 115200) as reader, box_at(reader) as box:
        await box.alive()
        await reader.show_codes([b"x" * 5000, b"y" * 5001, b"next"], hold_ms=5000)
        await box.until(lambda: box.codes)
        assert box.refused == ["too_long", "too_long"]
        assert not box.counters.get("floods")
        assert box.states[-1][0] == "ready"


async def test_it_runs_in_a_heap_that_leaves_most_of_a_board_to_others(tmp_path: Path) -> None:
    draw = random.Random(2)
    codes = [draw.randbytes(3072) for _ in range(8)]
    async with SimReader(tmp_path / "tty", "gm861-uart", 115200) as reader, box_at(reader, heap="192K") as box:
        await box.alive()
        await reader.show_codes([*codes, b"x" * 10_240], hold_ms=20_000)
        reader.fault("noise", count=20_000)
        await box.until(lambda: box.counters.get("floods"))
        assert box.codes == codes
        assert box.heap < 90_000


async def test_an_old_module_without_protocol_mode_is_used_in_tail_mode(tmp_path: Path) -> None:
    codes = [b"8711218972875", b"with\ra CR", b"ends with it\r", "Nguyễn Văn Thử".encode(), bytes(range(256))]
    async with SimReader(tmp_path / "tty", "gm65") as reader, box_at(reader) as box:
        assert await box.alive() == "half_configured"
        assert box.states[-1][1] == "protocol"
        assert reader.zones.now[0x60] == TAIL_CRLF
        await reader.show_codes(codes, hold_ms=8000)
        await box.until(lambda: len(box.codes) == len(codes))
        assert box.codes == codes


@pytest.mark.parametrize("model", ["gm65", "gm861-uart"])
async def test_codes_read_while_it_is_being_configured_are_delivered(tmp_path: Path, model: str) -> None:
    codes = [b"code %d, long enough to take a while on the line" % number for number in range(60)]
    async with SimReader(tmp_path / "tty", model, 9600, reply_ms=30) as reader:
        reader.zones.write(0x05, b"\x03")
        reader.zones.save()
        sent: list[bytes] = []
        async with box_at(reader, {"baud": 9600, "verify_ms": 1000}) as box:
            for code in codes:
                if isinstance((await reader.show_codes([code]))[0], Sent):
                    sent.append(code)
                if len(sent) > 12 and box.states[-1][0] in ("ready", "half_configured"):
                    break
            await box.until(lambda: box.codes and box.codes[-1] == sent[-1])
            assert set(box.codes) <= set(codes)
            # Before the first answer the framing is not known, and a code under way then may be refused.
            assert [code for code in sent[2:] if code not in box.codes] == []
            assert box.counters["writes"] > 3


async def test_a_module_that_lost_its_settings_with_its_power_is_set_again(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm861-uart") as reader, box_at(reader, {"verify_ms": 1000}) as box:
        reader.fault("forget_save")
        await box.alive()
        assert reader.zones.saved != reader.zones.now
        reader.power_off()
        await box.until(lambda: box.states[-1][0] == "mute")
        reader.power_on()
        assert reader.zones.baud == 9600
        await box.until(lambda: box.states[-1][0] == "ready")
        assert reader.zones.saved == reader.zones.now
        await deliver(reader, box, b"after")


async def test_settings_that_are_acknowledged_and_ignored_show_as_half_configured_until_kept(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm861-uart") as reader:
        reader.fault("forget", times=1000)
        async with box_at(reader, {"verify_ms": 1000, "baud": None}) as box:
            assert await box.alive() == "half_configured"
            assert "interval_ms" in box.states[-1][1].split(",")
            assert "command_09" not in reader.counts
            await deliver(reader, box, b"still read")
            reader.fault("none")
            await box.until(lambda: box.states[-1] == ("half_configured", "format"))
            await deliver(reader, box, b"read all the same")


async def test_a_set_up_code_shown_by_a_prankster_is_a_code_like_any_other(tmp_path: Path) -> None:
    prank = b"TRAM-SIM-SETUP 0060=01 0000=D4 SAVE"
    async with SimReader(tmp_path / "tty", "gm861-uart") as reader, box_at(reader) as box:
        await box.alive()
        await deliver(reader, box, prank)
        assert box.codes == [prank]
        assert reader.zones.now[0x60] == PROTOCOL_ONLY


async def test_a_module_that_a_set_up_code_has_changed_is_put_right(tmp_path: Path) -> None:
    wanted = {"verify_ms": 1000, "setup_codes": True}
    async with SimReader(tmp_path / "tty", "gm861-uart") as reader, box_at(reader, wanted) as box:
        await box.alive()
        await reader.show_codes([b"TRAM-SIM-SETUP 0060=01 0000=D4"])
        assert reader.zones.reading == "manual"
        await box.until(lambda: reader.zones.now[0x60] == PROTOCOL_ONLY and reader.zones.reading == "continuous")
        await deliver(reader, box, b"after")
        assert box.codes == [b"after"]


async def test_in_command_mode_the_answer_comes_first_and_the_code_is_a_code(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm861-uart") as reader, box_at(reader, {"reading": "command"}) as box:
        await box.alive()
        show = asyncio.create_task(reader.show_codes([b"on command"], hold_ms=20_000))
        await asyncio.sleep(0)
        assert not box.codes
        box.order("trigger")
        await box.until(lambda: box.codes)
        assert (box.codes, box.triggers) == ([b"on command"], [True])
        await show


@pytest.mark.parametrize("fault", ["noise_before", "lose_bytes", "truncate", "power"])
async def test_a_damaged_code_is_refused_and_counted_and_nothing_is_invented(tmp_path: Path, fault: str) -> None:
    card = people.citizen_card(random.Random(3))
    for seed in range(2):
        async with SimReader(tmp_path / "tty", "gm861-uart", seed=seed) as reader, box_at(reader) as box:
            await box.alive()
            reader.fault(fault)
            await reader.show_codes([card])
            await box.until(lambda box=box: any(box.counters.get(why) for why in ("truncated", "noise", "too_long")))
            await deliver(reader, box, b"next")
            assert box.codes == [b"next"]


@pytest.mark.parametrize("fault", ["bad_crc", "double_ack", "late_reply", "noise"])
async def test_a_module_that_answers_wrongly_is_heard_again_and_no_code_is_harmed(tmp_path: Path, fault: str) -> None:
    codes = [b"one", b"two", b"three"]
    async with SimReader(tmp_path / "tty", "gm861-uart") as reader, box_at(reader, {"verify_ms": 1000}) as box:
        await box.alive()
        before = reader.counts["command_07"]
        reader.fault(fault, times=2)
        await box.until(lambda: reader.counts["command_07"] >= before + 4)
        for code in codes:
            await deliver(reader, box, code)
        assert box.codes == codes
        assert box.states[-1][0] == "ready"


async def test_a_module_that_says_nothing_is_mute_until_it_speaks_again(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm861-uart") as reader, box_at(reader, {"verify_ms": 1000}) as box:
        await box.alive()
        reader.fault("mute", for_ms=600_000)
        await box.until(lambda: box.states[-1][0] == "mute")
        reader.fault("none")
        await box.until(lambda: box.states[-1][0] == "ready")
        await deliver(reader, box, b"after")


async def test_a_flood_is_named_and_the_reader_is_used_again_after_it(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm861-uart") as reader, box_at(reader) as box:
        await box.alive()
        reader.fault("flood", for_ms=1500)
        await box.until(lambda: box.states[-1][0] == "flooding")
        await deliver(reader, box, b"after")
        assert box.codes == [b"after"]
        await box.until(lambda: box.states[-1][0] == "ready")
        assert len(box.refused) <= 3


async def test_a_reader_that_is_unplugged_is_dead_and_comes_back_under_the_same_link(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm861-uart") as reader, box_at(reader) as box:
        await box.alive()
        reader.fault("unplug", for_ms=700)
        await box.until(lambda: ("dead", "") in box.states)
        await deliver(reader, box, b"after")
        assert (box.codes, await box.alive()) == ([b"after"], "ready")


async def test_a_box_may_start_before_its_reader_is_there(tmp_path: Path) -> None:
    reader = SimReader(tmp_path / "tty", "gm861-uart")
    async with box_at(reader) as box:
        await box.until(lambda: ("dead", "") in box.states)
        async with reader:
            assert await box.alive() == "ready"


async def test_what_a_call_back_raises_ends_the_loop_and_is_not_swallowed(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm861-uart", 115200) as reader:
        async with box_at(reader) as box:
            await box.alive()
            await reader.show_codes([b"ValueError"])
            assert await box.ended() == 1
        assert b"from a call-back" in box.errors


@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_goes_wrong_no_code_is_invented_and_none_arrives_altered(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    shown: list[bytes] = [b"the last one"]
    whole: list[bytes] = []
    reader = SimReader(tmp_path / "tty", "gm861-uart", 115200, seed)
    async with reader, box_at(reader, {"verify_ms": 1000, "interval_ms": 300}) as box:
        await box.alive()
        for number in range(30):
            code = b"%d %d " % (seed, number) + people.any_code(draw)[1]
            is_harmed = draw.random() < 0.4
            if is_harmed:
                reader.fault(draw.choice(FAULTS), for_ms=draw.randrange(400), count=draw.randint(1, 30))
            shown.append(code)
            if isinstance((await reader.show_codes([code], hold_ms=1000))[0], Sent) and not is_harmed:
                whole.append(code)
        reader.fault("none")
        await deliver(reader, box, shown[0])
        assert set(box.codes) <= set(shown)
        assert len(set(box.codes)) == len(box.codes)
        # What is still on its way from an earlier fault (a late answer, noise behind a code) may cost a later code.
        assert len([code for code in whole if code not in box.codes]) <= 4


class HostPort:
    """A port on CPython, for a reader that is plugged into the gateway itself."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.baud = host.baud

    async def read(self, count: int) -> bytes:
        data = await self._host.read(1)
        self._host.data = b""
        return data

    def write(self, data: bytes) -> None:
        self._host.write(data)

    async def drain(self) -> None:
        pass

    def set_baud(self, baud: int) -> None:
        self._host.set_baud(baud)
        self.baud = baud


async def test_the_same_loop_runs_on_cpython(tmp_path: Path) -> None:
    code = bytes(range(256))
    codes: list[bytes] = []
    states: list[str] = []
    async with SimReader(tmp_path / "tty", "gm861-uart") as reader:
        with Host(reader.line.link) as host:
            loop = ReaderLoop(
                HostPort(host),
                lambda: time.monotonic_ns() // 1_000_000,
                {},
                lambda data, done_ms: codes.append(data),
                lambda state, detail: states.append(state),
            )
            running = asyncio.create_task(loop.run())
            async with asyncio.timeout(60):
                while code not in codes:
                    await reader.show_codes([code], hold_ms=500)
                while states[-1] != "ready":
                    await asyncio.sleep(0.01)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    assert set(codes) == {code}
    assert states == ["starting", "ready"]
