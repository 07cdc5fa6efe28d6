"""What must hold in every build, each broken rule a sentence that says what to change.

1. Pins: what the firmware has, what the wiring says and what the bill of materials says is what boards.toml says.
   Strapping pins, consoles, UARTs and PWM slices are refused when boards.toml is read (scripts/boards/data.py).
2. Levels: no line gives a pin more than it bears, and what is high for one side is high for the other.
3. Supplies: each part gets what it wants, at the far end of its cable, with every peak at once.
4. Drives: neither a pin nor what it drives is asked for more than its datasheet allows.
"""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.drawing.bills import bill
from scripts.drawing.builds import Build, gpio_of, load, rate
from scripts.drawing.jig import load_jig
from scripts.drawing.power import (
    CORE_TOLERANCE,
    CORE_V,
    MARGIN_V,
    SUPPLY_SHARE,
    Budget,
    budget,
    buzzer_ma,
    colour_ma,
    draws,
)

RAILS = ("5V", "3V3", "reader_3v3")
COLOURS_LEAST_MA = 3.0  # less is not seen at a gate by day
DIODE_DROP_V = 0.7


def wrong(root: Path) -> list[str]:
    """A sentence for each broken rule. Quick: reads files, draws nothing."""
    vnd_per_usd = rate(root)
    sentences: list[str] = []
    for build in load(root):
        if misfits := list(fits(build)):  # with those, nothing can be computed
            sentences += [f"{build.name}: {sentence}" for sentence in misfits]
            continue
        rules = (
            pins(build, root),
            reader(build, root),
            levels(build),
            supplies(build, root),
            drives(build, root),
            bill(build, vnd_per_usd),
        )
        try:
            sentences += [f"{build.name}: {sentence}" for rule in rules for sentence in rule]
        except KeyError as bad:
            sentences.append(f"{build.name}: parts.toml or build.toml does not say {bad}")
    return sentences


def fits(build: Build) -> Iterator[str]:
    """Whether the parts of a build are of kinds that go together."""
    wanted = build.board.pins
    for use in wanted:
        if _is_wired(build, use) and not any(gpio_of(label) == wanted[use] for label in build.board_part["header"]):
            yield f"GPIO {wanted[use]} ({use}) does not come out on the board's header: choose another in boards.toml"
    light, drive = build.light_part["kind"], build.light_drive["kind"]
    if light != build.board.light:
        yield f"the light is a {light}, and the firmware of this board drives a {build.board.light}"
    if light == "ws2812" and drive != "level":
        yield "a WS2812B at 5 V wants a level shifter before it"
    if light == "rgb" and drive != "array":
        yield "a light of three colours wants a driver of three channels before it"
    if build.buzzer_drive["kind"] not in ("transistor", "array"):
        yield f"nothing drives the buzzer: {build.buzzer_drive['part']} is no driver"
    rail = build.reader["rail"]
    if rail not in RAILS:
        yield f"the reader's rail is {rail}; there are {', '.join(RAILS)}"
    if (rail == "reader_3v3") != (build.regulator is not None):
        yield "the reader has a regulator of its own where build.toml names one and its rail is reader_3v3"


def pins(build: Build, root: Path) -> Iterator[str]:
    """Firmware, wiring and bill of materials against boards.toml."""
    wanted = build.board.pins
    firmware = _assigned(root / "firmware" / "boards" / f"pins_{build.board.name}.py")
    for use, pin in wanted.items():
        has = firmware.get(use.replace(".", "_").upper())
        if has != pin:
            yield f"the firmware has {use} on {has}, boards.toml on {pin}: run scripts/draw"
    if firmware.get("UART") != build.board.uart_id:
        yield f"the firmware's UART is {firmware.get('UART')}, boards.toml says {build.board.uart_id}: run scripts/draw"
    wired = wired_uses(root / "hardware" / "builds" / build.name / "wiring.yml")
    yield from _wiring(build, wired)
    for row in build.bom:
        for use, pin in row.pins:
            if wanted.get(use) != pin:
                yield f"bom.csv hangs {row.part} on {use} = {pin}, boards.toml says {wanted.get(use)}: change bom.csv"
    listed = {use for row in build.bom for use, _ in row.pins}
    for use in wanted:
        if _is_wired(build, use) and use not in listed:
            yield f"bom.csv has nothing on {use}: name it in the column pins"
    for use in listed:
        if use in wanted and not _is_wired(build, use):
            yield f"bom.csv hangs something on {use}, and build.toml has nothing there"


def _is_wired(build: Build, use: str) -> bool:
    if use == "gate":  # for a reader that has an input for it; none of these has
        return False
    return (build.display is not None or not use.startswith("display.")) and (build.button or use != "button")


def _wiring(build: Build, wired: dict[str, tuple[str, int, str]]) -> Iterator[str]:
    for use, pin in build.board.pins.items():
        if not _is_wired(build, use):
            if use in wired:
                yield f"wiring.yml wires {use}, and build.toml has nothing there: run scripts/draw"
            continue
        if use not in wired:
            yield f"wiring.yml has no wire for {use}: run scripts/draw"
            continue
        number, gpio, far = wired[use]
        printed = {str(place): gpio_of(label) for label, place in build.board_part["header"].items()}
        if gpio != pin or printed.get(number) != pin:
            yield f"wiring.yml has {use} on GPIO {gpio} at {number}, boards.toml says {pin}: run scripts/draw"
        if use == "uart.tx" and far != "A2 RX":
            yield f"uart.tx is to go to the reader's RX, and goes to {far}"
        if use == "uart.rx" and far not in ("A2 TX", "P1 A2 TX"):
            yield f"uart.rx is to come from the reader's TX, and comes from {far}"


def wired_uses(path: Path) -> dict[str, tuple[str, int, str]]:
    """Of a wiring.yml: use -> the number on the board's header, the GPIO, and what the wire's other end is called."""
    import yaml  # type: ignore[import-untyped]

    try:
        data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        connections = data["connections"]
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        return {}
    labels = {
        (ref, str(number)): str(label)
        for ref, node in data["connectors"].items()
        for number, label in zip(node["pins"], node["pinlabels"])
    }
    found = {}
    for (start, starts), _, (end, ends) in ([next(iter(part.items())) for part in run] for run in connections):
        for one, other in zip(starts, ends):
            for near, far in (((start, str(one)), (end, str(other))), ((end, str(other)), (start, str(one)))):
                label, _, use = labels[near].partition(" · ")
                if near[0] == "A1" and use:
                    found[use] = (near[1], gpio_of(label), f"{far[0]} {labels[far]}")
    return found


def _assigned(path: Path) -> dict[str, object]:
    """NAME = value of a module, without running it."""
    try:
        body = ast.parse(path.read_text(encoding="utf-8")).body
    except (OSError, SyntaxError):
        return {}
    found: dict[str, object] = {}
    for line in body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            found[line.targets[0].id] = ast.literal_eval(line.value)
    return found


def reader(build: Build, root: Path) -> Iterator[str]:
    """Its settings are known, and its driver is one that the firmware has."""
    name = build.reader_part["settings"]
    path = root / "hardware" / "readers" / f"{name}.toml"
    if not path.is_file():
        yield f"there are no settings for the reader: hardware/readers/{name}.toml"
        return
    family = tomllib.loads(path.read_text(encoding="utf-8"))["reader"]["family"]
    if not any((root / "firmware" / "scanner").glob(f"{family}*.py")):
        yield f"the firmware has no driver for {family}, the reader's family"


def levels(build: Build) -> Iterator[str]:
    """Serial lines, the display's bus, the light's data."""
    chip, reader = build.chip, build.reader_part
    if reader["tx_high_v"] > chip["pin_max_v"]:
        yield (
            f"the reader sends {reader['tx_high_v']} V and the pin bears {chip['pin_max_v']} V: "
            "take a module of 3.3 V or put a level shifter between"
        )
    if reader["tx_high_v"] < chip["pin_sees_v"]:
        yield f"the reader sends {reader['tx_high_v']} V and the pin takes {chip['pin_sees_v']} V for high"
    least, most = chip["pin_high_v"]
    if least < reader["rx_high_v"]:
        yield f"the reader takes {reader['rx_high_v']} V for high and the pin gives {least} V"
    if most > reader["rx_max_v"]:
        yield f"the pin gives {most} V and the reader's RX bears {reader['rx_max_v']} V"
    if build.display and build.display["rail"] != "3V3":
        yield "the display pulls its bus up to its own supply: it belongs on 3V3, not on 5V"
    light, drive = build.light_part, build.light_drive
    if light["kind"] == "ws2812":
        if drive["high_v"] > least:
            yield f"the level shifter takes {drive['high_v']} V for high and the pin gives {least} V"
        if drive["supply_v"][0] < light["supply_v"][0] * light["high_share"]:
            yield "the level shifter does not give what the light takes for high"


def supplies(build: Build, root: Path) -> Iterator[str]:
    """The reader's rail, regulators, the supply, the cable, the fuse."""
    told = budget(build, root)
    yield from _reader_rail(build, told)
    external = sum(draw.peak for draw in draws(build)[1:] if draw.rail == "3V3")
    if external > build.board_part["out_limit"]:
        most = build.board_part["out_limit"]
        yield f"{external:.0f} mA hang on the board's 3V3, which may give {most} mA: give the reader a regulator"
    for regulator in told.regulators:
        if regulator.peak > regulator.limit:
            yield f"{regulator.name} is to give {regulator.peak:.0f} mA and can give {regulator.limit:.0f} mA"
        if regulator.heat_w > regulator.heat_limit_w:
            yield f"{regulator.name} makes {regulator.heat_w:.2f} W of heat, more than {regulator.heat_limit_w} W"
    if told.peak > build.supply["limit"] * SUPPLY_SHARE:
        yield f"{told.peak:.0f} mA at once are too much for a supply of {build.supply['limit']} mA"
    if told.peak > build.fuse["hold_ma"]:
        yield f"{told.peak:.0f} mA at once are more than the fuse holds ({build.fuse['hold_ma']} mA)"
    if told.peak > (port_ma := load_jig(root)["port_ma"]):
        yield f"{told.peak:.0f} mA at once are more than a port of the jig's hub gives ({port_ma} mA)"
    for need in told.needs:
        if told.margin_v(need) < MARGIN_V:
            yield (
                f"{told.rail_v[0]:.2f} V arrive and {need.part} wants {need.least_v:.2f} V and {MARGIN_V} V more: "
                "a shorter or thicker cable"
            )
    if build.light_part["kind"] == "ws2812" and told.rail_v[1] > build.light_part["supply_v"][1]:
        yield f"the light bears {build.light_part['supply_v'][1]} V and may get {told.rail_v[1]} V"


def _reader_rail(build: Build, told: Budget) -> Iterator[str]:
    rail = build.reader["rail"]
    if rail == "5V":
        least, most = told.rail_v
    elif rail == "reader_3v3" and build.regulator:
        spread = build.regulator["out_v"] * build.regulator["tolerance"]
        least, most = build.regulator["out_v"] - spread, build.regulator["out_v"] + spread
    else:
        least, most = CORE_V * (1 - CORE_TOLERANCE), CORE_V * (1 + CORE_TOLERANCE)
    low, high = build.reader_part["supply_v"]
    if least < low or most > high:
        part, has = build.reader_part["part"], f"{least:.2f} to {most:.2f} V"
        yield f"{part} wants {low} to {high} V, and {rail} has {has}: another rail or another reader"


def drives(build: Build, root: Path) -> Iterator[str]:
    """Currents out of pins, through transistors, diodes and the buzzer."""
    most_v = build.supply["volts"][1]
    pin_ma, sound, drive = build.chip["pin_ma"], buzzer_ma(build, most_v), build.buzzer_drive
    if drive["kind"] == "transistor":
        base_ma, most_ma = ((volts - DIODE_DROP_V) / drive["base_ohm"] * 1000 for volts in build.chip["pin_high_v"])
        if most_ma > pin_ma:
            yield f"the buzzer's transistor takes {most_ma:.1f} mA from a pin that may give {pin_ma} mA: a larger R4"
        if base_ma * drive["gain"] < sound:
            yield f"{base_ma:.1f} mA do not open the transistor for the buzzer's {sound:.0f} mA: a smaller R4"
        if build.buzzer_part["magnetic"] and not build.buzzer.get("flyback"):
            yield "a magnetic buzzer behind a bare transistor wants a diode across it"
    else:
        if drive["input_v"] > build.chip["pin_high_v"][0] or drive["input_ma"] > pin_ma:
            yield "the pin does not drive the driver's input"
    if sound > drive["most_ma"]:
        yield f"the buzzer draws {sound:.0f} mA, its driver bears {drive['most_ma']} mA: a larger R5"
    if build.light_part["kind"] == "rgb":
        yield from _colours(build, *budget(build, root).rail_v)


def _colours(build: Build, least_v: float, most_v: float) -> Iterator[str]:
    most = min(build.light_part["most_ma"], build.light_drive["most_ma"])
    for colour, flows in colour_ma(build, most_v).items():
        if flows > most:
            yield f"{colour} gets {flows:.0f} mA, more than {most} mA: a larger resistor"
    for colour, flows in colour_ma(build, least_v).items():
        if flows < COLOURS_LEAST_MA:
            yield f"{colour} gets {flows:.1f} mA when the supply is low: nobody sees that; a smaller resistor"
