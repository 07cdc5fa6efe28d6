"""The stand-in for network.WLAN on the real interpreter: the two chips' numbers, times and tempers."""

import json
import textwrap

import pytest

from scripts.firmware_build import run_micropython

HEAD = """
import json
from firmware.boards.linux_wlan import Wlan, word_of
def say(*values): print(json.dumps(values[0] if len(values) == 1 else values))
class World:
    wifi = {"faster": 1, "chip": "%s", "networks": {}}
    def get(self, name, default=None): return self.wifi if name == "wifi" else default
networks = World.wifi["networks"]
for state in ("up", "captive", "away", "no_dhcp", "hang"):
    networks[state] = {"password": "right", "state": state}
networks["open"] = {"state": "up"}
now = [1000]
wlan = Wlan(World(), lambda: now[0])
def after(ms):
    now[0] += ms
    return wlan.status()
def refused(call, *arguments, **values):
    try:
        call(*arguments, **values)
    except (OSError, ValueError) as bad:
        return type(bad).__name__
"""


def run(folder, chip, body):
    (folder / "script.py").write_text(HEAD % chip + textwrap.dedent(body))
    done = run_micropython([folder / "script.py"], cwd=folder)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


CHIPS = ["esp32", "cyw43"]


@pytest.mark.parametrize(
    "chip, idle, connecting, joined, up", [("esp32", 1000, 1001, 1001, 1010), ("cyw43", 0, 1, 2, 3)]
)
def test_a_network_that_is_there_is_joined_and_then_gives_an_address(tmp_path, chip, idle, connecting, joined, up):
    body = """
        say(wlan.active(), wlan.active(True), wlan.status(), wlan.isconnected())
        wlan.connect("up", "right")
        say(wlan.status(), after(1000), after(300), wlan.isconnected(), after(1000), wlan.isconnected())
        say(wlan.ifconfig(), wlan.status("rssi"), wlan.config("ssid"))
        wlan.disconnect()
        say(wlan.status(), wlan.isconnected(), wlan.ifconfig())
        """
    said = run(tmp_path, chip, body)
    assert said[0] == [False, True, idle, False]
    assert said[1] == [connecting, connecting, joined, False, up, True]
    assert said[2] == [["192.0.2.77", "255.255.255.0", "192.0.2.1", "192.0.2.1"], -60, "up"]
    assert said[3] == [idle, False, ["0.0.0.0"] * 4]


@pytest.mark.parametrize(
    "ssid, key, esp32, cyw43",
    [
        ("captive", "right", 1010, 3),
        ("open", "", 1010, 3),
        ("open", None, 1010, 3),
        ("away", "right", 201, -2),
        ("nobody has heard of it", "right", 201, -2),
        ("up", "wrong", 202, -3),
        ("up", "", 202, -3),
        ("captive", "wrong", 202, -3),
        ("no_dhcp", "right", 1001, 2),
        ("hang", "right", 1001, 1),
        ("hang", "wrong", 1001, 1),
    ],
)
@pytest.mark.parametrize("chip", CHIPS)
def test_what_an_attempt_comes_to_is_said_in_the_chips_own_numbers(tmp_path, chip, ssid, key, esp32, cyw43):
    body = f"""
        wlan.active(True)
        if {chip == "esp32"}:
            wlan.config(reconnects=0)
        wlan.connect({ssid!r}, {key!r})
        say(after(9000), after(9000), wlan.isconnected())
        """
    wanted = esp32 if chip == "esp32" else cyw43
    assert run(tmp_path, chip, body) == [[wanted, wanted, wanted in (1010, 3)]]


@pytest.mark.parametrize("ssid, key", [("away", "right"), ("up", "wrong")])
def test_an_esp32_left_alone_tries_for_ever_and_never_says_why_it_fails(tmp_path, ssid, key):
    body = f"""
        wlan.active(True)
        wlan.connect({ssid!r}, {key!r})
        say([after(1000) for _ in range(30)])
        networks[{ssid!r}] = {{"password": {key!r}, "state": "up"}}
        say([after(1000) for _ in range(9)][-1])
        """
    assert run(tmp_path, "esp32", body) == [[1001] * 30, 1010]


def test_an_esp32_tries_as_often_as_it_was_told(tmp_path):
    body = """
        wlan.active(True)
        wlan.config(reconnects=2)
        wlan.connect("away", "right")
        say([after(2500) for _ in range(4)])
        """
    assert run(tmp_path, "esp32", body) == [[1001, 1001, 201, 201]]


def test_an_esp32_refuses_to_connect_while_it_is_connecting_and_a_cyw43_begins_anew(tmp_path):
    body = """
        say(refused(wlan.connect, "up", "right"))
        wlan.active(True)
        wlan.connect("hang", "right")
        after(500)
        say(refused(wlan.connect, "up", "right"))
        wlan.disconnect()
        say(refused(wlan.connect, "up", "right"), after(3000), refused(wlan.connect, "captive", "right"))
        """
    assert run(tmp_path, "esp32", body) == ["OSError", "OSError", [None, 1010, None]]
    assert run(tmp_path, "cyw43", body) == ["OSError", None, [None, 3, None]]


@pytest.mark.parametrize("chip, lost, back", [("esp32", 200, 1010), ("cyw43", 0, 0)])
def test_a_link_is_lost_when_its_network_has_not_been_heard_for_a_while(tmp_path, chip, lost, back):
    body = f"""
        wlan.active(True)
        if {chip == "esp32"}:
            wlan.config(reconnects=0)
        wlan.connect("up", "right")
        after(3000)
        networks["up"]["state"] = "away"
        say(after(100) == after(5000), wlan.isconnected(), after(1000), wlan.isconnected())
        networks["up"]["state"] = "up"
        say(after(9000))
        """
    assert run(tmp_path, chip, body) == [[True, True, lost, False], lost]
    by_itself = body.replace("wlan.config(reconnects=0)", "pass")
    assert run(tmp_path, chip, by_itself)[1] == back


@pytest.mark.parametrize("chip", CHIPS)
def test_a_network_that_flaps_faster_than_its_beacons_are_missed_is_kept(tmp_path, chip):
    body = """
        wlan.active(True)
        wlan.connect("up", "right")
        after(3000)
        for _ in range(10):
            for state in ("away", "up"):
                networks["up"]["state"] = state
                after(4000)
        say(wlan.isconnected())
        networks["up"]["state"] = "no_dhcp"
        after(60000)
        say(wlan.isconnected())
        networks["up"]["password"] = "changed"
        after(1)
        after(6000)
        say(wlan.isconnected())
        """
    assert run(tmp_path, chip, body) == [True, True, False]


def test_what_a_chip_does_not_know_is_refused(tmp_path):
    body = """
        wlan.active(True)
        say(refused(wlan.config, reconnects=0), refused(wlan.config, pm=0), refused(wlan.config, "colour"))
        say(refused(wlan.config, colour=1), refused(wlan.status, "stations"), refused(wlan.status, "rssi"))
        """
    assert run(tmp_path, "esp32", body) == [[None, None, "ValueError"], ["ValueError", "ValueError", "OSError"]]
    assert run(tmp_path, "cyw43", body) == [["ValueError", None, "ValueError"], ["ValueError", "ValueError", None]]


@pytest.mark.parametrize("chip", CHIPS)
def test_switching_it_off_forgets_the_link(tmp_path, chip):
    body = """
        wlan.active(True)
        wlan.connect("up", "right")
        after(3000)
        wlan.active(True)
        say(wlan.isconnected())
        wlan.active(False)
        say(wlan.isconnected(), wlan.active())
        """
    assert run(tmp_path, chip, body) == [True, [False, False]]


def test_time_passes_faster_where_the_world_says_so(tmp_path):
    body = """
        World.wifi["faster"] = 100
        wlan.active(True)
        wlan.connect("up", "right")
        say(after(10), after(13))
        del World.wifi["faster"]
        wlan.disconnect()
        wlan.connect("up", "right")
        say(after(100), after(11))
        """
    assert run(tmp_path, "esp32", body) == [[1001, 1010], [1001, 1010]]


def test_each_number_has_one_word(tmp_path):
    body = "say([word_of(n) for n in (1000, 1001, 1010, 200, 201, 202, 0, 1, 2, 3, -2, -3, -1, 203, 999)])"
    words = ["idle", "connecting", "up", "lost", "away", "password", "idle", "connecting", "joined", "up", "away"]
    assert run(tmp_path, "esp32", body) == [[*words, "password", "failed", "failed", "failed"]]


def test_a_scan_finds_what_is_not_away_and_holds_everything_up(tmp_path):
    body = """
        import time
        World.wifi["faster"] = 50
        networks["open"]["rssi"] = -70
        say(refused(wlan.scan))
        wlan.active(True)
        began = time.ticks_ms()
        found = wlan.scan()
        say(time.ticks_diff(time.ticks_ms(), began) >= 50)
        say(sorted([(entry[0].decode(), entry[3]) for entry in found]))
        """
    found = [["captive", -60], ["hang", -60], ["no_dhcp", -60], ["open", -70], ["up", -60]]
    assert run(tmp_path, "cyw43", body) == ["OSError", True, found]
