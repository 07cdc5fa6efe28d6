"""Each thing that can be wrong is found by its name, and has words in both languages; a check that fails stops none."""

import ast
import contextlib
import http.server
import json
import os
import re
import socket
import stat
import threading
import time
import zipfile

import pytest

from gateway import certs, config
from gateway.doctor import Around, bundle, disk, examine, machine, network, parts, texts
from gateway.doctor.finding import Finding
from gateway.doctor.words import WORDS
from tests.gateway.brokers import ROOT, RealBroker
from tests.gateway.fleet import write_fleet_key

TOKEN = "token-of-the-gateway"
SECRETS = {"broker.password": "gateway-password", "token": TOKEN, "sealing.key": "5a" * 32}


class Place:
    """A gateway's folder and a machine whose kernel says what the test says."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.root = folder / "machine"
        self.data = folder / "data"
        self.data.mkdir(mode=0o700)
        for name, text in SECRETS.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o600)
        write_fleet_key(folder / "fleet.key")
        self.broker = RealBroker(folder / "broker", [], chain_file=certs.ensure(self.data / "certs", "gw-1").chain_file)
        self.url = "http://127.0.0.1:1"

    @property
    def settings(self):
        (self.folder / "gateway.toml").write_text(
            f'gateway_id = "gw-1"\ndata_dir = "data"\n[broker]\nport = {self.broker.port}\n'
            f'password_file = "broker.password"\nfolder = "broker"\ntls_listen = ["127.0.0.1"]\n'
            f"tls_port = {self.broker.tls_port}\n"
            f'[server]\nurl = "{self.url}"\ntoken_file = "token"\nsealing_key_file = "sealing.key"\n'
            '[enrol]\nfleet_key_file = "fleet.key"\n[time]\ntrust = "always"\n'
        )
        return config.load(self.folder / "gateway.toml")

    def kernel(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def around(self) -> Around:
        return Around(self.root, fsync_limit_s=0.05, network_s=2.0)

    def codes(self) -> dict[str, str]:
        return {one.code: one.level for one in examine(self.settings, self.around())}

    def says(self, rows: dict) -> None:
        (self.data / "boxes.json").write_text(json.dumps({"v": 1, "boxes": rows}))


@pytest.fixture
def place(tmp_path):
    made = Place(tmp_path)
    yield made
    made.broker.kill()


@contextlib.contextmanager
def server(status: int = 200, date: str | None = None):
    """Answers everything so; remembers what it was shown."""
    shown = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            shown.append(self.headers["Authorization"])
            self.send_response_only(status)
            self.send_header("Date", date or self.date_time_string())
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{made.server_port}", shown
    finally:
        made.shutdown()
        made.server_close()


# --- words


def used_codes() -> set[str]:
    """Every first argument of a Finding, as the source has it: one name, or one of two."""
    found = set()
    for path in (ROOT / "gateway/doctor").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Finding":
                first = node.args[0]
                names = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
                found |= {one.value for one in names}
    return found


def test_every_finding_has_its_words_in_both_languages_and_no_words_are_left_over():
    assert used_codes() == set(WORDS)
    for words in WORDS.values():
        assert words.vi
        assert words.en
        assert bool(words.do_vi) == bool(words.do_en)
        assert set(re.findall(r"{(\w+)}", words.vi)) == set(re.findall(r"{(\w+)}", words.en))


def test_the_worst_comes_first_with_what_to_do_and_what_is_well_needs_nothing():
    found = [Finding("swap", "ok"), Finding("power_low", "fault"), Finding("power_was_low", "warning")]
    said = texts.lines(found, "en")
    assert [line[0] for line in said] == ["✗", " ", "!", " ", "✓"]
    assert texts.summary(found, "vi") == "1 lỗi, 1 cảnh báo."
    assert texts.summary(found[:1], "vi") == "Mọi thứ đều tốt."


# --- the whole


def test_a_place_where_nothing_runs_is_described_all_the_same(place):
    codes = place.codes()
    for code in ("gateway_down", "broker_down", "broker_tls_down", "server_down", "no_boxes", "disk_room", "files"):
        assert code in codes
    assert codes["gateway_down"] == codes["broker_down"] == "fault"
    assert "check_failed" not in codes


def test_where_everything_runs_no_fault_is_found(place):
    place.broker.start()
    with server() as (url, shown):
        place.url = url
        (place.data / "metrics.prom").write_text('tram_part_ok{part="broker"} 1\ntram_waiting_records 3\n')
        codes = place.codes()
    assert [code for code, level in codes.items() if level == "fault"] == []
    for code in ("gateway_up", "sending", "broker", "broker_tls", "server", "certificate"):
        assert codes[code] == "ok"
    assert shown == [f"Bearer {TOKEN}"]


def test_a_check_that_fails_is_a_finding_and_stops_no_other(place):
    (place.data / "boxes.json").mkdir()
    codes = place.codes()
    assert codes["check_failed"] == "warning"
    assert "disk_room" in codes


# --- broker and server


def test_who_lets_everybody_in_is_not_our_broker(place):
    (place.folder / "open.conf").write_text(f"listener {place.broker.port} 127.0.0.1\nallow_anonymous true\n")
    place.broker.config = place.folder / "open.conf"
    place.broker.start()
    assert place.codes()["broker_strange"] == "fault"


def test_a_certificate_by_another_authority_is_named(place):
    place.broker.start()
    certs.ensure(place.folder / "other", "gw-1")
    (place.data / "certs" / "ca.der").write_bytes((place.folder / "other" / "ca.der").read_bytes())
    assert place.codes()["broker_tls_wrong"] == "fault"


@pytest.mark.parametrize(
    "status, code, level",
    [
        (200, "server", "ok"),
        (204, "server", "ok"),
        (401, "server_token", "fault"),
        (403, "server_forbidden", "fault"),
        (302, "server_strange", "warning"),
        (404, "server_strange", "warning"),
        (500, "server_strange", "warning"),
    ],
)
def test_what_the_server_answers_tells_what_is_wrong(place, status, code, level):
    with server(status) as (url, _):
        place.url = url
        assert place.codes()[code] == level


def test_a_clock_that_is_off_is_told_by_the_servers(place):
    with server(date="Sat, 01 Jan 2000 00:00:00 GMT") as (url, _):
        place.url = url
        assert place.codes()["server_clock"] == "warning"


@pytest.mark.parametrize("date", [None, "", "yesterday"])
def test_a_server_that_does_not_tell_the_time_is_well_all_the_same(date):
    assert network.judge(200, date, time.time(), {}).code == "server"


def test_a_name_that_nobody_knows_is_told_from_a_server_that_is_silent(place):
    place.url = "https://tram.invalid"
    assert "server_name" in place.codes()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place.url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        found = network.server(place.settings, Around(network_s=0.2))
    assert [one.code for one in found] == ["server_down"]


# --- boxes and the gateway's own numbers


@pytest.mark.parametrize(
    "row, code",
    [
        ({"state": "online"}, "box"),
        ({"state": "gone"}, "box_gone"),
        ({"state": "online", "rssi": -85}, "box_weak"),
        ({"state": "online", "waiting": 500}, "box_waiting"),
        ({"state": "online", "reader": "silent"}, "box_reader"),
        ({}, "box_gone"),
        ({"state": 3, "rssi": "x", "waiting": None, "heard_mono_ms": "y"}, "box_gone"),
    ],
)
def test_each_box_is_told_with_what_it_lacks(place, row, code):
    place.says({"box-a": row})
    assert code in place.codes()


@pytest.mark.parametrize(
    "text, code",
    [
        ('tram_part_ok{part="clock"} 0\n', "part_unwell"),
        ("tram_waiting_records 9\ntram_waiting_oldest_seconds 7200\n", "backlog"),
        ("nothing that can be read\n", "sending"),
        ("tram_broker_shared 1\n", "broker_shared"),
        ("tram_broker_told_in_vain 2\n", "boxes_unheard"),
    ],
)
def test_what_the_gateway_says_of_itself_is_passed_on(place, text, code):
    (place.data / "metrics.prom").write_text(text)
    assert {"gateway_up", code} <= place.codes().keys()


def test_a_broker_that_is_ours_alone_and_hears_is_no_finding(place):
    (place.data / "metrics.prom").write_text("tram_broker_shared 0\ntram_broker_told_in_vain 0\n")
    assert not {"broker_shared", "boxes_unheard"} & place.codes().keys()


@pytest.mark.parametrize("age_s", [3600, -3600])
def test_old_numbers_are_those_of_a_gateway_that_does_not_run(place, age_s):
    path = place.data / "metrics.prom"
    path.write_text("tram_waiting_records 0\n")
    os.utime(path, (time.time() - age_s,) * 2)
    assert place.codes()["gateway_down"] == "fault"


def test_a_second_process_on_the_buffer_is_a_fault(place):
    (place.data / "buffer").mkdir()
    segment = place.data / "buffer" / "00000001.seg"
    for pid in (10, 11):
        (place.root / f"proc/{pid}/fd").mkdir(parents=True)
        (place.root / f"proc/{pid}/fd/3").symlink_to(segment)
    found = parts.openers(place.data, place.around())
    assert [(one.code, one.values["pids"]) for one in found] == [("buffer_shared", "10, 11")]
    (place.root / "proc/11/fd/3").unlink()
    assert parts.openers(place.data, place.around()) == []


def test_somebody_else_on_our_port_is_named(place):
    place.broker.pid = 77
    (place.broker.folder / "mosquitto.pid").write_text("77")
    line = "0: 0100007F:{:04X} 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 {} 1\n"
    place.kernel(
        "proc/net/tcp", "head\n" + line.format(place.broker.port, 123) + line.format(place.broker.tls_port, 124)
    )
    for pid, inode in ((77, 124), (88, 123)):
        (place.root / f"proc/{pid}/fd").mkdir(parents=True)
        (place.root / f"proc/{pid}/fd/4").symlink_to(f"socket:[{inode}]")
    assert place.codes()["port_taken"] == "fault"


@pytest.mark.parametrize("name", ["token", "broker.password", "data"])
def test_files_that_others_can_read_are_named(place, name):
    (place.folder / name).chmod(0o755)
    assert place.codes()["file_open"] == "fault"


def test_files_that_are_gone_are_named(place):
    settings = place.settings
    (place.folder / "token").unlink()
    assert [one.code for one in parts.rights(settings, place.data)] == ["file_missing"]


# --- the disk


@pytest.mark.parametrize(
    "name, removable, middle_ms, codes",
    [
        ("mmcblk0", "0", 0.05, ["disk_lies"]),
        ("sda", "1", 0.05, ["disk_lies"]),
        ("mmcblk0", "0", 8.0, ["disk_cache"]),
        ("nvme0n1", "0", 0.05, ["disk_cache"]),
        ("vda", "0", 0.05, ["disk_unjudged"]),
        ("weird0", "0", 0.05, ["disk_unjudged"]),
    ],
)
def test_only_a_card_can_be_too_fast_to_be_true(place, name, removable, middle_ms, codes):
    place.kernel(f"sys/block/{name}/removable", removable)
    device = disk.Device(name, disk.kind_of(name, place.around()))
    assert [one.code for one in disk.honesty(device, middle_ms, place.around())] == codes


@pytest.mark.parametrize(
    "middle_ms, worst_ms, code", [(8, 30, "disk_speed"), (150, 300, "disk_slow"), (8, 2000, "disk_stalls")]
)
def test_a_slow_disk_and_one_that_stands_still_are_told_apart(middle_ms, worst_ms, code):
    assert disk.judge_speed(middle_ms, worst_ms, {}).code == code


@pytest.mark.parametrize(
    "said, level, percent",
    [("0x01 0x02", "ok", 20), ("0x08 0x01", "warning", 80), ("0x0b 0x0b", "fault", 110), ("nothing", "ok", 0)],
)
def test_a_cards_own_word_on_its_life_is_passed_on(place, said, level, percent):
    place.kernel("sys/block/mmcblk0/device/life_time", said)
    found = disk.wear(disk.Device("mmcblk0", "card"), place.around())
    assert [(one.code, one.level, one.values["percent"]) for one in found] == [("disk_wear", level, percent)]


def test_of_a_disk_that_nobody_knows_nothing_is_said_for_another(place):
    place.kernel("sys/fs/ext4/sda1/lifetime_write_kbytes", "1048576")
    assert disk.wear(disk.Device(disk.UNKNOWN, "unknown"), place.around()) == []
    assert disk.wear(disk.Device("sda", "disk"), place.around())[0].values["gb"] == 1


def test_the_measurement_leaves_nothing_behind(place):
    before = sorted(place.data.iterdir())
    found = disk.speed(place.data, disk.Device("vda", "virtual"), place.around())
    assert found[0].values["middle_ms"] >= 0
    assert sorted(place.data.iterdir()) == before


def test_too_little_room_is_a_fault(place):
    there = os.statvfs(place.data)
    free = there.f_bavail * there.f_frsize
    for needed, code in ((free * 2, "disk_full"), (free // 2, "disk_room"), (1, "disk_room")):
        assert disk.room(place.data, needed).code == code


# --- the machine


@pytest.mark.parametrize(
    "version, has_race",
    [
        ("3.6.23", False),
        ("3.7.0", True),
        ("3.40.1", True),
        ("3.44.5", True),
        ("3.44.6", False),
        ("3.50.6", True),
        ("3.50.7", False),
        ("3.51.2", True),
        ("3.51.3", False),
        ("3.52.0", False),
        ("4.0.0", False),
        ("", False),
        ("x.y.z", False),
    ],
)
def test_which_sqlite_has_the_race_is_known(version, has_race):
    assert machine.has_race(version) == has_race


@pytest.mark.parametrize(
    "said, codes",
    [
        ("0x0", ["power"]),
        ("0x50000", ["power_was_low"]),
        ("0x50005", ["power_low"]),
        ("nonsense", []),
        ("", []),
        (None, []),
    ],
)
def test_a_weak_supply_is_told_now_and_afterwards(place, said, codes):
    if said is not None:
        place.kernel("sys/devices/platform/soc/soc:firmware/get_throttled", said)
    assert [one.code for one in machine.power(place.around())] == codes


@pytest.mark.parametrize(
    "said, found",
    [("45000", [("heat", "ok")]), ("72000", [("hot", "warning")]), ("85000", [("hot", "fault")]), ("x", []), ("", [])],
)
def test_heat_is_told(place, said, found):
    place.kernel("sys/class/thermal/thermal_zone0/temp", said)
    assert [(one.code, one.level) for one in machine.heat(place.around())] == found


@pytest.mark.parametrize(
    "line, code",
    [("/var/swap file 102396 0 -2", "swap_on_disk"), ("/dev/zram0 partition 102396 0 100", "swap"), ("", "swap")],
)
def test_swap_in_memory_is_well_and_on_a_disk_is_not(place, line, code):
    place.kernel("proc/swaps", f"Filename Type Size Used Priority\n{line}\n")
    assert machine.swap(place.around()).code == code


def test_settings_that_are_hardly_meant_are_named(place):
    place.url = "http://tram.example"
    assert {"setting_plain_http", "setting_trusts_clock"} <= place.codes().keys()


# --- the bundle


def test_a_bundle_holds_what_helps_and_nothing_secret_nor_personal(place, tmp_path):
    place.says({"box-a": {"state": "online", "rssi": -60, "ssid": "cho-moi", "note": "Nguyễn Văn An"}})
    (place.data / "metrics.prom").write_text("tram_waiting_records 0\n")
    settings = place.settings
    path = tmp_path / "bundle.zip"
    bundle.write(path, settings, examine(settings, place.around()))
    assert stat.S_IMODE(path.stat().st_mode) == 0o644  # made by the gateway's user, sent by whoever called
    with zipfile.ZipFile(path) as made:
        content = {name: made.read(name) for name in made.namelist()}
    wanted = {"findings.json", "findings.txt", "settings.json", "boxes.json", "machine.json", "metrics.prom", "log.txt"}
    assert content.keys() == wanted
    everything = b"\n".join(content.values())
    for secret in (*SECRETS.values(), "Nguyễn Văn An", "cho-moi", "PRIVATE KEY"):
        assert secret.encode() not in everything
    assert json.loads(content["boxes.json"]) == {"box-a": {"state": "online", "rssi": -60}}
    with pytest.raises(FileExistsError):
        bundle.write(path, settings, [])
