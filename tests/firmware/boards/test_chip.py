"""Each board of its own chip: what it is wired to, what it shows and hears, and what ends it."""

import json

import pytest

from scripts.firmware_build import ROOT
from tests.firmware.boards.chips import BOARDS, ESP, HEAD, NAMES, RP2, run


@pytest.mark.parametrize("name", NAMES)
def test_a_board_finds_out_which_one_it_is_and_touches_only_the_pins_that_the_data_gives_it(tmp_path, name):
    board = BOARDS[name]
    said = run(
        tmp_path,
        name,
        """
        say(board.name)
        board.open_uart()
        say(ASKED)
        """,
    )
    pins = board.pins
    asked = [tuple(entry) for entry in said[1]]
    touched = {number for what, number, *_ in asked if what in ("pin", "pwm", "level", "pixel")}
    assert said[0] == name
    assert touched <= set(pins.values())
    assert ("uart", board.uart_id, pins["uart.tx"], pins["uart.rx"]) in asked
    assert ("pin", pins["uart.rx"], "in", True) in asked  # at rest without a reader
    assert ("pin", pins["button"], "in", True) in asked
    assert ("i2c", board.display_id, pins["display.sda"], pins["display.scl"], 400000) in asked
    assert {pin for use, pin in pins.items() if use.startswith(("light", "buzzer"))} <= touched
    assert not [entry for entry in asked if entry[0] in ("watchdog", "flash", "partition", "country", "reset")]


@pytest.mark.parametrize("name", NAMES)
def test_the_receive_buffer_holds_a_whole_code_and_more_at_every_speed(tmp_path, name):
    said = run(
        tmp_path,
        name,
        """
        port = board.open_uart()
        sizes = [entry[2] for entry in ASKED if entry[0] == "uart_init"]
        say(port.baud, port.reopen())
        port.set_baud(115200)
        say(port.baud, [entry[1:] for entry in ASKED if entry[0] == "uart_init"])
        machine.UART.made[0].come(bytes(4096))
        async def read():
            got = 0
            while got < 4096:
                got += len(await port.read(256))
            say(got)
            port.write(b"\\x7e\\x00")
            await port.drain()
            say(list(machine.UART.made[0].sent))
        asyncio.run(read())
        """,
    )
    assert said[0] == [9600, True]
    assert said[1][0] == 115200
    assert [baud for baud, _ in said[1][1]] == [9600, 115200]
    assert all(size >= 4096 for _, size in said[1][1])
    assert said[2:] == [4096, [0x7E, 0]]


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_that_says_nothing_is_waited_for_and_others_run(tmp_path, name):
    said = run(
        tmp_path,
        name,
        """
        port = board.open_uart()
        async def later():
            machine.UART.made[0].come(b"late")
        async def read():
            asyncio.create_task(later())
            say((await port.read(16)).decode())
        asyncio.run(read())
        """,
    )
    assert said == ["late"]


@pytest.mark.parametrize("name", NAMES)
def test_light_and_buzzer_do_what_they_are_told_once(tmp_path, name):
    board = BOARDS[name]
    said = run(
        tmp_path,
        name,
        """
        del ASKED[:]
        board.light(0, 255, 128)
        board.light(0, 255, 128)
        board.tone(2000)
        board.tone(2000)
        board.tone(0)
        board.tone(5)
        board.light(0, 0, 0)
        say(ASKED)
        """,
    )[0]
    buzzer = board.pins["buzzer"]
    sounds = [entry[2:] for entry in said if entry[1] == buzzer]
    assert sounds == [[2000, 32768], [2000, 0], [20, 32768]]  # 5 Hz: an RP2 would refuse it
    lights = [entry for entry in said if entry[1] != buzzer]
    if board.light == "ws2812":
        assert lights == [["pixel", board.pins["light.data"], colour] for colour in ([0, 255, 128], [0, 0, 0])]
    else:
        assert [duty for *_, duty in lights] == [0, 65535, 128 * 257, 0, 0, 0]


def test_an_rgb_light_with_a_common_anode_is_dark_at_full_duty(tmp_path):
    said = run(
        tmp_path,
        "esp32",
        """
        from firmware.boards.light import RgbLight
        class Pins:
            LIGHT_RED, LIGHT_GREEN, LIGHT_BLUE, LIGHT_ON_LOW = 18, 19, 23, True
        del ASKED[:]
        RgbLight(Pins).set(255, 0, 128)
        say([entry[3] for entry in ASKED if entry[0] == "pwm"])
        """,
    )[0]
    assert said == [65535, 65535, 65535, 0, 65535, 65535 - 128 * 257]


def test_a_button_counts_when_it_has_been_steady(tmp_path):
    said = run(
        tmp_path,
        "esp32",
        """
        from firmware.boards.button import Button
        now = [0]
        button = Button(33, lambda: now[0])
        def at(ms, level):
            now[0] = ms
            machine.Pin.levels[33] = level
            return button.held()
        say([at(0, 1), at(100, 0), at(110, 1), at(120, 0), at(140, 0), at(151, 0), at(152, 1), at(170, 1), at(190, 1)])
        machine.Pin.levels[33] = 0
        say([Button(33, lambda: 0).held(), board.button()])
        """,
    )
    assert said[0] == [False, False, False, False, False, True, True, True, False]
    assert said[1] == [True, False]  # held as the box starts; the board had looked before


@pytest.mark.parametrize("name", NAMES)
def test_a_screen_gets_the_picture_and_then_only_what_changed(tmp_path, name):
    said = run(
        tmp_path,
        name,
        """
        picture = bytearray([n % 251 for n in range(1024)])
        say(board.has_screen)
        before = machine.I2C.messages
        board.show(picture)
        say(machine.I2C.picture == picture, machine.I2C.messages - before)
        before = machine.I2C.messages
        board.show(picture)
        picture[300] ^= 1
        board.show(memoryview(picture))
        say(machine.I2C.picture == picture, machine.I2C.messages - before)
        board.display(["Moi quet ma", "Show your code"])
        say(sum(machine.I2C.picture[:256]) > 0, sum(machine.I2C.picture[512:]))
        """,
    )
    assert said == [True, [True, 16], [True, 2], [True, 0]]


@pytest.mark.parametrize("name", ["esp32", "pico_w"])
def test_a_box_without_a_screen_works_and_finds_one_that_comes_back(tmp_path, name):
    said = run(
        tmp_path,
        name,
        """
        say(board.has_screen)
        board.show(bytes(1024))
        board.display(["x"])
        machine.I2C.present = 1
        board.show(b"\\x55" * 1024)
        say(board.has_screen, machine.I2C.picture == b"\\x55" * 1024)
        machine.I2C.present = 0
        board.show(bytes(1024))
        say(board.has_screen)
        machine.I2C.present = 1
        board.show(b"\\x55" * 1024)
        say(board.has_screen, machine.I2C.picture == b"\\x55" * 1024)
        """,
        SCREEN=0,
    )
    assert said == [False, [True, True], False, [True, True]]


@pytest.mark.parametrize(
    "name, wanted, most, started",
    [
        ("esp32", 30000, 0, 30000),
        ("esp32c3", 120000, 0, 120000),
        ("pico_w", 8388, 8388, 8388),
        ("pico_w", 8389, 8388, 8388),
        ("pico_w", 30000, 8388, 8388),
        ("pico_w", 2000, 8388, 2000),
        ("pico2_w", 30000, 16777, 16777),
        ("pico2_w", 9000, 16777, 9000),
        ("pico2_w", 30000, 8388, 8388),  # before MicroPython 1.29
        ("pico2_w", 5000, 8388, 5000),
    ],
)
def test_a_watchdog_is_started_with_no_more_than_the_chip_takes(tmp_path, name, wanted, most, started):
    said = run(tmp_path, name, f"board.watchdog({wanted}).feed()\nsay(ASKED[-2:])", WATCHDOG_MOST=most)
    assert said == [[["watchdog", started], ["fed"]]]


RAN_OUT = 0x6AB73121


@pytest.mark.parametrize(
    "name, number, scratch, cause",
    [
        *[(name, *rest) for name in ESP for rest in [(1, 0, "power"), (2, 0, "button"), (3, 0, "watchdog")]],
        *[(name, *rest) for name in ESP for rest in [(5, 0, "soft"), (4, 0, "other"), (0, 0, "other")]],
        *[(name, *rest) for name in RP2 for rest in [(1, 0, "power"), (3, RAN_OUT, "watchdog"), (3, 0, "soft")]],
        ("pico_w", 1, RAN_OUT, "power"),
        ("pico_w", 3, 0x6AB73120, "soft"),
    ],
)
def test_the_cause_of_the_last_reset_is_known_even_after_the_watchdog_was_started(
    tmp_path, name, number, scratch, cause
):
    body = "board.watchdog(5000)\nsay(board.reset_cause())\nboard.reset()\nsay(ASKED[-1])"
    assert run(tmp_path, name, body, RESET=number, SCRATCH4=scratch) == [cause, ["reset"]]


@pytest.mark.parametrize("name", NAMES)
def test_wi_fi_knows_its_country_before_it_starts_and_does_not_sleep_after_any_start(tmp_path, name):
    said = run(
        tmp_path,
        name,
        """
        import network
        say(board.name_servers())
        wlan = board.wlan()
        nic = network.WLAN()
        say(wlan is board.wlan(), wlan.active(), board.wifi_word(wlan.status()))
        assert wlan.scan()[0][3] == -61
        for _ in range(2):
            wlan.active(True)
            say(wlan.active(), nic.pm == network.WLAN.PM_NONE, nic.reconnects)
            wlan.connect("Cho Ben Thanh", "secret-key")
            say(wlan.isconnected(), board.wifi_word(wlan.status()), wlan.status("rssi"), board.name_servers())
            wlan.disconnect()
            wlan.active(False)
        wlan.active(True)
        wlan.connect("Open")
        say([entry for entry in ASKED if entry[0] in ("country", "connect")])
        """,
    )
    reconnects = 0 if name in ESP else -1
    assert said[0] == []
    assert said[1] == [True, False, "idle"]
    assert said[2:6] == [[True, True, reconnects], [True, "up", -61, [["10.0.0.1", 53]]]] * 2
    assert said[6] == [["country", "VN"], ["connect", "Cho Ben Thanh", "secret-key"]] * 2 + [
        ["country", "VN"],
        ["connect", "Open", None],
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_status_that_nobody_knows_has_failed(tmp_path, name):
    body = "say([board.wifi_word(n) for n in (201, 202, 15, 200, 203, -2, -3, -1, 1, 7777)])"
    words = run(tmp_path, name, body)[0]
    if name in ESP:
        assert words[:5] == ["away", "password", "password", "lost", "failed"]
    else:
        assert words[5:9] == ["away", "password", "failed", "connecting"]
    assert words[9] == "failed"


CELSIUS = {"esp32": 52, "esp32s3": 53, "esp32c3": 53, "pico_w": 48, "pico2_w": 48}


@pytest.mark.parametrize("name, celsius", CELSIUS.items())
def test_the_temperature_is_a_number_of_degrees(tmp_path, name, celsius):
    assert run(tmp_path, name, "say(board.temperature_c())", ADC=13307) == [celsius]


@pytest.mark.parametrize("name", NAMES)
def test_the_rest_of_what_a_box_asks_its_board_is_there(tmp_path, name):
    said = run(
        tmp_path,
        name,
        """
        say(board.config_path, board.overlay(), len(board.random_bytes(4)), board.ticks_diff(board.ticks_ms(), 0) > 0)
        say(len(board.unique_id()), board.heap_limit > 100000, board.hosts("gw"), board.counters(), board.tasks())
        board.adopt(None)
        board.draw("stored", None, {"seq": 1})
        board.say("boot", {})
        async def waits():
            try:
                await asyncio.wait_for(board.stopped(), 0.01)
            except asyncio.TimeoutError:
                say("still running")
        asyncio.run(waits())
        files = board.system()
        files.write("kept", b"a box on a wall")
        say(files is board.system(), files.read("kept").decode(), sorted(entry[0] for entry in files.fs.ilistdir(".")))
        """,
    )
    assert said[0] == ["", {}, 4, True]  # there is no /config.json here
    assert said[1] == [8 if name in RP2 else 6, True, None, {}, {}]
    assert said[2] == "still running"
    assert said[3] == [True, "a box on a wall", ["kept", "script.py"]]


@pytest.mark.parametrize("name", ["esp32c3", "pico_w"])
def test_what_is_typed_comes_line_by_line_and_the_typist_then_sees_what_happens(tmp_path, name):
    typed = b"hello\r\n\r\nTRAM1:" + b"x" * 1500 + b"\n" + b"y" * 3000 + b"\rlast"
    said = run(
        tmp_path,
        name,
        """
        board.say("before", {})
        async def listen():
            console = board.console()
            while True:
                line = await console.readline()
                if not line:
                    break
                say(len(line), line[:5].decode(), line[-1])
            board.say("after", {"n": 1})
            console.write(b'"bytes"\\n')
        asyncio.run(listen())
        """,
        input=typed,
    )
    assert said == [[6, "hello", 10], [1507, "TRAM1", 10], [2049, "yyyyy", 10], {"event": "after", "n": 1}, "bytes"]


@pytest.mark.parametrize("name", NAMES)
def test_the_spool_lives_on_this_boards_flash_and_outlives_a_restart(tmp_path, name):
    said = run(
        tmp_path,
        name,
        """
        import os
        from firmware.spool import Spool
        flash = board.open_flash(None)
        seen = []
        def opened():
            return Spool.open(flash, "gate-1", os.urandom, None, lambda event, **facts: None)
        spool = opened()
        for _ in range(3):
            spool.append(lambda seq: b"1 scan gate-1 %s %d and so on\\n" % (spool.epoch.encode(), seq))
        again = opened()
        say(spool.epoch == again.epoch, again.boot, again.last_seq, flash.ioctl(4, 0) * 4096)
        say([entry for entry in ASKED if entry[0] in ("flash", "partition")])
        """,
        VOLUME_BYTES=BOARDS[name].parts["system"].bytes,
        SPOOL_BYTES=BOARDS[name].parts["spool"].bytes,
    )
    spool = BOARDS[name].parts["spool"]
    assert said[0] == [True, 2, 3, spool.bytes]
    if name in RP2:
        assert said[1] == [["flash", spool.offset - BOARDS[name].parts["system"].offset, spool.bytes]]
    else:
        assert said[1] == [["partition", "spool"]]


@pytest.mark.parametrize(
    "name, facts, code",
    [
        ("esp32", {"SPOOL_BYTES": 0}, "board_spool"),
        ("pico_w", {"VOLUME_BYTES": 848 * 1024}, "board_boot"),
        ("pico_w", {"VOLUME_BYTES": 644 * 1024}, "board_boot"),
        ("pico2_w", {"VOLUME_BYTES": 2560 * 1024}, "board_boot"),
        ("pico_w", {"VOLUME_BYTES": 640 * 1024, "REGION_BYTES": 704 * 1024}, "board_spool"),
        ("pico2_w", {"VOLUME_BYTES": 1024 * 1024, "REGION_BYTES": 848 * 1024}, "board_spool"),
    ],
)
def test_a_flash_that_is_not_laid_out_as_it_should_be_is_refused_by_name(tmp_path, name, facts, code):
    assert run(tmp_path, name, "say(refused(board.open_flash, None))", **facts) == [code]


def test_a_reader_is_gated_by_a_pin_where_a_flash_write_deafens_the_box(tmp_path):
    body = "del ASKED[:]\nboard.gate_reader(True)\nboard.gate_reader(False)\nsay(ASKED)"
    assert run(tmp_path, "pico_w", body) == [[["level", 2, 1], ["level", 2, 0]]]
    assert run(tmp_path, "esp32s3", body) == [[]]


@pytest.mark.parametrize(
    "chip_of, machine, code",
    [
        ("pico_w", "Raspberry Pi Pico with RP2040", "board_unknown"),
        ("pico2_w", "Raspberry Pi Pico2 with RP2350", "board_unknown"),
        ("esp32", "Generic ESP32S2 module with ESP32S2", "board_unknown"),
        ("esp32", "a toaster", "board_unknown"),
        ("esp32", "", "board_unknown"),
    ],
)
def test_a_chip_that_no_board_has_is_refused(tmp_path, chip_of, machine, code):
    facts = {"MACHINE": machine or "-"}
    assert run(tmp_path, chip_of, "say(refused(lambda: board_of(board_name())))", head=HEAD, **facts) == [code]


def test_a_file_says_which_board_it_is_where_the_chip_does_not(tmp_path):
    (tmp_path / "board").write_text("esp32c3\n")
    (tmp_path / "other").write_text("toaster")
    body = """
        say(board_name("board"), board_name("nowhere"), refused(lambda: board_of(board_name("other"))))
        """
    said = run(tmp_path, "esp32", body, head=HEAD)
    assert said == [["esp32c3", "esp32", "board_unknown"]]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_another_board_is_loaded(tmp_path, name):
    said = run(tmp_path, name, "say(sorted(m for m in sys.modules if m.startswith('firmware.boards.')))")[0]
    loaded = {module.rpartition(".")[2] for module in said}
    strange = {other for other in NAMES if other != name} | {f"pins_{other}" for other in NAMES if other != name}
    strange |= {"esp"} if name in RP2 else {"rp2"}
    assert not loaded & (strange | {"linux", "libc", "serial", "flash_image", "console"}), json.dumps(said)


@pytest.mark.parametrize("name", NAMES)
def test_the_whole_program_runs_on_this_board_until_it_feeds_the_watchdog_and_joins_its_network(tmp_path, name):
    settings = {"box_id": "gate-1", "password": "x", "wifi": [["Cho Ben Thanh", "secret-key"]]}
    (tmp_path / "config.json").write_text(json.dumps(settings))
    said = run(tmp_path, name, PROGRAM, heap=WITH_FAKES, VOLUME_BYTES=BOARDS[name].parts["system"].bytes)
    asked = [tuple(entry) for entry in said[-1]]
    assert [entry["spool"] for entry in said[:-1] if entry.get("event") == "boot"] == ["ok"]
    assert ("connect", "Cho Ben Thanh", "secret-key") in asked
    assert ("country", "VN") in asked
    assert asked.index(("fed",)) > [what for what, *_ in asked].index("watchdog")
    assert "secret-key" not in json.dumps(said[:-1])


@pytest.mark.parametrize("name", ["esp32s3", "pico_w"])
def test_a_blank_box_asks_for_its_code_on_this_board(tmp_path, name):
    (tmp_path / "config.json").write_text("{}")
    said = run(tmp_path, name, PROGRAM.replace('"connect"', '"fed"'), heap=WITH_FAKES)
    assert {"face": "unprovisioned"} in said
    assert ["fed"] in said[-1]


WITH_FAKES = "480K"  # the stand-ins take their part of it
PROGRAM = """
    from firmware import start
    async def seen():
        while not all([any([entry[0] == what for entry in ASKED]) for what in ("connect", "fed")]):
            await asyncio.sleep_ms(20)
    board.stopped = seen
    board.config_path = "config.json"
    board.console().is_used = True
    start.main(board)
    say(ASKED)
    """


@pytest.mark.parametrize("name", RP2)
def test_the_boot_that_is_to_be_frozen_formats_nothing_and_mounts_the_system_volume_alone(tmp_path, name):
    boot = ROOT / "hardware" / "boot" / name / "_boot.py"
    body = f"""
        import os, rp2, vfs
        flash = []
        opened = rp2.Flash
        def kept(**region):
            flash.append(opened(**region) if not flash else flash[0])
            return flash[0]
        rp2.Flash = kept
        with open({str(boot)!r}) as file:
            text = file.read()
        told = []
        names = {{"print": lambda *words: told.append(words[0])}}
        exec(text, dict(names))
        say(told, len(flash[0]._data))
        vfs.VfsLfs2.mkfs(flash[0], progsize=256)
        vfs.VfsLfs2(flash[0], progsize=256).mkdir("slot")
        vfs.umount("/")
        exec(text, dict(names))
        say(len(told), os.listdir("/"), ASKED[-1])
        """
    said = run(tmp_path, name, body, head=HEAD)
    assert said[0] == [["the system volume cannot be mounted:"], 0]
    assert said[1] == [1, ["slot"], ["flash", 0, BOARDS[name].parts["system"].bytes]]
