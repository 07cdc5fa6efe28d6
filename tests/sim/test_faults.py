"""What goes wrong is repeatable, and covers what it is said to cover."""

import json

import pytest

from firmware import config
from firmware.scanner.settings import SettingsError, complete
from scripts.sim.faults import CONDITIONS, CUTTING, INVALID, KINDS, UnknownFault, named, plan
from scripts.sim.fleet import SSID, WIFI_PASSWORD


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("none", ()),
        ("all", KINDS),
        ("box", ("box",)),
        ("net,box", ("box", "net")),
        ("server,broker,gateway", ("gateway", "broker", "server")),
        ("settings,update,wifi", ("wifi", "update", "settings")),
        ("slow,box", ("box", "slow")),
        ("all,timeless", (*KINDS, "timeless")),
    ],
)
def test_faults_are_named_as_a_list_or_none_or_all(text, kinds):
    assert named(text) == kinds


@pytest.mark.parametrize("text", ["", "boxes", "box,", "box,none", "all,fire", "Box", "box gateway", "box, net"])
def test_a_fault_that_does_not_exist_is_refused_by_name(text):
    with pytest.raises(UnknownFault) as refused:
        named(text)
    assert "box, gateway, broker, server, net, reader" in str(refused.value)


def test_a_seed_gives_the_same_faults_again_and_another_gives_others():
    assert plan(KINDS, 3, 60, 3) == plan(KINDS, 3, 60, 3)
    assert plan(KINDS, 3, 60, 3) != plan(KINDS, 4, 60, 3)


def test_a_kind_goes_wrong_in_the_same_way_alone_and_among_others():
    assert plan(["box"], 3, 60, 3) == [fault for fault in plan(KINDS, 3, 60, 3) if fault.kind == "box"]


def test_nothing_is_planned_where_nothing_was_asked_for():
    assert plan([], 3, 60, 3) == []


@pytest.mark.parametrize("for_s", [2, 10, 60, 600])
def test_every_kind_comes_at_least_twice_and_within_the_time(for_s):
    faults = plan(KINDS, 1, for_s, 3)
    assert [fault.at_s for fault in faults] == sorted(fault.at_s for fault in faults)
    assert all(0 < fault.at_s < for_s for fault in faults)
    for kind in KINDS:
        assert sum(fault.kind == kind for fault in faults) >= 2


def test_both_links_fail_in_every_way():
    seen = {(link, fault.details["mode"]) for fault in plan(["net"], 1, 600, 3) for link in fault.details["links"]}
    assert seen == {(link, mode) for link in ("boxes", "server") for mode in ("cut", "half_open", "no_answers")}


def test_every_box_is_hit():
    assert {fault.details["box"] for fault in plan(["box"], 1, 600, 4)} == set(range(4))


def test_a_condition_holds_for_the_whole_run_and_is_not_planned():
    assert plan(CONDITIONS, 1, 60, 3) == []
    assert not set(CONDITIONS) & set(KINDS)


def test_wishes_of_every_nature_come_and_updates_go_forth_and_back_with_and_without_power_cuts():
    details = [fault.details for fault in plan(["settings", "update"], 1, 1200, 3)]
    assert {one["nature"] for one in details if "nature" in one} == {"good", "invalid", "cutting"}
    updates = [one for one in details if "is_back" in one]
    assert {(one["is_back"], bool(one["cut"])) for one in updates[:5]} == {(a, b) for a in (0, 1) for b in (0, 1)}
    assert {one["of"] for one in updates if one["cut"]} == {"", "system"}


def test_wifi_fails_in_every_way_at_one_box_and_at_all():
    details = [fault.details for fault in plan(["wifi"], 1, 1200, 2)]
    assert {one["state"] for one in details} == {"away", "no_dhcp", "hang"}
    assert {one["which"] for one in details} == {None, 0, 1}


BASE = {"box_id": "box-1", "password": "x", "wifi": [[SSID, WIFI_PASSWORD]]}
"""As the boxes of a fleet have it."""


@pytest.mark.parametrize("wish", INVALID, ids=json.dumps)
def test_what_is_called_invalid_no_box_may_take(wish):
    with pytest.raises((config.ConfigError, SettingsError)):
        complete(config.settle(BASE, json.dumps(wish)).reader)


@pytest.mark.parametrize("wish", CUTTING, ids=json.dumps)
def test_what_is_said_to_cut_a_box_off_is_in_its_form(wish):
    settled = config.settle(BASE, json.dumps(wish))
    assert (settled.link.host, settled.link.port, settled.wifi) != ("gateway.local", 1883, BASE["wifi"])


def test_what_is_called_good_a_box_takes():
    planned = [fault.details for fault in plan(["settings"], 1, 400, 1)]
    wishes = [one["wish"] for one in planned if one["nature"] == "good"]
    assert len(wishes) > 5
    for wish in wishes:
        assert config.settle(BASE, json.dumps(wish)).gate.gate.startswith("cong-")
