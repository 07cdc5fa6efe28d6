"""The boot loader's stand-in: what it answers, byte for byte, and what it refuses."""

import hashlib
import struct
import zlib

import pytest

from scripts.sim.rom import OHAI, Rom, Slip, packet
from scripts.sim.rom_chips import CHIPS, MAGIC_ADDRESS, USR
from scripts.sim.rom_flash import CutOff, RomFlash

MAC = bytes.fromhex("a0b765010203")
SYNC_BODY = b"\x07\x07\x12\x20" + b"\x55" * 32
SYNC, READ, WRITE, BEGIN, DATA, END, MD5 = 0x08, 0x0A, 0x09, 0x02, 0x03, 0x04, 0x13
DEFLATE_BEGIN, DEFLATE_DATA, READ_SLOWLY, READ_FAST, SECURITY = 0x10, 0x11, 0x0E, 0xD2, 0x14


def rom(chip="esp32s3", size=1 << 20):
    return Rom(CHIPS[chip], MAC, RomFlash(size))


def check_of(data):
    seen = 0xEF
    for byte in data:
        seen ^= byte
    return seen


def request(operation, body=b"", check=0):
    return packet(struct.pack("<BBHI", 0, operation, len(body), check) + body)


def asked(one, operation, body=b"", check=0):
    """-> (value, data with its status) of the first answer"""
    answers = Slip().feed(one.feed(request(operation, body, check)))
    direction, echoed, length, value = struct.unpack("<BBHI", answers[0][:8])
    assert (direction, echoed, length) == (1, operation, len(answers[0]) - 8)
    return value, answers[0][8:]


def block(data, number):
    return struct.pack("<IIII", len(data), number, 0, 0) + data


def written(one, data, offset=0, begin=BEGIN, put=DATA):
    sent = zlib.compress(data) if put == DEFLATE_DATA else data
    assert asked(one, begin, struct.pack("<IIIII", len(data), 1, len(data), offset, 0))[1][0] == 0
    return asked(one, put, block(sent, 0), check_of(sent))[1]


def stub(one):
    assert asked(one, 0x05, struct.pack("<IIII", 4, 1, 4, 0))[1][0] == 0
    assert asked(one, 0x07, block(b"stub", 0), check_of(b"stub"))[1][0] == 0
    answer = Slip().feed(one.feed(request(0x06, struct.pack("<II", 0, 0x40378000))))
    assert answer[-1] == OHAI
    return one


def test_sync_is_answered_eight_times_and_the_rom_is_told_from_the_stub_by_its_value():
    one = rom()
    answers = Slip().feed(one.feed(request(SYNC, SYNC_BODY)))
    assert len(answers) == 8
    assert asked(one, SYNC, SYNC_BODY)[0] != 0
    assert asked(stub(one), SYNC, SYNC_BODY)[0] == 0


@pytest.mark.parametrize("noise", [b"boot log\r\n", b"\xc0", b"\xc0\xc0\xc0", b"\xc0half a pack", b"\xdb\xdc\x00\xff"])
def test_after_noise_the_second_sync_at_the_latest_is_understood(noise):
    one = rom()
    assert one.feed(noise) == b""
    assert one.feed(request(SYNC, SYNC_BODY)) + one.feed(request(SYNC, SYNC_BODY))


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_request_may_come_in_any_pieces(cut):
    one, whole = rom(), request(READ, struct.pack("<I", MAGIC_ADDRESS))
    assert one.feed(whole[:cut]) == b""
    assert one.feed(whole[cut:])


def test_bytes_that_would_end_a_packet_are_escaped_both_ways():
    one = rom()
    data = b"\xc0\xdb\xdc\xdd" * 16
    assert written(one, data)[0] == 0
    assert asked(one, READ_SLOWLY, struct.pack("<II", 0, 64))[1][:64] == data


@pytest.mark.parametrize(
    ("operation", "body", "why"),
    [
        (0x77, b"", "no such operation"),
        (SYNC, b"\x07\x07\x12\x20", "no sync"),
        (SYNC, SYNC_BODY[:-1] + b"\x54", "no sync"),
        (READ, b"\0\0", "half an address"),
        (READ, b"", "no address"),
        (BEGIN, b"\0" * 8, "half a beginning"),
        (BEGIN, struct.pack("<IIIII", 4096, 1, 4096, 1 << 20, 0), "beyond the end"),
        (BEGIN, struct.pack("<IIIII", 1 << 21, 1, 4096, 0, 0), "more than there is"),
        (DATA, block(b"data", 0), "nothing was begun"),
        (MD5, struct.pack("<IIII", 0, 1 << 21, 0, 0), "beyond the end"),
        (READ_SLOWLY, struct.pack("<II", 0, 65), "more than the ROM reads at once"),
        (READ_SLOWLY, struct.pack("<II", (1 << 20) - 1, 64), "beyond the end"),
        (READ_FAST, struct.pack("<IIII", 0, 64, 64, 1), "the stub's own"),
        (0xD0, b"", "the stub's own"),
    ],
)
def test_what_the_rom_does_not_do_is_refused_with_a_reason(operation, body, why):
    _, status = asked(rom(), operation, body)
    assert status[0] == 1, why
    assert status[1] != 0


def test_a_body_of_another_length_than_the_header_says_is_refused():
    one = rom()
    [answer] = Slip().feed(one.feed(packet(struct.pack("<BBHI", 0, READ, 9, 0) + b"\0\0\0\0")))
    assert answer[8] == 1


@pytest.mark.parametrize("check", [0, 1, 0xEF])
def test_a_block_whose_check_sum_is_wrong_does_not_get_into_the_flash(check):
    one = rom()
    data = b"\x12" * 65
    assert check != check_of(data)
    asked(one, BEGIN, struct.pack("<IIIII", len(data), 1, len(data), 0, 0))
    assert asked(one, DATA, block(data, 0), check)[1][0] == 1
    assert one.flash.read(0, 65) == b"\xff" * 65


@pytest.mark.parametrize("number", [1, 2, 0xFFFF])
def test_a_block_out_of_turn_is_refused(number):
    one = rom()
    asked(one, BEGIN, struct.pack("<IIIII", 64, 4, 16, 0, 0))
    assert asked(one, DATA, block(b"x" * 16, number), check_of(b"x" * 16))[1][0] == 1


def test_a_block_that_is_sent_again_as_its_answer_was_lost_is_taken_once():
    one = rom()
    asked(one, BEGIN, struct.pack("<IIIII", 32, 2, 16, 0, 0))
    for number, data in ((0, b"a" * 16), (0, b"a" * 16), (1, b"b" * 16)):
        assert asked(one, DATA, block(data, number), check_of(data))[1][0] == 0
    assert one.flash.read(0, 32) == b"a" * 16 + b"b" * 16


def test_what_is_not_deflated_is_refused():
    one = rom()
    asked(one, DEFLATE_BEGIN, struct.pack("<IIIII", 64, 1, 64, 0, 0))
    assert asked(one, DEFLATE_DATA, block(b"plain", 0), check_of(b"plain"))[1][0] == 1


@pytest.mark.parametrize("make", [rom, lambda: stub(rom())])
@pytest.mark.parametrize(("begin", "put"), [(BEGIN, DATA), (DEFLATE_BEGIN, DEFLATE_DATA)])
def test_a_write_replaces_what_was_there_and_leaves_the_next_sector_alone(make, begin, put):
    one = make()
    one.flash.data[:] = b"\0" * one.flash.size
    assert written(one, b"new", 4096, begin, put)[0] == 0
    assert one.flash.read(4096, 4096) == b"new" + b"\xff" * 4093
    assert one.flash.read(0, 4096) == one.flash.read(8192, 4096) == b"\0" * 4096


def test_the_rom_tells_a_digest_as_text_and_the_stub_as_bytes():
    one = rom()
    written(one, b"content")
    wanted = hashlib.md5(b"content")
    body = struct.pack("<IIII", 0, 7, 0, 0)
    assert asked(one, MD5, body)[1][:32] == wanted.hexdigest().encode()
    assert asked(stub(one), MD5, body)[1][:16] == wanted.digest()


def test_only_chips_that_know_it_say_what_they_are_when_asked_for_security_information():
    assert asked(rom("esp32"), SECURITY)[1][0] == 1
    for chip in ("esp32s3", "esp32c3"):
        assert struct.unpack("<I", asked(rom(chip), SECURITY)[1][12:16])[0] == CHIPS[chip].image_id


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("size_log2", [20, 21, 22, 23, 24])
def test_the_flash_chip_says_its_size_through_the_spi_controller(chip, size_log2):
    one = rom(chip, 1 << size_log2)
    command, usr2, _, w0 = CHIPS[chip].spi
    asked(one, WRITE, struct.pack("<IIII", usr2, 7 << 28 | 0x9F, 0xFFFFFFFF, 0))
    asked(one, WRITE, struct.pack("<IIII", command, USR, 0xFFFFFFFF, 0))
    assert asked(one, READ, struct.pack("<I", command))[0] & USR == 0
    assert asked(one, READ, struct.pack("<I", w0))[0] >> 16 == size_log2


def test_a_register_in_rom_cannot_be_written():
    one = rom()
    asked(one, WRITE, struct.pack("<IIII", MAGIC_ADDRESS, 0, 0xFFFFFFFF, 0))
    assert asked(one, READ, struct.pack("<I", MAGIC_ADDRESS))[0] == CHIPS["esp32s3"].magic


def test_a_ram_image_that_is_no_stub_changes_nothing():
    one = rom()
    asked(one, 0x06, struct.pack("<II", 0, 0x40378000))
    assert not one.is_stub
    one.deaf_stub = True
    asked(one, 0x07, block(b"stub", 0), check_of(b"stub"))
    asked(one, 0x06, struct.pack("<II", 0, 0x40378000))
    assert not one.is_stub


def test_the_stub_sends_no_further_ahead_than_it_was_told_and_ends_with_the_digest():
    one = stub(rom())
    one.flash.data[:65536] = bytes(range(256)) * 256
    first = Slip().feed(one.feed(request(READ_FAST, struct.pack("<IIII", 0, 65536, 4096, 2))))[1:]
    assert len(first) == 2
    got = list(first)
    while sum(map(len, got)) < 65536:
        got += Slip().feed(one.feed(packet(struct.pack("<I", sum(map(len, got[: len(got)]))))))
    [digest] = Slip().feed(one.feed(packet(struct.pack("<I", 65536))))
    assert b"".join(got) == one.flash.read(0, 65536)
    assert digest == hashlib.md5(one.flash.read(0, 65536)).digest()


def test_a_host_that_gives_up_reading_can_go_on_with_something_else():
    one = stub(rom())
    one.feed(request(READ_FAST, struct.pack("<IIII", 0, 65536, 4096, 1)))
    assert asked(one, SYNC, SYNC_BODY)[0] == 0


@pytest.mark.parametrize(("of_stub", "after"), [(False, "reset"), (True, "rom")])
def test_the_end_of_a_flash_session_says_whether_it_starts_anew(of_stub, after):
    one = stub(rom()) if of_stub else rom()
    asked(one, END, struct.pack("<I", 1))
    assert one.after == ""
    asked(one, END, struct.pack("<I", 0))
    assert one.after == after


# The flash chip


@pytest.mark.parametrize("size", [0, 4096, 1 << 17, (1 << 20) + 1, 3 << 20])
def test_a_flash_chip_has_a_size_that_is_sold(size):
    with pytest.raises(ValueError, match="no flash chip"):
        RomFlash(size)


def test_what_is_programmed_without_an_erase_is_the_and_of_both():
    flash = RomFlash(1 << 18)
    flash.program(0, b"\xf0\x0f")
    flash.program(0, b"\x3c\x3c")
    assert flash.read(0, 2) == b"\x30\x0c"


def test_a_protected_chip_complains_of_nothing_and_changes_nothing():
    flash = RomFlash(1 << 18, b"old")
    flash.protected = True
    flash.erase(0, 4096)
    flash.program(0, b"\0\0\0")
    assert flash.read(0, 3) == b"old"


def test_a_flipped_bit_reads_wrong_also_after_it_was_written_anew():
    flash = RomFlash(1 << 18)
    flash.flip(5, 0x10)
    assert flash.read(0, 8) == b"\xff" * 5 + b"\xef" + b"\xff" * 2
    flash.program(0, b"\0" * 8)
    assert flash.read(5, 1) == b"\x10"


@pytest.mark.parametrize("at", [0, 1, 99, 150, 199])
def test_a_cut_leaves_what_came_before_it_and_nothing_after(at):
    flash, told = RomFlash(1 << 18), []
    flash.cut_after, flash.on_cut = at, lambda: told.append(True)
    begin = at // 100 * 100
    flash.program(0, b"\0" * begin)
    with pytest.raises(CutOff):
        flash.program(begin, b"\0" * 100)
    assert flash.read(0, 200) == b"\0" * at + b"\xff" * (200 - at)
    assert told == [True]
