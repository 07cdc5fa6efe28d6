"""The sizes of a build's box: hardware/enclosure/<build>.toml and parts.toml as the numbers that box.scad works with.

Lengths are millimetres, angles degrees. Refused by name (DrawingError "data") is what is missing, unknown, no number,
or outside of what a printer and a wall allow.
"""

import tomllib
from pathlib import Path
from typing import Any

from scripts.drawing.generator import DrawingError

ENCLOSURE = Path("hardware/enclosure")
BUILDS = ("cheapest", "standard", "pico")
BED = 220.0
PLACES = {
    "reader_at": {"x", "v", "hold"},
    "display_at": {"x", "v"},
    "light_at": {"x", "v"},
    "button_at": {"x", "v"},
    "buzzer_at": {"x", "v"},
    "perfboard_at": {"x", "y", "upright", "shift"},
}
LIMITS = {"wide": (60, 200), "high": (80, 200), "deep": (25, 120), "tilt_deg": (0, 30)}
DISPLAY_GAP = 2.2  # between lid and the display's board: its panel is 1.5 thick
PANE_EDGE = 1.2  # how far a pane lies on its frame, all around


def parts(root: Path) -> dict[str, Any]:
    return _read(root / ENCLOSURE / "parts.toml")


def build(root: Path, name: str) -> dict[str, Any]:
    """What the build's file says. Raises DrawingError "data"."""
    said = _read(root / ENCLOSURE / f"{name}.toml")
    wanted = {"board", "reader", *LIMITS, *PLACES}
    if not said.get("display"):
        wanted -= {"display_at"}
    allowed = wanted | {"display"}
    if missing := sorted(wanted - set(said)):
        raise DrawingError("data", f"{name}.toml: {', '.join(missing)} missing")
    if unknown := sorted(set(said) - allowed):
        raise DrawingError("data", f"{name}.toml: {', '.join(unknown)} unknown")
    for key, (least, most) in LIMITS.items():
        if not _number(said[key]) or not least <= said[key] <= most:
            raise DrawingError("data", f"{name}.toml: {key} is {said[key]!r}, and has to be {least} to {most}")
    for key in PLACES.keys() & said.keys():
        _place(name, key, said[key])
    return said


def _place(name: str, key: str, given: Any) -> None:
    if not isinstance(given, dict) or set(given) != PLACES[key]:
        raise DrawingError("data", f"{name}.toml: {key} has {', '.join(sorted(PLACES[key]))}")
    for field, value in given.items():
        fine = {"hold": value in ("ears", "tray"), "upright": isinstance(value, bool)}.get(field, _number(value))
        if not fine:
            raise DrawingError("data", f"{name}.toml: {key}.{field} is {value!r}")


def variables(root: Path, name: str) -> dict[str, Any]:
    """The variables of box.scad for a build, in the order in which they are written."""
    said, known = build(root, name), parts(root)
    board = _named(known, "boards", said["board"], name)
    reader = _named(known, "readers", said["reader"], name)
    display = _named(known, "displays", said["display"], name) if said.get("display") else None
    perf, gland, screws = known["perfboard"], known["gland"], known["screws"]
    at = {key: said.get(key, {"x": 0, "v": 0}) for key in PLACES}
    panel_open = [display["active"][0] + 2, display["active"][1] + 2] if display else [1, 1]
    return {
        "wide": said["wide"],
        "high": said["high"],
        "deep": said["deep"],
        "tilt": said["tilt_deg"],
        "reader": reader["size"],
        "reader_x": at["reader_at"]["x"],
        "reader_v": at["reader_at"]["v"],
        "reader_hold": at["reader_at"]["hold"],
        "with_display": display is not None,
        "display": display["size"] if display else [1, 1, 1],
        "display_holes": display["holes"] if display else [1, 1, 1],
        "display_open": panel_open,
        "display_pane": [side + 2 * PANE_EDGE for side in panel_open],
        "display_up": display["active_up"] if display else 0,
        "display_gap": DISPLAY_GAP,
        "display_x": at["display_at"]["x"],
        "display_v": at["display_at"]["v"],
        "light_x": at["light_at"]["x"],
        "light_v": at["light_at"]["v"],
        "light_rod": known["light"]["rod"],
        "light_rod_long": known["light"]["rod_long"],
        "light_seat": known["light"]["seat"],
        "light_seat_deep": known["light"]["seat_deep"],
        "button_x": at["button_at"]["x"],
        "button_v": at["button_at"]["v"],
        "button_bore": known["button"]["bore"],
        "button_body": known["button"]["body"],
        "button_nut_high": known["button"]["nut_high"],
        "button_nut": known["button"]["nut"],
        "button_behind": known["button"]["behind"],
        "button_cap": known["button"]["cap"],
        "button_cap_high": known["button"]["cap_high"],
        "buzzer_x": at["buzzer_at"]["x"],
        "buzzer_v": at["buzzer_at"]["v"],
        "buzzer": known["buzzer"]["across"],
        "buzzer_high": known["buzzer"]["high"],
        "perf": perf["size"],
        "perf_holes": perf["holes"],
        "perf_header": perf["header"],
        "perf_gap": perf["gap"],
        "perf_x": at["perfboard_at"]["x"],
        "perf_y": at["perfboard_at"]["y"],
        "perf_upright": at["perfboard_at"]["upright"],
        "perf_shift": at["perfboard_at"]["shift"],
        "board": board["size"],
        "board_rows": board["rows"],
        "gland_x": said["wide"] / 2 - 21,
        "gland_z": 16,
        "gland_bore": gland["bore"],
        "gland_nut": gland["nut"],
        "gland_nut_high": gland["nut_high"],
        "gland_flange": gland["flange"],
        "gland_outside": gland["outside"],
        "vents": [-30, -23, -16, -9, -2],
        "key_x": 28,
        "key_y": said["high"] - 15,
        "low_y": 24,
        "lid_screw": screws["lid"],
        "lid_head": screws["lid_head"],
        "lid_screw_long": screws["lid_long"],
        "lid_insert": screws["insert"],
        "lid_insert_deep": screws["insert_deep"],
        "wall_screw": screws["wall"],
        "wall_head": screws["wall_head"],
        "board_screw": screws["board"],
    }


def seen(root: Path, name: str) -> tuple[list[float], list[float]]:
    """What the checks need besides: the reader's field of view, and the display's glass (nothing of it without one)."""
    said, known = build(root, name), parts(root)
    glass = _named(known, "displays", said["display"], name)["panel"] if said.get("display") else [0.0, 0.0]
    return _named(known, "readers", said["reader"], name)["view_deg"], glass


def as_scad(name: str, values: dict[str, Any]) -> str:
    """The file that OpenSCAD opens for a build."""
    lines = [
        f"// The box of the build {name}: written by scripts/draw from {name}.toml and parts.toml; change it there.",
        *(f"{key} = {_scad(value)};" for key, value in values.items()),
        "include <box.scad>",
    ]
    return "\n".join(lines) + "\n"


def _scad(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return "[" + ", ".join(_scad(one) for one in value) + "]"
    return f"{value:g}"


def _named(known: dict[str, Any], table: str, wanted: str, name: str) -> dict[str, Any]:
    found = known.get(table, {}).get(wanted)
    if not isinstance(found, dict):
        raise DrawingError("data", f"{name}.toml: parts.toml has no {table}.{wanted}")
    return found


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as bad:
        raise DrawingError("data", f"{path.name}: {bad}") from bad
