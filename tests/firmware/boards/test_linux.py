"""The linux board on the real interpreter: what stands for a chip's own parts, and what ends and starts it."""

import json
import os
import pty
import signal
import termios
import textwrap
import time

import pytest

from scripts.firmware_build import run_micropython, start_micropython

BLOCK = 4096
ARGUMENTS = ["--uart", "tty", "--flash", "flash.img", "--broker", "127.0.0.1:1", "--config", "box.json"]
HEAD = """
import asyncio, json, os, sys, time, vfs
from firmware.boards import here
from firmware.boards.errors import BoardError
def say(*values): print(json.dumps(values[0] if len(values) == 1 else values))
def refused(call, *arguments):
    try:
        call(*arguments)
    except BoardError as bad:
        return bad.code
class Given: pass
def config(**test):
    given = Given()
    given.box_id, given.link, given.test = "gate-1", Given(), Given()
    given.link.hosts_file, given.link.name_server = "hosts", ""
    values = {"world": "", "control": "", "console": "", "show_light": False, "bad_blocks": ()}
    for name in ("erase_ms", "program_us", "cut_after_ops", "system_cut_after_ops"):
        values[name] = 0
    values.update(test)
    for name, value in values.items():
        setattr(given.test, name, value)
    return given
class Flash:
    size_bytes, block_bytes = 65536, 4096
def format(board):
    board.system()
    vfs.VfsLfs2.mkfs(board._system_flash, readsize=128, progsize=32, lookahead=32)
    return board.system()
"""


def prepare(folder, body, *more):
    script = folder / "script.py"
    script.write_text(HEAD + textwrap.dedent(body))
    return [script, *ARGUMENTS, *more]


def run(folder, body, *more, expect=0, **options):
    done = run_micropython(prepare(folder, body, *more), cwd=folder, **options)
    assert done.returncode == expect, done.stderr.decode() + done.stdout.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "system.img"
    path.write_bytes(b"\xff" * (64 * BLOCK))
    return path


# How it is started


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ARGUMENTS[:-1],
        ARGUMENTS[:-2],
        [*ARGUMENTS, "--system"],
        [*ARGUMENTS, "--sistem", "x"],
        [*ARGUMENTS, "--uart", "other"],
        ["uart", *ARGUMENTS[1:]],
        [*ARGUMENTS[:-2], "--system", "x"],
        [*ARGUMENTS, "more"],
    ],
)
def test_a_command_line_that_is_not_understood_ends_with_the_usage(tmp_path, arguments):
    script = tmp_path / "script.py"
    script.write_text("from firmware.boards import here\nhere()\n")
    done = run_micropython([script, *arguments], cwd=tmp_path)
    assert done.returncode == 2
    assert b"--system IMAGE" in done.stderr


@pytest.mark.parametrize("more", [(), ("--system", "nowhere.img")])
def test_a_system_image_may_be_named_and_is_not_touched_before_it_is_wanted(tmp_path, more):
    assert run(tmp_path, "here()\nsay(True)", *more) == [True]
    assert not (tmp_path / "nowhere.img").exists()


def test_nothing_of_another_board_is_loaded(tmp_path):
    said = run(tmp_path, "here()\nsay(sorted(m for m in sys.modules if m.startswith('firmware.boards')))")[0]
    loaded = {module.rpartition(".")[2] for module in said}
    assert loaded == {"boards", "errors", "libc", "linux", "flash_image", "serial"}


# Reset and watchdog


def test_a_reset_ends_the_process_at_once(tmp_path):
    body = """
        board = here()
        try:
            say("before")
            board.reset()
        finally:
            say("never")
        """
    assert run(tmp_path, body, expect=75) == ["before"]


@pytest.mark.parametrize(
    "given, cause",
    [
        (None, "power"),
        ("", "power"),
        ("power", "power"),
        ("soft", "soft"),
        ("watchdog", "watchdog"),
        ("button", "button"),
        ("SOFT", "other"),
        ("chance", "other"),
    ],
)
def test_the_cause_of_the_last_reset_is_what_the_starter_says(tmp_path, given, cause):
    env = {key: value for key, value in os.environ.items() if key != "TRAM_RESET_CAUSE"}
    if given is not None:
        env["TRAM_RESET_CAUSE"] = given
    assert run(tmp_path, "say(here().reset_cause())", env=env) == [cause]


@pytest.mark.parametrize("hang", ["while True: pass", "time.sleep(60)"])
def test_a_watchdog_that_is_not_fed_ends_the_process_wherever_it_hangs(tmp_path, hang):
    body = f"""
        dog = here().watchdog(200)
        for _ in range(4):
            time.sleep_ms(80)
            dog.feed()
        say("fed for longer than that")
        {hang}
        """
    began_s = time.monotonic()
    limit = 30
    assert run(tmp_path, body, expect=-signal.SIGALRM, timeout_s=limit) == ["fed for longer than that"]
    assert time.monotonic() - began_s < limit


# Who it is


def test_a_box_with_a_system_image_has_a_number_of_its_own_for_ever(tmp_path, image):
    body = "say([one for one in here().unique_id()])"
    first = run(tmp_path, body, "--system", image)
    assert len(first[0]) == 8
    assert run(tmp_path, body, "--system", image) == first
    other = tmp_path / "other.img"
    assert run(tmp_path, body, "--system", other) != first
    assert image.read_bytes() == b"\xff" * (64 * BLOCK)


def test_a_box_without_one_goes_by_the_name_in_its_settings(tmp_path):
    assert run(tmp_path, "board = here()\nboard.adopt(config())\nsay(board.unique_id().decode())") == ["gate-1"]


@pytest.mark.parametrize("text", ["", "not hex", "123", "zz"])
def test_a_damaged_number_is_refused_and_no_other_is_drawn(tmp_path, image, text):
    number = tmp_path / "system.img.id"
    number.write_text(text)
    assert run(tmp_path, "say(refused(here().unique_id))", "--system", image) == ["board_id"]
    assert number.read_text() == text


# The system volume


def test_an_erased_image_has_no_files_and_a_formatted_one_keeps_them(tmp_path, image):
    assert run(tmp_path, "say(here().system())", "--system", image) == [None]
    assert image.read_bytes() == b"\xff" * (64 * BLOCK)
    body = """
        files = format(here())
        files.make_folder("/set")
        files.write("/set/wish", b"kept")
        """
    run(tmp_path, body, "--system", image)
    body = "board = here()\nsay(board.system().read('/set/wish').decode(), board.system() is board.system())"
    assert run(tmp_path, body, "--system", image) == [["kept", True]]


def test_without_an_image_there_is_no_system_volume(tmp_path):
    assert run(tmp_path, "say(here().system())") == [None]


@pytest.mark.parametrize(
    "content, code",
    [
        (None, "board_system"),
        (b"", "image_size"),
        (b"\xff" * 4095, "image_size"),
        (b"\x00" * (64 * BLOCK), "board_system"),
        (b"\xff" * BLOCK + b"\x12" + b"\xff" * (63 * BLOCK - 1), "board_system"),
    ],
)
def test_an_image_that_cannot_be_mounted_is_refused_by_name_and_never_formatted(tmp_path, image, content, code):
    if content is None:
        image.unlink()
    else:
        image.write_bytes(content)
    assert run(tmp_path, "say(refused(here().system))", "--system", image) == [code]
    assert (image.read_bytes() if image.exists() else None) == content


def test_a_volume_that_is_mounted_already_is_taken_and_not_opened_again(tmp_path):
    body = """
        class Mounted:
            flash, fs = "flash", vfs.VfsPosix("/")
        sys.modules["system_volume"] = Mounted
        board = here()
        say(board.system().fs is Mounted.fs, board._system_flash)
        """
    assert run(tmp_path, body, "--system", "nowhere.img") == [[True, "flash"]]


@pytest.mark.parametrize("order", ["before", "after"])
def test_the_power_can_be_cut_at_an_operation_of_the_system_volume(tmp_path, image, order):
    run(tmp_path, "format(here())", "--system", image)
    adopt = "board.adopt(config(system_cut_after_ops=3))"
    body = f"""
        board = here()
        {adopt if order == "before" else "board.system()"}
        {adopt if order == "after" else "board.system()"}
        say("begun")
        for n in range(9):
            board.system().write("/n", b"x" * 600)
        say("never")
        """
    assert run(tmp_path, body, "--system", image, expect=87) == ["begun"]


@pytest.mark.parametrize("order, torn", [("system 2", "system"), ("2", "spool")])
def test_the_control_file_says_which_flash_the_power_leaves(tmp_path, image, order, torn):
    run(tmp_path, "format(here())", "--system", image)
    body = """
        board = here()
        board.adopt(config(control="cut"))
        files, flash = board.system(), board.open_flash(Flash)
        async def write():
            for n in range(200):
                await asyncio.sleep_ms(10)
                if TORN == "system":
                    files.write("/n", b"x" * 600)
                else:
                    flash.writeblocks(0, b"y" * 64, 64 * (n % 60))
        async def main():
            asyncio.create_task(board.tasks()["cut"]())
            await write()
        asyncio.run(main())
        """
    (tmp_path / "cut").write_text("nonsense 3")
    body = body.replace("TORN", repr(torn))
    process = start_micropython(prepare(tmp_path, body, "--system", image), cwd=tmp_path)
    try:
        time.sleep(0.3)
        assert process.poll() is None
        assert (tmp_path / "cut").read_text() == "nonsense 3"  # not understood, and left where it is
        (tmp_path / "cut.new").write_text(order)
        (tmp_path / "cut.new").replace(tmp_path / "cut")
        assert process.wait(20) == 87
    finally:
        process.kill()
        process.wait()
    assert not (tmp_path / "cut").exists()


def test_the_spools_flash_gets_the_latencies_and_the_bad_blocks_of_the_settings(tmp_path):
    body = """
        board = here()
        board.adopt(config(erase_ms=30, program_us=10000, bad_blocks=[2, 5]))
        flash = board.open_flash(Flash)
        def took(call, *arguments):
            began = time.ticks_ms()
            result = call(*arguments)
            return result, time.ticks_diff(time.ticks_ms(), began)
        write = flash.writeblocks
        say(took(flash.ioctl, 6, 1), took(write, 1, bytes(256), 0), took(write, 1, bytes(544), 256))
        say(took(flash.readblocks, 1, bytearray(64), 0))
        say([flash.ioctl(6, n) for n in range(6)], [flash.writeblocks(n, b"a" * 32, 0) for n in (2, 3, 5)])
        """
    slow, read, failed = run(tmp_path, body)
    assert [result for result, _ in slow] == [0, 0, 0]
    assert [least <= took for (_, took), least in zip(slow, (30, 10, 30), strict=True)] == [True] * 3
    assert read[1] < 10
    assert failed == [[0, 0, -5, 0, 0, -5], [-5, 0, -5]]
    assert (tmp_path / "flash.img").read_bytes()[2 * BLOCK : 3 * BLOCK] == b"\xff" * BLOCK


# What is around it


def test_without_a_world_nothing_is_pressed_and_no_network_is_simulated(tmp_path):
    body = """
        board = here()
        say(board.button(), board.temperature_c(), board.wlan(), board.console())
        board.adopt(config())
        say(board.button(), board.temperature_c(), board.wlan(), board.console())
        """
    assert run(tmp_path, body) == [[False, None, None, None]] * 2


def test_the_world_is_looked_at_again_and_what_cannot_be_read_changes_nothing(tmp_path):
    body = """
        board = here()
        board.adopt(config(world="world.json"))
        def world(text):
            with open("world.new", "w") as file:
                file.write(text)
            os.rename("world.new", "world.json")
            time.sleep_ms(60)
            return board.button(), board.temperature_c()
        say(board.button(), board.temperature_c(), board.wlan())
        say(world('{"button": true, "temperature_c": 41}'))
        for text in ('{"button": false', "[1]", '"x"', ""):
            say(world(text))
        for text in ('{"button": false}', "{}"):
            say(world(text))
        os.remove("world.json")
        time.sleep_ms(60)
        say(board.button(), board.temperature_c())
        """
    said = run(tmp_path, body)
    assert said == [[False, None, None], *[[True, 41]] * 5, [False, None], [False, None], [False, None]]


def test_a_glance_at_the_world_is_not_a_read_of_the_file(tmp_path):
    body = """
        from firmware.boards.linux_world import World
        with open("world.json", "w") as file:
            file.write('{"button": true}')
        world = World("world.json")
        say(world.button())
        os.remove("world.json")
        began = time.ticks_us()
        for _ in range(200):
            world.button()
        say(time.ticks_diff(time.ticks_us(), began) < 50000)
        """
    assert run(tmp_path, body) == [True, True]


def test_light_sound_and_display_are_silent_unless_somebody_wants_to_see_them(tmp_path):
    body = """
        board = here()
        def all():
            board.light(0, 255, 7)
            board.tone(2000)
            board.display(["Đã ghi nhận", "Recorded"])
            board.show(bytes(1024))
        all()
        board.adopt(config())
        all()
        board.adopt(config(show_light=True))
        all()
        """
    assert run(tmp_path, body) == [
        {"event": "light", "rgb": [0, 255, 7]},
        {"event": "tone", "hz": 2000},
        {"event": "display", "lines": ["Đã ghi nhận", "Recorded"]},
    ]


LISTEN = """
    board = here()
    board.adopt(config(console=%r))
    async def listen():
        console = board.console()
        for _ in range(2):
            line = await asyncio.wait_for(console.readline(), 20)
            console.write(b"-> " + line)
            say(line.decode())
    asyncio.run(listen())
    """


def test_what_is_typed_comes_from_the_file_or_fifo_that_the_settings_name_and_answers_do_not_go_there(tmp_path):
    (tmp_path / "typed").write_text("one\ntwo\n")
    assert run(tmp_path, LISTEN % "typed") == ["one\n", "two\n"]
    assert (tmp_path / "typed").read_text() == "one\ntwo\n"
    os.mkfifo(tmp_path / "fifo")
    process = start_micropython(prepare(tmp_path, LISTEN % "fifo"), cwd=tmp_path, stdout=-1)
    try:
        with open(tmp_path / "fifo", "w") as fifo:  # waits until somebody reads
            fifo.write("one\n")
        with open(tmp_path / "fifo", "w") as fifo:  # and the fifo outlives its writer
            fifo.write("two\n")
        said, _ = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert [json.loads(line) for line in said.splitlines()] == ["one\n", "two\n"]


@pytest.mark.parametrize("named", [True, False])
def test_what_is_typed_at_a_terminal_is_answered_there(tmp_path, named):
    master, slave = pty.openpty()
    settings = termios.tcgetattr(slave)
    settings[3] &= ~termios.ECHO
    termios.tcsetattr(slave, termios.TCSANOW, settings)
    os.write(master, b"one\ntwo\n")
    try:
        body, options = (LISTEN % os.ttyname(slave), {}) if named else (LISTEN % "", {"stdin": slave})
        assert run(tmp_path, body, **options) == ["one\n", "two\n"]
        answered = b""
        while answered.count(b"\n") < 2:  # it need not come in one piece
            answered += os.read(master, 100)
        assert answered == b"-> one\r\n-> two\r\n"
    finally:
        os.close(master)
        os.close(slave)


def test_a_console_that_is_not_there_is_none(tmp_path):
    body = 'board = here()\nboard.adopt(config(console="nowhere/at/all"))\nsay(board.console())'
    assert run(tmp_path, body) == [None]
