"""What is connected with what in a build: nodes with their pins, wires between them, and joints on the perfboard.

1. The board's pins come from boards.toml by their use, never from here.
2. The perfboard carries the small parts, between two strips of terminals: P1 towards supply and controller, P2 towards
   reader, light and buzzer. E1 is its 5 V rail, E2 its ground. What hangs outside is wired to a strip; what sits on the
   perfboard is joined.
3. The reader's lines cross: its TX goes to our uart.rx, its RX to our uart.tx.
"""

from dataclasses import dataclass, field
from itertools import pairwise

from scripts.drawing.builds import Build

# Fixed by the parts' datasheets: what is where on a 74AHCT125, a ULN2003A and an S8050 (flat side to the front).
AHCT125 = {"1OE": "1", "1A": "2", "1Y": "3", "GND": "7", "VCC": "14"}
AHCT125_UNUSED = "4, 5, 9, 10, 12, 13"  # inputs of the other three gates: an open one swings, and heats
ULN2003 = {
    "1B": "1", "2B": "2", "3B": "3", "4B": "4", "GND": "8", "COM": "9", "4C": "13", "3C": "14", "2C": "15", "1C": "16",
}  # fmt: skip
S8050 = {"E": "1", "B": "2", "C": "3"}
RED, BLACK, ORANGE, GREEN, YELLOW, BLUE, WHITE, VIOLET = "RD", "BK", "OG", "GN", "YE", "BU", "WH", "VT"
FIVE, GROUND = ("E1", "5V"), ("E2", "GND")
STRIPS = ("P1", "P2")
Pin = tuple[str, str]


@dataclass
class Node:
    """`pins`: number -> what it is called, in the order of drawing."""

    title: str
    pins: dict[str, str]
    note: str = ""


@dataclass(frozen=True)
class Wire:
    """`cable` is the name of the bundle that it runs in; none: it is a joint on the perfboard."""

    start: Pin
    end: Pin
    colour: str = ""
    cable: str = ""


@dataclass
class Netlist:
    nodes: dict[str, Node] = field(default_factory=dict)
    wires: list[Wire] = field(default_factory=list)
    cables: dict[str, tuple[float, int]] = field(default_factory=dict)  # metres, gauge

    def wire(self, cable: str, colour: str, start: Pin, end: Pin, length_m: float = 0.15, awg: int = 26) -> None:
        self.cables.setdefault(cable, (length_m, awg))
        self.wires.append(Wire(start, end, colour, cable))

    def join(self, *pins: Pin) -> None:
        """One after the other."""
        self.wires += [Wire(start, end) for start, end in pairwise(pins)]

    def small(self, ref: str, title: str, *pins: str) -> None:
        self.nodes[ref] = Node(title, {name: name for name in pins or ("1", "2")})

    def strip(self, which: str, name: str) -> Pin:
        """A terminal of that strip, made where there is none yet: its number counts up."""
        pins = self.nodes[which].pins
        number = next((number for number, label in pins.items() if label == name), str(len(pins) + 1))
        pins[number] = name
        return which, number


def netlist(build: Build) -> Netlist:
    nets = Netlist()
    _supply(nets, build)
    _reader(nets, build)
    if build.light_part["kind"] == "ws2812":
        _one_wire_light(nets, build)
    else:
        _three_colours(nets, build)
    _buzzer(nets, build)
    if build.button:
        nets.small("S1", "BUTTON")
        nets.wire("W8", WHITE, _board(nets, build, "button"), ("S1", "1"), 0.2)
        nets.wire("W8", BLACK, _ground(nets, build), ("S1", "2"))
    if build.display_part:
        _display(nets, build)
    return nets


def _board(nets: Netlist, build: Build, use: str) -> Pin:
    number, label = build.pin_of(use)
    nets.nodes["A1"].pins[number] = f"{label} · {use}"
    return "A1", number


def _ground(nets: Netlist, build: Build) -> Pin:
    """A ground pin of the board that nothing hangs on yet; the last of them where none is left."""
    used = nets.nodes["A1"].pins
    number = next((pin for pin in build.board_part["ground"] if pin not in used), build.board_part["ground"][-1])
    used[number] = "GND"
    return "A1", number


def _supply(nets: Netlist, build: Build) -> None:
    part = build.board_part
    nets.nodes["X1"] = Node(build.supply["part"], {"1": "+5V", "2": "GND"})
    nets.nodes["P1"] = Node("PERFBOARD", {})
    nets.nodes["P2"] = Node("PERFBOARD", {})
    nets.nodes["A1"] = Node(part["part"], {str(part["supply"]): part["supply_label"]})
    nets.small("F1", build.fuse["part"])
    nets.small("E1", "PERFBOARD", "5V")
    nets.small("E2", "PERFBOARD", "GND")
    nets.small("C1", f"CAP-{build.bulk_uf}UF", "+", "−")
    supply, ground = nets.strip("P1", "X1 +5V"), nets.strip("P1", "GND")
    nets.wire("W1", RED, ("X1", "1"), supply, build.length_m, build.awg)
    nets.wire("W1", BLACK, ("X1", "2"), ground)
    nets.join(supply, ("F1", "1"))
    nets.join(("F1", "2"), FIVE)
    nets.join(ground, GROUND)
    nets.join(FIVE, ("C1", "+"))
    nets.join(GROUND, ("C1", "−"))
    board = nets.strip("P1", "A1 5V")
    nets.join(board, FIVE)
    nets.wire("W2", RED, board, ("A1", str(part["supply"])), 0.1, 22)
    nets.wire("W2", BLACK, ground, _ground(nets, build))


def _out_3v3(nets: Netlist, build: Build) -> Pin:
    number = str(build.board_part["out_3v3"])
    nets.nodes["A1"].pins[number] = "3V3"
    return "A1", number


def _reader(nets: Netlist, build: Build) -> None:
    nets.nodes["A2"] = Node(build.reader_part["part"], {name: name for name in ("VCC", "GND", "TX", "RX")})
    if build.reader["rail"] == "3V3":
        nets.wire("W3", ORANGE, _out_3v3(nets, build), ("A2", "VCC"), 0.2)
        nets.wire("W3", BLACK, _ground(nets, build), ("A2", "GND"))
    else:
        feed, ground = nets.strip("P2", "A2 VCC"), nets.strip("P2", "A2 GND")
        if build.reader["rail"] == "5V":
            nets.join(FIVE, feed)
        elif build.regulator:
            nets.nodes["U1"] = Node(build.regulator["part"], {name: name for name in ("VIN", "EN", "GND", "VOUT")})
            nets.small("C2", "CAP-1UF")
            nets.small("C3", "CAP-1UF")
            nets.join(FIVE, ("U1", "VIN"), ("C2", "1"))
            nets.join(FIVE, ("U1", "EN"))
            nets.join(GROUND, ("U1", "GND"))
            nets.join(("U1", "VOUT"), ("C3", "1"))
            nets.join(("U1", "VOUT"), feed)
            nets.join(GROUND, ("C2", "2"))
            nets.join(GROUND, ("C3", "2"))
        nets.join(GROUND, ground)
        nets.wire("W3", RED if build.reader["rail"] == "5V" else ORANGE, feed, ("A2", "VCC"), 0.2)
        nets.wire("W3", BLACK, ground, ("A2", "GND"))
    nets.wire("W4", YELLOW, _board(nets, build, "uart.tx"), ("A2", "RX"), 0.2)
    to_us = _board(nets, build, "uart.rx")
    if build.reader["series_ohm"]:
        nets.small("R6", f"RES-{build.reader['series_ohm']}R")
        near, far = nets.strip("P1", "A2 TX"), nets.strip("P2", "A2 TX")
        nets.wire("W5", GREEN, near, to_us, 0.1)
        nets.wire("W3", GREEN, far, ("A2", "TX"))
        nets.join(near, ("R6", "1"))
        nets.join(("R6", "2"), far)
    else:
        nets.wire("W4", GREEN, to_us, ("A2", "TX"))


def _one_wire_light(nets: Netlist, build: Build) -> None:
    nets.nodes["U2"] = Node("74AHCT125", {AHCT125[name]: name for name in AHCT125} | {AHCT125_UNUSED: "unused"})
    nets.small("R1", f"RES-{build.light['resistor_ohm']}R")
    nets.nodes["H1"] = Node(build.light_part["part"], {name: name for name in ("VDD", "DIN", "GND")})
    signal = nets.strip("P1", "H1 DIN")
    feed, data, ground = (nets.strip("P2", f"H1 {name}") for name in ("5V", "DIN", "GND"))
    nets.wire("W5", BLUE, signal, _board(nets, build, "light.data"), 0.1)
    nets.join(signal, ("U2", AHCT125["1A"]))
    nets.join(FIVE, ("U2", AHCT125["VCC"]))
    nets.join(GROUND, ("U2", AHCT125["GND"]))
    nets.join(GROUND, ("U2", AHCT125["1OE"]))
    nets.join(GROUND, ("U2", AHCT125_UNUSED))
    nets.join(("U2", AHCT125["1Y"]), ("R1", "1"))
    nets.join(("R1", "2"), data)
    nets.join(FIVE, feed)
    nets.join(GROUND, ground)
    for colour, pin, name in ((RED, feed, "VDD"), (BLUE, data, "DIN"), (BLACK, ground, "GND")):
        nets.wire("W6", colour, pin, ("H1", name))


def _three_colours(nets: Netlist, build: Build) -> None:
    _array(nets)
    nets.nodes["H1"] = Node(build.light_part["part"], {"A": "A (+)", "R": "R", "G": "G", "B": "B"})
    feed = nets.strip("P2", "H1 A")
    nets.join(FIVE, feed)
    nets.wire("W6", RED, feed, ("H1", "A"))
    for place, (colour, shown) in enumerate((("red", ORANGE), ("green", GREEN), ("blue", BLUE)), start=1):
        signal, out = nets.strip("P1", f"H1 {colour[0].upper()}"), nets.strip("P2", f"H1 {colour[0].upper()}")
        nets.small(f"R{place}", f"RES-{build.light['resistor_ohm'][colour]}R")
        nets.wire("W5", shown, signal, _board(nets, build, f"light.{colour}"), 0.1)
        nets.join(signal, ("U2", ULN2003[f"{place}B"]))
        nets.join(("U2", ULN2003[f"{place}C"]), (f"R{place}", "1"))
        nets.join((f"R{place}", "2"), out)
        nets.wire("W6", shown, out, ("H1", colour[0].upper()))


def _array(nets: Netlist) -> None:
    if "U2" not in nets.nodes:
        nets.nodes["U2"] = Node("ULN2003A", {number: name for name, number in ULN2003.items()})
        nets.join(GROUND, ("U2", ULN2003["GND"]))
        nets.join(FIVE, ("U2", ULN2003["COM"]))


def _buzzer(nets: Netlist, build: Build) -> None:
    nets.nodes["BZ1"] = Node(build.buzzer_part["part"], {"1": "+", "2": "−"})
    nets.small("R5", f"RES-{build.buzzer['series_ohm']}R")
    signal, plus, minus = nets.strip("P1", "BZ1"), nets.strip("P2", "BZ1 +"), nets.strip("P2", "BZ1 −")
    nets.wire("W5", VIOLET, signal, _board(nets, build, "buzzer"), 0.1)
    nets.wire("W7", RED, plus, ("BZ1", "1"))
    nets.wire("W7", VIOLET, minus, ("BZ1", "2"))
    nets.join(FIVE, ("R5", "1"))
    nets.join(("R5", "2"), plus)
    if build.buzzer_drive["kind"] == "array":
        _array(nets)
        nets.join(signal, ("U2", ULN2003["4B"]))
        nets.join(("U2", ULN2003["4C"]), minus)
        return
    nets.small("R4", f"RES-{build.buzzer_drive['base_ohm']}R")
    nets.nodes["Q1"] = Node(build.buzzer_drive["part"], {S8050[name]: name for name in ("B", "C", "E")})
    nets.join(signal, ("R4", "1"))
    nets.join(("R4", "2"), ("Q1", S8050["B"]))
    nets.join(GROUND, ("Q1", S8050["E"]))
    nets.join(("Q1", S8050["C"]), minus)
    if build.buzzer.get("flyback"):
        nets.small("D1", build.buzzer["flyback"], "A", "K")
        nets.join(("Q1", S8050["C"]), ("D1", "A"))
        nets.join(("D1", "K"), plus)


def _display(nets: Netlist, build: Build) -> None:
    if build.display is None or build.display_part is None:
        return
    nets.nodes["A3"] = Node(build.display_part["part"], {name: name for name in ("GND", "VCC", "SCL", "SDA")})
    if build.display["rail"] == "3V3":
        feed = _out_3v3(nets, build)
    else:
        feed = nets.strip("P2", "A3 VCC")
        nets.join(FIVE, feed)
    nets.wire("W9", BLACK, _ground(nets, build), ("A3", "GND"))
    nets.wire("W9", ORANGE, feed, ("A3", "VCC"))
    nets.wire("W9", YELLOW, _board(nets, build, "display.scl"), ("A3", "SCL"))
    nets.wire("W9", BLUE, _board(nets, build, "display.sda"), ("A3", "SDA"))
