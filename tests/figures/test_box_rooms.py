"""Bytes of each room: every module counted once, and nothing that is no module."""

from scripts.figures import box_rooms
from scripts.figures.box_rooms import by_room, figures

FILES = {
    "firmware/app.mpy": b"12345",
    "firmware/link/tcp.mpy": b"123",
    "firmware/link/tls.mpy": b"1234",
    "firmware/face/glyphs.bin": b"1" * 100,
    "firmware/face/face.mpy": b"1",
}


def test_modules_are_added_up_by_room_the_largest_first():
    assert list(by_room(FILES).items()) == [("link", 7), ("firmware", 5), ("face", 1)]


def test_the_rooms_stand_beside_the_whole_and_data_apart():
    rows = figures(FILES)
    assert [(row.value, row.limit) for row in rows] == [(7, 13), (5, 13), (1, 13), (13, None), (100, None)]


def test_a_board_without_files_has_no_rooms():
    assert by_room({}) == {}


def test_a_real_board_is_shipped_every_room_that_a_scan_goes_through():
    names = " ".join(row.name for row in box_rooms.run())
    assert all(f" {room}/ " in names for room in ("scanner", "spool", "link", "wire", "codes", "face"))
