"""What is connected with what: the nets of each build, followed through wires and joints."""

import networkx
import pytest

from scripts.drawing.builds import gpio_of, load
from scripts.drawing.jig import jig_netlist
from scripts.drawing.netlist import netlist
from tests.hardware.tree import ROOT

BUILDS = {build.name: build for build in load(ROOT)}
EACH = pytest.mark.parametrize("build", BUILDS.values(), ids=BUILDS)


def nets(made) -> networkx.Graph:
    graph = networkx.Graph()
    graph.add_nodes_from((ref, pin) for ref, node in made.nodes.items() for pin in node.pins)
    graph.add_edges_from((wire.start, wire.end) for wire in made.wires)
    networkx.add_path(
        graph, [("A1", pin) for pin, label in made.nodes["A1"].pins.items() if label == "GND"]
    )  # inside it
    return graph


def net(made, *pin: str) -> set:
    return networkx.node_connected_component(nets(made), pin)


@EACH
def test_every_wire_ends_at_a_pin_that_is_there(build):
    made = netlist(build)
    ends = [end for wire in made.wires for end in (wire.start, wire.end)]
    assert [end for end in ends if end[1] not in made.nodes[end[0]].pins] == []


@EACH
def test_no_pin_is_left_open_that_is_drawn(build):
    graph = nets(netlist(build))
    assert {pin for pin in graph if not graph[pin]} <= {("U2", "4"), ("U2", "13")}  # the array's, where not used


@EACH
def test_supply_ground_and_three_volts_never_meet(build):
    made = netlist(build)
    five, ground = net(made, "E1", "5V"), net(made, "E2", "GND")
    assert ("A1", build.board_part["supply"]) in five
    assert not five & ground
    assert ("X1", "2") in ground
    assert ("A2", "GND") in ground
    three = {pin for pin in (("A1", build.board_part["out_3v3"]), ("U1", "VOUT")) if pin in nets(made)}
    assert all(pin not in five | ground for pin in three)


@EACH
def test_the_supply_comes_in_through_the_fuse_alone(build):
    made = netlist(build)
    assert net(made, "X1", "1") == {("X1", "1"), ("P1", "1"), ("F1", "1")}
    assert ("F1", "2") in net(made, "E1", "5V")


@EACH
def test_the_reader_hangs_on_its_rail_and_its_lines_cross(build):
    made = netlist(build)
    feeds = {"5V": ("E1", "5V"), "3V3": ("A1", build.board_part["out_3v3"]), "reader_3v3": ("U1", "VOUT")}
    assert feeds[build.reader["rail"]] in net(made, "A2", "VCC")
    assert ("A2", "GND") in net(made, "E2", "GND")
    tx, rx = build.pin_of("uart.tx")[0], build.pin_of("uart.rx")[0]
    assert net(made, "A2", "RX") == {("A2", "RX"), ("A1", tx)}
    if build.reader["series_ohm"]:
        assert ("R6", "2") in net(made, "A2", "TX")
        assert ("R6", "1") in net(made, "A1", rx)
        assert ("A1", rx) not in net(made, "A2", "TX")
    else:
        assert net(made, "A2", "TX") == {("A2", "TX"), ("A1", rx)}


@EACH
def test_each_use_of_a_pin_is_on_the_pin_of_the_data_and_alone_there(build):
    made = netlist(build)
    labels = {
        label.partition(" · ")[2]: (number, label) for number, label in made.nodes["A1"].pins.items() if "·" in label
    }
    for use, pin in build.board.pins.items():
        if use == "gate" or (use.startswith("display.") and build.display is None):
            assert use not in labels
            continue
        number, label = labels.pop(use)
        assert gpio_of(label.partition(" · ")[0]) == pin
        assert build.board_part["header"][label.partition(" · ")[0]] == number
        assert len([pin for pin in net(made, "A1", number) if pin[0] == "A1"]) == 1
    assert labels == {}


@EACH
def test_no_pin_of_the_chip_reaches_five_volts_or_another_supply(build):
    made = netlist(build)
    five = net(made, "E1", "5V")
    signals = [number for number, label in made.nodes["A1"].pins.items() if "·" in label]
    assert [number for number in signals if ("A1", number) in five] == []


@EACH
def test_what_drives_a_coil_has_a_way_for_its_kick(build):
    made = netlist(build)
    if build.buzzer_drive["kind"] == "array":
        assert ("U2", "9") in net(made, "E1", "5V")  # COM
    else:
        assert ("D1", "K") in net(made, "BZ1", "1")
        assert ("D1", "A") in net(made, "BZ1", "2")


@EACH
def test_the_open_inputs_of_a_level_shifter_are_held(build):
    made = netlist(build)
    if made.nodes["U2"].title == "74AHCT125":
        ground = net(made, "E2", "GND")
        assert {pin for ref, pin in ground if ref == "U2"} == {"7", "1", "4, 5, 9, 10, 12, 13"}


@EACH
def test_in_the_jig_nothing_but_the_board_feeds_the_parts(build):
    made = jig_netlist(build)
    assert "X1" not in made.nodes
    five = net(made, "E1", "5V")
    assert ("A1", build.board_part["supply"]) in five
    assert ("T1", "5V") in five
    assert ("T1", "TX") in net(made, "A2", "TX")


def test_a_pin_that_does_not_come_out_is_refused_with_its_use():
    build = next(iter(BUILDS.values()))
    with pytest.raises(KeyError):
        build.pin_of("uart.cts")
