"""Wi-Fi over a driver as awkward as the real ones: every trouble has its name, and ends by itself."""

import asyncio
import random
from itertools import pairwise

import pytest

from firmware.link.wifi import Wifi
from tests.firmware.link.rig import Broker, Gateway, LinkBox, World

ESP32 = {"idle": 1000, "busy": 1001, "up": 1010, "no_ap": 201, "password": 202, "slow": 204, "mute": 15, "refused": 203}
CYW43 = {"idle": 0, "busy": 1, "up": 3, "no_ap": -2, "password": -3, "slow": -3, "mute": -3, "refused": -1}


class Wlan:
    """network.WLAN as the chips have it. `air`: ssid -> what happens to who joins it."""

    def __init__(self, numbers: dict, **air: str) -> None:
        self.numbers = numbers
        self.air = air
        self.is_active = False
        self.joins: list[tuple[str, str | None]] = []
        self.switched = 0
        self.mends_after = 0  # switches that it takes until the driver works again
        self.strengths: list[tuple] = []
        self.scans = 0
        self._ssid: str | None = None
        self._last = numbers["idle"]  # what is said until the attempt really begins
        self._asked = 0

    def active(self, on: bool) -> None:
        if on and not self.is_active:
            self.switched += 1
        self.is_active = on
        self._ssid = None

    def config(self, **_: int) -> None:
        if self.numbers is CYW43:
            raise ValueError("unknown config param")

    def connect(self, ssid: str, key: str | None) -> None:
        self.joins.append((ssid, key))
        if self._way(ssid) == "raises" or not self.is_active:
            raise OSError("Wifi Internal Error")
        if self._way(ssid) == "raises_other":
            raise RuntimeError("Wifi Unknown Error 0x300d")
        self._ssid = ssid
        self._asked = 0

    def disconnect(self) -> None:
        ssid, self._ssid = self._ssid, None
        if ssid is None:
            raise OSError("Wifi Not Started")

    def _way(self, ssid: str) -> str:
        way = self.air.get(ssid, "no_ap")
        return "up" if way == "until_switched" and self.switched > self.mends_after else way

    def isconnected(self) -> bool:
        way = self._way(self._ssid) if self._ssid else ""
        return way in ("up", "zero") or (way == "no_address" and self.numbers is ESP32)

    def ifconfig(self) -> tuple[str, ...]:
        if self._ssid and self._way(self._ssid) == "up":
            return ("10.0.0.7", "255.255.255.0", "10.0.0.1", "10.0.0.1")
        return ("0.0.0.0",) * 4

    def status(self, what: str | None = None) -> int:
        if what:
            raise OSError("ESP_FAIL")
        self._asked += 1
        if self._ssid is None or self._asked <= 2:
            return self._last
        way = self._way(self._ssid)
        self._last = self.numbers.get(way, self.numbers["busy"])
        return self._last

    def scan(self) -> list[tuple]:
        self.scans += 1
        return self.strengths


class Bench:
    """Wi-Fi with a clock of its own: a second passes in a few milliseconds, and all sleeps are counted."""

    def __init__(self, wlan: Wlan, *ssids: str, **limits: object) -> None:
        self.now_ms = 0
        self.counted: dict[str, int] = {}
        self.told: list[tuple[str, dict]] = []
        self.wlan = wlan
        networks = [[ssid, "long enough" if ssid != "open" else ""] for ssid in ssids]
        draw = random.Random(1)
        self.wifi = Wifi(wlan, networks, lambda: self.now_ms, draw.randrange, self._count, self._on_state, **limits)

    def _count(self, name: str, by: int = 1) -> None:
        self.counted[name] = self.counted.get(name, 0) + by

    def _on_state(self, state: str, **facts: object) -> None:
        self.told.append((state, facts))

    def reasons(self) -> list[str]:
        return [facts["reason"] for state, facts in self.told if state == "down"]

    async def run(self, monkeypatch, hours: float, meanwhile=lambda: None) -> None:
        async def sleep_ms(span_ms: int) -> None:
            self.now_ms += span_ms
            meanwhile()
            if self.now_ms > hours * 3_600_000:
                raise StopAsyncIteration
            await asyncio.sleep(0)

        monkeypatch.setattr(asyncio, "sleep_ms", sleep_ms, raising=False)
        with pytest.raises((StopAsyncIteration, RuntimeError)):
            await self.wifi.run()


CHIPS = pytest.mark.parametrize("chip", [ESP32, CYW43], ids=["esp32", "cyw43"])


@CHIPS
async def test_the_first_network_that_is_there_is_taken(monkeypatch, chip):
    bench = Bench(Wlan(chip, market="up"), "office", "market")
    await bench.run(monkeypatch, 0.01)
    assert bench.wlan.joins == [("office", "long enough"), ("market", "long enough")]
    assert bench.wifi.is_ready()
    assert (bench.wifi.state, bench.wifi.ssid) == ("up", "market")
    assert bench.reasons() == ["no_ap"]


async def test_an_open_network_is_joined_without_a_password(monkeypatch):
    bench = Bench(Wlan(ESP32, open="up"), "open")
    await bench.run(monkeypatch, 0.01)
    assert bench.wlan.joins == [("open", None)]


@CHIPS
@pytest.mark.parametrize(
    "way, reason",
    [
        ("no_ap", "no_ap"),
        ("password", "wrong_password"),
        ("slow", "wrong_password"),
        ("mute", "wrong_password"),
        ("refused", "failed"),
        ("raises", "driver"),
        ("raises_other", "driver"),
        ("busy", "timeout"),
        ("no_address", "timeout"),
        ("zero", "timeout"),
    ],
)
async def test_each_trouble_has_its_name_and_is_tried_again_for_ever(monkeypatch, chip, way, reason):
    bench = Bench(Wlan(chip, market=way), "market")
    await bench.run(monkeypatch, 1)
    assert set(bench.reasons()) == {reason}
    assert len(bench.wlan.joins) > 25
    assert not bench.wifi.is_ready()
    assert bench.wifi.rssi is None
    assert bench.counted["wifi_" + reason] == len(bench.reasons())


async def test_an_address_that_never_comes_is_told_apart_where_the_driver_says_so(monkeypatch):
    wlan = Wlan({**CYW43, "no_address": 2}, market="no_address")
    bench = Bench(wlan, "market")
    await bench.run(monkeypatch, 0.1)
    assert set(bench.reasons()) == {"no_address"}
    assert not bench.wifi.is_stuck()


async def test_what_the_driver_still_says_of_the_last_attempt_does_not_count(monkeypatch):
    wlan = Wlan(ESP32, office="password", market="up")
    bench = Bench(wlan, "office", "market")
    await bench.run(monkeypatch, 0.01)
    assert bench.reasons() == ["wrong_password"]
    assert bench.wifi.ssid == "market"


@CHIPS
async def test_between_two_attempts_the_driver_has_its_nap(monkeypatch, chip):
    wlan = Wlan(chip, a="raises", b="no_ap", c="password")
    bench = Bench(wlan, "a", "b", "c")
    began: list[int] = []
    real = wlan.connect
    monkeypatch.setattr(wlan, "connect", lambda *given: began.append(bench.now_ms) or real(*given))
    await bench.run(monkeypatch, 0.5)
    assert min(after - before for before, after in pairwise(began)) >= 1000


async def test_the_pauses_grow_up_to_their_cap_and_differ(monkeypatch):
    bench = Bench(Wlan(ESP32), "market")
    began: list[int] = []
    real = bench.wlan.connect
    monkeypatch.setattr(bench.wlan, "connect", lambda *given: began.append(bench.now_ms) or real(*given))
    await bench.run(monkeypatch, 3)
    pauses = [after - before for before, after in pairwise(began)]
    assert max(pauses) < 70_000
    assert sum(pauses[:4]) < 30_000
    assert len(set(pauses[-20:])) > 10


@CHIPS
async def test_a_driver_that_is_stuck_until_it_is_switched_off_and_on_recovers(monkeypatch, chip):
    wlan = Wlan(chip, market="until_switched")
    wlan.mends_after = 2
    bench = Bench(wlan, "market", reach_ms=10**9)
    await bench.run(monkeypatch, 0.1)
    assert bench.wifi.is_ready()
    assert not bench.wifi.is_stuck()
    assert bench.counted["wifi_restarts"] == 2


@pytest.mark.parametrize("way", ["raises", "busy"])
async def test_a_driver_that_no_switching_mends_is_stuck(monkeypatch, way):
    bench = Bench(Wlan(ESP32, a=way, b=way), "a", "b")
    await bench.run(monkeypatch, 0.3)
    assert bench.wifi.is_stuck()
    bench.wlan.air = {"a": "up"}
    bench.now_ms = 0
    await bench.run(monkeypatch, 0.3)
    assert not bench.wifi.is_stuck()


@pytest.mark.parametrize("way", ["no_ap", "password", "refused", "up"])
async def test_a_driver_that_gives_verdicts_is_not_stuck(monkeypatch, way):
    bench = Bench(Wlan(ESP32, a=way, b="busy"), "a", "b")
    await bench.run(monkeypatch, 1)
    assert not bench.wifi.is_stuck()


async def test_a_network_that_goes_away_is_noticed_and_joined_again(monkeypatch):
    wlan = Wlan(ESP32, market="up")
    bench = Bench(wlan, "market", reach_ms=10**9)

    def meanwhile() -> None:
        wlan.air["market"] = "no_ap" if 60_000 < bench.now_ms < 300_000 else "up"

    await bench.run(monkeypatch, 0.2, meanwhile)
    assert bench.reasons()[0] == "lost"
    assert bench.wifi.is_ready()
    assert bench.counted["wifi_joined"] == 2


async def test_a_moment_without_an_address_is_no_loss(monkeypatch):
    wlan = Wlan(ESP32, market="up")
    bench = Bench(wlan, "market", reach_ms=10**9)

    def meanwhile() -> None:
        wlan.air["market"] = "zero" if 60_000 < bench.now_ms < 61_200 else "up"

    await bench.run(monkeypatch, 0.1, meanwhile)
    assert bench.reasons() == []


async def test_a_network_that_leads_nowhere_makes_way_for_the_next_one(monkeypatch):
    bench = Bench(Wlan(ESP32, captive="up", market="up"), "captive", "market")
    await bench.run(monkeypatch, 0.06, lambda: bench.wifi.reached(bench.wifi.ssid == "market"))
    assert bench.reasons() == ["unreached"]
    assert bench.wifi.ssid == "market"


async def test_the_only_network_that_leads_nowhere_is_joined_anew_each_time_later(monkeypatch):
    bench = Bench(Wlan(ESP32, captive="up"), "captive")
    await bench.run(monkeypatch, 5)
    assert set(bench.reasons()) == {"unreached"}
    assert 10 <= len(bench.reasons()) <= 15  # after 3, 6, 12, 24, 24 … minutes
    assert not bench.wifi.is_stuck()


async def test_the_network_that_led_to_the_gateway_is_tried_first_next_time(monkeypatch):
    wlan = Wlan(ESP32, market="up")
    bench = Bench(wlan, "office", "market")

    def meanwhile() -> None:
        wlan.air = {} if 60_000 < bench.now_ms < 70_000 else {"market": "up", "office": "up"}
        if bench.now_ms < 20_000:
            wlan.air = {"market": "up"}
        bench.wifi.reached(bench.wifi.is_ready())

    await bench.run(monkeypatch, 0.05, meanwhile)
    assert [ssid for ssid, _ in wlan.joins][:3] == ["office", "market", "market"]


async def test_the_stronger_one_comes_first_where_there_may_be_a_look_around(monkeypatch):
    wlan = Wlan(ESP32, office="up", market="up")
    wlan.strengths = [
        (b"office", b"", 1, -80, 3, False),
        (b"\xff\xfe", b"", 1, -20, 3, False),
        (b"market", b"", 6, -70, 3, False),
        (b"market", b"", 11, -50, 3, False),
        (b"office", b"", 11, -60, 3, False),
    ]
    bench = Bench(wlan, "office", "market", is_quiet=lambda: True)
    await bench.run(monkeypatch, 0.01)
    assert wlan.joins[0][0] == "market"


@pytest.mark.parametrize("is_quiet", [None, lambda: False])
async def test_nobody_looks_around_while_codes_are_shown(monkeypatch, is_quiet):
    bench = Bench(Wlan(ESP32), "office", "market", is_quiet=is_quiet)
    await bench.run(monkeypatch, 0.5)
    assert bench.wlan.scans == 0


async def test_a_dropped_network_is_left_and_not_joined_again(monkeypatch):
    bench = Bench(Wlan(ESP32, office="up", market="up"), "office", "market")
    dropped: list[bool] = []

    def meanwhile() -> None:
        if bench.now_ms > 60_000 and not dropped:
            dropped.append(bench.wifi.drop("office"))

    await bench.run(monkeypatch, 0.05, meanwhile)
    assert dropped == [True]
    assert bench.reasons()[0] == "dropped"
    assert bench.wifi.ssid == "market"
    assert [ssid for ssid, _ in bench.wlan.joins].count("office") == 1


def test_neither_the_last_network_nor_an_unknown_one_is_dropped():
    wifi = Bench(Wlan(ESP32), "office", "market").wifi
    assert not wifi.drop("elsewhere")
    assert wifi.drop("office")
    assert not wifi.drop("market")
    assert not wifi.drop("office")


async def test_a_password_is_told_to_nobody(monkeypatch):
    bench = Bench(Wlan(ESP32, a="up", b="password"), "b", "a")
    await bench.run(monkeypatch, 0.1)
    assert "long enough" not in repr(bench.told) + repr(bench.counted) + repr(bench.wifi)


# Under MicroPython, with the link


@pytest.fixture
async def broker(tmp_path):
    broker = Broker(tmp_path)
    await broker.start()
    yield broker
    await broker.kill()


@pytest.mark.parametrize("chip", ["esp32", "cyw43"])
async def test_the_link_waits_for_wifi_and_comes_up_with_it(tmp_path, broker, chip):
    world = World(tmp_path, [["market", "long enough"]], chip, market=("long enough", "away"))
    box = await LinkBox(tmp_path, broker.port, world=world).start()
    try:
        await box.until_told(wifi="down", reason="no_ap")
        assert not box.states("up")
        assert not box.states("down")
        world.change(market=("another", "up"))
        await box.until_told(wifi="down", reason="wrong_password")
        world.change(market=("long enough", "up"))
        await box.until_told(wifi="up", ssid="market")
        await box.until_up()
        assert (await box.report())["wifi"] == ["up", "market", -61]
    finally:
        await box.kill()


@pytest.mark.parametrize("chip", ["esp32", "cyw43"])
async def test_a_driver_that_hangs_is_a_case_for_the_last_resort_and_no_reason_to_stop(tmp_path, broker, chip):
    world = World(tmp_path, [["market", "long enough"]], chip, market=("long enough", "hang"))
    box = await LinkBox(tmp_path, broker.port, world=world).start()
    try:
        await box.until_told(stuck=True)
        assert (await box.report())["reboot"]
        box.tell(append=[50])
        assert (await box.report())["last_seq"] == 1
        world.change(market=("long enough", "up"))
        await box.until_up()
        assert not (await box.report())["reboot"]
        await Gateway(broker.port).ready()
        await box.until_delivered(1)
    finally:
        await box.kill()


async def test_from_a_captive_network_the_box_moves_on_to_one_that_leads_to_the_gateway(tmp_path, broker):
    known = [["hotel", ""], ["market", "long enough"]]
    world = World(tmp_path, known, hotel=("", "captive"), market=("long enough", "up"))
    # Whatever the captive network is asked, it answers itself: here nobody is where the name points to.
    box = await LinkBox(tmp_path, 9, world=world).start()
    try:
        await box.until_told(wifi="down", ssid="hotel", reason="unreached")
        await box.until_told(wifi="up", ssid="market")
        box.tell(drop="hotel")
        await box.until_told(dropped=True)
        await box.until_told(wifi="down", ssid="market", reason="unreached")
    finally:
        await box.kill()
