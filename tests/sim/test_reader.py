"""A simulated module, seen from a host on its line."""

import asyncio
from pathlib import Path

import pytest

from scripts.sim import pictures
from scripts.sim.reader import SimReader
from scripts.sim.reader_faults import FaultError
from scripts.sim.reader_protocol import HEARTBEAT_REPLY, reply
from scripts.sim.reader_result import NotRead, Sent
from tests.sim.host import Host

ACK = reply(b"\0")
SAVE = bytes.fromhex("7E0009010000 00DEC8")
HEARTBEAT = bytes.fromhex("7E000A010000 00301A")
TRIGGER = bytes.fromhex("7E000801000201ABCD")


def write(zone: int, value: int) -> bytes:
    return bytes((0x7E, 0, 8, 1, 0, zone, value, 0xAB, 0xCD))


def read(zone: int, count: int = 1) -> bytes:
    return bytes((0x7E, 0, 7, 1, 0, zone, count, 0xAB, 0xCD))


async def test_it_answers_reads_writes_and_saves_as_the_manual_says(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm65") as reader:
        with Host(reader.line.link) as host:
            assert await host.ask(read(0x2A, 2), 8) == bytes.fromhex("020000023901C14C")
            assert await host.ask(write(0x0A, 0x3E), 7) == ACK
            assert await host.ask(read(0x0A), 7) == bytes.fromhex("020000013EE4AC")
            assert await host.ask(SAVE, 7) == ACK
            assert reader.zones.saved[0x0A] == 0x3E


async def test_only_a_gm861_answers_a_heartbeat(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "new", "gm861-uart") as new, SimReader(tmp_path / "old", "gm65") as old:
        with Host(new.line.link) as host:
            assert await host.ask(HEARTBEAT, 7) == HEARTBEAT_REPLY
        with Host(old.line.link) as host:
            assert await host.ask(HEARTBEAT + read(0x0A), 7) == reply(b"\0")


async def test_a_bad_command_gets_no_answer_at_all(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm65") as reader:
        with Host(reader.line.link) as host:
            bad = bytes.fromhex("7E000801000A3E4CCE")
            assert await host.ask(bad + read(0x0A), 7) == reply(b"\0")


async def test_the_speed_changes_after_the_answer(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm65") as reader:
        with Host(reader.line.link) as host:
            assert await host.ask(bytes.fromhex("7E000802002A1A00E47E"), 7) == ACK
            host.set_baud(115200)
            assert await host.ask(read(0x2A, 2), 8) == reply(b"\x1a\0")


async def test_a_gm861_as_it_ships_obeys_and_says_nothing(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm861") as reader:
        with Host(reader.line.link) as host:
            assert await reader.show_codes([b"hello"]) == [NotRead.of("deaf", b"hello")]
            assert await host.ask(read(0x0D) + write(0x0D, 0xA0) + read(0x0D), 14) == ACK + reply(b"\xa0")


async def test_in_command_mode_the_answer_comes_before_the_code(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm65") as reader:
        with Host(reader.line.link) as host:
            await host.ask(write(0x00, 0xD5), 7)
            assert await reader.show_codes([b"hello"], hold_ms=50) == [NotRead.of("not_triggered", b"hello")]
            show = asyncio.create_task(reader.show_codes([b"hello"]))
            assert await host.ask(TRIGGER, 13) == ACK + b"hello\r"
            assert isinstance((await show)[0], Sent)


async def test_the_same_code_is_held_back_for_its_delay(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm65") as reader:
        reader.zones.write(0x13, b"\x80")
        reader.zones.write(0x05, b"\x00")
        with Host(reader.line.link):
            first, again, other = await reader.show_codes([b"a", b"a", b"b"], hold_ms=100)
            assert isinstance(first, Sent)
            assert again == NotRead.of("same_code", b"a")
            assert isinstance(other, Sent)


async def test_a_code_that_stays_is_read_over_and_over(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm65") as reader:
        reader.zones.write(0x05, b"\x01")
        with Host(reader.line.link):
            results = await reader.show_codes([b"a"], hold_ms=600, once=False)
            assert len(results) >= 3


async def test_it_sees_what_is_in_a_picture_one_code_after_the_other(tmp_path: Path) -> None:
    path = pictures.draw_codes([b"left", b"right"], tmp_path / "two.png")
    async with SimReader(tmp_path / "tty", "gm65") as reader:
        reader.zones.write(0x05, b"\x01")
        with Host(reader.line.link) as host:
            left, right = await reader.show(path)
            assert isinstance(left, Sent)
            assert isinstance(right, Sent)
            assert right.last_byte_ms - left.last_byte_ms >= 100
            assert await host.read(11) == b"left\rright\r"


async def test_a_set_up_code_sets_it_up_unless_that_is_forbidden(tmp_path: Path) -> None:
    code = b"TRAM-SIM-SETUP 0013=94 SAVE"
    async with SimReader(tmp_path / "tty", "gm65") as reader:
        reader.zones.write(0x05, b"\x00")
        with Host(reader.line.link) as host:
            reader.zones.write(0x03, b"\x00")
            assert await reader.show_codes([code]) == [NotRead.of("setup_code", code)]
            assert reader.zones.saved[0x13] == 0x94
            reader.zones.write(0x13, b"\x00")
            reader.zones.write(0x03, b"\x02")
            assert isinstance((await reader.show_codes([code]))[0], Sent)
            assert await host.read(len(code) + 1) == code + b"\r"
            assert reader.zones.now[0x13] == 0


async def test_the_erase_command_is_the_end_of_a_module(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm65") as reader:
        with Host(reader.line.link) as host:
            host.write(bytes((0x7E, 0, 5, 1, 0, 0, 0x22, 0xAB, 0xCD)))
            while not reader.was_erased:
                await asyncio.sleep(0.01)
            assert await reader.show_codes([b"a"], hold_ms=20) == [NotRead.of("off", b"a")]


async def test_with_the_power_goes_what_was_not_saved(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm65", boot_ms=20) as reader:
        with Host(reader.line.link) as host:
            await host.ask(write(0x13, 0x94), 7)
            reader.power_off()
            assert await reader.show_codes([b"a"], hold_ms=20) == [NotRead.of("off", b"a")]
            reader.power_on()
            assert isinstance((await reader.show_codes([b"a"]))[0], Sent)
            assert (await host.read(9)).endswith(b"a\r")
            assert await host.ask(read(0x13), 7) == reply(b"\0")


async def test_the_factory_settings_come_back_on_command(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm65") as reader:
        with Host(reader.line.link) as host:
            await host.ask(write(0x13, 0x94) + SAVE, 14)
            assert await host.ask(write(0xD9, 0x55), 7) == ACK
            assert await host.ask(read(0x13), 7) == reply(b"\0")
            assert reader.zones.saved[0x13] == 0


@pytest.mark.parametrize(
    "fault, answers",
    [
        ("bad_crc", [ACK[:-1] + b"\x6b", ACK]),
        ("double_ack", [ACK + ACK, ACK]),
        ("half_answer", [ACK[:3], ACK]),
        ("late_reply", [ACK, ACK]),
    ],
)
async def test_an_answer_goes_wrong_once(tmp_path: Path, fault: str, answers: list[bytes]) -> None:
    async with SimReader(tmp_path / "tty", "gm65") as reader:
        with Host(reader.line.link) as host:
            reader.fault(fault, for_ms=50)
            for answer in answers:
                assert await host.ask(write(0x13, 0), len(answer)) == answer


@pytest.mark.parametrize("fault", ["lose_bytes", "truncate", "power"])
async def test_a_code_goes_wrong_once_and_is_not_called_sent(tmp_path: Path, fault: str) -> None:
    code = b"a code of some length"
    async with SimReader(tmp_path / "tty", "gm65", boot_ms=20) as reader:
        with Host(reader.line.link) as host:
            reader.fault(fault, for_ms=50)
            assert await reader.show_codes([code]) == [NotRead.of(fault, code)]
            assert isinstance((await reader.show_codes([code]))[0], Sent)
            while not host.data.endswith(code + b"\r"):
                await host.read(len(host.data) + 1)
            assert len(host.data) < 2 * len(code + b"\r")


async def test_noise_before_a_code_leaves_the_code_whole(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm65") as reader:
        with Host(reader.line.link) as host:
            reader.fault("noise_before", count=5)
            (sent,) = await reader.show_codes([b"hello"])
            assert isinstance(sent, Sent)
            assert sent.fault == "noise_before"
            assert (await host.read(11))[5:] == b"hello\r"


async def test_a_write_is_acknowledged_and_forgotten(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm65") as reader:
        with Host(reader.line.link) as host:
            reader.fault("forget")
            assert await host.ask(write(0x13, 0x94) + read(0x13), 14) == ACK + reply(b"\0")
            reader.fault("forget_save")
            assert await host.ask(write(0x13, 0x94) + SAVE, 14) == ACK + ACK
            assert (reader.zones.now[0x13], reader.zones.saved[0x13]) == (0x94, 0)


async def test_a_mute_module_hears_nothing_and_says_nothing_until_told_otherwise(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm65") as reader:
        with Host(reader.line.link) as host:
            reader.fault("mute", for_ms=600_000)
            host.write(read(0x13))
            assert await reader.show_codes([b"a"]) == [NotRead.of("mute", b"a")]
            reader.fault("none")
            assert await host.ask(read(0x0A), 7) == reply(b"\0")


@pytest.mark.parametrize("call", [("nope",), ("noise", -1), ("mute", 1, "long"), ("noise", 1, 1, True), (7,)])
async def test_a_fault_that_there_is_not_is_refused(tmp_path: Path, call: tuple[object, ...]) -> None:
    async with SimReader(tmp_path / "tty", "gm65") as reader:
        with pytest.raises(FaultError):
            reader.fault(*call)  # type: ignore[arg-type]


async def test_two_readers_with_the_same_seed_misbehave_alike(tmp_path: Path) -> None:
    heard = []
    for name in ("a", "b"):
        async with SimReader(tmp_path / name, "gm65", seed=3) as reader:
            with Host(reader.line.link) as host:
                reader.fault("noise", count=40)
                heard.append(await host.read(40))
    assert heard[0] == heard[1]
