"""Which files go to which board."""

import pytest

from scripts.bundle import contents
from scripts.firmware_build import FIRMWARE

BOARDS = contents.boards()


def test_every_board_is_known():
    assert {"linux", "esp32", "esp32s3", "esp32c3", "pico_w", "pico2_w"} <= set(BOARDS)


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_gets_its_own_module_and_no_other_board_s(board):
    slot = contents.of_slot(board)
    assert f"firmware/boards/{board}.py" in slot
    assert not {f"firmware/boards/{other}.py" for other in BOARDS if other != board} & set(slot)
    assert slot == sorted(set(slot))


@pytest.mark.parametrize("board", BOARDS)
def test_what_no_box_uses_stays_behind(board):
    slot = contents.of_slot(board)
    for path in ("wire/batch.py", "wire/answer.py", "boot.py", "main.py", "safe.py", "wire/SPEC.md"):
        assert f"firmware/{path}" not in slot


@pytest.mark.parametrize("board", BOARDS)
def test_everything_that_a_box_imports_is_there_and_nothing_that_it_does_not(board):
    modules = contents._modules(FIRMWARE)
    start = ["firmware.start", f"firmware.boards.{board}"]
    needed = contents._reached(start, modules, contents._others(board, FIRMWARE))
    given = {path for path in contents.of_slot(board) if path.endswith(".py")}
    wanted = {modules[name].relative_to(FIRMWARE.parent).as_posix() for name in needed}
    assert wanted <= given
    assert given - wanted == set()


@pytest.mark.parametrize("board", BOARDS)
def test_data_files_go_along_with_their_room(board):
    assert {"firmware/face/glyphs.bin", "firmware/face/texts.txt"} <= set(contents.of_slot(board))


@pytest.mark.parametrize("board", BOARDS)
def test_safe_mode_has_link_and_update_and_neither_spool_nor_reader(board):
    safe = contents.of_safe(board)
    assert {"firmware/safe.py", "firmware/update/updater.py", "firmware/link/reconnect.py"} <= set(safe)
    assert f"firmware/boards/{board}.py" in safe
    rooms = {path.split("/")[1] for path in safe}
    assert not rooms & {"spool", "scanner", "commands", "gate", "app.py", "start.py", "newcomer.py"}


@pytest.mark.parametrize("board", ["", "esp8266", "__init__", "../linux", "port"])
def test_a_board_that_is_not_there_is_refused_with_those_that_are(board):
    for choose in (contents.of_slot, contents.of_safe):
        with pytest.raises(contents.ContentsError) as refused:
            choose(board)
        assert "pico_w" in str(refused.value)
