"""The server's wishes as files, beside those of this machine: who wins, what survives, what goes."""

import json
import shutil

import pytest

from gateway.downlink.bundle import BundleError
from gateway.downlink.central import Central
from gateway.downlink.desired import DesiredError
from gateway.downlink.store import Store
from tests.gateway.deaths import dies_at
from tests.gateway.fleet import bundle, fleet_key, stranger_key

BOX = "box-a"
KEY = fleet_key().modulus


def wishes(version: int = 1, **more) -> bytes:
    return json.dumps({"v": 1, "gateway_id": "gw-1", "version": version} | more).encode()


def settings(version: int, **values):
    return {"settings": {"version": version, "values": values}, "firmware": 0}


def command(number: int, **changes):
    made = {"id": f"{number:012x}", "box_id": BOX, "name": "identify", "argument": None, "expires_utc_ms": 10**13}
    return made | changes


class World:
    def __init__(self, folder) -> None:
        self.folder = folder
        self.store = self.new()
        self.central = self.store.central

    def new(self) -> Store:
        return Store(self.folder / "downlink", KEY, "gw-1")


@pytest.fixture
def it(tmp_path):
    return World(tmp_path)


def test_nothing_was_ever_wished(it):
    assert it.central.desired().version == 0
    assert not it.central.is_damaged
    assert it.store.wishes().settings == {}


def test_what_was_taken_is_there_for_who_reads_and_after_a_restart(it):
    it.central.take(wishes(5, boxes={BOX: settings(3, a=1)}, place={"capacity": 9}))
    for store in (it.store, it.new()):
        assert store.central.desired().version == 5
        assert store.central.desired().place == {"capacity": 9}
        assert store.wishes().settings[BOX].version == 3


@pytest.mark.parametrize("body", [b"", b"{}", wishes() + b"x", wishes().replace(b"gw-1", b"gw-2")])
def test_what_cannot_be_taken_leaves_what_is_there(it, body):
    it.central.take(wishes(5))
    with pytest.raises(DesiredError):
        it.central.take(body)
    assert it.new().central.desired().version == 5


def test_a_power_cut_while_they_are_taken_leaves_the_old_ones_or_the_new(it):
    it.central.take(wishes(5, place={"capacity": 1}))
    step, died = 0, True
    while died:
        died = dies_at(step, lambda: Central(it.folder / "downlink", KEY, "gw-1").take(wishes(6, place={})))
        assert it.new().central.desired().version in (5, 6)
        it.central.take(wishes(5, place={"capacity": 1}))
        step += 1
    assert step > 3


@pytest.mark.parametrize("data", [b"", b"{", wishes().replace(b'"v": 1', b'"v": 2'), b"\0" * 100])
def test_a_damaged_file_wishes_nothing_and_is_named(it, data):
    it.central.take(wishes(5, boxes={BOX: settings(3)}))
    (it.folder / "downlink" / "server.json").write_bytes(data)
    store = it.new()
    assert store.wishes().settings == {}
    assert store.damaged == ["server.json"]
    assert store.central.desired().version == 0


def test_for_another_gateways_wishes_nobody_stands(it):
    it.central.take(wishes(5, boxes={BOX: settings(3)}))
    assert Store(it.folder / "downlink", KEY, "gw-2").wishes().settings == {}
    assert Store(it.folder / "downlink", KEY).wishes().settings == {}


# --- who wins


def test_of_two_settings_the_higher_version_counts(it):
    it.store.wish(BOX, b'{"mine":1}', reported=4)
    it.central.take(wishes(1, boxes={BOX: settings(3, theirs=1)}))
    assert json.loads(it.store.wishes().settings[BOX].body) == {"mine": 1}
    it.central.take(wishes(2, boxes={BOX: settings(6, theirs=1)}))
    assert json.loads(it.store.wishes().settings[BOX].body) == {"theirs": 1}


def test_where_both_have_the_same_number_the_servers_count(it):
    it.store.wish(BOX, b'{"mine":1}')
    it.central.take(wishes(1, boxes={BOX: settings(1, theirs=1)}))
    assert json.loads(it.store.wishes().settings[BOX].body) == {"theirs": 1}


def test_settings_of_this_machine_are_numbered_past_the_servers(it):
    it.central.take(wishes(1, boxes={BOX: settings(7)}))
    assert it.store.wish(BOX, b"{}").version == 8


def test_of_firmware_the_servers_word_for_a_box_counts_before_ours(it):
    for version in (1, 2, 3):
        it.store.add(bundle(it.folder / f"v{version}", version))
    it.store.want(1)
    it.store.want(2, BOX)
    it.central.take(wishes(1, boxes={BOX: {"firmware": 3}, "box-b": {"firmware": 0}}))
    found = it.store.wishes()
    assert (found.wanted_by(BOX), found.wanted_by("box-b"), found.wanted_by("box-c")) == (3, 1, 1)
    it.central.take(wishes(2, boxes={BOX: {"firmware": 0}}))
    assert it.store.wishes().wanted_by(BOX) == 2


def test_where_only_the_server_says_none_is_wished_none_is(it):
    it.central.take(wishes(1, boxes={BOX: {"firmware": 0}}))
    assert it.store.wishes().wanted_by(BOX) == 0
    assert it.store.wishes().wanted_by("box-b") is None


def test_another_firmware_under_the_servers_number_is_not_wanted_and_is_said(it):
    found = it.store.add(bundle(it.folder / "v1", 1))
    listed = {"version": 1, "manifest_length": found.manifest_bytes, "manifest_sha256": "ab" * 32}
    it.central.take(wishes(1, boxes={BOX: {"firmware": 1}}, bundles=[listed]))
    wished = it.store.wishes()
    assert wished.wanted_by(BOX) is None
    assert wished.mismatched == [1]
    it.central.take(wishes(2, boxes={BOX: {"firmware": 1}}, bundles=[listed | {"manifest_sha256": found[3]}]))
    assert it.store.wishes().wanted_by(BOX) == 1


# --- commands


def test_a_command_that_is_answered_is_not_given_again_however_often_it_is_named(it):
    it.central.take(wishes(1, commands=[command(1), command(2)]))
    it.central.finish(f"{1:012x}", "done")
    assert [one.id for one in it.store.wishes().asked] == [f"{2:012x}"]
    it.central.take(wishes(2, commands=[command(1), command(2), command(3)]))
    assert [one.id for one in it.new().wishes().asked] == [f"{2:012x}", f"{3:012x}"]


def test_what_is_named_no_more_is_forgotten(it):
    it.central.take(wishes(1, commands=[command(1), command(2)]))
    it.central.finish(f"{1:012x}", "done")
    it.central.finish(f"{2:012x}", "failed")
    it.central.take(wishes(2, commands=[command(2)]))
    assert it.central.done() == {f"{2:012x}": "failed"}


def test_a_command_of_this_machine_is_not_noted_as_the_servers(it):
    it.central.take(wishes(1, commands=[command(1)]))
    it.central.finish("bbbbbbbbbbbb", "done")
    assert it.central.done() == {}


# --- bundles


def part_of(it, version: int, key=None) -> None:
    shutil.copytree(bundle(it.folder / f"source{version}", version, key=key), it.central.part(version))


def test_a_whole_bundle_gets_onto_the_shelf_and_counts_as_fetched(it):
    part_of(it, 7)
    (it.central.part(7) / "left-over").write_text("x")
    found = it.central.shelve(7)
    assert found.folder == it.folder / "downlink" / "firmware" / "7"
    assert not it.central.part(7).exists()
    assert not (found.folder / "left-over").exists()
    assert it.store.wishes().bundles.keys() == {7}
    assert it.new().central.fetched() == {7}


@pytest.mark.parametrize("whose", ["stranger", "nobody"])
def test_what_the_fleet_has_not_signed_does_not(it, whose):
    part_of(it, 7, stranger_key() if whose == "stranger" else None)
    central = it.central if whose == "stranger" else Central(it.folder / "downlink", None, "gw-1")
    with pytest.raises(BundleError) as why:
        central.shelve(7)
    assert why.value.code == "signature"
    assert it.store.wishes().bundles == {}


def test_what_was_fetched_and_nobody_wants_goes_and_what_a_person_brought_stays(it):
    it.store.add(bundle(it.folder / "v1", 1))
    for version in (7, 8):
        part_of(it, version)
        it.central.shelve(version)
    it.central.part(9).mkdir()
    it.central.part(10).mkdir()
    assert it.central.drop({8, 10}) == {7}
    assert it.store.wishes().bundles.keys() == {1, 8}
    assert it.central.fetched() == {8}
    assert (it.central.part(9).exists(), it.central.part(10).exists()) == (False, True)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"versions":"7"}', b'{"versions":[true,-1,"x"]}'])
def test_a_list_of_what_was_fetched_that_cannot_be_read_takes_nothing_away(it, data):
    part_of(it, 7)
    it.central.shelve(7)
    (it.folder / "downlink" / "fetched.json").write_bytes(data)
    assert it.central.drop(set()) == set()
    assert it.store.wishes().bundles.keys() == {7}
