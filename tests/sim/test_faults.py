"""What goes wrong is repeatable, and covers what it is said to cover."""

import pytest

from scripts.sim.faults import KINDS, UnknownFault, named, plan


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("none", ()),
        ("all", KINDS),
        ("box", ("box",)),
        ("net,box", ("box", "net")),
        ("server,broker,gateway", ("gateway", "broker", "server")),
    ],
)
def test_faults_are_named_as_a_list_or_none_or_all(text, kinds):
    assert named(text) == kinds


@pytest.mark.parametrize("text", ["", "boxes", "box,", "box,none", "all,box", "Box", "box gateway", "box, net"])
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
