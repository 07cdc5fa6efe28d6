"""What may be wished: in its form, within its limits, and under a number that nothing else had."""

import pytest

from server.errors import Refused
from server.fleet import wishes
from server.fleet.place import place
from server.fleet.wishes import BoxWish, BundleHead, Command, Wishes, next_settings_version, said

NOW = 1_000_000
GOOD = {"box_id": "box-1", "name": "identify"}


def code(call, *arguments):
    with pytest.raises(Refused) as err:
        call(*arguments)
    return err.value.code


def command(**changes):
    return wishes.command({**GOOD, **changes}, "gw-1", "0123456789ab", "duty", NOW)


def test_a_command_is_made_of_what_is_asked_for():
    assert command() == Command("0123456789ab", "gw-1", "box-1", "identify", None, NOW + 300_000, "duty", NOW)
    asked = command(id="ffffffffffff", argument={"lines": 5}, within_s=1)
    assert (asked.id, asked.argument, asked.expires_utc_ms) == ("ffffffffffff", {"lines": 5}, NOW + 1000)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"box_id": None}, "field"),
        ({"box_id": "BOX"}, "field"),
        ({"name": ""}, "field"),
        ({"name": "Re Boot"}, "field"),
        ({"name": "x" * 33}, "field"),
        ({"id": "xyz"}, "field"),
        ({"id": 7}, "field"),
        ({"within_s": 0}, "field"),
        ({"within_s": "5"}, "field"),
        ({"within_s": True}, "field"),
        ({"within_s": 10**9}, "field"),
        ({"argument": []}, "json"),
        ({"argument": "text"}, "json"),
        ({"argument": {"a": "b" * 2048}}, "too_long"),
        ({"unknown": 1}, "field"),
    ],
)
def test_a_command_that_is_none_is_refused(changes, expected):
    assert code(lambda: command(**changes)) == expected


@pytest.mark.parametrize(
    ("values", "expected"), [([], "json"), (None, "json"), ("x", "json"), ({"a": "b" * 8192}, "too_long")]
)
def test_settings_are_one_object_of_bounded_size(values, expected):
    assert code(wishes.settings, values) == expected


@pytest.mark.parametrize(
    ("wished", "reported", "version"),
    [(0, [], 1), (4, [], 5), (4, [9, 3], 10), (4, [4, None, "x", True, -1, 1.5], 5), (0, [4294967294], 4294967295)],
)
def test_settings_get_a_number_above_every_one_that_is_known(wished, reported, version):
    assert next_settings_version(wished, reported) == version


def test_where_there_is_no_higher_number_it_is_said():
    assert code(next_settings_version, 1, [4294967295]) == "version"


def test_wishes_are_said_whole_without_what_is_over():
    over, open_ = (Command(f"{n:012}", "gw-1", "box-1", "x", None, NOW + n, "duty", 1) for n in (0, 1))
    boxes = [BoxWish("box-1", 3, {"a": 1}, 0), BoxWish("box-2", 0, None, 7)]
    found = said(Wishes("gw-1", 12, boxes, [over, open_], [BundleHead(7, 5, "ab")], 3, None, None), NOW)
    assert found["boxes"] == {
        "box-1": {"settings": {"version": 3, "values": {"a": 1}}, "firmware": 0},
        "box-2": {"settings": None, "firmware": 7},
    }
    assert [one["id"] for one in found["commands"]] == [open_.id]
    assert found["bundles"] == [{"version": 7, "manifest_length": 5, "manifest_sha256": "ab"}]
    assert (found["v"], found["version"], found["server_utc_ms"], found["updates_at_once"]) == (1, 12, NOW, 3)
    assert wishes.wanted_versions(boxes) == {7}


def test_the_rules_of_a_place_are_kept_whole():
    rules = {"capacity": 50, "purpose": [{"since": "2026-01-01", "mode": "counts_only", "basis": "luật"}]}
    found = place(rules)
    assert (found["capacity"], found["quota_days"], found["purpose"][0]["basis"]) == (50, 1, "luật")


@pytest.mark.parametrize(
    "rules",
    [
        None,
        [],
        "x",
        {"capacty": 5},
        {"capacity": -1},
        {"capacity": "5"},
        {"quota_days": 0},
        {"quota_days": 32},
        {"day_begins": "24:00"},
        {"day_begins": "7:00"},
        {"purpose": [{"since": "yesterday", "mode": "identified"}]},
        {"purpose": [{"since": "2026-01-01", "mode": "everything"}]},
        {"purpose": [{"mode": "identified"}]},
        {"revoked": ["abc"]},
        {"revoked": ["A" * 64]},
        {"name": "x" * 101},
    ],
)
def test_rules_that_are_none_are_refused(rules):
    assert code(place, rules) == "field"
