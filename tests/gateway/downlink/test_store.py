"""Wishes are files that both sides share: whole or not there, numbered upwards, bounded, and none is another's."""

import json
import os
import stat
import time

import pytest

from gateway.downlink import store as store_file
from gateway.downlink.bundle import BundleError
from gateway.downlink.store import EVERY_BOX, Order, Store, StoreError
from tests.gateway.deaths import dies_at
from tests.gateway.fleet import bundle, fleet_key

BOX, OTHER, BOOT = "box-a", "box-b", "aabbccddeeff"
KEY = fleet_key().modulus


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "downlink", KEY)


def again(tmp_path) -> Store:
    """Another process."""
    return Store(tmp_path / "downlink", KEY)


def refused(do, *words) -> str:
    with pytest.raises(StoreError) as why:
        do(*words)
    return why.value.code


# --- settings


def test_what_is_wished_is_seen_by_the_other_side_at_once(store, tmp_path):
    other = again(tmp_path)
    assert other.wishes().settings == {}
    for number in range(20):
        made = store.wish(BOX, b'{ "marks": "ng\xc3\xa0y=%d" }' % number)
        assert other.wishes().settings == {BOX: made}
        assert made.body == f'{{"marks":"ngày={number}"}}'.encode()


def test_settings_are_numbered_upwards_past_what_the_box_has_named(store):
    assert store.wish(BOX, b"{}").version == 1
    assert store.wish(BOX, b"{}").version == 2
    assert store.wish(BOX, b"{}", reported=7).version == 8
    assert store.wish(BOX, b"{}", reported=7).version == 9
    assert refused(store.wish, BOX, b"{}", 2**32 - 1) == "version"


@pytest.mark.parametrize(
    "text",
    [
        *[b"", b"{", b"[]", b"1", b"null", b'"x"', b"\xff", b"{}x", b'{"a":NaN}', b'{"a":1e999}', b'{"a":"\\ud800"}'],
        b'{"a":"' + b"x" * 9_000 + b'"}',
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_what_are_no_settings_is_refused_and_the_old_ones_stay(store, text):
    before = store.wish(BOX, b'{"marks":"a"}')
    assert refused(store.wish, BOX, text) == "settings"
    assert store.wishes().settings == {BOX: before}


@pytest.mark.parametrize("box", ["", "BOX", "a", "-box", "../box", "box/a", "box a", "*", "x" * 33, "hộp"])
def test_what_is_no_box_is_refused(store, box):
    assert refused(store.wish, box, b"{}") == "box"
    assert refused(store.order, box, "identify", "", BOOT, 5) == "box"
    assert box == EVERY_BOX or refused(store.want, 0, box) == "box"


def test_a_death_at_any_step_leaves_the_wish_as_it_was_or_as_it_is(store, tmp_path):
    died = 0
    for step in range(30):
        before = store.wish(BOX, b'{"marks":"old"}').version
        if not dies_at(step, lambda: again(tmp_path).wish(BOX, b'{"marks":"new"}')):
            break
        died += 1
        found = again(tmp_path).wishes()
        assert (found.settings[BOX].version, found.settings[BOX].body) in [
            (before, b'{"marks":"old"}'),
            (before + 1, b'{"marks":"new"}'),
        ]
        assert store.damaged == []
    assert died > 4


# --- commands and results


def test_a_command_is_there_until_it_is_finished_and_then_what_came_of_it(store, tmp_path):
    order = store.order(BOX, "identify", '{"seconds":3}', BOOT, 99)
    other = again(tmp_path)
    assert other.wishes().orders == {order.id: order}
    assert other.result(order.id) is None
    other.finish(order, "done", b'{"light":"on"}')
    assert store.wishes().orders == {}
    found = store.result(order.id)
    assert (found["outcome"], found["said"], found["name"], found["box_id"]) == (
        "done",
        {"light": "on"},
        "identify",
        BOX,
    )
    assert "text" not in found


def test_ids_are_drawn_and_differ(store):
    ids = {store.order(BOX, "identify", "", BOOT, 99).id for _ in range(16)}
    assert len(ids) == 16


@pytest.mark.parametrize(
    "name, body, said, text",
    [
        ("fetch_log", b'{"looks":"like"}', None, '{"looks":"like"}'),
        ("fetch_log", "dòng 1\n".encode(), None, "dòng 1\n"),
        ("fetch_log", b"", None, None),
        ("identify", b"no object", None, "no object"),
        ("identify", b"[1]", None, "[1]"),
        ("identify", b'{"a":' + b"[" * 3000, None, '{"a":' + "[" * 3000),
        ("identify", b"", None, None),
        ("identify", b"{}", {}, None),
    ],
)
def test_whatever_a_box_says_is_kept_as_an_object_or_as_text(store, name, body, said, text):
    order = store.order(BOX, name, "", BOOT, 99)
    store.finish(order, "done", body)
    found = store.result(order.id)
    assert (found["said"], found.get("text")) == (said, text)


@pytest.mark.parametrize(
    "name, argument, boot, deadline_ms, code",
    [
        ("", "", BOOT, 5, "command"),
        ("Identify", "", BOOT, 5, "command"),
        ("identify now", "", BOOT, 5, "command"),
        ("x" * 33, "", BOOT, 5, "command"),
        ("identify", "", "boot", 5, "command"),
        ("identify", "", BOOT, -1, "command"),
        ("identify", "", BOOT, 2**60, "command"),
        ("identify", "[]", BOOT, 5, "argument"),
        ("identify", "{", BOOT, 5, "argument"),
        ("identify", "x", BOOT, 5, "argument"),
        ("identify", "{}\n", BOOT, 5, "argument"),
        ("identify", '{"a":"' + "x" * 2100 + '"}', BOOT, 5, "argument"),
        ("identify", '{"a":"\ud800"}', BOOT, 5, "argument"),
    ],
)
def test_what_is_no_command_is_refused_and_nothing_is_there(store, name, argument, boot, deadline_ms, code):
    assert refused(store.order, BOX, name, argument, boot, deadline_ms) == code
    assert store.wishes().orders == {}


def test_so_many_wait_for_their_answer_and_no_more(store, monkeypatch):
    for _ in range(store_file.MOST_OF_A_BOX):
        store.order(BOX, "identify", "", BOOT, 99)
    assert refused(store.order, BOX, "identify", "", BOOT, 99) == "too_many"
    store.order(OTHER, "identify", "", BOOT, 99)
    monkeypatch.setattr(store_file, "MOST_COMMANDS", 17)
    assert refused(store.order, OTHER, "identify", "", BOOT, 99) == "too_many"


@pytest.mark.parametrize("most", [{"MOST_RESULTS": 3}, {"MOST_RESULT_BYTES": 40_000}])
def test_results_are_bounded_and_the_oldest_go_with_their_text(store, tmp_path, monkeypatch, most):
    monkeypatch.setattr(store_file, next(iter(most)), next(iter(most.values())))
    orders = []
    for number in range(8):
        orders.append(Order(f"{number:012x}", BOX, "fetch_log", "", BOOT, 99))
        store.finish(orders[-1], "done", bytes(10_000).replace(b"\0", b"x"))
        stamp = time.time() - 100 + number
        os.utime(tmp_path / "downlink/results" / f"{number:012x}.json", (stamp, stamp))
    kept = [order for order in orders if store.result(order.id) is not None]
    assert kept == orders[-3:]
    assert len(list((tmp_path / "downlink/results").iterdir())) == 6


def test_a_death_at_any_step_of_recording_loses_no_command(store, tmp_path):
    died = 0
    for step in range(40):
        order = store.order(BOX, "fetch_log", "", BOOT, 99)
        if not dies_at(step, lambda order=order: again(tmp_path).finish(order, "done", b"text")):
            break
        died += 1
        found = again(tmp_path)
        assert found.result(order.id) is not None or order.id in found.wishes().orders
        found.finish(order, "done", b"text")
        assert found.result(order.id)["text"] == "text"
        assert found.wishes().orders == {}
    assert died > 6


# --- firmware


def test_what_is_wanted_is_for_every_box_or_for_one_and_one_can_go_back(store, tmp_path):
    for version in (7, 8, 9):
        store.add(bundle(tmp_path / str(version), version))
    store.want(7)
    store.want(8)
    store.want(9, BOX)
    wishes = again(tmp_path).wishes()
    assert (wishes.wanted_by(BOX), wishes.wanted_by(OTHER)) == (9, 8)
    assert sorted(wishes.bundles) == [7, 8, 9]
    assert store.back() == 7
    assert store.back() == 0
    assert refused(store.back) == "version"
    assert store.back(BOX) == 0
    assert (store.wishes().wanted_by(BOX), store.wishes().wanted_by(OTHER)) == (0, 0)


def test_the_same_wish_twice_is_one_step_back(store, tmp_path):
    for version in (7, 8):
        store.add(bundle(tmp_path / str(version), version))
        store.want(version)
        store.want(version)
    assert store.back() == 7


def test_nothing_was_ever_wanted(store):
    assert store.wishes().wanted_by(BOX) is None
    assert refused(store.back) == "version"
    assert refused(store.want, 7) == "version"


def test_firmware_without_a_key_to_check_it_is_not_taken(tmp_path):
    with pytest.raises(BundleError) as why:
        Store(tmp_path / "downlink", None).add(bundle(tmp_path / "7", 7))
    assert why.value.code == "signature"


def test_a_bundle_that_rotted_on_the_shelf_is_no_longer_offered_and_is_named(store, tmp_path):
    found = store.add(bundle(tmp_path / "source", 7))
    store.want(7)
    assert store.wishes().bundles.keys() == {7}
    (found.folder / "a.mpy").write_bytes(b"rot")
    rotten = again(tmp_path)
    assert rotten.wishes().bundles == {}
    assert rotten.damaged == ["7"]


def test_a_bundle_under_another_number_is_no_bundle(store, tmp_path):
    found = store.add(bundle(tmp_path / "source", 7))
    found.folder.rename(found.folder.with_name("9"))
    assert store.wishes().bundles == {}


# --- whatever lies there


GOOD_ORDER = {
    "v": 1, "id": "0123456789ab", "box_id": BOX, "name": "identify", "argument": "", "gateway_boot": BOOT,
    "deadline_ms": 5,
}  # fmt: skip


@pytest.mark.parametrize(
    "name, content",
    [
        ("settings/box-a.json", ""),
        ("settings/box-a.json", "{"),
        ("settings/box-a.json", '{"version":1}'),
        ("settings/box-a.json", '{"version":0,"settings":{}}'),
        ("settings/box-a.json", '{"version":true,"settings":{}}'),
        ("settings/box-a.json", '{"version":"1","settings":{}}'),
        ("settings/box-a.json", '{"version":1,"settings":[]}'),
        ("settings/BOX.json", '{"version":1,"settings":{}}'),
        ("commands/0123456789ab.json", ""),
        ("commands/0123456789ab.json", json.dumps(GOOD_ORDER | {"v": 2})),
        ("commands/0123456789ab.json", json.dumps(GOOD_ORDER | {"id": "ba9876543210"})),
        ("commands/0123456789ab.json", json.dumps(GOOD_ORDER | {"box_id": "BOX"})),
        ("commands/0123456789ab.json", json.dumps(GOOD_ORDER | {"box_id": 5})),
        ("commands/0123456789ab.json", json.dumps(GOOD_ORDER | {"argument": 5})),
        ("commands/0123456789ab.json", json.dumps(GOOD_ORDER | {"argument": "\ud800"})),
        ("commands/0123456789ab.json", json.dumps(GOOD_ORDER | {"deadline_ms": "5"})),
        ("commands/0123456789ab.json", json.dumps(GOOD_ORDER | {"deadline_ms": True})),
        ("commands/0123456789ab.json", json.dumps(GOOD_ORDER | {"more": 1})),
    ],
)
def test_what_cannot_be_read_is_no_wish_and_is_named(store, tmp_path, name, content):
    path = tmp_path / "downlink" / name
    path.parent.mkdir(parents=True)
    path.write_text(content)
    wishes = store.wishes()
    assert (wishes.settings, wishes.orders) == ({}, {})
    assert store.damaged == [path.name]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"*":7}', '{"*":[]}', '{"*":["7"]}', '{"*":[true]}', '{"*":[-1]}'])
def test_a_list_of_wanted_versions_that_cannot_be_read_wants_nothing(store, tmp_path, content):
    (tmp_path / "downlink").mkdir()
    (tmp_path / "downlink" / "wanted.json").write_text(content)
    assert store.wishes().wanted == {}


def test_only_the_owner_may_read_what_is_wished(store, tmp_path):
    store.wish(BOX, b'{"wifi":[["net","password"]]}')
    (path,) = (tmp_path / "downlink" / "settings").glob("*.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
