"""`tram flash` on Picos: a drive that swallows UF2 files, and the raw REPL of the real interpreter."""

from pathlib import Path

import pytest

from scripts.bundle import image
from scripts.sim.bare_board_image import PROG_BYTES
from scripts.tram.flash import on_pico
from scripts.tram.flash.options import Wish
from scripts.tram.flash.repl import Repl
from scripts.tram.ports import Port
from scripts.tram.release import found, uf2
from scripts.tram.trouble import Trouble
from tests.tram.flash import releases

BOARD = "pico2_w"
DATA = releases.board(BOARD)
SPOOL, SYSTEM = DATA.parts["spool"], DATA.parts["system"]


def put(board, *places):
    """Write to the board's drive, as its release would be, with these bytes changed: (offset, bytes)."""
    files = releases.made(BOARD)
    pages = uf2.parse(files.micropython[1], DATA.chip) | uf2.pages_of(files.system, SYSTEM.offset)
    for offset, data in places:
        pages |= uf2.pages_of(data, offset)
    Path(board.device, "x.uf2").write_bytes(uf2.absolute_blocks(files.micropython[1]) + uf2.make(pages, DATA.chip))
    board.wait_for("app")


def test_a_pico_in_its_loader_becomes_a_box_once_a_person_has_said_so(bench):
    bench.release(BOARD)
    board = bench.board(BOARD)
    code, told = bench.flash("--no-reader")
    assert (code, told["error"]["code"]) == (2, "needs_yes"), "nobody can see what is on it"
    code, told = bench.flash("--no-reader", "--overwrite")
    assert (code, told["ok"], told["board"]) == (0, True, BOARD)
    assert told["box"] == f"box-{told['chip_id']}"
    assert board.mode == "app"
    assert bench.journal(board, told["chip_id"])["state"] == "done"
    code, told = bench.flash("--verify-only")
    assert (code, told["ok"]) == (0, True)


def test_a_box_with_scans_goes_over_its_repl_to_its_loader_and_back_and_keeps_them(bench):
    bench.release(BOARD)
    board = bench.board(BOARD)
    put(board, (SPOOL.offset + 64 * 4096, b"scans"))
    code, told = bench.flash("--no-reader")
    assert (code, told["error"]["code"]) == (2, "needs_yes")
    board.wait_for("app", "repl")
    code, told = bench.tram("flash", "--release", bench.folder / "release", "--no-reader", "--overwrite")
    assert (code, told[-1]["ok"]) == (0, True)
    assert "scans_kept" in [event.get("event") for event in told]
    assert board.flash[SPOOL.offset + 64 * 4096 :].startswith(b"scans")


def test_a_pico_that_has_its_firmware_inside_micropython_becomes_a_box(bench):
    bench.frozen_release("pico_w")
    board = bench.board("pico_w")
    code, told = bench.flash("--no-reader", "--overwrite")
    assert (code, told["ok"], told["board"]) == (0, True, "pico_w")
    assert bench.journal(board, told["chip_id"])["state"] == "done"
    code, told = bench.flash("--verify-only")
    assert (code, told["ok"]) == (0, True)


def test_a_boot_on_a_pico_that_must_have_none_is_named(bench):
    board = bench.board(BOARD)
    put(board)
    folder = bench.frozen_release("pico_w")
    release = found(folder)[1]
    files = {"fleet.key": releases.key().modulus.hex().encode()}
    system = image.make(files, releases.board("pico_w").parts["system"].bytes, PROG_BYTES)
    wish = Wish(folder, release, "")
    monkey = {"system": system}
    wish.files = lambda plan: monkey
    with Repl(board.device) as asked, pytest.raises(Trouble) as caught:
        on_pico.compare(asked, release.boards["pico_w"], wish, "e660")
    assert (caught.value.code, caught.value.facts["path"]) == ("file_too_many", "boot.py")


def test_files_on_the_board_that_differ_from_the_release_are_named(bench):
    folder = bench.release(BOARD)
    board = bench.board(BOARD)
    where = releases.system(BOARD).find(b"# Picks the slot that runs.")
    put(board, (SYSTEM.offset + where // 256 * 256, bytes(256)))
    release = found(folder)[1]
    with Repl(board.device) as asked, pytest.raises(Trouble) as caught:
        on_pico.compare(asked, release.boards[BOARD], Wish(folder, release, ""), "e660")
    assert (caught.value.code, caught.value.facts["path"]) == ("file_on_box_differs", "boot.py")


def drive(folder, name="RP2350"):
    folder.mkdir()
    (folder / "INFO_UF2.TXT").write_text(f"UF2 Bootloader v1.0\r\nModel: Raspberry Pi\r\nBoard-ID: {name}\r\n")
    return Port(str(folder), None, None, "", "", "uf2")


@pytest.mark.parametrize("name, code", [("RPI-RP2", "wrong_chip"), ("SAMD21", "wrong_chip"), ("", "wrong_chip")])
def test_another_chips_drive_is_refused_and_nothing_is_written_on_it(bench, name, code):
    bench.release(BOARD)
    port = drive(bench.folder / "drive", name)
    bench.others.append(port)
    exit_code, told = bench.flash("--overwrite")
    assert (exit_code, told["error"]["code"]) == (5, code)
    assert [path.name for path in Path(port.device).iterdir()] == ["INFO_UF2.TXT"]


def test_a_drive_that_is_full_and_one_that_stays_are_no_done_boards(bench):
    folder = bench.release(BOARD)
    where, release = found(folder)
    wish = Wish(where, release, "", overwrite=True, patience_s=0.3)
    port = drive(bench.folder / "drive")
    with pytest.raises(Trouble, match="drive_stays"):
        on_pico.write(port, wish)
    Path(port.device, "tram.uf2").unlink()
    Path(port.device, "tram.uf2").symlink_to("/dev/full")
    with pytest.raises(Trouble, match="drive_full"):
        on_pico.write(port, wish)


def test_a_pico_that_does_not_come_back_is_no_done_board(bench, monkeypatch):
    folder = bench.release(BOARD)
    where, release = found(folder)
    board = bench.board(BOARD)
    port = Port(**board.entry())
    monkeypatch.setattr("scripts.tram.ports.listing.stand_ins", list)
    with pytest.raises(Trouble, match="not_back"):
        on_pico.write(port, Wish(where, release, "", overwrite=True, patience_s=0.5))
    board.wait_for("app")


def test_a_port_on_which_no_micropython_answers_is_told_apart(bench):
    board = bench.board("esp32c3")
    board.fault("mute")
    with pytest.raises(Trouble, match="no_repl"):
        Repl(board.device)
