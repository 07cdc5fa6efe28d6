"""The drive of an RP2's boot loader: what it swallows, and what it leaves lying there."""

import random
import threading

import pytest

from scripts.provisioning.key import FleetKey
from scripts.sim.bare_board import BareBoard
from scripts.sim.bare_board_image import (
    ABSOLUTE,
    FAMILIES,
    RP2_FLASH,
    board_of,
    flashed_with,
    micropython,
    starts,
    uf2,
    uf2_block,
    uf2_blocks,
)
from scripts.sim.rom_flash import RomFlash
from scripts.sim.uf2drive import POLL_S, Uf2Drive

DATA = random.Random(3).randbytes(2000)
AT = 0x40000


class Loader:
    """A drive whose end one can wait for."""

    def __init__(self, folder, chip="rp2350"):
        self.flash = RomFlash(1 << 20, b"\0" * (1 << 20))
        self.done = threading.Event()
        self.drive = Uf2Drive(folder / "drive", chip, self.flash, self.done.set)
        self.drive.mount()

    def put(self, data, name="file.uf2"):
        (self.drive.folder / name).write_bytes(data)

    def has_taken(self):
        """Whether it is done, after it has looked at all that is there several times."""
        return self.done.wait(POLL_S * 10)


@pytest.fixture
def loader(tmp_path):
    made = Loader(tmp_path)
    yield made
    made.drive.unmount()


def blocks_of(data, chip="rp2350"):
    whole = uf2(data, RP2_FLASH + AT, chip)
    return [whole[at : at + 512] for at in range(0, len(whole), 512)]


def test_a_file_is_in_the_flash_when_all_of_it_came_and_the_sector_around_it_is_erased(loader):
    loader.put(uf2(DATA, RP2_FLASH + AT, "rp2350"))
    assert loader.done.wait(10)
    assert loader.flash.read(AT, 2048) == DATA + b"\0" * 48
    assert loader.flash.read(AT + 2048, 2048) == b"\xff" * 2048
    assert loader.flash.read(AT - 4096, 4096) == loader.flash.read(AT + 4096, 4096) == b"\0" * 4096


@pytest.mark.parametrize(
    "order", [lambda blocks: blocks[::-1], lambda blocks: blocks + blocks, lambda blocks: blocks[3:] + blocks[:3]]
)
def test_blocks_may_come_in_any_order_and_more_than_once(loader, order):
    loader.put(b"".join(order(blocks_of(DATA))))
    assert loader.done.wait(10)
    assert loader.flash.read(AT, len(DATA)) == DATA


def test_a_file_that_comes_slowly_is_taken_when_its_last_block_is_there(loader):
    blocks = blocks_of(DATA)
    with (loader.drive.folder / "slow.UF2").open("wb", buffering=0) as file:
        for block in blocks[:-1]:
            file.write(block)
        file.write(blocks[-1][:100])
        assert not loader.has_taken()
        file.write(blocks[-1][100:])
    assert loader.done.wait(10)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "empty.uf2"),
        (b"hello", "text.uf2"),
        (uf2(DATA, RP2_FLASH + AT, "rp2350"), "right.bin"),
        (uf2(DATA, RP2_FLASH + AT, "rp2350"), "right.uf2.part"),
        (uf2(DATA, RP2_FLASH + AT, "rp2040"), "of-an-older-pico.uf2"),
        (uf2(DATA, RP2_FLASH + AT, "rp2350", ABSOLUTE), "absolute.uf2"),
        (uf2(DATA, RP2_FLASH + AT, "rp2350")[:-512], "short.uf2"),
        (uf2(DATA, RP2_FLASH + AT, "rp2350")[1:], "shifted.uf2"),
        (uf2(DATA, 0x20000000, "rp2350"), "for-memory.uf2"),
        (uf2(DATA, RP2_FLASH + (1 << 20), "rp2350"), "beyond-the-end.uf2"),
        (uf2(DATA, RP2_FLASH + AT, "rp2350").replace(b"UF2\n", b"UF1\n"), "first-magic.uf2"),
        (uf2(DATA, RP2_FLASH + AT, "rp2350").replace(b"\x30\x6f\xb1\x0a", b"\x31\x6f\xb1\x0a"), "last-magic.uf2"),
    ],
)  # fmt: skip
def test_what_is_not_for_it_lies_there_and_the_drive_stays(loader, data, name):
    loader.put(data, name)
    assert not loader.has_taken()
    assert loader.drive.folder.is_dir()


def test_a_block_that_says_it_is_not_for_the_flash_is_passed_over(loader):
    block = bytearray(uf2_block(b"x" * 256, RP2_FLASH + AT, 0, 1, FAMILIES["rp2350"]))
    block[8] |= 1
    assert list(uf2_blocks(bytes(block))) == []


def test_two_halves_in_two_files_are_no_whole(loader):
    blocks = blocks_of(DATA)
    loader.put(b"".join(blocks[:4]), "first.uf2")
    loader.put(b"".join(blocks[4:]), "second.uf2")
    assert not loader.has_taken()


@pytest.mark.parametrize(("chip", "board_id"), [("rp2040", "RPI-RP2"), ("rp2350", "RP2350")])
def test_the_drive_says_which_chip_it_is_and_is_gone_when_it_is_taken_away(tmp_path, chip, board_id):
    loader = Loader(tmp_path, chip)
    folder = loader.drive.folder
    assert f"Board-ID: {board_id}\r\n" in (folder / "INFO_UF2.TXT").read_bytes().decode()
    loader.drive.unmount()
    assert list(tmp_path.iterdir()) == []
    loader.drive.unmount()


# Whole boards


@pytest.mark.parametrize("name", ["pico_w", "pico2_w"])
def test_a_pico_is_a_drive_then_micropython_then_a_box(tmp_path, name):
    with BareBoard(tmp_path / "board", name) as board:
        assert board.mode == "drive"
        assert board.entry()["kind"] == "uf2"
        (board._drive.folder / "micropython.uf2").write_bytes(micropython(name))
        board.wait_for("repl")
        assert (board.entry()["vid"], board.entry()["kind"]) == (0x2E8A, "pico")
        board.press_boot()
        board.wait_for("drive")
        image = flashed_with(board.board, FleetKey.make())[board.board.system.offset :][: board.board.system.size]
        (board._drive.folder / "system.uf2").write_bytes(
            uf2(image, RP2_FLASH + board.board.system.offset, board.board.chip)
        )
        assert board.until(event="newcomer")["box_id"] == f"box-e660{board.mac}"


@pytest.mark.parametrize("name", ["esp32", "esp32s3", "esp32c3", "pico_w", "pico2_w"])
def test_a_flash_as_the_tools_leave_it_starts_the_firmware(name):
    board = board_of(name)
    assert starts(flashed_with(board, FleetKey.make()), board) == "app"
