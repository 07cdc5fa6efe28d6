"""The box on the wall: hardware/enclosure/*.toml -> OpenSCAD -> STL for the printer and pictures, each checked.

A part that is not closed, too thin, too large for the bed, or in the way of another is refused (DrawingError "data"),
so what lies in hardware/enclosure/ has passed. `<build>.json` says by how much.
"""

import io
import json
import os
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.drawing import meshes, sizes
from scripts.drawing.fitting import Fitting
from scripts.drawing.generator import DrawingError, Generator
from scripts.drawing.sizes import BED, BUILDS, ENCLOSURE

LEAST_WALL_MM = 1.15  # three lines of a 0.4 mm nozzle, less what facets take off
MOST_OVERHANG_MM2 = 250.0  # short bridges: over the ties' slots, under engraved lines
MOST_STL_BYTES = 400_000
PLASTIC_G_CM3 = 1.27  # PETG
SOLID_SHARE = 0.75  # walls, bottoms and a quarter of infill
TIMEOUT_S = 300
VIEWS = {"closed": "0,0,0,70,0,30,400", "open": "0,0,0,66,0,16,400"}
CODE = (
    "scripts/drawing/enclosure.py",
    "scripts/drawing/sizes.py",
    "scripts/drawing/meshes.py",
    "scripts/drawing/fitting.py",
)


def parameter_sets(root: Path) -> dict[str, bytes]:
    """`<build>.scad`: what one opens in OpenSCAD."""
    return {
        f"{ENCLOSURE.as_posix()}/{name}.scad": sizes.as_scad(name, sizes.variables(root, name)).encode()
        for name in BUILDS
    }


def maker(name: str) -> Callable[[Path], dict[str, bytes]]:
    def make(root: Path) -> dict[str, bytes]:
        with tempfile.TemporaryDirectory(prefix="tram-box-") as folder:
            stls = render(root, name, Path(folder))
            made = {f"{name}-{part}.stl": meshes.ordered(path.read_bytes()) for part, path in stls.items()}
            judged = judge(root, name, made[f"{name}-base.stl"], made[f"{name}-lid.stl"])
            made[f"{name}.json"] = (json.dumps(judged, indent=1, ensure_ascii=False) + "\n").encode()
            for view, camera in VIEWS.items():
                made[f"{name}-{view}.png"] = picture(root, name, view, camera, stls, Path(folder))
        return {f"{ENCLOSURE.as_posix()}/{file}": data for file, data in made.items()}

    return make


def render(root: Path, name: str, folder: Path, parts: tuple[str, ...] = ("base", "lid")) -> dict[str, Path]:
    """Both printed parts as binary STL files in `folder`, at the same time."""
    source = root / ENCLOSURE / f"{name}.scad"
    made = {part: folder / f"{name}-{part}.stl" for part in parts}
    running = {
        part: _openscad(["-o", str(path), "--export-format", "binstl", "-D", f'part="{part}"', str(source)])
        for part, path in made.items()
    }
    for part, process in running.items():
        _ended(process, f"{name}-{part}")
    return made


def judge(root: Path, name: str, base_stl: bytes, lid_stl: bytes) -> dict[str, Any]:
    """The figures of both parts. Raises DrawingError "data" with all that is wrong."""
    faults, figures, loaded = [], {}, {}
    for part, data in {"base": base_stl, "lid": lid_stl}.items():
        mesh = loaded[part] = meshes.load(data)
        thinnest = meshes.thicknesses(mesh)[0]
        figures[part] = {
            "size_mm": [round(float(side), 1) for side in mesh.extents],
            "volume_cm3": round(float(mesh.volume) / 1000, 1),
            "plastic_g": round(float(mesh.volume) / 1000 * PLASTIC_G_CM3 * SOLID_SHARE),
            "thinnest_mm": round(thinnest, 1),
            "overhang_mm2": round(meshes.overhang_mm2(mesh)),
        }
        wrong = meshes.open_places(mesh)
        wrong += [f"a wall of {thinnest:.2f} mm"] if thinnest < LEAST_WALL_MM else []
        wrong += ["larger than the bed"] if max(mesh.extents[:2]) > BED else []
        wrong += ["needs supports"] if meshes.overhang_mm2(mesh) > MOST_OVERHANG_MM2 else []
        wrong += [f"an STL of {len(data)} bytes"] if len(data) > MOST_STL_BYTES else []
        faults += [f"{part}: {what}" for what in wrong]
    fitting = Fitting(loaded["base"], loaded["lid"], sizes.variables(root, name), *sizes.seen(root, name))
    faults += fitting.clashes() + fitting.closing() + fitting.hidden() + fitting.loose() + fitting.screws()
    if faults:
        raise DrawingError("data", f"the box of {name}: " + "; ".join(faults))
    return figures


def picture(root: Path, name: str, view: str, camera: str, stls: dict[str, Path], folder: Path) -> bytes:
    """A PNG of the whole box, drawn large, cropped and made smaller, so that edges are smooth."""
    from PIL import Image, ImageChops

    path = folder / f"{view}.png"
    shown = [f'part="{view}"', *(f'{part}_stl="{file.as_posix()}"' for part, file in stls.items())]
    flags = [argument for one in shown for argument in ("-D", one)]
    flags += ["--imgsize=2800,2100", "--viewall", "--autocenter", "--camera", camera, "--colorscheme=Tomorrow"]
    process = _openscad(["-o", str(path), *flags, str(root / ENCLOSURE / f"{name}.scad")], screen=True)
    _ended(process, f"{name}-{view}.png")
    with Image.open(path) as drawn:
        image = drawn.convert("RGB")
    ground = Image.new("RGB", image.size, image.getpixel((0, 0)))
    box = ImageChops.difference(image, ground).getbbox()
    if box is None:
        raise DrawingError("tool", f"OpenSCAD drew nothing of {name}")
    edge = 40
    image = image.crop((max(box[0] - edge, 0), max(box[1] - edge, 0), box[2] + edge, box[3] + edge))
    image.thumbnail((900, 900), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.quantize(128).save(out, "PNG", optimize=True)
    return out.getvalue()


def wrong(root: Path) -> list[str]:
    """What can be seen without rendering: a box that is for another board, reader or display than its build."""
    sentences = []
    for name in BUILDS:
        said = sizes.build(root, name)
        wanted = tomllib.loads((root / "hardware" / "builds" / name / "build.toml").read_text(encoding="utf-8"))
        for what, part in {
            "board": wanted["board"],
            "reader": wanted["reader"]["part"],
            "display": wanted.get("display", {}).get("part"),
        }.items():
            if said.get(what) != part:
                sentences.append(
                    f"hardware/enclosure/{name}.toml: {what} is {said.get(what)}, and {part} in its build.toml"
                )
    return sentences


def _openscad(arguments: list[str], screen: bool = False) -> "subprocess.Popen[str]":
    program = shutil.which("openscad")
    if program is None:
        raise DrawingError("tool", "OpenSCAD is missing: install it, for example `apt-get install openscad xvfb`")
    command = [program, "-q", "--hardwarnings", *arguments]
    if screen and not os.environ.get("DISPLAY") and (frame := shutil.which("xvfb-run")):
        command = [frame, "-a", *command]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def _ended(process: "subprocess.Popen[str]", what: str) -> None:
    try:
        _, said = process.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired as late:
        process.kill()
        process.communicate()
        raise DrawingError("tool", f"OpenSCAD did not finish {what} in {TIMEOUT_S} s") from late
    if process.returncode:
        raise DrawingError("tool", f"OpenSCAD refused {what}: {said.strip()[-400:]}")


GENERATORS = (
    Generator(
        "enclosure-sizes",
        (*CODE[:2], "hardware/enclosure/*.toml"),
        tuple(f"hardware/enclosure/{name}.scad" for name in BUILDS),
        parameter_sets,
        quick=True,
    ),
    *(
        Generator(
            f"enclosure-{name}",
            (
                *CODE,
                "hardware/enclosure/box.scad",
                "hardware/enclosure/parts.scad",
                "hardware/enclosure/parts.toml",
                f"hardware/enclosure/{name}.toml",
                f"hardware/enclosure/{name}.scad",
            ),
            tuple(f"hardware/enclosure/{name}{end}" for end in ("-base.stl", "-lid.stl", "-*.png", ".json")),
            maker(name),
        )
        for name in BUILDS
    ),
)
