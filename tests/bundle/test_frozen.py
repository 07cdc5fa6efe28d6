"""What is frozen into MicroPython, for which board, and how a file that has it is told from one that has it not."""

import pytest

from scripts.boards.data import load
from scripts.bundle import contents, frozen
from scripts.bundle.frozen import WrongMicroPython, check, folder_of, to_freeze
from scripts.sim.bare_board_image import micropython
from scripts.tram.release.frozen import OWN_BOOT, Mark, has_firmware, marks_in
from tests.bundle.frozen_files import board, inside, made

FROZEN = ["esp32", "esp32c3", "pico_w"]
VERSION = 7


def manifest_says(files):
    """-> (files of our package, single modules, what of the port is taken in)."""
    named, single, port = [], [], []
    words = {
        "package": lambda name, files, base_path, opt: named.extend(f"{name}/{path}" for path in files),
        "module": lambda path, base_path, opt: single.append(path),
        "include": port.append,
        "require": port.append,
        "freeze": lambda folder, files: port.extend(f"{folder}/{path}" for path in files),
    }
    exec(files["manifest.py"].decode(), words)
    return named, single, port


@pytest.mark.parametrize("name", FROZEN)
def test_what_is_frozen_is_what_a_slot_would_have_and_what_starts_it(name):
    files = folder_of(board(name), VERSION)
    named, single, _ = manifest_says(files)
    assert named == [path for path in contents.of_slot(name) if path.endswith(".py")]
    assert set(named) | set(single) == set(files) - {"manifest.py"}
    assert {"main.py", "tram_frozen.py"} <= set(single)


def test_a_frozen_interpreter_keeps_what_its_port_freezes_but_for_the_boot_that_formats():
    assert manifest_says(folder_of(board("esp32c3"), VERSION))[2] == ["$(PORT_DIR)/boards/manifest.py"]
    files = folder_of(board("pico_w"), VERSION)
    _, single, port = manifest_says(files)
    assert "_boot.py" in single
    assert port == ["$(PORT_DIR)/modules/rp2.py", "$(MPY_DIR)/extmod/asyncio", "neopixel"]
    assert b"mkfs" not in files["_boot.py"]
    assert OWN_BOOT in files["_boot.py"]


def test_a_pico_with_slots_gets_our_boot_alone_and_an_esp_with_slots_nothing():
    files = folder_of(board("pico2_w"), VERSION)
    assert manifest_says(files)[:2] == ([], ["_boot.py"])
    assert folder_of(board("esp32s3"), VERSION) == {}


def test_the_mark_tells_board_version_and_any_change_of_what_is_frozen(monkeypatch):
    def mark(*given):
        return marks_in(to_freeze(*given)[frozen.MARK_MODULE])[0]

    one = mark("esp32c3", 7, "esp")
    assert (one.board, one.version) == ("esp32c3", 7)
    assert mark("esp32c3", 8, "esp")[::2] == one[::2]
    paths = contents.of_slot("esp32c3")
    monkeypatch.setattr(contents, "of_slot", lambda board: paths[1:])
    assert mark("esp32c3", 7, "esp").sum != one.sum


@pytest.mark.parametrize("name", FROZEN)
def test_a_file_with_the_firmware_inside_is_taken_for_a_board_that_needs_that(name):
    check("m", made(name, VERSION), board(name), VERSION)


@pytest.mark.parametrize(
    "name, content, why",
    [
        ("esp32c3", lambda: micropython("esp32c3"), "no firmware/__init__.py"),
        ("esp32", lambda: made("esp32", VERSION, "main.py"), "no main.py"),
        ("esp32c3", lambda: made("esp32c3", VERSION, "firmware/app.py"), "no firmware/app.py"),
        ("esp32c3", lambda: made("esp32c3", VERSION, frozen.MARK_MODULE), "no version"),
        ("esp32c3", lambda: made("esp32c3", VERSION - 1), "version 6 for esp32c3"),
        ("esp32c3", lambda: made("esp32c3", VERSION).replace(inside("esp32c3", VERSION)[-40:], b"0" * 40), "version"),
        ("esp32c3", lambda: micropython("esp32c3", inside("esp32", VERSION)), "no firmware/boards/esp32c3.py"),
        ("esp32c3", lambda: made("esp32c3", 6) + inside("esp32c3", 7), "version 6 for esp32c3, version 7"),
        ("pico_w", lambda: made("pico_w", VERSION, "_boot.py"), "would format"),
        ("pico_w", lambda: made("esp32c3", VERSION), "no UF2 file"),
        ("pico_w", lambda: b"", "no UF2 file"),
        ("pico2_w", lambda: micropython("pico2_w"), "would format"),
        ("pico2_w", lambda: micropython("pico2_w", inside("pico2_w", VERSION)), "loads from its slots"),
        ("esp32s3", lambda: micropython("esp32s3", inside("esp32s3", VERSION)), "loads from its slots"),
        ("esp32s3", lambda: micropython("esp32s3", inside("esp32s3", 1, frozen.MARK_MODULE)), "loads from its slots"),
    ],
)
def test_any_other_file_is_refused_with_the_way_to_the_right_one(name, content, why):
    with pytest.raises(WrongMicroPython) as caught:
        check("m.bin", content(), board(name), VERSION)
    said = str(caught.value)
    assert why in said
    if board(name).frozen:
        assert f"FROZEN_MANIFEST=OUT/{name}-{VERSION}-frozen/manifest.py" in said
        assert f"tram-{name}-v" in said


def test_the_files_of_boards_with_slots_are_taken_as_they_are():
    check("m", micropython("esp32s3"), board("esp32s3"), VERSION)
    check("m", micropython("pico2_w", OWN_BOOT), board("pico2_w"), VERSION)


@pytest.mark.parametrize(
    "text",
    [b"", b"tram-frozen-1 ", b"tram-frozen-1 esp32c3 7 " + b"a" * 64, b"tram-frozen-2 x 0000000007 " + b"a" * 64,
     b"tram-frozen-1 ESP 0000000007 " + b"a" * 64, b"tram-frozen-1 x 0000000007 " + b"a" * 63],
)  # fmt: skip
def test_what_is_no_mark_is_none(text):
    assert marks_in(text) == []
    assert not has_firmware(text)


def test_a_mark_is_found_again_once_wherever_it_stands():
    mark = Mark("pico_w", 12, "ab" * 32)
    assert marks_in(b"x" + mark.text().encode() + b"y" + mark.text().encode()) == [mark]


def test_the_boards_without_the_memory_for_our_code_are_these():
    assert [one.name for one in load() if one.frozen] == FROZEN
