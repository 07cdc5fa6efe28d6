"""A simulated GM67 answers packets with a right sum, and nothing else."""

import pytest

from scripts.sim.reader_ssi import Gm67, packet
from scripts.sim.reader_text import TextCommand

START = bytes.fromhex("04E40400FF14")
REVISION = bytes.fromhex("04A30400FF55")
ACK = bytes.fromhex("04D00000FF2C")


def test_the_sums_are_those_that_others_have_published() -> None:
    assert packet(START[:-2]) == START
    assert packet(REVISION[:-2]) == REVISION
    assert packet(ACK[:-2]) == ACK


def test_a_command_is_heard_whole_behind_the_byte_that_wakes_it() -> None:
    module = Gm67()
    assert module.feed(b"\0" + START[:3], 0) == []
    assert module.feed(START[3:], 5) == [TextCommand(START)]


def test_it_reads_when_it_is_told_to() -> None:
    assert Gm67().obey(TextCommand(START)) == (ACK, 0.0, "trigger")


@pytest.mark.parametrize("seed, answer", [(0, b"\x09\xa4"), (1, b"\x05\xd1"), (2, b"")])
def test_not_every_one_knows_its_revision(seed: int, answer: bytes) -> None:
    assert Gm67(seed).obey(TextCommand(REVISION))[0][:2] == answer


@pytest.mark.parametrize("data", ["04E40400FF15", "04E40400FF", "7E0007010060030BAD"])
def test_what_is_no_packet_with_a_right_sum_gets_no_answer(data: str) -> None:
    module = Gm67()
    for command in module.feed(bytes.fromhex(data), 0):
        assert module.obey(command) == (b"", 0.0, "")
