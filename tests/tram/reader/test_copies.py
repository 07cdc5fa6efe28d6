"""`backup` and `restore`: a module's zones in a file, and back into the same kind of module alone."""

import re
from pathlib import Path

import pytest

from scripts.tram.reader import copies, table
from scripts.tram.trouble import Trouble
from tests.tram.reader.modules import Module, at_home, tram

pytestmark = pytest.mark.usefixtures("at_home")
__all__ = ["at_home"]
FAST = 115200


def copy_of(zones: bytes, model: str = "gm65") -> str:
    return copies.written(table.model(model), zones, 9600)


def a_module() -> bytes:
    zones = bytearray(256)
    zones[0x00], zones[0x13], zones[0xE0] = 0xD6, 0x94, 0x05
    return bytes(zones)


def test_what_was_copied_is_what_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "reader.toml"
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:
        module.now[0x13], module.now[0x0B], module.now[0x63] = 0x94, 0x20, 0x41
        before = bytes(module.now)
        assert bytes.fromhex(module.tram("backup", file)["zones"]) == before
        module.now[0x13], module.now[0x0B], module.now[0x63], module.now[0x60] = 0, 0, 0, 0x21
        said = module.tram("restore", file)
        assert said["written"] == ["000B", "0013", "0060", "0063"]
        assert bytes(module.now) == bytes(module.saved) == before


def test_restoring_what_is_already_so_writes_and_saves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "reader.toml"
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:
        module.tram("backup", file)
        assert module.tram("restore", file)["written"] == []
        assert module.written() == 0
        assert "command_09" not in module.reader.counts


def test_the_copy_of_another_model_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "reader.toml"
    with Module(tmp_path / "a", "gm65", baud=FAST) as old, Module(tmp_path / "b", "gm861-uart", baud=FAST) as new:
        old.tram("backup", file)
        said = new.tram("restore", file)
        assert (said.code, said.error) == (5, "copy_other")
        assert new.written() == 0


def test_the_copy_of_another_version_of_the_same_model_is_taken_and_said_so(tmp_path: Path) -> None:
    file = tmp_path / "reader.toml"
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:
        module.tram("backup", file)
        module.now[0xE2] = 0x69
        said = module.tram("restore", file)
        assert said["left"] == ["00E2"]
        assert said.of("other_version")


def test_nothing_is_restored_without_a_yes(tmp_path: Path) -> None:
    file = tmp_path / "reader.toml"
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:
        module.tram("backup", file)
        module.now[0x13] = 0x94
        said = tram("restore", file, "--port", module.link, say_yes=False)
        assert said.error == "needs_yes"
        assert module.written() == 0


def test_a_zone_that_is_not_kept_is_named_and_nothing_is_saved(tmp_path: Path) -> None:
    file = tmp_path / "reader.toml"
    with Module(tmp_path / "tty", "gm65", baud=FAST) as module:
        module.tram("backup", file)
        module.now[0x13] = 0x94
        module.fault("forget", times=99)
        said = module.tram("restore", file)
        assert (said.code, said.error) == (5, "ignored")
        assert "command_09" not in module.reader.counts


def test_neither_commands_nor_unknown_zones_nor_the_way_out_are_ever_written() -> None:
    model = table.model("gm861")
    before = bytearray(256)
    copy = bytes([0xFF] * 256)
    wants, left = copies.planned(model, bytes(before), copy)
    assert {0x02, 0xD9, 0x2A, 0x2B, 0xE0, 0x9A} <= set(left)
    assert not {0x02, 0xD9, 0x2A, 0x2B, *range(0xE0, 0xE6)} & set(wants)
    assert wants[0x0D] & 3 == 0
    assert set(wants) <= set(model.of_zone)


@pytest.mark.parametrize(
    "pattern, put, error",
    [
        (r'"0013" = "94"', '"0013" = "95"', "copy_changed"),
        (r'crc32 = "', 'crc32 = "0', "copy_changed"),
        (r'version = "05', 'version = "06', "copy_changed"),
        (r'"0013" = "94".*\n', "", "copy_form"),
        (r'"0013" = "94"', '"0013" = 94', "copy_form"),
        (r'"0013" = "94"', '"0013" = "940"', "copy_form"),
        (r'"0013" = "94"', '"0013" = "zz"', "copy_form"),
        (r'"0013" = "94"', '"0013" = "94"\n"0100" = "00"', "copy_form"),
        (r"tram-reader-1", "tram-reader-2", "copy_form"),
        (r'model = "gm65"\n', "", "copy_form"),
        (r"crc32 = .*\n", "", "copy_form"),
        (r"\[zones\]", "[zones", "copy_form"),
        (r"\[zones\]", "zones = 3\n[more]", "copy_form"),
        (r"taken", "\x00taken", "copy_form"),
    ],
)
def test_a_copy_that_is_damaged_is_not_used(tmp_path: Path, pattern: str, put: str, error: str) -> None:
    file = tmp_path / "reader.toml"
    text, count = re.subn(pattern, put, copy_of(a_module()), count=1)
    assert count == 1
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Trouble) as refused:
        copies.read(file, False)
    assert refused.value.code == error


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"x = 1", b"format = 'tram-reader-1'", b"#" * 70_000])
def test_a_file_that_is_no_copy_is_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "reader.toml"
    file.write_bytes(data)
    with pytest.raises(Trouble) as refused:
        copies.read(file, True)
    assert refused.value.code == "copy_form"


def test_a_copy_that_its_owner_has_edited_is_taken_when_said_so(tmp_path: Path) -> None:
    file = tmp_path / "reader.toml"
    file.write_text(copy_of(a_module()).replace('"0013" = "94"', '"0013" = "85"'), encoding="utf-8")
    assert copies.read(file, True).zones[0x13] == 0x85


def test_a_copy_that_is_not_there_is_said_so_before_a_port_is_looked_for(tmp_path: Path) -> None:
    said = tram("restore", tmp_path / "none.toml", "--port", tmp_path / "none")
    assert said.error == "not_there"
