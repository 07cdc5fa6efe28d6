"""What is made of a box's answers: pure rules, whatever the answers look like."""

import pytest

from gateway.doctor.finding import LEVELS
from scripts.tram.doctor import lan, repl, rom
from scripts.tram.doctor.finding import Finding, worst
from scripts.tram.doctor.usb import judged
from scripts.tram.doctor.words import WORDS

HELLO = {"program": "box", "box_id": "box-1", "board": "esp32s3", "micropython": "1.25.0", "words": []}
WELL = {
    "hello": {**HELLO, "firmware": {"version": 3, "name": "v3"}},
    "status": {"flash_years": 12, "clock_bound_ms": 40, "temperature_c": 41},
    "self_test": {"heap_free": 60000, "wrong": [], "flash": True, "clock_bound_ms": 40},
    "reader": {"state": "ready", "model": "gm861", "baud": 115200, "answered": True},
    "wifi": {
        "networks": [{"ssid": "Cho", "in_use": True}],
        "state": "up",
        "rssi": -55,
        "address": "192.0.2.7",
        "seen": [{"ssid": "Cho", "rssi": -57, "channel": 11, "security": 3}],
    },
    "link": {
        "state": "up",
        "host": "gw.local",
        "port": 8883,
        "tls": True,
        "gateway": "gw-1",
        "place": "cho",
        "gate": "1",
    },
    "unsent": {"state": "ok", "waiting": 0},
    "firmware": {"running": "a", "slots": {"a": {}, "s": {}}},
}
AP = {"ssid": "Chợ Mới", "rssi": -60, "channel": 6, "security": 3}


def keys(answers: dict, level: str | None = None) -> set[str]:
    return {finding.key for finding in judged(answers) if level in (None, finding.level)}


def with_(**changed: dict) -> dict:
    return {**WELL, **changed}


def network(reason: str, seen: list | None = None, **facts: object) -> dict:
    wifi = {"networks": [{"ssid": "Chợ Mới", "in_use": False, "reason": reason}], "state": "waiting", **facts}
    return with_(wifi=wifi if seen is None else {**wifi, "seen": seen}, link={**WELL["link"], "state": "down"})


def test_of_a_box_that_is_well_nothing_is_said_to_be_done():
    assert worst(judged(WELL)) == "ok"
    assert {"program_box", "reader_ready", "wifi_up", "gateway_up", "enrolled", "spool_ok", "clock_ok"} <= keys(WELL)


@pytest.mark.parametrize(
    "reason, seen, key",
    [
        ("wrong_password", [AP], "wifi_wrong_password"),
        ("wrong_password", None, "wifi_wrong_password"),
        ("wrong_password", [{**AP, "rssi": -84}], "wifi_password_or_weak"),
        ("wrong_password", [{**AP, "security": 5}], "wifi_enterprise"),
        ("no_ap", [{**AP, "ssid": "khác"}], "wifi_no_network"),
        ("no_ap", [{**AP, "ssid": "CHO MOI"}], "wifi_other_spelling"),
        ("no_ap", [{**AP, "ssid": "Chợ  Mới "}], "wifi_other_spelling"),
        ("no_ap", [], "wifi_nothing_heard"),
        ("no_ap", [AP], "wifi_comes_and_goes"),
        ("no_ap", None, "wifi_no_network"),
        ("no_address", [AP], "wifi_no_address"),
        ("failed", [AP], "wifi_refused"),
        ("timeout", [AP], "wifi_timeout"),
        ("driver", [AP], "wifi_driver"),
        ("unreached", [AP], "wifi_unreached"),
        ("something new", [AP], "wifi_timeout"),
    ],
)
def test_each_trouble_with_a_network_has_a_name_of_its_own(reason, seen, key):
    found = keys(network(reason, seen))
    assert key in found
    assert "gateway_waits" in found  # the gateway is not blamed for it
    assert not {"gateway_unreachable", "gateway_name"} & found


def test_a_second_network_that_fails_is_only_a_warning_while_the_first_one_holds():
    wifi = {**WELL["wifi"], "networks": [*WELL["wifi"]["networks"], {"ssid": "B", "in_use": False, "reason": "no_ap"}]}
    assert "wifi_no_network" in keys(with_(wifi=wifi), "warn")


@pytest.mark.parametrize(
    "rssi, level", [(-40, "ok"), (-74, "ok"), (-75, "warn"), (-84, "warn"), (-85, "bad"), (-99, "bad")]
)
def test_a_weak_signal_is_told_by_how_weak_it_is(rssi, level):
    found = [one for one in judged(with_(wifi={**WELL["wifi"], "rssi": rssi})) if one.key in ("wifi_up", "wifi_weak")]
    assert [one.level for one in found] == [level]


@pytest.mark.parametrize("rssi, key", [(-60, "wifi_up_unscanned"), (-80, "wifi_weak_unscanned")])
def test_a_channel_that_only_a_look_around_would_tell_is_said_to_be_unknown(rssi, key):
    wifi = {name: value for name, value in WELL["wifi"].items() if name != "seen"}
    found = next(one for one in judged(with_(wifi={**wifi, "rssi": rssi})) if one.key == key)
    assert "?" not in found.sentence


@pytest.mark.parametrize(
    "reason, key",
    [
        ("name_timeout", "gateway_name"),
        ("name_unknown", "gateway_name"),
        ("connect_failed", "gateway_unreachable"),
        ("connect_timeout", "gateway_unreachable"),
        ("tls_ca", "gateway_other_ca"),
        ("tls_name", "gateway_other_name"),
        ("tls_expired", "gateway_certificate_time"),
        ("tls_not_yet", "gateway_certificate_time"),
        ("tls_memory", "gateway_tls_memory"),
        ("tls_garbage", "gateway_tls"),
        ("connack_refused_5", "gateway_login"),
        ("subscribe_refused", "gateway_login"),
        ("silent", "gateway_drops"),
        ("closed_by_broker", "gateway_drops"),
        ("whatever comes", "gateway_drops"),
        ("", "gateway_connecting"),
    ],
)
def test_each_way_to_lose_the_gateway_has_a_name_of_its_own(reason, key):
    link = {**WELL["link"], "state": "down", "reason": reason}
    assert key in keys(with_(link=link))


@pytest.mark.parametrize(
    "reason", ["form", "signature", "expired", "other_gateway", "other_box", "token_spent", "unknown_box", "password"]
)
def test_what_a_gateway_refuses_for_good_is_told_to_who_made_the_code(reason):
    answers = {"hello": {**HELLO, "program": "newcomer"}, "link": {"state": "down", "reason": reason, "host": "h"}}
    assert f"enrol_{reason}" in keys(answers, "bad")


@pytest.mark.parametrize(
    "reason, key, level",
    [
        ("other_ca", "enrol_other_ca", "bad"),
        ("busy", "enrol_busy", "warn"),
        ("no_answer", "enrol_unreachable", "bad"),
        ("connect_failed", "enrol_unreachable", "bad"),
        ("name_unknown", "gateway_name", "bad"),
    ],
)
def test_why_a_newcomer_is_not_enrolled_yet_is_told_by_name(reason, key, level):
    link = {"state": "down", "reason": reason, "host": "h", "enrol_port": 8884, "gateway": "gw"}
    assert key in keys({"hello": {**HELLO, "program": "newcomer"}, "status": {"busy": True}, "link": link}, level)


@pytest.mark.parametrize(
    "answers, key, level",
    [
        ({"reader": {"state": "mute"}}, "reader_mute", "bad"),
        ({"reader": {"state": "dead"}}, "reader_dead", "bad"),
        ({"reader": {"state": "flooding"}}, "reader_flooding", "bad"),
        ({"reader": {"state": "half_configured", "detail": "sound,baud"}}, "reader_settings", "warn"),
        ({"reader": {"state": "listening"}}, "reader_listening", "warn"),
        ({"reader": {"state": "starting"}}, "reader_starting", "warn"),
        ({"reader": {"state": "ready", "answered": False}}, "reader_unanswered", "warn"),
        ({"unsent": {"state": "full", "waiting": 900}}, "spool_full", "bad"),
        ({"unsent": {"state": "fault", "waiting": 9}}, "spool_fault", "bad"),
        ({"unsent": {"state": "rescue", "waiting": 9}}, "spool_rescue", "bad"),
        ({"unsent": {"state": "damaged", "waiting": 9}}, "spool_damaged", "bad"),
        ({"unsent": {"state": "unreadable", "waiting": None}}, "spool_unreadable", "bad"),
        ({"unsent": {"state": "closed", "waiting": 4}}, "spool_closed", "warn"),
        ({"unsent": {"state": "ok", "waiting": 4, "oldest_s": 90000}}, "spool_waits", "warn"),
        ({"status": {"clock_bound_ms": None}, "self_test": {}}, "clock_unknown", "warn"),
        ({"status": {"clock_bound_ms": 90000}, "self_test": {}}, "clock_vague", "warn"),
        ({"status": {"flash_years": 1}}, "flash_worn", "warn"),
        ({"status": {"flash_years": 0}}, "flash_worn", "bad"),
        ({"self_test": {"flash": False, "wrong": ["flash"]}}, "flash_fails", "bad"),
        ({"self_test": {"heap_free": 9000, "wrong": ["heap"]}}, "memory_low", "bad"),
        ({"status": {"temperature_c": 72}}, "hot", "warn"),
        ({"status": {"temperature_c": 90}}, "hot", "bad"),
        ({"status": {"reset_cause": "watchdog", "late": "link"}}, "reset_watchdog", "warn"),
        ({"status": {"watchdog_resets": 3}}, "resets_before", "warn"),
        ({"status": {"crash": "app.py: ValueError"}}, "crash", "warn"),
        ({"log": {"damaged": 7}}, "log_damaged", "warn"),
        ({"firmware": {"running": "b", "back": {"slot": "a", "version": 4, "code": "watchdog"}}}, "slot_left", "warn"),
        ({"firmware": {"running": "b", "trial": 1}}, "slot_trial", "warn"),
        ({"firmware": {"running": "b", "fails": 2}}, "slot_fails", "warn"),
        ({"firmware": {"running": "a", "slots": {"a": {}}}}, "slot_no_safe", "warn"),
        ({"status": {"firmware_refused": {"version": 4, "code": "signature"}}}, "firmware_refused", "warn"),
        ({"status": {"settings_refused": {"version": 4, "code": "cut_off"}}}, "settings_refused", "warn"),
        ({"hello": {**HELLO, "program": "safe"}}, "program_safe_unsaid", "bad"),
        ({"hello": {**HELLO, "program": "safe"}, "firmware": {"back": {"code": "watchdog"}}}, "program_safe", "bad"),
        ({"hello": {**HELLO, "program": "safe"}, "status": {"wipe": "unfinished"}}, "program_wipe", "bad"),
        ({"hello": {**HELLO, "program": "newcomer"}}, "program_newcomer", "warn"),
        ({"hello": {**HELLO, "words": ["log"]}}, "not_asked", "warn"),
        ({"link": {**WELL["link"], "gateway_state": "full"}}, "gateway_full", "bad"),
    ],
)
def test_what_is_not_as_it_should_be_is_named_and_has_a_next_step(answers, key, level):
    found = next(finding for finding in judged(with_(**answers)) if finding.key == key)
    assert (found.level, bool(found.sentence), bool(found.next) or key == "resets_before") == (level, True, True)


@pytest.mark.parametrize("answers", [{}, {"hello": {}}, {"hello": {}, "status": {}, "wifi": {}, "link": {}, "log": {}}])
def test_little_said_is_no_reason_to_fail(answers):
    assert [finding for finding in judged(answers) if not finding.sentence] == []


@pytest.mark.parametrize("text", ["\x1b[2Jgone", "two\nlines", "\x07", "\u202eabc", "{0}", "{level}"])
def test_what_a_box_says_cannot_reach_beyond_its_sentence(text):
    found = judged(with_(status={"crash": text, "settings_refused": {"code": text}}))
    assert all(one.sentence.isprintable() and one.next.isprintable() for one in found)
    assert "crash" in {one.key for one in found}


def test_every_word_has_both_languages_and_every_bad_one_a_next_step():
    for key, (vi, en) in WORDS.words.items():
        assert vi, key
        assert en, key
        assert vi != en or key.endswith(".next"), key


FROZEN = "tram-frozen-1 esp32c3 0000000007 " + "ab" * 32
LOOKED = {
    "id": "a0b7", "machine": "ESP32S3", "version": "1.25.0", "names": ["a", "boot.py", "fleet.key", "id.a", "main.py"],
    "free": [400_000, 1_000_000], "slot": '{"active": "a"}\n#15 00000000\n', "slots": {"a": "1 manifest 3 0 v3 s3 7"},
}  # fmt: skip


@pytest.mark.parametrize(
    "changed, expected",
    [
        ({}, {"repl_stopped", "repl_slots", "repl_identity"}),
        ({"names": [], "slots": {}}, {"repl_bare"}),
        (
            {"names": ["boot.py"], "slots": {}},
            {"repl_missing", "repl_no_slot", "repl_no_fleet_key", "repl_no_identity"},
        ),
        ({"slot": '{"back": {"slot": "b", "version": 4, "code": "watchdog"}}\n#1 0\n'}, {"slot_left"}),
        ({"slot": "not json"}, {"repl_stopped"}),
        ({"free": [100, 1_000_000]}, {"repl_full"}),
        ({"crash": "start.py:12 main\n#12 00000000\n"}, {"crash"}),
        ({"slots": {"a": "nonsense"}, "free": None}, {"repl_slots"}),
        ({"frozen": FROZEN, "names": ["fleet.key"], "slots": {}}, {"repl_stopped", "repl_frozen", "repl_no_identity"}),
        ({"frozen": FROZEN, "slots": {}}, {"repl_frozen", "repl_frozen_boot"}),
        ({"frozen": "tram-frozen-1 nonsense", "names": [], "slots": {}}, {"repl_bare"}),
    ],
)
def test_what_lies_on_a_board_that_does_not_run_is_told(changed, expected):
    assert expected <= {finding.key for finding in repl.judged({**LOOKED, **changed})}


def test_a_box_whose_firmware_is_frozen_is_not_told_that_its_slots_are_missing():
    found = repl.judged({**LOOKED, "frozen": FROZEN, "names": ["fleet.key", "id.a"], "slots": {}})
    assert {one.key for one in found} & {"repl_bare", "repl_missing", "repl_no_slot"} == set()
    assert "7" in next(one.sentence for one in found if one.key == "repl_frozen")


class Chip:
    """A flash with something on it, as scripts/tram/flash/esp.py reads it."""

    def __init__(self, boot_offset: int = 0, **parts: bytes) -> None:
        self.data = bytearray(b"\xff" * 0x20000)
        places = {"boot": boot_offset, "table": 0x8000, "app": 0x10000, "volume": 0x18000}
        for name, data in parts.items():
            self.data[places[name] : places[name] + len(data)] = data

    def is_blank(self, offset: int, size: int) -> bool:
        return self.read(offset, size) == b"\xff" * size

    def read(self, offset: int, size: int) -> bytes:
        return bytes(self.data[offset : offset + size])


def entry(label: bytes, offset: int = 0x18000, size: int = 0x8000) -> bytes:
    return b"\xaa\x50\x01\x81" + offset.to_bytes(4, "little") + size.to_bytes(4, "little") + label.ljust(20, b"\0")


TABLE = entry(b"factory", 0x10000) + entry(b"vfs")


@pytest.mark.parametrize(
    "chip, state",
    [
        (Chip(), "rom_empty"),
        (Chip(app=b"\xe9", volume=b"somebody"), "rom_empty"),
        (Chip(table=TABLE, app=b"\xe9"), "rom_half"),
        (Chip(boot=b"\x00\x00", table=TABLE), "rom_half"),
        (Chip(boot=b"\xe9"), "rom_half"),
        (Chip(boot=b"\xe9", table=b"\x00" * 512), "rom_half"),
        (Chip(boot=b"\xe9", table=TABLE, app=b"\xe9"), "rom_no_system"),
        (Chip(boot=b"\xe9", table=TABLE, volume=b"littlefs"), "rom_alive"),
        (Chip(boot=b"\xe9", table=entry(b"factory"), app=b"\xe9"), "rom_alive"),
    ],
)
def test_a_chip_s_loader_tells_an_empty_flash_a_cut_flashing_and_firmware_that_does_not_run_apart(chip, state):
    assert rom.state(chip, 0) == state
    found = rom.judged({"chip": "esp32c3", "mac": "a0:b7", "flash_bytes": 4 << 20, "state": state})
    assert (found.key, found.level) == (state, "bad")
    assert "tram flash" in found.next


def test_the_first_esp32_has_its_boot_loader_behind_a_page_of_its_own():
    assert rom.state(Chip(0x1000, boot=b"\xe9", table=TABLE, volume=b"x"), 0x1000) == "rom_alive"
    assert rom.judged({"locked": True}).key == "rom_locked"


SAID = {"outcome": "done", "said": {"wrong": [], "heap_free": 50_000}}


@pytest.mark.parametrize(
    "answers, key, level",
    [
        ({"box": {"state": "ok"}, "self_test": SAID}, "lan_well", "ok"),
        ({"box": {"state": "away", "why": {"vi": "đã tắt", "en": "is off"}}, "self_test": None}, "lan_state", "warn"),
        ({"box": {"state": "ok"}, "self_test": None}, "lan_no_answer", "bad"),
        ({"box": {"state": "ok"}, "self_test": {"outcome": "expired"}}, "lan_no_answer", "bad"),
        ({"box": {"state": "ok", "said": {"reader": "mute"}}, "self_test": SAID}, "reader_mute", "bad"),
        ({"box": {"state": "ok", "said": {"rssi": -76}}, "self_test": None}, "lan_weak", "warn"),
        ({"box": {"state": "ok", "said": {"rssi": -91}}, "self_test": None}, "lan_weak", "bad"),
        ({"box": {"state": "ok", "said": {"mode": "safe"}}, "self_test": None}, "program_safe_unsaid", "bad"),
        ({"box": {"state": "ok", "said": {"mode": "safe", "board": "pico_w"}}}, "program_safe_unsaid", "bad"),
    ],
)
def test_what_gateway_and_box_say_over_the_network_is_judged_alike(answers, key, level):
    assert (key, level) in {(finding.key, finding.level) for finding in lan.judged("box-1", "gw-1", answers)}


SENTENCES = {
    "status": {"firmware": "7.1", "firmware_version": 7, "rssi": -60, "reader": "ready"},
    "with nothing": {"rssi": None},
    "a reader without a name": {"reader": "ready", "reader_model": "unknown"},
    "a reader that is mute": {"reader": "mute"},
    "safe": {"mode": "safe", "board": "pico_w"},
}


@pytest.mark.parametrize("said", SENTENCES.values(), ids=SENTENCES)
def test_over_the_network_the_box_is_named_and_what_is_not_known_is_left_out(said):
    found = lan.judged("box-1", "gw-1", {"box": {"state": "ok", "said": said}, "self_test": SAID})
    program = next(one for one in found if one.key.startswith("program_"))
    assert "box-1" in program.sentence
    assert not [one.sentence for one in found if "?" in one.sentence or "None" in one.sentence]


def test_every_level_of_the_gateway_s_doctor_is_known_here():
    assert {*lan._LEVELS, "fault"} == set(LEVELS)


@pytest.mark.parametrize(
    "level, ours", [("fault", "bad"), ("warning", "warn"), ("note", "ok"), ("ok", "ok"), ("new", "bad")]
)
def test_the_gateway_s_own_findings_are_told_in_its_words(level, ours):
    one = {
        "key": "disk",
        "level": level,
        "vi": {"title": "Đĩa", "todo": "Dọn"},
        "en": {"title": "Disk", "todo": "Clean"},
    }
    found = [
        finding for finding in lan.judged("b", "g", {"box": {}, "gateway": [one]}) if finding.key == "gateway.disk"
    ]
    assert [finding.level for finding in found] == [ours]
    assert isinstance(found[0], Finding)
    assert found[0].sentence in ("Đĩa", "Disk")
