"""A stand-in board before esptool, mpremote and pyserial as they are, and with the real firmware on it."""

import hashlib
import os
import random
import subprocess
import sys

import esptool
import pytest
import serial
from esptool.util import FatalError

from scripts.provisioning.key import FleetKey
from scripts.sim.bare_board import BareBoard
from scripts.sim.bare_board_image import board_of, micropython, starts, system_image, table_of
from scripts.sim.bare_board_loop import Broken
from scripts.sim.rom_chips import CHIPS
from tests.sim.flashing import connected, mpremote, program, table, whole, write

SOME = random.Random(1).randbytes(30_000) + b"\xff" * 20_000
BROKEN = (FatalError, serial.SerialException, OSError)


@pytest.fixture(scope="module")
def key():
    return FleetKey.make()


@pytest.fixture
def blank(tmp_path):
    with BareBoard(tmp_path / "board", "esp32c3") as board:
        yield board


# Flashing


@pytest.mark.parametrize("name", CHIPS)
@pytest.mark.parametrize("with_stub", [True, False])
def test_esptool_knows_writes_verifies_and_reads_back_each_chip(tmp_path, name, with_stub):
    with BareBoard(tmp_path / "board", name, mac="a0b765010203") as board:
        assert board.mode == "blank"
        with connected(board.device, with_stub) as chip:
            assert chip.CHIP_NAME.replace("-", "").lower() == name
            assert bytes(chip.read_mac()).hex() == "a0b765010203"
            assert esptool.detect_flash_size(chip) == f"{board_of(name).flash_bytes >> 20}MB"
            esptool.write_flash(chip, [(0x200000, SOME)])
            esptool.verify_flash(chip, [(0x200000, SOME)])
            assert chip.read_flash(0x200000 + 29_000, 2_000) == SOME[29_000:31_000]
        assert board.flash[0x200000 : 0x200000 + len(SOME)] == SOME


def test_at_a_higher_speed_too_and_what_was_there_is_erased(blank):
    with connected(blank.device) as chip:
        chip.change_baud(921600)
        for data in (b"\0" * 9000, SOME):
            esptool.write_flash(chip, [(0x200000, data)])
        assert chip.flash_md5sum(0x200000, len(SOME)) == hashlib.md5(SOME).hexdigest()
        esptool.erase_region(chip, 0x200000, 0x1000)
        assert chip.read_flash(0x200000, 0x1001) == b"\xff" * 0x1000 + SOME[0x1000:0x1001]


def test_who_opens_the_port_again_at_once_finds_the_loader_whatever_speed_it_was_left_at(blank):
    for _ in range(3):
        with connected(blank.device) as chip:
            chip.change_baud(460800)
            assert chip.read_mac()


def test_a_host_at_another_speed_than_the_loader_is_not_understood(blank):
    with connected(blank.device) as chip:
        chip.change_baud(921600)
        chip._port.baudrate = 115200
        with pytest.raises(FatalError):
            chip.read_reg(0x40001000, timeout=0.2)


def test_the_wrong_chip_is_told(blank):
    blank.press_boot()
    chip = esptool.targets.ESP32S3ROM(blank.device)
    with chip, pytest.raises(FatalError, match="not ESP32-S3"):
        chip.connect("no-reset", attempts=1)


def test_a_smaller_flash_than_the_board_should_have_is_told(tmp_path):
    with BareBoard(tmp_path / "board", "esp32c3", flash_bytes=2 << 20) as board, connected(board.device) as chip:
        assert esptool.detect_flash_size(chip) == "2MB"
        with pytest.raises(FatalError):
            esptool.write_flash(chip, [(0x200000, SOME)], flash_size="2MB")


# What goes wrong


@pytest.mark.parametrize("percent", [0, 40])
def test_a_cable_that_is_pulled_while_writing_ends_the_write_and_what_was_written_stays(blank, percent):
    noise = random.Random(2).randbytes(100_000)
    so_far = len(noise) * percent // 100
    blank.fault("cut", so_far)
    with pytest.raises(BROKEN):
        write(blank.device, [(0x200000, noise)])
    blank.wait_for("off")
    assert not os.path.lexists(blank.device)
    assert blank.flash[0x200000 : 0x200000 + len(noise)].startswith(noise[:so_far])
    assert blank.flash[0x200000 + so_far : 0x200000 + len(noise)].strip(b"\xff") in (b"", noise[so_far:][:0])
    blank.plug()
    write(blank.device, [(0x200000, noise)])


def test_a_board_may_come_back_under_another_name(blank):
    first = blank.device
    blank.unplug()
    blank.plug(elsewhere=True)
    assert blank.device != first
    assert not os.path.lexists(first)
    with connected(blank.device):
        pass


def test_a_bit_that_reads_wrong_is_seen_by_digest_and_by_reading_back(blank):
    blank.fault("flip", (0x200100, 0x04))
    with connected(blank.device) as chip:
        with pytest.raises(FatalError, match="MD5"):
            esptool.write_flash(chip, [(0x200000, SOME)])
        read = chip.read_flash(0x200000, len(SOME))
    assert [at for at in range(len(SOME)) if read[at] != SOME[at]] == [0x100]


def test_a_protected_flash_takes_everything_and_keeps_nothing(blank):
    blank.fault("protected")
    with connected(blank.device) as chip:
        assert chip.read_status(1) != 0
        with pytest.raises(FatalError, match=r"MD5|empty"):
            esptool.write_flash(chip, [(0x200000, SOME)])
    assert blank.flash.strip(b"\xff") == b""


def test_a_stub_that_does_not_start_is_told_and_without_it_the_rom_still_writes(blank):
    blank.fault("deaf_stub")
    with pytest.raises(FatalError, match="stub"):
        connected(blank.device)
    write(blank.device, [(0x200000, SOME[:4096])], with_stub=False)


def test_a_boot_log_and_noise_before_the_first_answer_do_no_harm(blank):
    blank.fault("garbage")
    with connected(blank.device) as chip:
        assert chip.CHIP_NAME == "ESP32-C3"


def test_answers_that_come_late_are_waited_for(blank):
    blank.fault("late_ms", 40)
    with connected(blank.device, with_stub=False) as chip:
        assert chip.read_mac()


def test_a_board_that_says_nothing_is_given_up(blank):
    blank.fault("mute")
    with pytest.raises(FatalError, match="connect"):
        connected(blank.device)


@pytest.mark.parametrize("fault", [("nonsense", True), ("flip", 5)])
def test_a_fault_that_there_is_not_is_refused(blank, fault):
    with pytest.raises((ValueError, TypeError)):
        blank.fault(*fault)


def test_a_port_may_be_forbidden(blank):
    blank.fault("permission")
    assert os.stat(blank.device).st_mode & 0o777 == 0
    blank.unplug()
    blank.plug()
    assert os.stat(blank.device).st_mode & 0o777 == 0


def test_a_stand_in_that_breaks_says_so_to_who_waits_for_it(tmp_path, monkeypatch):
    def broken(*_):
        raise FileNotFoundError("no interpreter")

    with pytest.raises(Broken), BareBoard(tmp_path / "board", "esp32c3") as board:  # noqa: PT012  (its end, too)
        monkeypatch.setattr(board._around, "repl", broken)
        write(board.device, [program(board.board)])
        with pytest.raises(Broken, match="no interpreter"):
            board.wait_for("repl")
        with pytest.raises(Broken, match="no interpreter"):
            board.press_reset()
    assert not os.path.lexists(board.device)


# What runs after a reset


def test_what_a_flash_starts_is_decided_by_all_of_its_parts(key):
    board = board_of("esp32c3")
    flash = bytearray(b"\xff" * board.flash_bytes)
    assert starts(flash, board) == "blank"
    offset, data = program(board)
    flash[offset : offset + len(data)] = data
    assert starts(flash, board) == "repl"
    image = system_image("esp32c3", key)
    flash[board.system.offset : board.system.offset + len(image)] = image
    assert starts(flash, board) == "app"
    for at in (offset, 0x8000, 0x8020, board.app.offset):
        spoilt = bytearray(flash)
        spoilt[at] ^= 1
        assert starts(spoilt, board) == "blank", hex(at)


@pytest.mark.parametrize("at", [0, 1, 4, 32, 31 * 5, 160, 176, 180])
def test_a_partition_table_with_a_wrong_byte_is_none(at):
    board = board_of("esp32s3")
    assert table_of(table(board))["spool"] == board.spool
    spoilt = bytearray(table(board))
    spoilt[at] ^= 0x20
    assert table_of(bytes(spoilt)) == {}


@pytest.mark.parametrize("data", [b"", b"\xff" * 0xC00, b"\0" * 0xC00, b"\xaa\x50" * 0x600])
def test_what_is_no_partition_table_names_nothing(data):
    assert table_of(data) == {}


def test_a_blank_board_says_so_again_and_again(blank):
    with serial.Serial(blank.device, 115200, timeout=3) as port:
        assert port.read_until(b"invalid header: 0xffffffff\r\n")
        assert port.read_until(b"boot:0x13").endswith(b"boot:0x13")


def test_from_flash_to_firmware_with_its_own_id_a_reader_and_a_console(tmp_path, key):
    with BareBoard(tmp_path / "board", "esp32s3", mac="a0b765010203") as board:
        write(board.device, whole(board.board, key))
        board.wait_for("app")
        assert board.until(event="newcomer")["box_id"] == "box-a0b765010203"
        board.until(face="unprovisioned")
        with serial.Serial(board.device, 115200, timeout=10) as port:
            port.write(b"no code\n")
            assert b'"provision_refused"' in port.read_until(b'"provision_refused"')
        files = mpremote(board.device, "exec", "import os, machine; print(os.listdir('/'), machine.unique_id().hex())")
        assert "'fleet.key'" in files
        assert "a0b765010203" in files
        assert board.mode == "repl"
        since = len(board.lines)
        board.press_reset()
        board.until(since=since, event="newcomer")


def test_after_ctrl_c_the_watchdog_ends_the_repl(tmp_path, key):
    with BareBoard(tmp_path / "board", "esp32c3", watchdog_s=0.5) as board:
        write(board.device, whole(board.board, key))
        board.until(face="unprovisioned")
        with serial.Serial(board.device, 115200, timeout=10) as port:
            port.write(b"\x03")
            assert port.read_until(b">>> ").endswith(b">>> ")
            assert board.mode == "repl"
            board.wait_for("app")


def test_on_a_line_with_dtr_and_rts_these_reset_it_into_the_loader_and_out_of_it(tmp_path):
    with BareBoard(tmp_path / "board", "esp32c3", line="net") as board:  # noqa: SIM117  (its device is known then)
        with serial.serial_for_url(board.device, 115200, timeout=5) as port:
            assert board.mode == "blank"
            port.rts = True
            port.dtr = False
            board.wait_for("held")
            port.rts = False
            board.wait_for("blank")
            port.rts = True
            board.wait_for("held")
            port.dtr = True
            port.rts = False
            board.wait_for("rom")
            assert port.read_until(b"waiting for download\r\n").endswith(b"waiting for download\r\n")
            port.write(b"\xc0\x00\x08\x24\x00\x00\x00\x00\x00\x07\x07\x12\x20" + b"\x55" * 32 + b"\xc0")
            assert port.read(5) == b"\xc0\x01\x08\x04\x00"


def test_what_the_firmware_writes_is_in_the_flash_that_is_read_afterwards(tmp_path, key):
    with BareBoard(tmp_path / "board", "esp32c3") as board:
        write(board.device, [program(board.board)])
        board.wait_for("repl")
        (tmp_path / "sent").write_bytes(SOME[:4096])
        mpremote(board.device, "fs", "cp", str(tmp_path / "sent"), ":/kept")
        at = board.flash.index(SOME[:256])
        assert at >= board.board.system.offset
        with connected(board.device) as chip:
            assert chip.read_flash(at, 256) == SOME[:256]


# MicroPython alone


@pytest.fixture(scope="module")
def repl(tmp_path_factory):
    with BareBoard(tmp_path_factory.mktemp("repl") / "board", "pico2_w") as board:
        with open(f"{board.device}/micropython.uf2", "wb") as file:
            file.write(micropython("pico2_w"))
        board.wait_for("repl")
        yield board


def test_mpremote_runs_code_copies_files_and_hashes_them(repl, tmp_path):
    data = SOME[:6000] + bytes(range(256))
    (tmp_path / "sent").write_bytes(data)
    mpremote(repl.device, "fs", "cp", str(tmp_path / "sent"), ":/file")
    assert hashlib.sha256(data).hexdigest() in mpremote(repl.device, "fs", "sha256sum", ":/file")
    mpremote(repl.device, "fs", "cp", ":/file", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == data


def test_a_long_program_goes_through_in_windows(repl):
    lines = "\n".join(f"x{number} = {number}" for number in range(400))
    assert mpremote(repl.device, "exec", f"{lines}\nprint(x399)").strip() == "399"


@pytest.mark.parametrize("code", ["1/0", "raise SystemExit", "import nothing_of_that_name", "if"])
def test_what_fails_on_the_board_is_told_and_the_repl_goes_on(repl, code):
    command = [sys.executable, "-m", "mpremote", "connect", repl.device, "resume", "exec", code]
    failed = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert failed.returncode == 1
    assert mpremote(repl.device, "exec", "print(6 * 7)").strip() == "42"


def test_ctrl_c_ends_a_loop_that_would_not_end(repl):
    with serial.Serial(repl.device, 115200, timeout=10) as port:
        port.write(b"\r\x01")
        port.read_until(b"raw REPL; CTRL-B to exit\r\n>")
        port.write(b"print('begun')\nwhile True: pass\x04")
        assert port.read_until(b"begun\r\n").endswith(b"begun\r\n")
        port.write(b"\x03")
        assert b"KeyboardInterrupt" in port.read_until(b"\x04>")
        port.write(b"while True: pass\x04\x03")
        assert b"KeyboardInterrupt" in port.read_until(b"\x04>")
        port.write(b"\x02")


def test_without_raw_paste_and_after_a_soft_reset_it_works_too(repl):
    with serial.Serial(repl.device, 115200, timeout=10) as port:
        port.write(b"\r\x01")
        port.read_until(b"raw REPL; CTRL-B to exit\r\n>")
        port.write(b"kept = 5\x04")
        assert port.read_until(b"\x04\x04>") == b"OK\x04\x04>"
        port.write(b"\x04")
        assert b"soft reboot\r\n" in port.read_until(b"raw REPL; CTRL-B to exit\r\n>")
        port.write(b"print(kept)\x04")
        assert b"NameError" in port.read_until(b"\x04>")
        port.write(b"\x02")


def test_a_pico_reads_its_flash_and_goes_back_to_being_a_drive(repl):
    told = mpremote(repl.device, "exec", "import rp2; b = bytearray(64); rp2.Flash().readblocks(0, b); print(bytes(b))")
    assert "littlefs" in told
    mpremote(repl.device, "exec", "--no-follow", "import machine; machine.bootloader()")
    repl.wait_for("drive")
    assert sorted(os.listdir(repl.device)) == ["INDEX.HTM", "INFO_UF2.TXT"]
