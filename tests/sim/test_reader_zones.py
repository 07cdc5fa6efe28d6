"""The settings of a simulated module."""

import pytest

from scripts.sim.reader_zones import MODELS, Zones


def test_what_is_not_saved_goes_with_the_power() -> None:
    zones = Zones(MODELS["gm65"])
    zones.write(0x13, b"\x94")
    zones.power_on()
    assert zones.now[0x13] == 0
    zones.write(0x13, b"\x94")
    zones.save()
    zones.power_on()
    assert zones.same_code_s == 2.0


def test_an_old_module_has_no_protocol_mode_and_a_newer_one_has() -> None:
    for name, value in (("gm65", 0x21), ("gm861", 0xA1)):
        zones = Zones(MODELS[name])
        zones.write(0x60, b"\xa1")
        assert zones.now[0x60] == value


def test_a_gm861_ships_deaf() -> None:
    assert Zones(MODELS["gm861"]).is_deaf
    assert not Zones(MODELS["gm65"]).is_deaf
    assert not Zones(MODELS["gm861-uart"]).is_deaf


@pytest.mark.parametrize("zone", [0xE0, 0xE5, 0x02, 0xD9, 0x1FF])
def test_what_cannot_be_written_stays(zone: int) -> None:
    zones = Zones(MODELS["gm65"])
    before = bytes(zones.now)
    zones.write(zone, b"\x77")
    assert zones.now == before


@pytest.mark.parametrize(
    "form, counts_tail, frame",
    [
        (0x01, False, b"abc\r"),
        (0x21, False, b"abc\r\n"),
        (0x41, False, b"abc\t"),
        (0x61, False, b"abc"),
        (0x00, False, b"abc"),
        (0x80, False, b"\x03\x00\x03abc"),
        (0xA1, False, b"\x03\x00\x03abc\r\n"),
        (0xA1, True, b"\x03\x00\x05abc\r\n\r\n"[:8]),
        (0x09, False, b"PPabc\r"),
        (0x03, False, b"abcS\r"),
    ],
)
def test_a_code_goes_out_as_the_format_zone_says(form: int, counts_tail: bool, frame: bytes) -> None:
    zones = Zones(MODELS["gm861"])
    zones.write(0x62, b"\x21")
    zones.write(0x63, b"PP")
    zones.write(0x72, b"S")
    zones.write(0x60, bytes((form,)))
    assert zones.output(b"abc", counts_tail) == frame


def test_a_baud_that_makes_no_sense_is_none() -> None:
    zones = Zones(MODELS["gm65"])
    zones.write(0x2A, b"\xff\xff")
    assert zones.wanted_baud() is None


def test_the_same_code_is_given_again_at_once_later_or_never() -> None:
    zones = Zones(MODELS["gm65"])
    for value, delay_s in ((0x00, 0.0), (0x14, 0.0), (0x94, 2.0), (0x80, float("inf"))):
        zones.write(0x13, bytes((value,)))
        assert zones.same_code_s == delay_s


def test_a_gm60_sends_the_head_that_its_zone_says() -> None:
    zones = Zones(MODELS["gm60"])
    assert zones.output(b"x")[:3] == b"\x04\x00\x01"
    zones.write(0x1A, b"\x00")
    assert zones.output(b"x")[:3] == b"\x03\x00\x01"
    zones.write(0x1A, b"\x80")
    assert zones.output(b"x") == b"x\r"
