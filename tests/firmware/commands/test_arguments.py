"""What a command may be told, and when it may be begun: the rules alone."""

import json

import pytest

from firmware.commands.arguments import ARGUMENTS, LASTING, check
from firmware.commands.deadline import judge
from firmware.commands.drop_wifi import refusal
from firmware.commands.self_test import judge as judge_self_test

BOOT = "3fa2b1c0d9e8"


@pytest.mark.parametrize(
    "name, given, taken",
    [
        ("identify", {}, {"seconds": 10}),
        ("identify", {"seconds": 1}, {"seconds": 1}),
        ("identify", {"seconds": 110}, {"seconds": 110}),
        ("reboot", {}, {}),
        ("fetch_log", {}, {"lines": 200, "skip": 0}),
        ("fetch_log", {"lines": 2000, "skip": 100000}, {"lines": 2000, "skip": 100000}),
        ("drop_wifi", {"ssid": "Chợ Trà Vinh"}, {"ssid": "Chợ Trà Vinh"}),
        ("succession", {"text": "x" * 1200}, {"text": "x" * 1200}),
        ("trust", {"ca": "AAAA"}, {"ca": "AAAA", "only": False}),
        ("trust", {"ca": "A" * 1400, "only": True}, {"ca": "A" * 1400, "only": True}),
    ],
)
def test_what_is_right_is_taken_with_its_defaults(name, given, taken):
    assert check(name, given) == (taken, None)


@pytest.mark.parametrize(
    "name, given, code, key",
    [
        ("", {}, "unknown_command", None),
        ("Identify", {}, "unknown_command", None),
        ("__class__", {}, "unknown_command", None),
        ("identify", {"second": 5}, "argument_unknown", "second"),
        ("identify", {"seconds": 5, "x": None}, "argument_unknown", "x"),
        ("identify", {"x" * 200: 1}, "argument_unknown", "x" * 32),
        ("identify", {1: 1}, "argument_unknown", "1"),
        ("identify", {"seconds": 0}, "argument_range", "seconds"),
        ("identify", {"seconds": -1}, "argument_range", "seconds"),
        ("identify", {"seconds": 111}, "argument_range", "seconds"),
        ("identify", {"seconds": 5.0}, "argument_type", "seconds"),
        ("identify", {"seconds": float("inf")}, "argument_type", "seconds"),
        ("identify", {"seconds": [5]}, "argument_type", "seconds"),
        ("identify", {"seconds": True}, "argument_type", "seconds"),
        ("reboot", {"delay": 1}, "argument_unknown", "delay"),
        ("rotate_password", {"new": "x"}, "argument_unknown", "new"),
        ("fetch_log", {"lines": 0}, "argument_range", "lines"),
        ("fetch_log", {"lines": 2001}, "argument_range", "lines"),
        ("fetch_log", {"skip": -1}, "argument_range", "skip"),
        ("fetch_log", {"path": "/id.a"}, "argument_unknown", "path"),
        ("drop_wifi", {}, "argument_missing", "ssid"),
        ("drop_wifi", {"ssid": None}, "argument_missing", "ssid"),
        ("drop_wifi", {"ssid": ""}, "argument_range", "ssid"),
        ("drop_wifi", {"ssid": "ợ" * 11}, "argument_range", "ssid"),
        ("drop_wifi", {"ssid": "\ud800"}, "argument_range", "ssid"),
        ("drop_wifi", {"ssid": 7}, "argument_type", "ssid"),
        ("drop_wifi", {"ssid": {"ssid": "x"}}, "argument_type", "ssid"),
        ("succession", {}, "argument_missing", "text"),
        ("succession", {"text": ""}, "argument_range", "text"),
        ("succession", {"text": "x" * 1201}, "argument_range", "text"),
        ("succession", {"text": ["x"]}, "argument_type", "text"),
        ("succession", {"text": "x", "key": "y"}, "argument_unknown", "key"),
        ("trust", {}, "argument_missing", "ca"),
        ("trust", {"only": True}, "argument_missing", "ca"),
        ("trust", {"ca": True}, "argument_type", "ca"),
        ("trust", {"ca": ["AAAA"]}, "argument_type", "ca"),
        ("trust", {"ca": "A" * 1401}, "argument_range", "ca"),
        ("trust", {"ca": "AAA"}, "argument_range", "ca"),
        ("trust", {"ca": "AAAA", "only": 1}, "argument_type", "only"),
        ("trust", {"ca": "AAAA", "only": 0}, "argument_type", "only"),
        ("trust", {"ca": "AAAA", "only": "true"}, "argument_type", "only"),
        ("trust", {"ca": "AAAA", "only": None}, "argument_missing", "only"),
        ("trust", {"ca": "AAAA", "gateway": "gw-1"}, "argument_unknown", "gateway"),
    ],
)
def test_what_is_wrong_is_refused_by_name(name, given, code, key):
    wanted = {"code": code} if key is None else {"code": code, "key": key}
    assert check(name, given) == (None, wanted)
    json.dumps(wanted).encode()


def test_whatever_lasts_is_a_command():
    assert set(LASTING) < set(ARGUMENTS)


@pytest.mark.parametrize(
    "now, boot, deadline_ms, code",
    [
        ((BOOT, 900, 1000), BOOT, 1001, None),
        ((BOOT, 900, 1000), BOOT, 1000, "expired"),
        ((BOOT, 900, 1000), BOOT, 950, "expired"),
        ((BOOT, 900, 1000), BOOT, 0, "expired"),
        ((BOOT, 0, 0), BOOT, 9007199254740991, None),
        (None, BOOT, 9007199254740991, "no_beacon"),
        (("000000000001", 900, 1000), BOOT, 9007199254740991, "no_beacon"),
        (("000000000001", 900, 1000), BOOT, 0, "no_beacon"),
    ],
)
def test_a_command_is_begun_only_while_it_surely_is_not_expired(now, boot, deadline_ms, code):
    assert judge(now, boot, deadline_ms) == code


NETWORKS = [["Cho 1", "password1"], ["Cho 2", ""]]


@pytest.mark.parametrize(
    "ssid, networks, in_use, code",
    [
        ("Cho 2", NETWORKS, "Cho 1", None),
        ("Cho 2", NETWORKS, None, None),
        ("Cho 1", NETWORKS, "Cho 1", "network_in_use"),
        ("Cho 3", NETWORKS, "Cho 1", "unknown_network"),
        ("Cho 1", NETWORKS[:1], None, "last_network"),
        ("Cho 1", NETWORKS[:1], "Cho 1", "last_network"),
        ("Cho 1", [], None, "unknown_network"),
    ],
)
def test_neither_the_last_network_nor_the_one_in_use_is_dropped(ssid, networks, in_use, code):
    assert refusal(ssid, networks, in_use) == code


def test_a_self_test_names_what_is_wrong():
    fine = {"reader": "ready", "spool": "ok", "flash": True, "heap_free": 50000, "clock_bound_ms": 20}
    assert judge_self_test(fine) == {**fine, "wrong": []}
    assert judge_self_test({})["wrong"] == ["reader", "spool", "flash", "heap", "clock"]
    assert judge_self_test({**fine, "reader": "half_configured"})["wrong"] == []  # it reads
    assert judge_self_test({**fine, "reader": "listening"})["wrong"] == ["reader"]
