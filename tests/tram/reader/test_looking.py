"""`show` and `zones`: every known setting, and what the box wants otherwise."""

import asyncio
from pathlib import Path

import pytest

from firmware.scanner import settings, zones
from tests.tram.reader.modules import Module, at_home, people

pytestmark = pytest.mark.usefixtures("at_home")
__all__ = ["at_home"]
FAST = 115200


def test_what_differs_is_named_as_the_firmware_names_it(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm861-uart", baud=57600) as module:
        said = module.tram("show")
        now = {at: module.now[at] for at in range(256)}
        _, names = zones.different(now, zones.targets(settings.complete({}), True))
        assert said.code == 1
        assert set(said["differs"]) == {*names, "baud"}


def test_a_module_as_the_box_wants_it_has_nothing_to_show_against_it(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm861-uart", baud=FAST) as module:
        for _, zone, mask, value in zones.targets(settings.complete({}), True):
            module.now[zone] = module.now[zone] & ~mask & 0xFF | value
        said = module.tram("show")
        assert (said.code, said["differs"]) == (0, [])


def test_an_old_module_without_protocol_mode_is_right_with_its_tail(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:
        for _, zone, mask, value in zones.targets(settings.complete({}), False):
            module.now[zone] = module.now[zone] & ~mask & 0xFF | value
        assert module.tram("show").code == 0


def test_each_setting_is_shown_in_words_and_in_bits(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:
        module.now[0x13] = 0x94
        shown = {zone["zone"]: zone for zone in module.tram("show")["zones"]}
        assert shown["0013"] == {
            "zone": "0013", "bytes": "94", "settings": {"same_code_ms": "2000"}, "wanted": {"same_code_ms": "500"},
        }  # fmt: skip
        assert shown["0000"]["settings"]["reading"] == "continuous"
        assert shown["0007"]["settings"] == {"sleep": "off", "sleep_after_ms": "30000"}
        assert shown["002A"]["settings"] == {"baud": "115200"}
        assert shown["00E0"]["bytes"] == "05646410091c"


def test_all_256_zones_are_shown_as_they_are(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:
        module.now[0x9A] = 0x7E
        assert bytes.fromhex(module.tram("zones")["zones"]) == bytes(module.now)


def test_codes_that_come_meanwhile_do_not_disturb_what_is_read(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm861-uart", hurry=50) as module:
        module.now[0x05], module.now[0x13] = 1, 0
        module.begin(module.reader.show_codes([b"\x02\x00\x00\x0133", b"7 E 0 0" * 20], 3000, once=False))
        assert bytes.fromhex(module.tram("zones")["zones"]) == bytes(module.now)
        assert module.reader.counts["sent"] > 1


def test_a_module_that_cannot_be_read_says_what_it_can_be_set_to(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "de2120") as module:
        said = module.tram("show", "--model", "de2120")
        assert {setting["name"] for setting in said["settings"]} >= {"reading", "sound", "baud"}
        refused = module.tram("zones", "--model", "de2120")
        assert (refused.code, refused.error) == (5, "not_with")


def test_the_one_setting_of_an_m5_unit_is_read(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "m5qr") as module:
        said = module.tram("show", "--model", "m5qr")
        assert (said.code, said["differs"]) == (1, ["reading"])


def test_nothing_is_known_of_the_settings_of_a_gm67(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm67") as module:
        assert module.tram("show", "--model", "gm67").error == "not_with"


@pytest.mark.parametrize(
    "fault, how, error",
    [
        ("bad_crc", {"times": 999}, "half_answered"),
        ("half_answer", {"times": 999}, "half_answered"),
        ("late_reply", {"times": 999, "for_ms": 350}, "half_answered"),
        ("mute", {"for_ms": 600_000}, "unanswered"),
    ],
)
def test_answers_that_arrive_damaged_are_told_from_no_answers(
    tmp_path: Path, fault: str, how: dict[str, int], error: str
) -> None:
    with Module(tmp_path / "tty", "gm861-uart", baud=FAST) as module:

        async def spoilt() -> None:
            while not module.reader.counts.get("command_0a"):  # it has been found
                await asyncio.sleep(0.001)
            module.reader.fault(fault, **how)

        module.begin(spoilt())
        said = module.tram("zones", "--baud", FAST, "--model", "gm861")
        assert (said.code, said.error) == (7, error)


def test_people_see_the_name_that_set_takes_and_what_the_box_wants(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:
        code, text, _ = people("show", "--port", module.link, lang="vi")
        assert code == 1
        line = next(line for line in text.splitlines() if " sound " in line)
        assert line.split() == ["0000", "sound", "on", "tiếng", "bíp:", "bật", "≠", "hộp", "muốn:", "off"]
