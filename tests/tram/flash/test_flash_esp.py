"""`tram flash` on ESP boards: the real esptool, against stand-ins that are the chip's loader first and then a box."""

import json
import shutil

import pytest

from scripts.bundle import image as bundle_image
from scripts.sim.bare_board_image import PROG_BYTES, starts
from scripts.tram.flash import journal
from scripts.tram.flash.esp import Esp, Piece, pieces_of
from scripts.tram.release.check import system_files
from scripts.tram.trouble import Trouble
from tests.tram.flash import releases

BOARD = "esp32c3"
DATA = releases.board(BOARD)
SPOOL, SYSTEM = DATA.parts["spool"], DATA.parts["system"]
NOTHING = b"\xff" * DATA.flash_bytes


def part(flash, where):
    return flash[where.offset : where.offset + where.bytes]


def put(board, *places):
    """Something on the board's flash, as another program would have left it."""
    with Esp(board.device) as chip:
        for offset, data in places:
            chip._write_one(Piece(offset, data + b"\xff" * (-len(data) % 4096)), lambda done: None)


def test_a_bare_board_becomes_a_box_that_says_who_it_is_and_its_journal_says_done(bench):
    bench.release(BOARD)
    board = bench.board(BOARD)
    code, told = bench.tram("flash", "--release", bench.folder / "release", "--no-reader")
    result = told[-1]
    assert (code, result["ok"], result["box"], result["version"]) == (0, True, f"box-{board.mac}", releases.VERSION)
    assert [event["step"] for event in told if event.get("done") == 0] == [
        "connect",
        "write",
        "compare",
        "start",
        "test",
    ]
    assert bench.journal(board)["state"] == "done"
    assert system_files(releases.system(BOARD))["boot.py"] == system_files(part(board.flash, SYSTEM))["boot.py"]
    assert result["label"] == str(bench.home / "labels" / f"box-{board.mac}.pdf")
    code, verified = bench.flash("--verify-only")
    assert (code, verified["ok"]) == (0, True), "a box that has run since still holds the release"
    assert "needs_yes" in json.dumps(bench.flash("--no-reader")[1]), "a box is not flashed again unasked"


def test_a_board_that_has_its_firmware_inside_micropython_becomes_a_box_and_stays_one_when_it_is_looked_at(bench):
    bench.frozen_release(BOARD)
    board = bench.board(BOARD)
    code, told = bench.flash("--no-reader")
    assert (code, told["ok"], told["box"]) == (0, True, f"box-{board.mac}")
    there = system_files(part(board.flash, SYSTEM))
    assert "fleet.key" in there
    assert not {"boot.py", "main.py", "a/manifest", "s/manifest"} & set(there)
    code, verified = bench.flash("--verify-only")
    assert (code, verified["ok"]) == (0, True)


def test_a_board_that_was_a_box_with_slots_loses_them_and_a_boot_that_came_back_is_named(bench):
    bench.release(BOARD)
    board = bench.board(BOARD)
    bench.flash("--no-start")
    shutil.rmtree(bench.folder / "release")
    bench.frozen_release(BOARD)
    assert bench.flash("--no-start", "--overwrite")[0] == 0
    assert sorted(system_files(part(board.flash, SYSTEM))) == ["fleet.key"]
    put(board, (SYSTEM.offset, with_boot(part(board.flash, SYSTEM))))
    code, told = bench.flash("--verify-only")
    assert (code, told["error"]["code"], told["error"]["path"]) == (5, "file_too_many", "boot.py")


def with_boot(image):
    """The same system volume with a boot.py on it."""
    return bundle_image.make({**system_files(image), "boot.py": b"raise SystemExit"}, len(image), PROG_BYTES)


def test_a_cable_pulled_at_40_percent_leaves_no_board_that_starts_and_the_next_run_goes_on_there(bench):
    bench.release(BOARD)
    board = bench.board(BOARD)
    board.fault("cut", 280_000)
    code, told = bench.flash("--no-start")
    assert (code, told["error"]["code"]) == (6, "cable_pulled")
    assert 15 <= told["error"]["percent"] <= 60
    assert bench.journal(board)["state"] == "begun"
    assert starts(board.flash, board.board) == "blank"
    board.plug(elsewhere=True)
    code, told = bench.flash("--no-start")
    assert (code, told["ok"]) == (0, True)
    assert 0 < told["written_bytes"] < 600_000
    assert starts(board.flash, board.board) == "app"
    assert bench.journal(board)["state"] == "written"


@pytest.mark.parametrize(
    "fault, value, code",
    [
        ("flip", (SYSTEM.offset + 5, 0x10), "write_differs"),
        ("protected", True, "write_differs"),
        ("mute", True, "no_loader"),
    ],
)
def test_a_board_that_is_broken_is_never_called_done_and_does_not_start(bench, fault, value, code):
    bench.release(BOARD)
    board = bench.board(BOARD)
    board.fault(fault, value)
    exit_code, told = bench.flash("--no-start")
    assert exit_code != 0
    assert told["error"]["code"] == code
    assert told["error"]["next"]
    assert (bench.journal(board) or {"state": "begun"})["state"] == "begun"
    assert starts(board.flash, board.board) == "blank"


@pytest.mark.parametrize(
    "bad, code", [(OSError(28, "No space left"), "disk_full"), (KeyboardInterrupt(), "stopped_midway")]
)
def test_a_full_disk_or_ctrl_c_in_the_middle_is_told_as_that_and_the_board_does_not_start(
    bench, monkeypatch, bad, code
):
    bench.release(BOARD)
    board = bench.board(BOARD)
    note, noted = journal.note, []

    def failing(entry, state, percent=0):
        noted.append(percent)
        if len(noted) > 3:
            raise bad
        return note(entry, state, percent)

    monkeypatch.setattr(journal, "note", failing)
    exit_code, told = bench.flash("--no-start")
    assert (exit_code, told["error"]["code"]) == ({"disk_full": 8, "stopped_midway": 6}[code], code)
    assert bench.journal(board)["state"] == "begun"
    assert starts(board.flash, board.board) == "blank"


@pytest.mark.parametrize("fault, value", [("garbage", True), ("late_ms", 20)])
def test_noise_before_the_first_answer_and_late_answers_change_nothing(bench, fault, value):
    board = bench.board(BOARD)
    board.fault(fault, value)
    with Esp(board.device) as chip:
        assert chip.facts == (BOARD, ":".join(board.mac[at : at + 2] for at in range(0, 12, 2)), DATA.flash_bytes)
        pieces = pieces_of([("system", SYSTEM.offset, b"here" * 999)], 0)
        assert chip.write([*pieces, Piece(0, b"\xff" * 4096)], lambda done, of: None, lambda percent: None) == 4096


def test_a_chip_that_does_not_start_the_loaders_program_is_written_by_its_rom_alone(bench):
    board = bench.board(BOARD)
    board.fault("deaf_stub")
    with Esp(board.device) as chip:
        assert not chip._loader.IS_STUB
        put_there = Piece(SYSTEM.offset, b"slow" * 1024)
        chip.write([put_there, Piece(0, b"\xff" * 4096)], lambda done, of: None, lambda percent: None)
        chip.compare([("system", *put_there)], ("system",), lambda done, of: None)
    assert board.flash[SYSTEM.offset :].startswith(b"slow" * 1024)


@pytest.mark.parametrize(
    "name, options, words, code",
    [
        ("esp32s3", {}, (), "wrong_chip"),
        ("esp32c3", {}, ("--board", "esp32"), "wrong_chip"),
        ("esp32c3", {}, ("--board", "toaster"), "board_unknown"),
        ("esp32c3", {"flash_bytes": 2 << 20}, (), "flash_small"),
    ],
)
def test_the_wrong_chip_or_too_small_a_flash_is_refused_and_nothing_is_written(bench, name, options, words, code):
    bench.release("esp32", "esp32c3")
    board = bench.board(name, **options)
    exit_code, told = bench.flash(*words)
    assert (exit_code, told["error"]["code"]) == (2 if code == "board_unknown" else 5, code)
    assert set(board.flash) == {0xFF}
    assert bench.journal(board) is None


def test_another_program_is_written_over_only_where_somebody_says_so_and_what_it_left_is_erased(bench):
    bench.release(BOARD)
    board = bench.board(BOARD)
    put(board, (0x8000, b"another table"), (SPOOL.offset, b"what another program left"))
    before = board.flash
    code, told = bench.flash("--no-start")
    assert (code, told["error"]["code"]) == (2, "needs_yes")
    assert board.flash == before
    code, told = bench.flash("--no-start", "--overwrite")
    assert (code, told["ok"]) == (0, True)
    assert part(board.flash, SPOOL) == b"\xff" * SPOOL.bytes


def test_scans_that_are_on_a_box_outlive_a_new_flashing_unless_a_person_wants_them_gone(bench):
    bench.release(BOARD)
    board = bench.board(BOARD)
    bench.flash("--no-start")
    (bench.home / "flash" / f"{board.mac}.json").unlink()
    put(board, (SPOOL.offset, b"scans"), (SYSTEM.offset + 40 * 4096, b"a log"))
    code, told = bench.tram("flash", "--release", bench.folder / "release", "--no-start", "--overwrite")
    assert (code, [event["event"] for event in told if event.get("event") == "scans_kept"]) == (0, ["scans_kept"])
    assert part(board.flash, SPOOL).startswith(b"scans")
    code, told = bench.flash("--no-start", "--overwrite", "--erase-scans")
    assert told["error"]["code"] == "needs_yes", "--overwrite does not speak for the scans"
    assert part(board.flash, SPOOL).startswith(b"scans")
    code, told = bench.flash("--no-start", "--erase-scans", "--yes")
    assert (code, part(board.flash, SPOOL)) == (0, b"\xff" * SPOOL.bytes)


def test_what_is_read_back_and_differs_is_named_with_its_address(bench):
    board = bench.board(BOARD)
    parts = [("system", SYSTEM.offset, bytes(range(256)) * 600)]
    with Esp(board.device) as chip:
        chip.write([*pieces_of(parts, 0), Piece(0, b"\xff" * 4096)], lambda done, of: None, lambda percent: None)
        chip.compare(parts, ("system",), lambda done, of: None)
        board.fault("flip", (SYSTEM.offset + 70_000, 0x01))
        with pytest.raises(Trouble) as caught:
            chip.compare(parts, ("system",), lambda done, of: None)
    assert caught.value.code == "readback_differs"
    assert caught.value.facts["address"] == f"0x{SYSTEM.offset + 0x10000:06x}", "the piece of 64 KiB in which it is"


def test_the_boot_loaders_first_sector_is_the_last_to_be_written():
    parts = [("micropython", 0x1000, bytes(300_000)), ("system", 0x200000, bytes(5000))]
    pieces = pieces_of(parts, 0x1000)
    assert pieces[-1] == (0x1000, bytes(4096))
    assert [piece.offset for piece in pieces[:-1]] == sorted(piece.offset for piece in pieces[:-1])
    assert sum(len(piece.data) for piece in pieces) == 303_104 + 8192
