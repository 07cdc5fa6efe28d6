"""Commands: what they look like, and what can never be built."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.scanner import gm65
from scripts.sim import reader_protocol

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/gm65/command.json").read_text())


@given(st.integers(0, 0xFFFF), st.binary(min_size=1, max_size=245))
def test_a_module_takes_every_command_for_what_it_is(zone: int, data: bytes) -> None:
    parser = reader_protocol.CommandParser()
    (command,) = parser.feed(gm65.write(zone, data), 0)
    assert (command.kind, command.zone, command.data) == (gm65.WRITE, zone, data)


@given(st.binary(max_size=400))
def test_both_sides_compute_the_same_checksum(data: bytes) -> None:
    assert gm65.crc16(data) == reader_protocol.crc16(data)


@given(st.binary(min_size=1, max_size=255), st.integers(0, 260), st.integers(1, 255))
def test_an_answer_with_one_changed_byte_is_none(data: bytes, at: int, change: int) -> None:
    frame = bytearray(reader_protocol.reply(data))
    assert gm65.is_reply(frame)
    frame[at % len(frame)] ^= change
    assert not gm65.is_reply(frame)


@pytest.mark.parametrize("call, args", VECTORS["unbuildable"])
def test_a_command_that_no_module_could_obey_is_not_built(call: str, args: list[object]) -> None:
    with pytest.raises(ValueError):
        getattr(gm65, call)(*[bytes.fromhex(arg) if isinstance(arg, str) else arg for arg in args])


def test_nothing_builds_the_command_that_erases_the_firmware() -> None:
    built = [gm65.read(0, 1), gm65.write(0, b"\x22"), gm65.save(), gm65.heartbeat(), gm65.trigger(), gm65.baud(9600)]
    assert 5 not in {command[2] for command in built}


def test_a_baud_that_the_module_does_not_have_is_an_error() -> None:
    with pytest.raises(KeyError):
        gm65.baud(12345)


def test_no_two_reads_could_be_answered_by_the_same_number_of_bytes() -> None:
    counts = [block[1] for block in (gm65.BLOCK_SETTINGS, gm65.BLOCK_FORMAT, gm65.BLOCK_BAUD, gm65.BLOCK_MODEL)]
    assert len({*counts, gm65.ACK_BYTES}) == len(counts) + 1
