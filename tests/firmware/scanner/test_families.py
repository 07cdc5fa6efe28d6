"""Every family of readers, on the real interpreter: found, kept as it should be, and told when it is not."""

import asyncio
import random
from pathlib import Path

import pytest

from scripts.sim import people
from scripts.sim.reader import SimReader
from scripts.sim.reader_result import Sent
from tests.firmware.scanner.rig import Box, box_at, deliver

SETUP = "TRAM-SIM-SETUP "
OTHERS = {
    "gm65": ("de2120", "m5qr", "text", "listen", "find", "gm65_apply", "zones"),
    "de2120": ("gm65", "gm65_setup", "frames", "protocol", "tail", "m5qr", "listen", "find"),
    "m5qr": ("gm65", "gm65_setup", "frames", "protocol", "tail", "de2120", "listen", "find"),
}
LACKS = {
    "gm861": "",
    "gm65": "protocol",
    "de2120": "protocol,interval_ms,setup_codes",
    "m5qr": "protocol,interval_ms,same_code_ms,setup_codes",
}


async def found(box: Box, model: str) -> None:
    await box.alive()
    await box.until(lambda: box.model == model)


@pytest.mark.parametrize("baud", [9600, 115_200])
@pytest.mark.parametrize("model", ["gm65", "gm861", "de2120", "m5qr"])
async def test_each_model_is_found_at_either_speed_and_its_codes_arrive(tmp_path: Path, model: str, baud: int) -> None:
    draw = random.Random(4)
    codes = [people.any_code(draw)[1] for _ in range(4)]
    async with SimReader(tmp_path / "tty", model, baud) as reader, box_at(reader) as box:
        await found(box, model)
        stays = model == "m5qr" and baud == 9600
        lacks = ("baud," if stays else "") + LACKS[model]
        assert box.states[-1] == ("half_configured" if lacks else "ready", lacks)
        await box.until(lambda: box.baud == (baud if stays else 115_200))
        assert reader.module.baud == box.baud
        results = await reader.show_codes(codes, hold_ms=10_000)
        assert all(isinstance(one, Sent) for one in results)
        await box.until(lambda: len(box.codes) == len(codes))
        assert box.codes == codes
        assert not box.refused
        await box.until(lambda: not [one for one in OTHERS.get(model, OTHERS["gm65"]) if one in box.loaded])


@pytest.mark.parametrize("model, seed", [("de2120", 0), ("de2120", 1), ("de2120", 2), ("m5qr", 1)])
async def test_no_answer_is_taken_for_a_code_whatever_its_form(tmp_path: Path, model: str, seed: int) -> None:
    async with SimReader(tmp_path / "tty", model, seed=seed) as reader, box_at(reader, {"verify_ms": 1000}) as box:
        await found(box, model)
        box.order("test")
        await box.until(lambda: box.tests)
        await deliver(reader, box, b"the only code")
        before = box.counters["replies"]
        await box.until(lambda: box.counters["replies"] > before + 2)
        assert box.codes == [b"the only code"]


@pytest.mark.parametrize(
    "model, prank",
    [
        ("gm861-uart", "0000=D4"),  # reads on a button only
        ("gm861-uart", "002A=39 002B=01 SAVE"),  # 9600 baud
        ("gm861-uart", "000D=A1 SAVE"),  # output to USB
        ("gm861-uart", "0060=01 SAVE"),  # no protocol mode, CR
        ("gm861-uart", "00D9=A5"),  # deep sleep
        ("gm861-uart", "00D9=50"),  # as it ships
        ("gm65", "00D9=55"),
        ("gm65", "0060=40 002A=34 002B=00"),  # no tail at all, 57,600 baud
    ],
)
async def test_what_a_prankster_shows_a_gm65_does_not_last(tmp_path: Path, model: str, prank: str) -> None:
    wanted = {"verify_ms": 1000, "setup_codes": True}
    async with SimReader(tmp_path / "tty", model) as reader, box_at(reader, wanted) as box:
        state = await box.alive()
        before = bytes(reader.zones.now)
        await reader.show_codes([(SETUP + prank).encode()])
        await deliver(reader, box, b"the next visitor")
        await box.until(lambda: box.states[-1][0] == state and bytes(reader.zones.now) == before)
        assert box.codes == [b"the next visitor"]


@pytest.mark.parametrize(
    "model, prank",
    [
        ("de2120", "^_^SCMMAN."),
        ("de2120", "^_^232BAD5."),
        ("de2120", "^_^CNTALW0."),
        ("de2120", "^_^CIDENA1."),
        ("de2120", "^_^DEFALT."),
        ("m5qr", SETUP + "6141=00"),
        ("m5qr", SETUP + "BAUD=9600"),
    ],
)
async def test_what_a_prankster_shows_the_others_does_not_last(tmp_path: Path, model: str, prank: str) -> None:
    async with SimReader(tmp_path / "tty", model) as reader, box_at(reader, {"verify_ms": 1000}) as box:
        await found(box, model)
        keys = {"mode", "again", "code_id", "6141"} & set(reader.text.factory)
        before = {key: reader.text.get(key) for key in keys}
        await reader.show_codes([prank.encode()])
        await box.until(lambda: {key: reader.text.get(key) for key in before} == before)
        await deliver(reader, box, b"the next visitor")
        assert box.codes[-1] == b"the next visitor"


async def test_a_de2120_that_a_prankster_sets_to_usb_is_told_as_mute_until_it_is_set_back(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "de2120") as reader, box_at(reader, {"verify_ms": 1000}) as box:
        await found(box, "de2120")
        await reader.show_codes([b"^_^PORKBD."])
        await box.until(lambda: box.states[-1] == ("mute", ""))
        await reader.show_codes([b"^_^POR232."], hold_ms=1000)
        await deliver(reader, box, b"back again")
        assert await box.alive() == "half_configured"


async def test_another_model_that_is_plugged_in_is_found_and_used(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm861-uart") as reader, box_at(reader, {"verify_ms": 1000}) as box:
        await found(box, "gm861")
        for model, baud in (("de2120", None), ("m5qr", None), ("gm65", 9600)):
            told = len(box.states)
            await reader.swap(model, baud)
            await box.until(lambda told=told: ("dead", "") in box.states[told:] and len(box.states) > told + 2)
            await found(box, model)
            await deliver(reader, box, f"from the {model}".encode())


@pytest.mark.parametrize("model", ["gm861", "de2120"])
async def test_a_reader_that_falls_back_to_its_factory_settings_is_set_again(tmp_path: Path, model: str) -> None:
    async with SimReader(tmp_path / "tty", model) as reader, box_at(reader, {"verify_ms": 1000}) as box:
        state = await box.alive()
        reader.power_off()
        await box.until(lambda: box.states[-1][0] == "mute")
        reader.module.ship()
        reader.power_on()
        await box.until(lambda: box.states[-1][0] == state)
        await deliver(reader, box, b"after")


async def test_a_flood_from_the_others_is_named_too_and_passes(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "de2120") as reader, box_at(reader) as box:
        await found(box, "de2120")
        reader.fault("flood", for_ms=1500)
        await box.until(lambda: box.states[-1][0] == "flooding")
        await box.until(lambda: box.states[-1][0] == "half_configured")
        await deliver(reader, box, b"after")


async def test_codes_shown_while_it_is_not_known_who_is_there_are_not_lost(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "de2120", 115_200) as reader:
        reader.text.set("mode", "CNT")
        reader.text.save()
        async with box_at(reader) as box:
            await box.until(lambda: box.states == [("starting", "")])
            await asyncio.sleep(0.1)
            (first,) = await reader.show_codes([b"an early visitor"])
            assert isinstance(first, Sent)
            await box.alive()
            assert box.codes == [b"an early visitor"]


# Readers that answer nothing


@pytest.mark.parametrize("model, baud, lines", [("gm65", 9600, 3), ("m5qr", 115_200, 6)])
async def test_a_reader_that_only_sends_is_listened_to_once_its_lines_prove_it(
    tmp_path: Path, model: str, baud: int, lines: int
) -> None:
    shown = 0
    async with SimReader(tmp_path / "tty", model, baud, hears=False) as reader:
        if model == "m5qr":
            reader.text.set("6141", "05")
        else:
            reader.zones.write(0x05, b"\x02")
        async with box_at(reader) as box:
            await box.until(lambda: ("mute", "") in box.states)
            while box.states[-1] != ("listening", str(baud)):
                shown += 1
                await reader.show_codes([f"visitor {shown}".encode()])
                assert shown < 200
            assert len(box.codes) >= lines
            numbers = [int(code.split()[1]) for code in box.codes]
            assert numbers == sorted(numbers)
            await deliver(reader, box, b"Nguy\xe1\xbb\x85n")


async def test_what_a_reader_sends_at_a_speed_that_nobody_listens_to_is_no_code(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm65", 19_200, hears=False) as reader:
        reader.zones.write(0x05, b"\x03")
        async with box_at(reader) as box:
            for number in range(25):
                await reader.show_codes([f"visitor {number} 084204000017|Nam".encode()])
            assert not box.codes
            assert box.states[-1][0] in ("mute", "starting", "flooding")


# Orders


async def test_it_tells_on_order_who_the_reader_is(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm65") as reader, box_at(reader) as box:
        await found(box, "gm65")
        box.order("test")
        await box.until(lambda: box.tests)
        test = box.tests[0]
        assert test.pop("answer_ms") < 1000
        version = "056464100" + "91c"
        told = {"state": "half_configured", "detail": "protocol", "model": "gm65", "baud": 115_200, "answered": True}
        assert test == {**told, "version": version}
        reader.fault("mute", for_ms=600_000)
        box.order("test")
        await box.until(lambda: len(box.tests) == 2)
        assert box.tests[1]["answered"] is False
        assert "version" not in box.tests[1]


async def test_it_finds_the_reader_anew_on_order(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "de2120") as reader, box_at(reader) as box:
        await found(box, "de2120")
        box.order("reinit")
        await box.until(lambda: [state for state, _ in box.states] == ["starting", "half_configured"] * 2)
        await deliver(reader, box, b"after")


async def test_a_code_under_way_while_flash_is_written_is_refused_and_the_next_one_is_read(tmp_path: Path) -> None:
    async with SimReader(tmp_path / "tty", "gm861-uart", 115_200) as reader, box_at(reader) as box:
        await box.alive()
        show = asyncio.create_task(reader.show_codes([b"x" * 3000]))
        await box.until(lambda: box.counters.get("bytes", 0) > 800)
        box.order("write")
        await show
        await box.until(lambda: box.refused)
        assert box.refused == ["truncated"]
        await deliver(reader, box, b"next")
        assert box.codes == [b"next"]


# Speed


@pytest.mark.parametrize("model", ["gm861-uart", "de2120", "m5qr"])
async def test_two_visitors_a_second_are_all_read(tmp_path: Path, model: str) -> None:
    codes = [b"%03d " % number + b"x" * 110 for number in range(10)]
    async with SimReader(tmp_path / "tty", model, 115_200) as reader, box_at(reader, {"verify_ms": 1000}) as box:
        await box.alive()
        loop = asyncio.get_running_loop()
        begin_s = loop.time()
        for number, code in enumerate(codes):
            await asyncio.sleep(max(0.0, begin_s + number * 0.5 - loop.time()))
            (result,) = await reader.show_codes([code], hold_ms=450)
            assert isinstance(result, Sent)
        await box.until(lambda: len(box.codes) == len(codes))
        assert box.codes == codes
        assert not box.refused
