"""UF2 files: what a chip's loader would take whole, and nothing else."""

import struct

import pytest

from scripts.tram.release import uf2
from scripts.tram.release.uf2 import FLASH_START, Uf2Error

PAGES = uf2.pages_of(bytes(range(256)) * 3 + b"end", 0x180000)
FILE = uf2.make(PAGES, "rp2350")


def changed(block, field, value):
    """FILE with one of the eight numbers at the head of a block set to another value."""
    data = bytearray(FILE)
    struct.pack_into("<I", data, block * 512 + 4 * field, value)
    return bytes(data)


@pytest.mark.parametrize("chip", ["rp2040", "rp2350"])
def test_what_is_made_is_read_as_it_was_and_its_last_page_is_filled_with_ff(chip):
    assert uf2.parse(uf2.make(PAGES, chip), chip) == PAGES
    assert PAGES[0x180300] == b"end" + b"\xff" * 253
    assert list(PAGES) == [0x180000, 0x180100, 0x180200, 0x180300]


def test_a_block_is_laid_out_as_the_specification_says():
    head = struct.unpack("<8I", FILE[512:544])
    assert head == (0x0A324655, 0x9E5D5157, 0x2000, FLASH_START + 0x180100, 256, 1, 4, 0xE48BFF59)
    assert FILE[1020:1024] == struct.pack("<I", 0x0AB16F30)
    assert len(FILE) == 4 * 512


def test_an_rp2350s_absolute_block_is_passed_on_and_is_no_part_of_what_is_written():
    absolute = bytearray(FILE[:512])
    struct.pack_into("<I", absolute, 12, 0x10FFFF00)
    struct.pack_into("<II", absolute, 20, 0, 2)
    struct.pack_into("<I", absolute, 28, uf2.ABSOLUTE)
    whole = bytes(absolute) + FILE
    assert uf2.parse(whole, "rp2350") == PAGES
    assert uf2.absolute_blocks(whole) == bytes(absolute)
    with pytest.raises(Uf2Error, match="family"):
        uf2.parse(bytes(absolute) + uf2.make(PAGES, "rp2040"), "rp2040")


@pytest.mark.parametrize(
    "data, code",
    [
        (b"", "length"),
        (FILE[:-1], "length"),
        (FILE + b"\0", "length"),
        (bytes(512), "magic"),
        (changed(1, 0, 7), "magic"),
        (changed(2, 1, 0), "magic"),
        (FILE[:508] + bytes(4) + FILE[512:], "magic"),
        (changed(0, 2, 0), "flags"),
        (changed(0, 2, 0x2001), "flags"),
        (changed(0, 3, FLASH_START + 7), "address"),
        (changed(0, 3, 0x20000000), "address"),
        (changed(3, 3, FLASH_START - 256), "address"),
        (changed(1, 3, FLASH_START + 0x180000), "twice"),
        (changed(0, 4, 255), "payload"),
        (changed(0, 4, 476), "payload"),
        (changed(1, 5, 0), "twice"),
        (changed(1, 5, 9), "count"),
        (changed(1, 6, 5), "count"),
        (changed(0, 7, 0xE48BFF56), "family"),
        (changed(0, 7, 0), "family"),
        (FILE[512:], "count"),
        (FILE[:512] * 2 + FILE[1024:], "twice"),
    ],
)
def test_a_file_that_a_loader_would_not_take_whole_is_refused_by_name(data, code):
    with pytest.raises(Uf2Error) as caught:
        uf2.parse(data, "rp2350")
    assert caught.value.code == code


def test_a_file_of_nothing_but_absolute_blocks_is_empty():
    with pytest.raises(Uf2Error, match="empty"):
        uf2.parse(changed(0, 7, uf2.ABSOLUTE)[:512], "rp2350")
