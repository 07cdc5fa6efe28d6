"""A GM60 puts 04 in front of its codes until it is told otherwise; nobody else's zone 001A is touched."""

from dataclasses import replace
from pathlib import Path

import pytest

from scripts.sim.reader import SimReader
from scripts.sim.reader_result import Sent
from scripts.sim.reader_zones import FORMAT, HEADER, MODELS
from tests.firmware.scanner.rig import Box, box_at

FAST = 115_200
CODES = [b"8711218972875", bytes(range(256)), b"\x04\x00\x01x", b"\x03", "Nguyễn Văn Thử".encode()]


def module(folder: Path, name: str = "gm60", baud: int = FAST, **zones: int) -> SimReader:
    """`zones` are what it was left at, by their names: z001A=0xC1."""
    reader = SimReader(folder / "tty", name, baud)
    for zone, value in zones.items():
        reader.zones.now[int(zone[1:], 16)] = value
    reader.zones.save()
    return reader


async def all_arrive(reader: SimReader, box: Box) -> None:
    results = await reader.show_codes(CODES, hold_ms=10_000)
    assert all(isinstance(one, Sent) for one in results)
    await box.until(lambda: len(box.codes) >= len(CODES))
    assert box.codes == CODES
    assert not box.refused


async def test_a_gm60_as_it_ships_becomes_ready_and_its_codes_arrive(tmp_path: Path) -> None:
    async with module(tmp_path, baud=9600) as reader, box_at(reader) as box:
        assert await box.alive() == "ready"
        await all_arrive(reader, box)
        assert reader.zones.now[HEADER] == 0x00
        assert reader.zones.saved == reader.zones.now


@pytest.mark.parametrize("left_at", [0x40, 0x80, 0xC0, 0x41, 0x01, 0x7F])
async def test_only_the_bits_of_head_and_checksum_are_changed(tmp_path: Path, left_at: int) -> None:
    async with module(tmp_path, z001A=left_at) as reader, box_at(reader) as box:
        assert await box.alive() == "ready"
        assert reader.zones.now[HEADER] == left_at & 0x3E


async def test_one_that_was_left_in_tail_mode_is_brought_to_03_too(tmp_path: Path) -> None:
    async with module(tmp_path, z0060=0x01) as reader, box_at(reader) as box:
        assert await box.alive() == "ready"
        assert (reader.zones.now[FORMAT], reader.zones.now[HEADER]) == (0x80, 0x00)


async def test_what_is_set_is_not_written_again_and_what_somebody_changed_is(tmp_path: Path) -> None:
    async with module(tmp_path) as reader, box_at(reader, {"verify_ms": 1000}) as box:
        await box.alive()
        written, asked = reader.counts["command_08"], reader.counts["command_07"]
        await box.until(lambda: reader.counts["command_07"] > asked + 6)
        assert reader.counts["command_08"] == written
        reader.zones.now[HEADER] = 0x40
        await box.until(lambda: reader.zones.now[HEADER] == 0)
        await box.until(lambda: box.states[-1][0] == "ready")
        await all_arrive(reader, box)


async def test_one_that_keeps_its_head_is_used_in_tail_mode(tmp_path: Path) -> None:
    reader = module(tmp_path)
    reader.zones.model = replace(MODELS["gm60"], kept_bits={HEADER: 0})
    async with reader, box_at(reader) as box:
        assert await box.alive() == "half_configured"
        assert box.states[-1][1] == "protocol"
        assert (reader.zones.now[FORMAT], reader.zones.now[HEADER]) == (0x21, 0x40)
        await reader.show_codes([b"8711218972875"], hold_ms=5000)
        await box.until(lambda: box.codes == [b"8711218972875"])


@pytest.mark.parametrize("name", ["gm65", "gm861", "gm861-uart"])
async def test_the_same_zone_of_a_module_that_says_what_it_is_stays_as_it_was(tmp_path: Path, name: str) -> None:
    async with module(tmp_path, name, z001A=0x41) as reader, box_at(reader) as box:
        await box.alive()
        assert reader.zones.now[HEADER] == reader.zones.saved[HEADER] == 0x41


async def test_nor_is_it_touched_in_a_module_without_protocol_mode_that_does_not_say_what_it_is(tmp_path: Path) -> None:
    reader = module(tmp_path, z0060=0x01)
    reader.zones.model = replace(MODELS["gm60"], kept_bits={FORMAT: 0x7F})
    async with reader, box_at(reader) as box:
        assert await box.alive() == "half_configured"
        assert reader.zones.now[HEADER] == 0x40
