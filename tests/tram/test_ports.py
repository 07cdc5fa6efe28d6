"""Ports: what is behind each, which one is meant, and why one cannot be opened."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.tram import ports
from scripts.tram.ports import Port, choose, kind_of, listed, matching
from scripts.tram.ports.opening import trouble_of
from scripts.tram.trouble import Trouble

ASKING = """
from scripts.tram import out
from scripts.tram.ports import choose
from scripts.tram.trouble import Trouble

out.setup(["--json"])
try:
    choose("/dev/ttyNOSUCH", ())
except Trouble as bad:
    raise SystemExit(out.failed(bad))
"""
ESP = {"device": "/dev/null", "vid": 0x303A, "pid": 0x1001, "serial": "A1", "title": "USB JTAG", "kind": "esp"}


@pytest.fixture
def announce(tmp_path, monkeypatch):
    """Announce these stand-ins, and nothing else."""
    monkeypatch.setattr("serial.tools.list_ports.comports", list)
    file = tmp_path / "ports.json"
    monkeypatch.setenv("TRAM_PORTS", str(file))

    def put(*entries):
        file.write_text(json.dumps(entries), encoding="utf-8")

    return put


@pytest.mark.parametrize(
    "vid, pid, name, kind",
    [
        (0x303A, 0x1001, "Espressif USB JTAG/serial debug unit", "esp"),
        (0x303A, 0x4001, "MicroPython Board in FS mode", "esp"),
        (0x10C4, 0xEA60, "Silicon Labs CP2102N USB to UART Bridge Controller", "bridge"),
        (0x1A86, 0x7523, "USB Serial", "bridge"),
        (0x0403, 0x6001, "FTDI FT232R USB UART", "bridge"),
        (0x2E8A, 0x0005, "MicroPython Board in FS mode", "pico"),
        (0x1EAB, 0x8003, "", "reader"),
        (0xFFF0, 0x0001, "USB Virtual COM Barcode Reader", "reader"),
        (0x2E8A, 0x000A, "Pico SDK", "other"),
        (0x2E8A, 0x000C, "Debugprobe on Pico", "other"),
        (0x1A86, 0x1234, "", "other"),
        (0x1546, 0x01A8, "u-blox GNSS receiver", "other"),
        (None, None, "", "other"),
        (0x303A, None, "", "other"),
    ],
)
def test_usb_ids_tell_what_may_be_behind_a_port_and_a_stranger_is_other(vid, pid, name, kind):
    assert kind_of(vid, pid, name) == kind


def test_a_bridge_is_named_by_its_chip_for_people(monkeypatch, announce):
    info = type(
        "Info",
        (),
        {"device": "COM5", "vid": 0x1A86, "pid": 0x7523, "serial_number": None, "manufacturer": None},
    )()
    info.product = info.description = "USB Serial"
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: [info])
    assert listed() == [Port("COM5", 0x1A86, 0x7523, "", "CH340 · USB Serial", "bridge")]


def test_the_only_port_of_the_kinds_is_chosen_and_the_others_are_left_alone(announce):
    announce(ESP, ESP | {"device": "/dev/zero", "kind": "other"}, ESP | {"device": "/dev/full", "kind": "reader"})
    assert choose(None, ports.BOARD_KINDS).device == "/dev/null"


@pytest.mark.parametrize(
    "entries, wanted, code, named",
    [
        ([], None, "no_port", ""),
        ([ESP | {"kind": "other"}], None, "no_port", "/dev/null"),
        ([ESP | {"kind": "reader"}], None, "no_port", "/dev/null"),
        ([ESP, ESP | {"device": "/dev/zero"}], None, "two_ports", "/dev/zero"),
        ([ESP], "/dev/ttyNOSUCH", "port_unknown", "/dev/null"),
        ([ESP], "", "port_unknown", "/dev/null"),
        ([], "COM99", "port_unknown", ""),
    ],
)
def test_no_port_two_ports_or_a_wrong_name_is_refused_and_what_there_is_is_named(
    announce, entries, wanted, code, named
):
    announce(*entries)
    with pytest.raises(Trouble) as caught:
        choose(wanted, ports.BOARD_KINDS)
    assert caught.value.code == code
    assert caught.value.next
    assert named in caught.value.sentence


def test_a_port_may_be_named_by_its_link_by_a_path_that_is_in_no_list_and_by_a_url(tmp_path, announce):
    link = tmp_path / "by-id-of-the-board"
    link.symlink_to("/dev/null")
    announce(ESP)
    assert choose(str(link), ()).serial == "A1"
    assert choose("/dev/zero", ()) == Port("/dev/zero", None, None, "", "", "other")
    assert choose("rfc2217://127.0.0.1:1", ()).kind == "other"


def test_without_a_kind_of_its_own_a_stand_in_is_judged_by_its_ids(announce):
    announce({"device": "/dev/null", "vid": 0x2E8A, "pid": 5}, {"device": "rfc2217://127.0.0.1:1"})
    assert [port.kind for port in listed()] == ["pico", "other"]


def test_a_loaders_drive_is_a_place_where_a_board_may_be_and_a_plain_one_is_not(tmp_path, announce, monkeypatch):
    for name, text in (
        ("RPI-RP2", "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n"),
        ("KEY", None),
    ):
        (tmp_path / name).mkdir()
        if text:
            (tmp_path / name / "INFO_UF2.TXT").write_text(text)
    places = {tmp_path / name for name in ("RPI-RP2", "KEY", "GONE")}
    monkeypatch.setattr("scripts.tram.ports.listing._mounted", lambda: places)
    (port,) = listed()
    assert (port.kind, port.title, port.ids) == ("uf2", "Raspberry Pi RP2 · RPI-RP2", "")
    assert choose(None, ports.BOARD_KINDS).device == str(tmp_path / "RPI-RP2")


def test_a_stand_in_whose_device_or_program_is_gone_is_not_there(announce):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    announce(
        ESP | {"device": "/dev/pts/99999"},
        ESP | {"pid_of": gone.pid},
        ESP | {"device": "/dev/zero", "pid_of": os.getpid()},
    )
    assert [port.device for port in listed()] == ["/dev/zero"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "{}x", "7", '"no"', "[7]", "[{}]", '[{"device":"/dev/null","kind":"toaster"}]', "null",
     '[{"device":"/dev/null","vid":"303a","pid":1}]', '[{"device":"/dev/null","vid":true,"pid":1}]'],
)  # fmt: skip
def test_a_file_of_stand_ins_that_is_none_is_named_and_not_passed_over(announce, text, tmp_path):
    (tmp_path / "ports.json").write_text(text)
    with pytest.raises(Trouble) as caught:
        listed()
    assert caught.value.code == "ports_file"
    assert "ports.json" in caught.value.sentence


def test_the_tools_own_folder_announces_stand_ins_where_no_other_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("serial.tools.list_ports.comports", list)
    monkeypatch.delenv("TRAM_PORTS", raising=False)
    monkeypatch.setenv("TRAM_HOME", str(tmp_path))
    assert listed() == []
    (tmp_path / "stand-ins.json").write_text(json.dumps([ESP]))
    assert [port.kind for port in listed()] == ["esp"]


def test_a_port_that_is_open_already_is_busy_and_one_that_is_gone_is_gone():
    primary, secondary = os.openpty()
    name = os.ttyname(secondary)
    with ports.opened(name, 115200, 0.1), pytest.raises(Trouble) as caught:
        ports.opened(name, 115200, 0.1)
    assert caught.value.code == "port_busy"
    os.close(secondary)
    os.close(primary)
    with pytest.raises(Trouble) as caught:
        ports.opened(name, 115200, 0.1)
    assert caught.value.code == "port_gone"


def test_a_port_without_permission_says_which_group_owns_it_and_how_to_join_it(monkeypatch):
    group = next(found for found in __import__("grp").getgrall() if found.gr_gid)
    facts = os.stat_result((0o020660, 0, 0, 1, 0, group.gr_gid, 0, 0, 0, 0))
    monkeypatch.setattr("scripts.tram.ports.opening.os.stat", lambda path: facts)
    trouble = trouble_of("/dev/ttyUSB0", PermissionError(errno.EACCES, "Permission denied"))
    assert trouble.code == "port_no_right"
    assert group.gr_name in trouble.sentence
    assert f"usermod -aG {group.gr_name} $USER" in trouble.next


@pytest.mark.parametrize("mode, gid", [(0o020600, 20), (0o020660, 0), (0o020660, 4_000_000_001)])
def test_joining_a_group_is_not_advised_where_it_would_not_help(monkeypatch, mode, gid):
    facts = os.stat_result((mode, 0, 0, 1, 0, gid, 0, 0, 0, 0))
    monkeypatch.setattr("scripts.tram.ports.opening.os.stat", lambda path: facts)
    trouble = trouble_of("/dev/ttyUSB0", PermissionError(errno.EACCES, "Permission denied"))
    assert trouble.code == "port_denied"
    assert "usermod" not in trouble.next


@pytest.mark.parametrize(
    "words, code",
    [
        ("PermissionError(13, 'Access is denied.', None, 5)", "port_busy"),
        ("FileNotFoundError(2, 'The system cannot find the file specified.', None, 2)", "port_gone"),
        ("OSError(22, 'The semaphore timeout period has expired.', None, 121)", "port_fails"),
    ],
)
def test_windows_own_words_are_understood_there(monkeypatch, words, code):
    import serial

    monkeypatch.setattr("scripts.tram.ports.opening.os.name", "nt")
    assert trouble_of("COM5", serial.SerialException(f"could not open port 'COM5': {words}")).code == code


def test_something_that_is_no_serial_port_fails_with_the_systems_own_words(tmp_path):
    plain = tmp_path / "file"
    plain.write_text("")
    for name in (str(plain), "/dev/null"):
        with pytest.raises(Trouble) as caught:
            ports.opened(name, 115200, 0.1)
        assert caught.value.code == "port_fails"


def test_the_program_says_it_in_json_with_a_code_that_stays(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", ASKING],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"TRAM_HOME": str(tmp_path), "TRAM_PORTS": ""},
        capture_output=True,
        text=True,
    )
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"], told["error"]["code"]) == (3, False, "port_unknown")
    assert matching("/dev/null", listed()).device == "/dev/null"
