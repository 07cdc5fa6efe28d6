"""The server's wishes as they come: whole or not at all; one bad entry spoils no other."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.downlink.desired import Asked, DesiredError, Listed, decode

GOOD: dict[str, Any] = {
    "v": 1,
    "gateway_id": "gw-1",
    "version": 12,
    "server_utc_ms": 1_793_500_000_000,
    "boxes": {
        "box-1": {"settings": {"version": 3, "values": {"gate": {"name": "cổng 1"}}}, "firmware": 7},
        "box-2": {"settings": None, "firmware": 0},
    },
    "commands": [
        {"id": "aaaaaaaaaaaa", "box_id": "box-1", "name": "identify", "argument": {"s": 5}, "expires_utc_ms": 99},
        {"id": "bbbbbbbbbbbb", "box_id": "box-2", "name": "fetch_log", "argument": None, "expires_utc_ms": 98},
    ],
    "bundles": [{"version": 7, "manifest_length": 900, "manifest_sha256": "ab" * 32}],
    "updates_at_once": 2,
    "place": {"capacity": 100},
    "sealing_key": "12" * 32,
}


def decoded(**changes: Any):
    return decode(json.dumps(GOOD | changes).encode(), "gw-1")


def test_all_of_it_is_taken() -> None:
    found = decoded()
    assert found.version == 12
    assert found.settings["box-1"].version == 3
    assert json.loads(found.settings["box-1"].body) == {"gate": {"name": "cổng 1"}}
    assert found.firmware == {"box-1": 7, "box-2": 0}
    assert found.commands[0] == Asked("aaaaaaaaaaaa", "box-1", "identify", '{"s":5}', 99)
    assert found.commands[1].argument == ""
    assert found.bundles == {7: Listed(7, 900, "ab" * 32)}
    assert (found.updates_at_once, found.place) == (2, {"capacity": 100})
    assert found.sealing_key == bytes.fromhex("12" * 32)
    assert found.server_utc_ms == 1_793_500_000_000
    assert not found.refused


def test_nothing_but_a_version_wishes_nothing() -> None:
    found = decode(b'{"v":1,"gateway_id":"gw-1","version":1}', "gw-1")
    assert (found.settings, found.firmware, found.commands, found.bundles) == ({}, {}, [], {})
    assert (found.place, found.sealing_key, found.updates_at_once) == (None, None, None)


def test_what_is_not_known_yet_is_carried_past() -> None:
    assert decoded(later={"x": 1}).version == 12


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"v": 2}, "version"),
        ({"v": "1"}, "version"),
        ({"v": True}, "version"),
        ({"v": None}, "version"),
        ({"gateway_id": "gw-2"}, "gateway"),
        ({"gateway_id": None}, "gateway"),
        ({"version": -1}, "form"),
        ({"version": 1.5}, "form"),
        ({"version": True}, "form"),
        ({"version": 2**60}, "form"),
        ({"version": None}, "form"),
        ({"boxes": []}, "form"),
        ({"boxes": None}, "form"),
        ({"commands": {}}, "form"),
        ({"bundles": "x"}, "form"),
        ({"place": []}, "form"),
        ({"commands": [{}] * 1_001}, "form"),
        ({"bundles": [{}] * 101}, "form"),
    ],
)
def test_what_is_wrong_as_a_whole_is_refused_as_a_whole(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(DesiredError) as why:
        decoded(**changes)
    assert why.value.code == code


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b"\xff", b"[" * 100_000, b'{"v":NaN}', b"<html>"])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(DesiredError) as why:
        decode(body, "gw-1")
    assert why.value.code == "json"


@pytest.mark.parametrize(
    "box",
    [
        None,
        [],
        {"settings": {}},
        {"settings": {"version": 0, "values": {}}},
        {"settings": {"version": "3", "values": {}}},
        {"settings": {"version": 3, "values": []}},
        {"settings": {"version": 3, "values": {"x": "y" * 9_000}}},
        {"settings": {"version": 2**32, "values": {}}},
        {"firmware": -1},
        {"firmware": "7"},
        {"firmware": True},
        {"firmware": None},
    ],
)
def test_a_box_whose_wish_is_none_is_left_out_and_named(box: object) -> None:
    found = decoded(boxes={"box-9": box, **GOOD["boxes"]})
    assert found.firmware.keys() == {"box-1", "box-2"}
    assert len(found.refused) == 1
    assert "box-9" in found.refused[0]


@pytest.mark.parametrize("box_id", ["", "a", "-box", "Box-1", "box/1", "x" * 33, "box 1", "hộp"])
def test_a_box_of_an_impossible_name_is_left_out(box_id: str) -> None:
    found = decoded(boxes={box_id: GOOD["boxes"]["box-1"]})
    assert (found.settings, found.firmware, len(found.refused)) == ({}, {}, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "short"},
        {"id": "AAAAAAAAAAAA"},
        {"id": None},
        {"box_id": "Box"},
        {"name": "rm -rf"},
        {"name": ""},
        {"argument": []},
        {"argument": "x"},
        {"argument": {"x": "y" * 3_000}},
        {"expires_utc_ms": None},
        {"expires_utc_ms": -1},
        {"expires_utc_ms": 1.5},
        {"expires_utc_ms": "soon"},
    ],
)
def test_a_command_that_is_none_is_left_out_and_the_next_counts(change: dict[str, Any]) -> None:
    found = decoded(commands=[GOOD["commands"][0] | change, GOOD["commands"][1]])
    assert [one.id for one in found.commands] == ["bbbbbbbbbbbb"]
    assert len(found.refused) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"version": 0},
        {"version": "7"},
        {"manifest_length": 10**9},
        {"manifest_length": None},
        {"manifest_sha256": "ab"},
        {"manifest_sha256": "zz" * 32},
        {"manifest_sha256": None},
    ],
)
def test_a_bundle_that_is_none_is_left_out(change: dict[str, Any]) -> None:
    found = decoded(bundles=[GOOD["bundles"][0] | change])
    assert (found.bundles, len(found.refused)) == ({}, 1)


@pytest.mark.parametrize("key", ["", "12", "zz" * 32, "00" * 32, "12" * 33, 5, ["12" * 32], " " + "12" * 32])
def test_a_key_that_is_none_is_left_out(key: object) -> None:
    found = decoded(sealing_key=key)
    assert (found.sealing_key, len(found.refused)) == (None, 1)


@pytest.mark.parametrize("number", [0, -1, 1.5, "3", True, 10_000])
def test_a_number_of_updates_that_is_none_is_left_out(number: object) -> None:
    assert decoded(updates_at_once=number).updates_at_once is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(GOOD)), json_values)
def test_anything_in_any_place_is_taken_or_refused_and_nothing_else(key: str, value: object) -> None:
    with contextlib.suppress(DesiredError):
        decoded(**{key: value})


@given(st.binary(max_size=300))
def test_any_bytes_are_taken_or_refused(body: bytes) -> None:
    with pytest.raises(DesiredError):
        decode(body, "gw-1")
