"""The flash in a file, on the real interpreter: what a NOR flash does and does not do, and the power cut."""

import json
import textwrap

import pytest

from scripts.firmware_build import run_micropython

SIZE = 16 * 4096


def run(image, body, expect=0):
    """Run lines with `flash` open; what they print with `say`."""
    script = textwrap.dedent(
        """
        import json, sys
        from firmware.boards.flash_image import FlashImage, FlashImageError
        def say(value): print(json.dumps(value))
        path, size = sys.argv[1], int(sys.argv[2])
        """
    ) + textwrap.dedent(body)
    (image.parent / "script.py").write_text(script)
    done = run_micropython([image.parent / "script.py", str(image), str(SIZE)], cwd=image.parent)
    assert done.returncode == expect, done.stderr.decode() + done.stdout.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def image(tmp_path):
    return tmp_path / "flash.img"


def test_a_missing_image_is_made_erased_and_whole(image):
    run(image, "flash = FlashImage(path, size)")
    assert image.read_bytes() == b"\xff" * SIZE


@pytest.mark.parametrize("found", [0, 1, SIZE - 1, SIZE + 1, 2 * SIZE])
def test_an_image_of_another_size_is_refused_by_name_and_not_touched(image, found):
    image.write_bytes(b"x" * found)
    said = run(
        image,
        """
        try:
            FlashImage(path, size)
        except FlashImageError as bad:
            say(bad.code)
        """,
    )
    assert said == ["image_size"]
    assert image.read_bytes() == b"x" * found


@pytest.mark.parametrize("size", [0, 1, 4095, 4097])
def test_a_size_that_is_no_number_of_blocks_is_refused(image, size):
    body = f"""
        try:
            FlashImage(path, {size})
        except FlashImageError as bad:
            say(bad.code)
        """
    assert run(image, body) == ["image_size"]
    assert not image.exists()


def test_what_is_programmed_is_read_back_at_its_place_and_counted(image):
    said = run(
        image,
        """
        flash = FlashImage(path, size)
        data, back = b"ab" * 32, bytearray(64)
        say([flash.ioctl(4, 0), flash.ioctl(5, 0), flash.ioctl(3, 0)])
        say([flash.writeblocks(3, data, 128), flash.readblocks(3, back, 128), bytes(back) == data])
        say([flash.programs, flash.erases, flash.programmed_bytes])
        say([flash.ioctl(6, 3), flash.readblocks(3, back, 128), bytes(back) == b"\\xff" * 64, flash.erases])
        """,
    )
    assert said == [[16, 4096, 0], [0, 0, True], [1, 0, 64], [0, 0, True, 1]]


def test_a_second_program_only_clears_bits_and_is_an_error_where_that_is_asked_for(image):
    said = run(
        image,
        """
        flash, back = FlashImage(path, size), bytearray(32)
        flash.writeblocks(0, b"\\xf0" * 32, 0)
        say([flash.writeblocks(0, b"\\x3c" * 32, 0), flash.unerased, flash.readblocks(0, back, 0), back[0]])
        say(FlashImage(path, size, check_erased=True).writeblocks(0, b"\\x00" * 32, 0))
        """,
    )
    assert said == [[0, 1, 0, 0x30], -5]


@pytest.mark.parametrize(
    "operation",
    [
        "flash.readblocks(16, bytearray(32), 0)",
        "flash.readblocks(-1, bytearray(32), 0)",
        "flash.readblocks(15, bytearray(64), 4064)",
        "flash.writeblocks(16, bytes(32), 0)",
        "flash.writeblocks(0, bytes(31), 0)",
        "flash.writeblocks(0, bytes(32), 16)",
        "flash.writeblocks(0, bytes(32), -32)",
        "flash.ioctl(6, 16)",
        "flash.ioctl(6, -1)",
    ],
)
def test_an_operation_outside_of_the_flash_or_of_its_steps_is_a_negative_errno_and_does_nothing(image, operation):
    assert run(image, f"flash = FlashImage(path, size)\nsay({operation})") == [-22]
    assert image.read_bytes() == b"\xff" * SIZE


@pytest.mark.parametrize(
    ("mode", "written"),
    [
        ("nothing", b"\xff" * 64),
        ("half", b"\x11" * 32 + b"\xff" * 32),
        ("other_half", b"\xff" * 32 + b"\x11" * 32),
        ("all", b"\x11" * 64),
    ],
)
def test_a_cut_tears_that_very_program_and_ends_the_process_without_a_word(image, mode, written):
    body = f"""
        flash = FlashImage(path, size)
        flash.cut_after(2, "{mode}")
        say(flash.writeblocks(1, bytes(64), 0))
        flash.writeblocks(2, b"\\x11" * 64, 0)
        say("never")
        """
    assert run(image, body, expect=87) == [0]
    data = image.read_bytes()
    assert data[2 * 4096 : 2 * 4096 + 64] == written
    assert data[4096 : 4096 + 64] == bytes(64)


def test_a_cut_may_leave_some_bits_of_an_erase_undone(image):
    body = """
        flash = FlashImage(path, size)
        flash.writeblocks(1, bytes(4096), 0)
        flash.cut_after(1, "bits")
        flash.ioctl(6, 1)
        """
    run(image, body, expect=87)
    block = image.read_bytes()[4096:8192]
    assert len(set(block)) > 100


def test_a_way_to_tear_that_does_not_exist_is_refused(image):
    body = """
        try:
            FlashImage(path, size).cut_after(1, "gently")
        except FlashImageError as bad:
            say(bad.code)
        """
    assert run(image, body) == ["image_cut"]
