"""Simulated readers that speak plain text, as the reference says they do, and as awkward as it warns."""

import asyncio
from pathlib import Path

import pytest

from scripts.sim.reader import SimReader
from scripts.sim.reader_result import NotRead, Sent
from scripts.sim.reader_text import De2120, M5Qr, TextCommand
from tests.sim.host import Host

ACK, NAK = b"\x06", b"\x15"


@pytest.mark.parametrize(
    "command, answer",
    [
        (b"^_^SCMCNT.", ACK),
        (b"^_^CNTALW2.", ACK),
        (b"^_^MDTTHR20.", ACK),
        (b"^_^BEPSUC0.", ACK),
        (b"^_^232UTF1.", ACK),
        (b"^_^POR232.", ACK),
        (b"^_^SCMXXX.", NAK),
        (b"^_^MDTTHR25.", NAK),
        (b"^_^232BAD1.", NAK),
        (b"^_^NOSUCH.", NAK),
        (b"^_^CNTALW.", NAK),
        (b"^_^CNTALW4.", NAK),
    ],
)
def test_a_de2120_acknowledges_what_it_knows_and_refuses_the_rest(command: bytes, answer: bytes) -> None:
    module = De2120()
    assert module.feed(command, 0) == [TextCommand(command)]
    assert module.obey(TextCommand(command)) == (answer, 0.0, "")


@pytest.mark.parametrize(
    "noise", [b"", b"^_^", b"^_^SCMCNT", b"SCMCNT.", b"^_^scmcnt.", bytes.fromhex("7e000701006003ba26")]
)
def test_a_de2120_does_not_hear_what_is_no_command(noise: bytes) -> None:
    module = De2120()
    assert module.feed(noise, 0) == []
    assert module.feed(b"^_^SCAN.", 10_000) == [TextCommand(b"^_^SCAN.")]


@pytest.mark.parametrize("seed", [0, 1, 2])
async def test_the_version_of_a_de2120_takes_its_time_and_holds_an_acknowledgement(tmp_path: Path, seed: int) -> None:
    async with SimReader(tmp_path / "tty", "de2120", seed=seed) as reader:
        with Host(reader.line.link, 115_200) as host:
            asked_s = asyncio.get_running_loop().time()
            assert ACK in await host.ask(b"^_^DSPYFW.", 1) + await host.read(1)
            assert asyncio.get_running_loop().time() - asked_s > 0.4


async def test_a_de2120_reads_on_command_or_all_the_time_and_ends_a_code_with_cr(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "de2120") as reader:
        with Host(reader.line.link, 115_200) as host:
            assert await reader.show_codes([b"hello"], hold_ms=20) == [NotRead.of("not_triggered", b"hello")]
            show = asyncio.create_task(reader.show_codes([b"hello"]))
            assert await host.ask(b"^_^SCAN.", 7) == ACK + b"hello\r"
            assert isinstance((await show)[0], Sent)
            await host.ask(b"^_^SCMCNT.", 1)
            assert isinstance((await reader.show_codes([b"next"]))[0], Sent)


async def test_a_de2120_turns_text_into_gbk_unless_told_otherwise(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "de2120") as reader:
        with Host(reader.line.link, 115_200) as host:
            await host.ask(b"^_^SCMCNT.", 1)
            host.data = b""
            await reader.show_codes(["é".encode()])
            assert await host.read(3) == "é".encode("gbk") + b"\r"
            await host.ask(b"^_^232UTF1.", 1)
            host.data = b""
            await reader.show_codes(["è".encode()])
            assert await host.read(3) == "è".encode() + b"\r"


async def test_a_printed_code_sets_a_de2120_up_and_usb_makes_it_deaf(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "de2120") as reader:
        with Host(reader.line.link, 115_200) as host:
            await host.ask(b"^_^SCMCNT.", 1)
            code = b"^_^PORKBD."
            assert await reader.show_codes([code]) == [NotRead.of("setup_code", code)]
            host.data = b""
            host.write(b"^_^POR232.")
            assert await reader.show_codes([b"a"]) == [NotRead.of("deaf", b"a")]
            await reader.show_codes([b"^_^POR232."])
            assert isinstance((await reader.show_codes([b"b"]))[0], Sent)
            assert await host.read(2) == b"b\r"


async def test_what_was_set_goes_with_the_power(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "de2120", boot_ms=10) as reader:
        with Host(reader.line.link, 115_200) as host:
            await host.ask(b"^_^SCMCNT.", 1)
            reader.power_off()
            reader.power_on()
            assert reader.module.reading == "command"
            with pytest.raises(TypeError):
                _ = reader.zones


@pytest.mark.parametrize("seed, extra", [(0, b""), (1, b"\0")])
async def test_an_m5_unit_answers_as_its_libraries_expect(tmp_path: Path, seed: int, extra: bytes) -> None:
    async with SimReader(tmp_path / "tty", "m5qr", seed=seed) as reader:
        with Host(reader.line.link, 115_200) as host:
            ping = bytes.fromhex("24614100") + extra
            assert await host.ask(bytes.fromhex("236141"), len(ping)) == ping
            assert await host.ask(bytes.fromhex("21614105"), 5) == bytes.fromhex("2261410500")
            assert await host.ask(bytes.fromhex("327502"), 5) == bytes.fromhex("3375020000")
            assert reader.module.reading == "sensing"


@pytest.mark.parametrize("command, answer", [("21614107", "2261410701"), ("21999900", "2299990001"), ("239999", "")])
def test_an_m5_unit_does_not_take_what_it_does_not_know(command: str, answer: str) -> None:
    module = M5Qr()
    (heard,) = module.feed(bytes.fromhex(command), 0)
    assert module.obey(heard)[0] == bytes.fromhex(answer)
    assert module.get("6141") == "00"


async def test_an_m5_unit_sends_the_bytes_of_a_code_and_nothing_else(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "m5qr") as reader:
        with Host(reader.line.link, 115_200) as host:
            show = asyncio.create_task(reader.show_codes([b"hello"]))
            host.write(bytes.fromhex("327501"))
            assert isinstance((await show)[0], Sent)
            assert await host.read(5) == b"hello"


async def test_an_m5_unit_obeys_its_printed_codes(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "m5qr") as reader:
        with Host(reader.line.link, 115_200) as host:
            await host.ask(bytes.fromhex("21614105"), 5)
            await reader.show_codes([b"TRAM-SIM-SETUP BAUD=9600 SAVE"])
            assert reader.module.baud == 9600
            await reader.show_codes([b"TRAM-SIM-SETUP SLEEP"])
            assert await reader.show_codes([b"a"], hold_ms=20) == [NotRead.of("asleep", b"a")]


async def test_a_reader_without_its_rx_hears_nothing_and_sends(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm65", hears=False) as reader:
        with Host(reader.line.link) as host:
            host.write(bytes.fromhex("7e0008010003020188"))
            assert isinstance((await reader.show_codes([b"a"]))[0], Sent)
            assert await host.read(2) == b"a\r"
            assert reader.zones.takes_setup_codes


async def test_another_model_comes_under_the_same_link(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm65") as reader:
        await reader.swap("m5qr")
        with Host(reader.line.link, 115_200) as host:
            while not host.data:
                host.write(bytes.fromhex("236141"))
                await asyncio.sleep(0.05)
            assert host.data.startswith(bytes.fromhex("24614100"))


async def test_in_deep_sleep_a_gm65_hears_only_what_wakes_it(tmp_path: Path) -> None:
    def special(value: int) -> bytes:
        return bytes((0x7E, 0, 8, 1, 0, 0xD9, value, 0xAB, 0xCD))

    async with SimReader(tmp_path / "tty", "gm65") as reader:
        with Host(reader.line.link) as host:
            await host.ask(special(0xA5), 7)
            host.data = b""
            host.write(bytes.fromhex("7e000701000a01ee8a"))
            assert await reader.show_codes([b"a"], hold_ms=200) == [NotRead.of("asleep", b"a")]
            assert host.data == b""
            await host.ask(special(0x00), 7)
            assert isinstance((await reader.show_codes([b"a"]))[0], Sent)


@pytest.mark.parametrize("baud", [0, 2400, 115_201])
def test_a_speed_that_there_is_not_is_refused(tmp_path: Path, baud: int) -> None:
    with pytest.raises(ValueError):
        SimReader(tmp_path / "tty", "de2120", baud)
