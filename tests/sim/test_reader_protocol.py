"""What a simulated module takes for a command. The examples stand in tests/vectors/gm65/command.json."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.sim.reader_protocol import COMMAND_MS, CommandParser, reply

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/gm65/command.json").read_text())
READ_ZONE_0A = bytes.fromhex("7E000701000A01EE8A")


@pytest.mark.parametrize("entry", VECTORS["valid"], ids=lambda entry: entry["name"])
def test_a_right_command_is_obeyed_with_its_checksum_and_with_the_unchecked_one(
    entry: dict[str, str],
) -> None:
    frame = bytes.fromhex(entry["hex"])
    for form in (frame, frame[:-2] + b"\xab\xcd"):
        (command,) = CommandParser().feed(form, 0)
        assert bytes((command.kind, len(command.data))) == frame[2:4]


@pytest.mark.parametrize("entry", VECTORS["invalid"], ids=lambda entry: entry["name"])
def test_a_wrong_command_is_not_obeyed_and_the_next_one_is(entry: dict[str, str]) -> None:
    parser = CommandParser()
    assert parser.feed(bytes.fromhex(entry["hex"]), 0) == []
    assert len(parser.feed(READ_ZONE_0A, COMMAND_MS + 1)) == 1


@pytest.mark.parametrize("pause_ms, count", [(0, 1), (COMMAND_MS, 1), (COMMAND_MS + 1, 0)])
def test_a_command_must_be_whole_within_its_time(pause_ms: int, count: int) -> None:
    parser = CommandParser()
    parser.feed(READ_ZONE_0A[:4], 0)
    assert len(parser.feed(READ_ZONE_0A[4:], pause_ms)) == count


@given(st.lists(st.integers(0, 40), max_size=6))
def test_two_commands_are_two_however_they_are_cut(cuts: list[int]) -> None:
    data = READ_ZONE_0A * 2
    parser, commands, begin = CommandParser(), [], 0
    for end in sorted({cut % len(data) for cut in cuts} | {len(data)}):
        commands += parser.feed(data[begin:end], 0)
        begin = end
    assert len(commands) == 2


@given(st.binary(max_size=300))
def test_garbage_never_breaks_it(data: bytes) -> None:
    parser = CommandParser()
    parser.feed(data, 0)
    assert len(parser.feed(READ_ZONE_0A, COMMAND_MS + 1)) == 1


@pytest.mark.parametrize(
    "data, frame", [("3E", "020000013EE4AC"), ("3901", "020000023901C14C"), ("00", "02000001003331")]
)
def test_an_answer_is_the_one_of_the_manual(data: str, frame: str) -> None:
    assert reply(bytes.fromhex(data)).hex().upper() == frame
