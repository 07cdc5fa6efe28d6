"""Partition tables in binary, as an ESP32's boot loader reads them."""

import hashlib
import struct

import pytest

from scripts.boards.data import load
from scripts.bundle.partitions import TABLE_BYTES, Partition, TableError, binary, read_binary, read_csv
from scripts.firmware_build import ROOT

ROWS = [
    Partition("nvs", "data", "nvs", 0x9000, 0x6000),
    Partition("factory", "app", "factory", 0x10000, 0x1F0000),
    Partition("vfs", "data", "fat", 0x200000, 0x120000),
]
ESP = [board for board in load() if board.family == "esp"]


@pytest.mark.parametrize("board", ESP, ids=lambda board: board.name)
def test_each_boards_table_says_what_boards_toml_says(board):
    rows = read_csv((ROOT / "hardware" / "partitions" / f"{board.name}.csv").read_text())
    found = {row.name: (row.offset, row.bytes) for row in read_binary(binary(rows))}
    assert found["vfs"] == (board.parts["system"].offset, board.parts["system"].bytes)
    assert found["spool"] == (board.parts["spool"].offset, board.parts["spool"].bytes)
    assert found["factory"] == (board.parts["app"].offset, board.parts["app"].bytes)


def test_an_entry_is_laid_out_as_espressif_says():
    table = binary(ROWS)
    assert len(table) == TABLE_BYTES
    assert table[32:64] == struct.pack("<2sBBII16sI", b"\xaa\x50", 0, 0, 0x10000, 0x1F0000, b"factory", 0)
    assert table[96:112] == b"\xeb\xeb" + b"\xff" * 14
    assert table[112:128] == hashlib.md5(table[:96]).digest()
    assert set(table[128:]) == {0xFF}


def test_what_is_written_is_read_as_it_was():
    assert read_binary(binary(ROWS)) == ROWS


@pytest.mark.parametrize("at", [1, 3, 5, 40, 70, 90, 115])
def test_a_table_with_a_flipped_bit_is_no_table(at):
    table = bytearray(binary(ROWS))
    table[at] ^= 1
    with pytest.raises(TableError):
        read_binary(bytes(table))


@pytest.mark.parametrize("data", [b"", b"\xff" * 4096, bytes(4096), binary(ROWS)[:96], binary(ROWS)[:50], b"\xaa\x50"])
def test_what_is_no_table_is_called_none(data):
    with pytest.raises(TableError, match="magic"):
        read_binary(data)


@pytest.mark.parametrize(
    "line, code",
    [
        ("nvs", "form"),
        ("a, b, c, d, e, f", "form"),
        ("nvs, data, nvs, , 0x6000", "number"),
        ("nvs, data, nvs, 0x9000, lots", "number"),
        ("nvs, data, nvs, 0x9000, -1", "number"),
        ("nvs, data, nvs, 0x9000, 0x1ffffffff", "number"),
        (", data, nvs, 0x9000, 0x6000", "name"),
        ("a_name_of_16_char, data, nvs, 0x9000, 0x6000", "name"),
        ("đđđđđđđđ, data, nvs, 0x9000, 0x6000", "name"),
        ("nvs, data, toaster, 0x9000, 0x6000", "type"),
        ("nvs, toaster, nvs, 0x9000, 0x6000", "type"),
        ("nvs, data, nvs, 0x9001, 0x6000", "align"),
        ("nvs, data, nvs, 0x9000, 0x6001", "align"),
        ("x, app, factory, 0x11000, 0x10000", "align"),
        ("nvs, data, nvs, 0x8000, 0x1000", "overlap"),
        ("nvs, data, nvs, 0x9000, 0", "overlap"),
        ("a, data, nvs, 0x9000, 0x2000\nb, data, nvs, 0xa000, 0x1000", "overlap"),
        ("b, data, nvs, 0xb000, 0x1000\na, data, nvs, 0x9000, 0x1000", "overlap"),
        ("a, data, nvs, 0x9000, 0x1000\na, data, nvs, 0xa000, 0x1000", "name"),
        ("# nothing", "form"),
    ],
)
def test_a_row_that_a_boot_loader_could_not_do_with_is_refused_by_name(line, code):
    with pytest.raises(TableError) as caught:
        read_csv(line)
    assert caught.value.code == code


def test_sizes_may_be_given_in_k_and_m_and_a_row_may_end_with_a_comma():
    assert read_csv("nvs, data, nvs, 36K, 24K,\n factory ,app,factory,1M,1M") == [
        ROWS[0],
        Partition("factory", "app", "factory", 1 << 20, 1 << 20),
    ]


def test_more_partitions_than_a_boot_loader_reads_are_refused():
    rows = [Partition(f"p{number}", "data", "nvs", 0x9000 + number * 0x1000, 0x1000) for number in range(95)]
    assert len(binary(rows)) == TABLE_BYTES
    with pytest.raises(TableError, match="too_many"):
        binary([*rows, Partition("p95", "data", "nvs", 0x9000 + 95 * 0x1000, 0x1000)])
