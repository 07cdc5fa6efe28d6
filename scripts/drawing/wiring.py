"""The wiring of a build: as WireViz reads it, and as the pictures that WireViz and Graphviz make of that."""

import io
import json
import logging
import shutil
import tempfile
from pathlib import Path
from typing import Any

from scripts.drawing.builds import INPUTS, load
from scripts.drawing.generator import DrawingError, Generator
from scripts.drawing.jig import jig_netlist
from scripts.drawing.netlist import Netlist, Wire, netlist

NOTE = "Written by scripts/draw from boards.toml, parts.toml and build.toml: change it there."
SHOWN = {
    "A1": "Bo điều khiển / controller", "A2": "Đầu đọc / reader", "A3": "Màn hình / display", "BZ1": "Còi / buzzer",
    "C": "Tụ / capacitor", "D": "Điốt / diode", "E1": "Ray 5 V / rail", "E2": "Ray GND / rail",
    "F": "Cầu chì / fuse", "H": "Đèn / light", "P1": "Hàng chốt 1 / strip 1", "P2": "Hàng chốt 2 / strip 2",
    "Q": "Transistor", "R": "Trở / resistor", "S": "Nút / button", "U1": "Ổn áp / regulator", "U2": "IC",
    "T": "Điểm đo / test points", "X": "Nguồn / supply",
}  # fmt: skip


COLOURS = 48  # of a picture: lines in a dozen colours, and their edges


def shown(ref: str) -> str:
    return SHOWN.get(ref) or SHOWN[ref[0]]


def harness(nets: Netlist) -> str:
    """The cables between the modules and the perfboard's strips, for WireViz."""
    wires = [wire for wire in nets.wires if wire.cable]
    lines = [*_head(nets, wires), "cables:"]
    for name, (length_m, awg) in nets.cables.items():
        colours = ", ".join(wire.colour for wire in wires if wire.cable == name)
        lines += [f"  {name}:", f"    gauge: {awg} AWG", f"    length: {length_m:g}", f"    colors: [{colours}]"]
    lines.append("connections:")
    for name in nets.cables:
        for places, run in _runs(wires, name):
            lines.append(f"  - - {run[0].start[0]}: [{', '.join(_pin(wire.start[1]) for wire in run)}]")
            lines.append(f"    - {name}: [{', '.join(map(str, places))}]")
            lines.append(f"    - {run[0].end[0]}: [{', '.join(_pin(wire.end[1]) for wire in run)}]")
    return "\n".join(lines) + "\n"


def perfboard(nets: Netlist) -> str:
    """What is joined on the perfboard, between its two strips."""
    joints = [wire for wire in nets.wires if not wire.cable]
    lines = [*_head(nets, joints), "connections:"]
    for joint in joints:
        lines += [f"  - - {joint.start[0]}: [{_pin(joint.start[1])}]", "    - --"]
        lines.append(f"    - {joint.end[0]}: [{_pin(joint.end[1])}]")
    return "\n".join(lines) + "\n"


def _head(nets: Netlist, wires: list[Wire]) -> list[str]:
    there = {ref for wire in wires for ref in (wire.start[0], wire.end[0])}
    lines = [f"# {NOTE}", "options:", "  fontname: sans-serif", "connectors:"]
    for ref, node in nets.nodes.items():
        if ref in there:
            lines += [f"  {ref}:", f"    type: {_text(shown(ref))}", f"    subtype: {_text(node.title)}"]
            lines.append(f"    pins: [{', '.join(map(_pin, node.pins))}]")
            lines.append(f"    pinlabels: [{', '.join(map(_text, node.pins.values()))}]")
    return lines


def _runs(wires: list[Wire], cable: str) -> list[tuple[list[int], list[Wire]]]:
    """The wires of a cable, those between the same two nodes together, with their places in the cable from 1."""
    runs: dict[tuple[str, str], tuple[list[int], list[Wire]]] = {}
    for place, wire in enumerate([wire for wire in wires if wire.cable == cable], start=1):
        places, run = runs.setdefault((wire.start[0], wire.end[0]), ([], []))
        places.append(place)
        run.append(wire)
    return list(runs.values())


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _pin(number: str) -> str:
    """WireViz takes what looks like a number for one, quoted or not."""
    return number if number.isdigit() else _text(number)


def make_yaml(root: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for build in load(root):
        folder = f"hardware/builds/{build.name}"
        nets = netlist(build)
        files[f"{folder}/wiring.yml"] = harness(nets).encode()
        files[f"{folder}/perfboard.yml"] = perfboard(nets).encode()
        files[f"{folder}/jig.yml"] = harness(jig_netlist(build)).encode()
    return files


def make_pictures(root: Path) -> dict[str, bytes]:
    """SVG and PNG of each, by WireViz. Raises DrawingError "tool" where Graphviz is not there."""
    if shutil.which("dot") is None:
        raise DrawingError("tool", "Graphviz is not there: scripts/install --with dev brings it")
    files: dict[str, bytes] = {}
    for source in sorted((root / "hardware" / "builds").glob("*/*.yml")):
        svg, png = picture(source)
        stem = f"hardware/builds/{source.parent.name}/{source.stem}"
        files |= {f"{stem}.svg": svg, f"{stem}.png": png}
    return files


def picture(source: Path) -> tuple[bytes, bytes]:
    """-> SVG, PNG."""
    from PIL import Image
    from wireviz import wireviz  # type: ignore[import-untyped]

    logging.getLogger("graphviz").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="tram-wiring-") as name:
        shutil.copyfile(source, Path(name) / "wiring.yml")
        parse: Any = wireviz.parse
        parse(Path(name) / "wiring.yml", output_formats=("svg", "png"), output_dir=name, output_name="wiring")
        with Image.open(Path(name) / "wiring.png") as drawn:
            small = io.BytesIO()
            drawn.convert("RGB").quantize(COLOURS).save(small, "PNG", optimize=True)
        return (Path(name) / "wiring.svg").read_bytes(), small.getvalue()


_CODE = tuple(f"scripts/drawing/{name}.py" for name in ("builds", "jig", "netlist", "wiring"))
GENERATORS = (
    Generator(
        "wiring",
        (*INPUTS, *_CODE),
        ("hardware/builds/*/*.yml",),
        make_yaml,
        quick=True,
    ),
    Generator(
        "wiring-pictures",
        ("hardware/builds/*/*.yml", "scripts/drawing/wiring.py"),
        ("hardware/builds/*/*.svg", "hardware/builds/*/*.png"),
        make_pictures,
    ),
)
