"""`set`, `apply`, `save`, `defaults` and `trigger`: what is written is read back, and what is not kept is named."""

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import pytest

from firmware.scanner import settings, zones
from scripts.tram.reader import table
from scripts.tram.reader.changing import pair, planned
from scripts.tram.trouble import Trouble
from tests.tram.reader.modules import Module, at_home, people, tram

pytestmark = pytest.mark.usefixtures("at_home")
__all__ = ["at_home"]
FAST = 115200


def ignoring(module: Module, **kept_bits: int) -> None:
    """Make it acknowledge writes to zones (z0013=0: to none of its bits) and ignore them."""
    zoned: Any = module.reader.zones
    bits = {int(name[1:], 16): value for name, value in kept_bits.items()}
    zoned.model = dataclasses.replace(zoned.model, kept_bits=bits)


def test_settings_are_set_by_name_or_by_zone_and_only_in_the_bits_that_were_named(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:
        said = module.tram("set", "sound=off", "reading=sensing", "0013=94", "interval_ms=500ms")
        assert module.now[0x00] == 0x97
        assert (module.now[0x13], module.now[0x05]) == (0x94, 5)
        assert said["written"] == ["0000", "0005", "0013"]


def test_what_is_set_is_lost_with_the_power_unless_it_is_saved(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:
        assert module.tram("set", "sound=off")["saved"] is False
        assert module.saved[0x00] == 0xD6
        assert module.tram("set", "sound=off", "--save")["saved"] is True
        assert module.saved[0x00] == 0x96


def test_what_is_already_so_is_not_written(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:
        assert module.tram("set", "sound=on")["written"] == []
        assert module.written() == 0


def test_the_framing_changes_while_nothing_is_read_and_reading_begins_again(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm861-uart", baud=FAST) as module:
        module.tram("set", "protocol=on", "has_tail=off")
        assert module.now[0x60] == 0x80
        assert module.now[0x00] == 0xD6
        assert module.written() == 3
        assert module.tram("set", "protocol=off", "tail=tab", "has_tail=on").code == 0
        assert module.now[0x60] == 0x41


def test_the_speed_is_followed(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:
        assert module.tram("set", "baud=57600")["baud"] == 57600
        assert module.reader.module.baud == 57600
        assert module.tram("set", "002A=3901")["baud"] == 9600


def test_a_text_zone_takes_several_bytes(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:
        module.tram("set", "0063=5452414D", "prefix_length=4")
        assert bytes(module.now[0x63:0x67]) == b"TRAM"
        assert module.now[0x62] == 0x40


@pytest.mark.parametrize(
    "wish, error, code",
    [
        ("sound", "setting_form", 2),
        ("=off", "setting_form", 2),
        ("sound=", "setting_form", 2),
        ("sond=off", "setting_unknown", 2),
        ("prefix_text=abc", "setting_unknown", 2),
        ("sound=loud", "value_bad", 2),
        ("same_code_ms=99999", "value_bad", 2),
        ("baud=12345", "value_bad", 2),
        ("002A=FFFF", "value_bad", 2),
        ("0013=100", "value_bad", 2),
        ("0013=1234", "value_bad", 2),
        ("0013=zz", "value_bad", 2),
        ("009A=01", "zone_unknown", 5),
        ("00D9=55", "zone_fixed", 5),
        ("0002=01", "zone_fixed", 5),
        ("trigger=on", "zone_fixed", 5),
        ("special=85", "zone_fixed", 5),
        ("00E0=06", "zone_fixed", 5),
        ("00E5=06", "zone_fixed", 5),
        ("0100=01", "setting_unknown", 2),
    ],
)
def test_what_cannot_be_set_is_refused_by_name(wish: str, error: str, code: int) -> None:
    with pytest.raises(Trouble) as refused:
        planned(table.model("gm65"), bytes(256), [pair(wish)])
    assert (refused.value.code, refused.value.exit_code) == (error, code)


def test_where_one_wish_is_refused_none_is_written(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:
        assert module.tram("set", "interval_ms=500", "00D9=55", "--baud", FAST).error == "zone_fixed"
        assert module.written() == 0


def test_a_zone_that_is_acknowledged_and_ignored_is_named(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:
        ignoring(module, z0013=0x00)
        said = module.tram("set", "same_code_ms=2000", "sound=off")
        assert (said.code, said.error) == (5, "ignored")
        assert said.end["error"]["names"] == "0013"
        assert module.now[0x00] == 0x96


def test_a_write_that_was_forgotten_once_is_written_again(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:
        module.fault("forget")
        assert module.tram("set", "same_code_ms=2000").code == 0
        assert module.now[0x13] == 0x94


def test_a_module_that_falls_silent_in_the_middle_is_not_called_done(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:

        async def hush() -> None:
            while not module.written():
                await asyncio.sleep(0.001)
            module.reader.fault("mute", for_ms=60_000)

        module.begin(hush())
        said = module.tram("set", "sound=off", "--baud", FAST)
        assert (said.code, said.error) == (7, "unanswered")


def test_a_module_that_is_pulled_in_the_middle_is_not_called_done(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:

        async def pull() -> None:
            while not module.written():
                await asyncio.sleep(0.001)
            module.reader.line.unplug()

        module.begin(pull())
        said = module.tram("set", "sound=off", "--baud", FAST)
        assert (said.code, said.error) == (6, "gone")


def test_a_reader_on_its_own_usb_keeps_sending_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Module(tmp_path / "tty", "gm861-uart", baud=FAST) as module:
        ports = tmp_path / "ports.json"
        ports.write_text(f'[{{"device": "{module.link}", "kind": "reader"}}]', encoding="utf-8")
        monkeypatch.setenv("TRAM_PORTS", str(ports))
        monkeypatch.setattr("serial.tools.list_ports.comports", list)
        said = tram("set", "output=usb_serial")
        assert said.error == "ignored_usb"
        assert "USB" in said.end["error"]["next"]
        assert module.now[0x0D] == 0xA0


def test_apply_leaves_a_module_as_the_box_wants_it_and_saved(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm861") as module:
        said = module.tram("apply")
        assert (said.code, said["missing"], said["baud"]) == (0, [], 115200)
        now = {at: module.now[at] for at in range(256)}
        assert zones.different(now, zones.targets(settings.complete({}), True)) == ([], [])
        assert module.saved == module.now
        assert module.tram("show").code == 0


def test_apply_saves_a_module_that_was_right_but_for_being_set_to_usb(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm861-uart", baud=FAST) as module:
        module.tram("apply")
        module.now[0x0D] = module.saved[0x0D] = 0xA1
        assert module.tram("apply", "--baud", FAST).code == 0
        assert module.saved[0x0D] == 0xA0


def test_apply_twice_writes_once(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm861-uart", baud=FAST) as module:
        module.tram("apply")
        writes, saves = module.written(), module.reader.counts["command_09"]
        assert module.tram("apply")["changed"] == 0
        assert (module.written(), module.reader.counts["command_09"]) == (writes, saves)


def test_apply_takes_other_wishes_of_the_box(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm861-uart", baud=57600) as module:
        assert module.tram("apply", "reading=sensing", "baud=keep", "same_code_ms=1000")["baud"] == 57600
        assert module.now[0x00] & 3 == 3
        assert module.now[0x13] == 0x8A


def test_apply_tells_what_a_model_never_has_from_what_this_one_does_not_take(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:
        ignoring(module, z0060=0x7F, z0005=0x00)
        said = module.tram("apply")
        assert (said.code, said["without"], said["missing"]) == (1, ["protocol"], ["interval_ms"])


@pytest.mark.parametrize("named", [["--model", "gm60"], []])
def test_apply_makes_a_gm60_send_what_the_box_understands(tmp_path: Path, named: list[str]) -> None:
    with Module(tmp_path / "tty", "gm60", baud=FAST) as module:
        assert module.tram("apply", *named).code == 0
        assert module.now[0x1A] & 0xC1 == 0
        assert module.saved[0x1A] & 0xC1 == 0
        assert module.reader.module.output(b"x") == b"\x03\x00\x01x"


@pytest.mark.parametrize("model", ["de2120", "m5qr"])
def test_apply_works_with_modules_that_have_no_zones(tmp_path: Path, model: str) -> None:
    with Module(tmp_path / "tty", model) as module:
        said = module.tram("apply", "--model", model)
        assert (said.code, said["missing"]) == (0, [])
        assert module.reader.text.reading in ("continuous", "sensing")


@pytest.mark.parametrize("wish", ["readng=manual", "reading=fast", "interval_ms=50", "verify_ms=0", "sound=loud"])
def test_apply_refuses_what_the_box_has_no_setting_for(tmp_path: Path, wish: str) -> None:
    said = tram("apply", wish, "--port", tmp_path / "none")
    assert said.error in ("setting_unknown", "value_bad")


def test_save_is_tried_until_it_is_acknowledged(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:
        module.now[0x13] = 0x94
        module.fault("bad_crc", times=0)
        assert module.tram("save")["saved"]
        assert module.saved[0x13] == 0x94


def test_a_save_that_is_not_acknowledged_is_not_called_saved(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:

        async def spoil() -> None:
            while not module.reader.counts.get("command_0a"):
                await asyncio.sleep(0.001)
            module.reader.fault("bad_crc", times=999)

        module.begin(spoil())
        said = module.tram("save", "--baud", FAST)
        assert (said.code, said.error) == (7, "not_saved")


def test_defaults_are_asked_about_first(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:
        module.now[0x13] = 0x94
        said = tram("defaults", "--port", module.link, say_yes=False)
        assert (said.code, said.error) == (2, "needs_yes")
        assert module.now[0x13] == 0x94


@pytest.mark.parametrize("model, zone, value", [("gm65", 0x13, 0x94), ("gm861", 0x06, 0x01)])
def test_defaults_bring_back_what_it_shipped_with_and_find_it_again(
    tmp_path: Path, model: str, zone: int, value: int
) -> None:
    with Module(tmp_path / "tty", model, baud=115200 if model == "gm65" else None) as module:
        shipped = module.now[zone]
        module.now[zone] = module.saved[zone] = value
        assert module.tram("defaults")["done"]
        assert (module.now[zone], module.saved[zone]) == (shipped, shipped)
        assert module.reader.module.baud == 9600


@pytest.mark.parametrize("model", ["gm60", "m5qr", "gm67"])
def test_defaults_that_nobody_has_published_are_not_guessed(tmp_path: Path, model: str) -> None:
    with Module(tmp_path / "tty", model) as module:
        said = module.tram("defaults", "--model", model)
        assert (said.code, said.error) == (5, "not_with")
        assert "special" not in module.reader.counts


def test_a_de2120_takes_settings_at_its_word(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "de2120") as module:
        assert module.tram("set", "sound=off", "same_code_ms=1000", "baud=9600", "--model", "de2120")["baud"] == 9600
        text = module.reader.text
        assert (text.get("beep"), text.get("again"), text.get("baud")) == ("0", "3", "9600")
        assert module.tram("save", "--model", "de2120")["saved"] is True


@pytest.mark.parametrize("wish, error", [("sound=loud", "value_bad"), ("interval_ms=300", "setting_unknown")])
def test_a_de2120_is_not_sent_what_it_does_not_have(tmp_path: Path, wish: str, error: str) -> None:
    with Module(tmp_path / "tty", "de2120") as module:
        assert module.tram("set", wish, "--model", "de2120").error == error


def test_an_m5_unit_that_ignores_its_setting_is_found_out(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "m5qr") as module:
        module.fault("forget", times=999)
        assert not module.tram("set", "reading=continuous", "--model", "m5qr").end["ok"]


@pytest.mark.parametrize("model", ["gm65", "de2120", "m5qr", "gm67"])
def test_a_module_reads_when_it_is_told_to(tmp_path: Path, model: str) -> None:
    with Module(tmp_path / "tty", model) as module:
        if model == "gm65":
            module.now[0x00] = 0xD5
        module.begin(module.reader.show_codes([b"shown"], hold_ms=15_000))
        assert module.tram("trigger", "--model", model).code == 0


def test_a_tired_person_reads_that_it_was_not_saved(tmp_path: Path) -> None:
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:
        code, text, _ = people("set", "sound=off", "--port", module.link)
        assert code == 0
        assert "Not saved" in text
