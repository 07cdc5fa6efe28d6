"""Packets of the GM67: built and understood as others have published them."""

import pytest

from scripts.tram.reader.ssi import ACK, NAK, REQUEST_REVISION, REVISION, START, STOP, packet, parsed


@pytest.mark.parametrize(
    "opcode, published",
    [(START, "04E40400FF14"), (STOP, "04E50400FF13"), (REQUEST_REVISION, "04A30400FF55")],
)
def test_a_command_is_what_public_drivers_send(opcode: int, published: str) -> None:
    assert packet(opcode) == bytes.fromhex(published)


@pytest.mark.parametrize(
    "data, opcode, rest",
    [
        ("04D00000FF2C", ACK, b""),
        ("05D1000001FF29", NAK, b"\1"),
        ("09A40000474D363741FE11", REVISION, b"GM67A"),
        ("FFFE04D00000FF2C", ACK, b""),
    ],
)
def test_an_answer_is_understood_also_behind_other_bytes(data: str, opcode: int, rest: bytes) -> None:
    assert parsed(bytes.fromhex(data)) == (opcode, rest)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "04",
        "04D00000FF2D",  # a wrong sum
        "04D00000FF",  # cut short
        "03D000FF2D",  # shorter than any packet
        "04E40400FF14",  # our own command, echoed
        "04D00400FF28",  # our own acknowledgement
        "04F30000FF09",  # a code in a packet: nobody asked
        "FFFFFFFFFFFF",
    ],
)
def test_what_is_no_whole_answer_of_a_module_is_none(data: str) -> None:
    assert parsed(bytes.fromhex(data)) is None
