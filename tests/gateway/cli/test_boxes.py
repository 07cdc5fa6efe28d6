"""The table says what each box said last, beside what is wished; none of it reaches the terminal as a command."""

import json

from gateway.clock import KernelClock
from gateway.downlink.roster import Roster


def heard(gateway, box_id: str, clock, **more) -> None:
    (gateway.folder / "data").mkdir(exist_ok=True)
    roster = Roster(gateway.folder / "data" / "boxes.json", clock.boot, clock.mono_ms, lambda: clock.utc().earliest_ms)
    said = {"state": "online", "boot": 1, "session": 1, "first_held": 3, "last_seq": 9}
    roster.heard(box_id, said | more)
    roster.write()


class Earlier:
    """The same clock some time ago, perhaps of another boot."""

    def __init__(self, ago_s: int, boot: str | None = None) -> None:
        self._clock, self._ago_ms = KernelClock("always", 0), 1000 * ago_s
        self.boot = boot or self._clock.boot

    def mono_ms(self) -> int:
        return self._clock.mono_ms() - self._ago_ms

    def utc(self):
        return self._clock.utc()._replace(earliest_ms=self._clock.utc().earliest_ms - self._ago_ms)


def line(gateway, box_id: str) -> str:
    return next(one for one in gateway.call("boxes").stdout.splitlines() if one.startswith(box_id))


def test_a_line_says_what_the_box_said_and_what_is_wished(gateway):
    wifi = {"ssid": "Chợ Mới", "rssi": -61}
    refused = {"version": 5, "code": "config_value", "key": "marks"}
    facts = {"firmware": "1.2", "firmware_version": 7, "settings_version": 4, "reader": "ready", "wifi": wifi}
    heard(gateway, "box-a", Earlier(30), settings_refused=refused, **facts)
    gateway.call("settings", "box-a", "-", given=b"{}")
    said = line(gateway, "box-a")
    for word in [
        "online",
        "7 (1.2)",
        "4 → 6",
        "ready",
        "7 ",
        "Chợ Mới -61 dBm",
        "30 s ago",
        "settings 5: config_value marks",
    ]:
        assert word in said
    assert json.loads(gateway.call("boxes", "--json").stdout)["box-a"]["settings_version"] == 4


def test_when_it_was_heard_is_told_over_a_restart_of_the_machine_too(gateway):
    heard(gateway, "box-a", Earlier(330, "ffffffffffff"))
    assert "5 min ago" in line(gateway, "box-a")
    heard(gateway, "box-b", Earlier(3 * 86_400))
    assert "3 d ago" in line(gateway, "box-b")


def test_a_box_that_says_little_or_nonsense_has_a_line_all_the_same(gateway):
    heard(gateway, "box-a", Earlier(1), reader="\x1b[2J[bold]x[/bold]\n", firmware="\u202ex")
    said = gateway.call("boxes").stdout
    assert not {"\x1b", "\u202e"} & set(said)
    assert "[bold]x[/bold]" in said
    assert len(said.splitlines()) == 2


def test_a_box_that_was_revoked_is_shown_so(gateway):
    heard(gateway, "box-a", Earlier(1))
    gateway.call("revoke", "box-a")
    assert "revoked" in line(gateway, "box-a")


def test_without_boxes_there_is_an_empty_table(gateway):
    done = gateway.call("boxes")
    assert done.returncode == 0
    assert "no box was ever heard of" in done.stderr
    (gateway.folder / "data").mkdir(exist_ok=True)
    (gateway.folder / "data" / "boxes.json").write_text("damaged")
    assert gateway.call("boxes").returncode == 0
