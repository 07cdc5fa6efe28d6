"""What never goes out to a module, whoever asks for it."""

import asyncio

import pytest

from firmware.scanner import gm65
from scripts.tram.reader.line import Forbidden, ReaderLine


class Port:
    """A pyserial port that keeps what is written to it."""

    baudrate = 9600
    write_timeout: float | None = None

    def __init__(self) -> None:
        self.sent = b""

    def write(self, data: bytes) -> None:
        self.sent += data


def sent(line: ReaderLine, data: bytes) -> bytes:
    line.write(data)
    asyncio.run(line.drain())
    return line._port.sent  # type: ignore[attr-defined]


def erase(zone: int = 0x0000) -> bytes:
    body = bytes((0x05, 1, 0, zone, 0x22))
    return b"\x7e\x00" + body + gm65.crc16(body).to_bytes(2, "big")


@pytest.mark.parametrize("zone", [0x00, 0xD9])
def test_the_command_that_erases_a_module_is_never_sent(zone: int) -> None:
    line = ReaderLine(Port())  # type: ignore[arg-type]
    line.may_reset = True
    with pytest.raises(Forbidden):
        line.write(erase(zone))
    assert sent(line, b"") == b""


@pytest.mark.parametrize("value", [0x55, 0x50, 0x56, 0xA0, 0xA5, 0xD3, 0xFF])
def test_nothing_but_wake_goes_to_the_zone_of_special_commands(value: int) -> None:
    line = ReaderLine(Port())  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        line.write(gm65.write(gm65.ZONE_SPECIAL, bytes((value,))))
    wake = gm65.write(gm65.ZONE_SPECIAL, b"\0")
    assert sent(line, wake) == wake


def test_a_long_write_that_reaches_the_zone_of_special_commands_is_not_sent() -> None:
    line = ReaderLine(Port())  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        line.write(gm65.write(0x00D0, bytes(10)))
    before = gm65.write(0x00D0, bytes(9))
    assert sent(line, before) == before


def test_with_a_persons_consent_the_defaults_may_be_asked_for() -> None:
    line = ReaderLine(Port())  # type: ignore[arg-type]
    line.may_reset = True
    reset = gm65.write(gm65.ZONE_SPECIAL, b"\x55")
    assert sent(line, reset) == reset


@pytest.mark.parametrize("frame", [gm65.write(0x000D, b"\xa0"), gm65.write(0x0000, bytes(20))])
def test_on_its_own_usb_a_module_is_never_told_where_its_codes_go(frame: bytes) -> None:
    line = ReaderLine(Port(), is_own_usb=True)  # type: ignore[arg-type]
    assert sent(line, frame) == b""
    assert line.withheld == 1
    assert sent(line, gm65.save()) == gm65.save()


def test_a_port_on_the_network_that_has_no_limit_for_writing_is_used_without() -> None:
    class Far(Port):
        def __setattr__(self, name: str, value: object) -> None:
            if name == "write_timeout":
                raise NotImplementedError
            super().__setattr__(name, value)

    assert sent(ReaderLine(Far()), b"x") == b"x"  # type: ignore[arg-type]


def test_a_port_that_is_gone_reads_as_nothing() -> None:
    class Gone(Port):
        def read(self, most: int) -> bytes:
            raise OSError(5, "gone")

    assert asyncio.run(ReaderLine(Gone()).read(10)) == b""  # type: ignore[arg-type]
