"""hardware/boards.toml: what is written from it is up to date, and what a chip cannot do is refused by name."""

import copy
import csv
import tomllib

import pytest

from scripts.boards.data import BOARDS, BoardsError, load, parse
from scripts.boards.facts import CHIPS, rp2_pwm_slice
from scripts.boards.written import files, partitions, pins

DATA = tomllib.loads(BOARDS.read_text(encoding="utf-8"))


def changed(board: str, **changes: object) -> dict:
    """The data with one board changed; "light.red" reaches into a table, None takes a key away."""
    data = copy.deepcopy(DATA)
    for path, value in changes.items():
        *tables, key = path.split(".")
        table = data["boards"][board]
        for name in tables:
            table = table[name]
        if value is None:
            del table[key]
        else:
            table[key] = value
    return data


def test_there_is_a_board_for_each_chip():
    assert {board.chip for board in load()} == set(CHIPS)


@pytest.mark.parametrize("board", load(), ids=lambda board: board.name)
def test_the_written_pins_are_those_of_the_data(board):
    written: dict = {}
    exec(pins(board), written)
    for use, pin in board.pins.items():
        assert written[use.replace(".", "_").upper()] == pin
    assert (written["UART"], written["I2C"], written["LIGHT"]) == (board.uart_id, board.display_id, board.light)
    if board.family == "rp2":
        assert written["SPOOL_START"] == written["SYSTEM_BYTES"] == board.parts["system"].bytes
        assert written["SPOOL_START"] + written["SPOOL_BYTES"] == board.flash_bytes - board.parts["system"].offset


@pytest.mark.parametrize("board", [board for board in load() if board.family == "esp"], ids=lambda board: board.name)
def test_a_partition_table_has_the_parts_of_the_data_one_behind_the_other(board):
    lines = [line for line in partitions(board).splitlines() if not line.startswith("#")]
    rows = {row[0]: (int(row[3], 0), int(row[4], 0)) for row in csv.reader(lines, skipinitialspace=True)}
    assert list(rows) == ["nvs", "phy_init", "factory", "vfs", "spool"]
    end = 0x9000
    for offset, size in rows.values():
        assert offset >= end
        end = offset + size
    assert end <= board.flash_bytes
    assert rows["vfs"] == (board.parts["system"].offset, board.parts["system"].bytes)
    assert rows["spool"] == (board.parts["spool"].offset, board.parts["spool"].bytes)
    assert rows["factory"][0] % 0x10000 == 0  # an application begins on 64 KiB


@pytest.mark.parametrize("board", [board for board in load() if board.family == "rp2"], ids=lambda board: board.name)
def test_the_boot_that_is_to_be_frozen_mounts_the_first_part_only_and_never_formats(board):
    text = next(text for path, text in files([board]).items() if path.name == "_boot.py")
    assert f"rp2.Flash(start=0, len={board.parts['system'].bytes})" in text
    assert "mkfs" not in text
    compile(text, "_boot.py", "exec")


BARRED = [(name, pin) for name, chip in CHIPS.items() for pin in chip.barred]


@pytest.mark.parametrize("chip, pin", BARRED)
def test_a_pin_that_the_chip_needs_for_itself_is_refused(chip, pin):
    board = next(board for board in load() if board.chip == chip)
    with pytest.raises(BoardsError) as refused:
        parse(changed(board.name, button=pin))
    assert refused.value.code == "pin_barred"


@pytest.mark.parametrize(
    "board, changes, code",
    [
        ("esp32", {"buzzer": 34}, "pin_input_only"),
        ("esp32", {"button": 35}, "pin_input_only"),  # it has no pull-up
        ("esp32", {"uart.tx": 39}, "pin_input_only"),
        ("esp32", {"light.green": 36}, "pin_input_only"),
        ("esp32", {"buzzer": 33}, "pin_twice"),
        ("pico_w", {"light.red": 19}, "pin_twice"),
        ("esp32c3", {"display.scl": 4}, "pin_twice"),
        ("esp32", {"buzzer": 40}, "pin"),
        ("esp32", {"buzzer": 24}, "pin"),
        ("esp32", {"buzzer": -1}, "pin"),
        ("esp32", {"buzzer": "27"}, "pin"),
        ("esp32", {"buzzer": True}, "pin"),
        ("esp32s3", {"buzzer": 22}, "pin"),
        ("esp32c3", {"buzzer": 22}, "pin"),
        ("pico_w", {"buzzer": 30}, "pin"),
        ("esp32", {"chip": "esp32s2"}, "chip"),
        ("esp32c3", {"frozen": "yes"}, "form"),
        ("esp32c3", {"frozen": 1}, "form"),
        ("esp32", {"uart.id": 0}, "controller"),  # the console's
        ("esp32c3", {"uart.id": 2}, "controller"),
        ("esp32c3", {"display.id": 1}, "controller"),
        ("pico_w", {"uart.tx": 4}, "controller"),
        ("pico_w", {"uart.rx": 5}, "controller"),
        ("pico_w", {"uart.id": 1}, "controller"),
        ("pico_w", {"display.sda": 10}, "controller"),
        ("pico2_w", {"display.scl": 11}, "controller"),
        ("pico_w", {"buzzer": 21}, "pwm_slice"),
        ("pico2_w", {"buzzer": 3}, "pwm_slice"),
        ("pico_w", {"flash.spool.offset": 0x1CC001}, "flash"),
        ("pico_w", {"flash.spool.bytes": 0}, "flash"),
        ("pico_w", {"flash.spool.bytes": 0x33000}, "flash"),
        ("pico_w", {"flash.spool.bytes": 0x35000}, "flash"),
        ("pico_w", {"flash.system.bytes": 0xA1000}, "flash"),
        ("pico_w", {"flash.system.bytes": 0x9F000}, "flash"),
        ("esp32", {"flash.app.bytes": 0x200000}, "flash"),
        ("esp32", {"flash.bytes": 0x300000}, "flash"),
        ("esp32", {"flash.spool.bytes": 0x20000}, "flash"),
        ("esp32", {"flash.spool.size": 5}, "form"),
        ("esp32", {"flash.spool": None}, "form"),
        ("esp32", {"light.kind": "neon"}, "form"),
        ("esp32", {"light.kind": "ws2812"}, "form"),
        ("esp32", {"light.red": None}, "form"),
        ("esp32", {"light.white": 4}, "form"),
        ("esp32", {"button": None}, "form"),
        ("esp32", {"uart.rx": None}, "form"),
        ("esp32", {"lamp": 4}, "form"),
        ("esp32", {"gate": 4}, "form"),  # its flash deafens nobody
    ],
)
def test_what_a_chip_cannot_do_is_refused_by_name(board, changes, code):
    with pytest.raises(BoardsError) as refused:
        parse(changed(board, **changes))
    assert refused.value.code == code
    assert board in str(refused.value)


@pytest.mark.parametrize("data", [{}, {"boards": {}}, {"boards": DATA["boards"], "more": 1}])
def test_a_file_of_another_form_is_refused(data):
    with pytest.raises(BoardsError) as refused:
        parse(data)
    assert refused.value.code == "form"


def test_a_reader_may_send_to_a_pin_that_is_input_only():
    assert parse(changed("esp32", **{"uart.rx": 34}))


def test_two_pins_of_a_slice_are_told_from_two_that_are_not():
    assert [rp2_pwm_slice(pin) for pin in (0, 1, 2, 15, 16, 18, 29)] == [0, 0, 1, 7, 0, 1, 6]
