"""scripts/freeze-proof: what it takes for an interpreter with our firmware inside."""

import os

import pytest

from scripts.bundle import frozen
from scripts.freezing.__main__ import BOARD, VERSION, folder, missing
from scripts.freezing.boxes import small_image, taken_from
from scripts.sim.box import FROZEN
from scripts.tram.release.check import system_files


@pytest.fixture
def given(tmp_path):
    folder(tmp_path / "frozen")
    return tmp_path / "frozen"


def program(given, without=""):
    names = [path.relative_to(given).as_posix() for path in given.rglob("*.py")]
    mark = b"" if without == frozen.MARK_MODULE else (given / frozen.MARK_MODULE).read_bytes()
    return b"\0".join(name.encode() for name in names if name != without) + b"\0" + mark


def test_an_interpreter_that_has_all_of_the_folder_lacks_nothing(given):
    assert missing(given, program(given)) == []


@pytest.mark.parametrize("name", ["main.py", "firmware/app.py", "firmware/boards/linux.py"])
def test_a_module_that_is_not_in_it_is_named(given, name):
    assert missing(given, program(given, name)) == [name]


def test_an_interpreter_of_other_sources_or_none_of_ours_is_told(given):
    other = frozen.to_freeze(BOARD, VERSION + 1, BOARD)[frozen.MARK_MODULE]
    assert missing(given, program(given, frozen.MARK_MODULE) + other)[-1] == "its mark"
    assert len(missing(given, b"\x7fELF")) > 100


def test_the_boxes_are_told_which_interpreter_and_only_while_it_is_their_turn(tmp_path, monkeypatch):
    monkeypatch.delenv(FROZEN, raising=False)
    with taken_from(tmp_path / "micropython"):
        assert os.environ[FROZEN] == str(tmp_path / "micropython")
    assert FROZEN not in os.environ
    with taken_from(None):
        assert FROZEN not in os.environ


def test_a_frozen_boxs_system_volume_holds_the_fleets_key_and_nothing_else():
    assert system_files(small_image(b"\1" * 256)) == {"fleet.key": b"01" * 256}
