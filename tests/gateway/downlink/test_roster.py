"""What each box said last, whatever it says, and also after it has gone."""

import json

import pytest

from gateway.downlink.roster import WRITE_EVERY_MS, Roster, read, refusal_of

BOOT = "aabbccddeeff"


def online(**more):
    said = {"box_id": "box-a", "state": "online", "boot": 3, "session": 2, "epoch": BOOT, "uptime_ms": 9}
    return said | {"first_held": 3, "last_seq": 9, "counters": {}} | more


@pytest.fixture
def roster(tmp_path):
    return Roster(tmp_path / "boxes.json", BOOT, lambda: 77, lambda: 1_900_000_000_000)


def rows(roster, tmp_path):
    roster.write()
    return read(tmp_path / "boxes.json")


def test_what_a_box_said_is_there_for_others(roster, tmp_path):
    wifi = {"ssid": "Chợ", "rssi": -61, "state": "up"}
    refused = {"version": 5, "code": "config_value", "key": "marks"}
    roster.heard(
        "box-a",
        online(
            settings_version=4,
            settings_refused=refused,
            firmware="1.2",
            wifi=wifi,
            reader="ready",
            fleet_key="0123456789abcdef",
        ),
    )
    row = rows(roster, tmp_path)["box-a"]
    assert row["waiting"] == 7
    assert row["fleet_key"] == "0123456789abcdef"
    assert (row["settings_version"], row["settings_refused"]) == (4, refused)
    assert (row["ssid"], row["rssi"], row["reader"], row["firmware"]) == ("Chợ", -61, "ready", "1.2")
    assert (row["heard_boot"], row["heard_mono_ms"], row["heard_utc_ms"]) == (BOOT, 77, 1_900_000_000_000)


def test_a_box_that_is_gone_keeps_what_it_said_and_so_does_a_restart(roster, tmp_path):
    roster.heard("box-a", online(reader="ready"))
    roster.heard("box-a", {"box_id": "box-a", "state": "gone", "boot": 3, "session": 2})
    row = rows(roster, tmp_path)["box-a"]
    assert (row["state"], row["reader"]) == ("gone", "ready")
    later = Roster(tmp_path / "boxes.json", "ffffffffffff", lambda: 1, lambda: None)
    assert later._rows["box-a"] == row


def test_what_a_box_no_longer_says_is_gone(roster, tmp_path):
    roster.heard("box-a", online(settings_refused={"version": 5, "code": "x"}))
    roster.heard("box-a", online())
    assert "settings_refused" not in rows(roster, tmp_path)["box-a"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"settings_version": "4"},
        {"settings_version": True},
        {"settings_version": 2**60},
        {"settings_version": None},
        {"reader": ["x"]},
        {"firmware": {"a": 1}},
        {"wifi": "net"},
        {"wifi": {"ssid": 5, "rssi": "x"}},
        {"settings_refused": "x"},
        {"settings_refused": {"version": "5"}},
        {"firmware_refused": {}},
        {"fleet_key": "0123abcd"},
        {"fleet_key": "0123456789ABCDEF"},
        {"fleet_key": 7},
    ],
)
def test_what_has_not_its_form_is_left_out(roster, tmp_path, wrong):
    roster.heard("box-a", online(**wrong))
    row = rows(roster, tmp_path)["box-a"]
    assert not wrong.keys() & row.keys()
    assert not {"ssid", "rssi"} & row.keys()


def test_long_words_are_cut(roster, tmp_path):
    roster.heard("box-a", online(reader="x" * 3000, settings_refused={"version": 1, "code": "y" * 3000}))
    row = rows(roster, tmp_path)["box-a"]
    assert len(row["reader"]) == len(row["settings_refused"]["code"]) == 64


def test_a_refusal_without_its_words_is_a_refusal():
    assert refusal_of({"settings_refused": {"version": 5}}, "settings_refused") == {
        "version": 5,
        "code": "?",
        "key": "",
    }


def test_nothing_new_is_not_written(roster, tmp_path):
    roster.heard("box-a", online())
    roster.write()
    before = (tmp_path / "boxes.json").stat().st_ino, (tmp_path / "boxes.json").stat().st_mtime_ns
    roster.write()
    assert ((tmp_path / "boxes.json").stat().st_ino, (tmp_path / "boxes.json").stat().st_mtime_ns) == before


@pytest.mark.parametrize(
    "passing", [{"uptime_ms": 60_009}, {"temperature_c": 41}, {"last_seq": 12}, {"wifi": {"rssi": -80}}]
)
def test_what_changes_with_every_status_is_written_every_few_minutes_only(tmp_path, passing):
    now_ms = 0
    roster = Roster(tmp_path / "boxes.json", BOOT, lambda: now_ms, lambda: None)
    roster.heard("box-a", online())
    roster.write()
    before = (tmp_path / "boxes.json").read_bytes()
    now_ms = WRITE_EVERY_MS - 1
    roster.heard("box-a", online(**passing))
    roster.write()
    assert (tmp_path / "boxes.json").read_bytes() == before
    now_ms = WRITE_EVERY_MS
    assert rows(roster, tmp_path)["box-a"]["heard_mono_ms"] == WRITE_EVERY_MS - 1


@pytest.mark.parametrize("news", [{"settings_version": 8}, {"reader": "gone"}, {"boot": 4}, {"state": "gone"}])
def test_what_is_new_is_written_at_once(roster, tmp_path, news):
    roster.heard("box-a", online())
    roster.write()
    roster.heard("box-a", online(**news))
    assert rows(roster, tmp_path)["box-a"].items() >= news.items()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"boxes":5}', '{"boxes":{"BOX":{}}}', '{"boxes":{"box-a":5}}', '{"boxes":{"../x":{}}}']
)
def test_a_file_that_cannot_be_read_is_an_empty_list(tmp_path, content):
    (tmp_path / "boxes.json").write_text(content)
    assert read(tmp_path / "boxes.json") == {}


def test_the_number_of_boxes_is_bounded(roster, monkeypatch):
    monkeypatch.setattr("gateway.downlink.roster.MOST_BOXES", 2)
    for number in range(5):
        roster.heard(f"box-{number}", online())
    assert len(roster._rows) == 2
    assert json.dumps(roster._rows)


def test_which_authorities_a_box_believes_is_there_also_when_it_has_gone(roster, tmp_path):
    roster.heard("box-a", online(trust=["0123abcd", "89ef4567"], trust_used="0123abcd"))
    roster.heard("box-a", {"box_id": "box-a", "state": "gone", "boot": 3, "session": 2})
    row = rows(roster, tmp_path)["box-a"]
    assert (row["trust"], row["trust_used"]) == (["0123abcd", "89ef4567"], "0123abcd")


@pytest.mark.parametrize("strange", ["0123abcd", [1], ["0123ABCD"], ["0123abc"], [None], {}, ["0123abcd"] * 5, [[]]])
def test_authorities_that_are_none_are_left_out(roster, tmp_path, strange):
    roster.heard("box-a", online(trust=strange, trust_used=5))
    assert not {"trust", "trust_used"} & rows(roster, tmp_path)["box-a"].keys()
