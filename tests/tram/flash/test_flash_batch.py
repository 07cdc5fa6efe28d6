"""`tram flash --batch`, and what a single board gets besides its firmware: a set-up code, a label."""

import csv
import os
from pathlib import Path

import pytest

from scripts.provisioning.code import make_code
from scripts.tram.flash import batch
from scripts.tram.flash.options import Outcome, Wish
from scripts.tram.ports import Port, kind_of
from scripts.tram.release import found
from scripts.tram.trouble import Trouble
from tests.tram.flash import releases

BOARD = "esp32c3"


def test_the_box_is_given_its_code_and_a_code_that_it_does_not_take_is_no_done_box(bench):
    bench.release(BOARD)
    board = bench.board(BOARD)
    good, bad = bench.folder / "good.txt", bench.folder / "bad.txt"
    good.write_bytes(make_code(releases.key(), b"an authority") + b"\n")
    bad.write_bytes(make_code(releases.key(), b"an authority", box="box-another"))
    code, told = bench.flash("--no-reader", "--code", bad)
    assert (code, told["error"]["code"], told["error"]["verdict"]) == (5, "code_refused", "other_box")
    assert bench.journal(board)["state"] == "tested"
    code, told = bench.flash("--no-reader", "--code", good)
    assert (code, told["ok"]) == (0, True), "it is ours and not done: nobody is asked"
    assert bench.journal(board)["state"] == "done"
    assert Path(told["label"]).read_bytes().startswith(b"%PDF")
    printed = str(told) + str(bench.journal(board))
    assert good.read_text().strip()[10:60] not in printed


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff" * 100, b"x" * 9000])
def test_a_file_without_a_set_up_code_is_refused_before_the_board_is_touched(bench, content):
    bench.release(BOARD)
    file = bench.folder / "code.txt"
    file.write_bytes(content)
    code, told = bench.flash("--code", file)
    assert (code, told["error"]["code"]) == (5, "no_code")


@pytest.mark.parametrize(
    "words, code",
    [
        (("--batch", "--port", "/dev/null"), "not_with_batch"),
        (("--batch", "--verify-only"), "not_with_batch"),
        (("--label-size", "poster"), "label_size"),
        (("--baud", "1"), "usage"),
        (("--code", "no/such/file"), "not_there"),
        ((), "no_port"),
        (("--port", "/dev/ttyNOSUCH"), "port_unknown"),
    ],
)
def test_a_command_that_cannot_be_says_why(bench, words, code):
    bench.release(BOARD)
    exit_code, told = bench.flash(*words)
    assert exit_code not in (0, 70)
    assert told["error"]["code"] == code


def test_two_boards_are_two_ports_and_neither_is_touched(bench):
    bench.release(BOARD)
    boards = [bench.board(BOARD), bench.board(BOARD)]
    code, told = bench.flash()
    assert (code, told["error"]["code"]) == (3, "two_ports")
    assert all(board.device in told["error"]["message"] for board in boards)


def test_list_names_every_port_and_what_is_behind_it(bench):
    bench.board(BOARD)
    bench.other("/dev/ttyACM7", 0x1546, 0x01A8, "u-blox GNSS receiver")
    code, told = bench.tram("flash", "--list")
    assert (code, [port["kind"] for port in told[-1]["ports"]]) == (0, ["other", "esp"])


def test_a_batch_does_one_board_after_another_and_leaves_alone_what_is_not_ours(bench):
    bench.release(BOARD)
    primary, secondary = os.openpty()
    bench.other(os.ttyname(secondary), 0x1546, 0x01A8, "u-blox GNSS receiver")
    first = bench.board(BOARD)
    second = bench.board(BOARD, line="pty")
    second.fault("protected")
    table = bench.folder / "list" / "boxes.csv"
    code, told = bench.tram(
        "flash", "--release", bench.folder / "release", "--batch", "--no-reader", "--csv", table, "--count", "2"
    )
    os.set_blocking(primary, False)
    with pytest.raises(BlockingIOError):
        os.read(primary, 1)  # nothing was ever sent to a port that is not ours
    os.close(primary)
    os.close(secondary)
    assert (code, told[-1]["done"], told[-1]["failed"]) == (1, 1, 1)
    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    assert [(row["box"], row["state"], row["detail"]) for row in rows] == [
        (f"box-{first.mac}", "done", ""),
        ("", "failed", "write_differs"),
    ]


# --- the batch's own rules, without a board


@pytest.fixture
def rules(bench, monkeypatch):
    """A batch whose boards are made up: (what is plugged in at each look, what each gives) -> tally, rows."""
    folder = bench.release(BOARD)
    wish = Wish(*found(folder), "")
    monkeypatch.setattr(batch, "_LOOK_S", 0)

    def go(looks, flash):
        looks = iter(looks)

        def listed():
            try:
                return [Port(name, vid, 0xEA60, serial, "", kind_of(vid, 0xEA60)) for name, vid, serial in next(looks)]
            except StopIteration:
                raise KeyboardInterrupt from None

        monkeypatch.setattr(batch, "listed", listed)
        file = bench.folder / "boxes.csv"
        tally = batch.run(wish, file, 0, flash)
        return tally, list(csv.DictReader(file.open(encoding="utf-8")))

    return go


ONE, TWO, NATIVE = ("ttyUSB0", 0x303A, ""), ("ttyUSB1", 0x303A, ""), ("ttyACM0", 0x303A, "S1")


def done(port, wish):
    return Outcome("aa", BOARD, 3, box=f"box-{port.device}", devices={port.device, port.serial})


def failing(code):
    def flash(port, wish):
        from scripts.tram import exits
        from scripts.tram.ports import WORDS

        raise Trouble(code, exits.CUT, WORDS, port=port.device)

    return flash


def test_a_board_that_stays_plugged_in_is_done_once_and_another_one_at_the_same_port_is_a_new_one(rules):
    tally, rows = rules([[ONE], [ONE], [ONE, TWO], [ONE, TWO], [TWO], [ONE, TWO], []], done)
    assert tally.done == ["box-ttyUSB0", "box-ttyUSB1", "box-ttyUSB0"]
    assert [row["box"] for row in rows] == tally.done


def test_a_board_that_comes_back_under_another_name_is_known_by_its_serial_number(rules):
    tally, _ = rules([[NATIVE], [("ttyACM1", 0x303A, "S1")], [("ttyACM1", 0x303A, "S1")]], done)
    assert tally.done == ["box-ttyACM0"]


def test_a_failed_board_is_a_row_and_ends_only_itself(rules):
    tally, rows = rules([[ONE], [ONE], [ONE, TWO], [ONE, TWO]], failing("port_busy"))
    assert tally.failed == ["ttyUSB0", "ttyUSB1"]
    assert [(row["state"], row["detail"], row["port"]) for row in rows] == [
        ("failed", "port_busy", "ttyUSB0"),
        ("failed", "port_busy", "ttyUSB1"),
    ]


def test_a_port_behind_which_is_no_board_is_told_once_and_is_no_failure(rules):
    bridge = ("ttyUSB0", 0x10C4, "")
    tally, rows = rules([[bridge], [bridge], [bridge]], failing("port_gone"))
    assert (tally.failed, tally.left_alone, rows) == ([], ["ttyUSB0"], [])
    tally, rows = rules([[ONE], [ONE]], failing("port_gone"))
    assert (tally.failed, tally.left_alone) == (["ttyUSB0"], []), "a chip's own USB is a board, whatever it answers"


def test_ports_of_strangers_are_not_even_looked_at(rules):
    asked = []
    rules([[("ttyACM9", 0x1546, "")], [("ttyS0", None, "")]], lambda port, wish: asked.append(port))
    assert asked == []


def test_ctrl_c_in_the_middle_of_a_board_keeps_the_list_and_says_that_it_was_cut(rules):
    def cut(port, wish):
        raise KeyboardInterrupt

    tally, rows = rules([[ONE]], cut)
    assert tally.failed == ["ttyUSB0"]
    assert [row["state"] for row in rows] == ["cut"]


def test_the_list_is_added_to_with_one_head_and_a_full_disk_ends_the_batch_before_a_board_is_touched(rules, bench):
    rules([[ONE]], done)
    _, rows = rules([[ONE]], done)
    assert len(rows) == 2
    touched = []
    with pytest.raises(OSError, match="No space left"):
        batch.run(None, Path("/dev/full"), 0, lambda *given: touched.append(given))
    assert touched == []
