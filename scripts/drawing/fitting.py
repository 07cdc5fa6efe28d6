"""The printed parts and what goes into them, as solids in one room: do they fit, does the reader see out?

1. The room is the base's: x across, y up the wall, z out of it; the lid lies in it as when it is screwed on.
2. What goes in is built here from parts.toml and the build's file, not from box.scad: two ways to the same box, so that
   a mistake in one of them shows.
3. A part is taken TOLERANCE larger on every side, and with the room that its wires need.
4. Two solids clash where they share more than CLASH_MM3.
"""

from math import cos, radians, sin, tan
from typing import TYPE_CHECKING, Any

from scripts.drawing import meshes

if TYPE_CHECKING:
    from manifold3d import Manifold

TOLERANCE = 0.2
CLASH_MM3 = 0.5
BACK, STANDOFF, LID, FRAME, PANE, FOAM, WALL = 3.0, 5.0, 3.6, 1.5, 2.0, 1.0, 2.8  # as in box.scad
KEY_UP = 7.0
FAR_MM = 300.0  # a code is shown no further away than this
LENS_MM = 8.0  # across what the reader looks through, generously
CABLE = 10.0  # behind the reader
BESIDE = 12.0  # how high a part may be that is soldered beside the board
LIFTS = (0.25, 0.5, 1, 2, 3, 4, 6, 9, 14, 22, 40, 80)


class Fitting:
    """`base` and `lid` are meshes as they are printed; `values` are those of sizes.variables."""

    def __init__(self, base: Any, lid: Any, values: dict[str, Any], view_deg: list[float], panel: list[float]) -> None:
        self.values, self.view_deg, self.panel = values, view_deg, panel
        self.base = meshes.solid(base)
        self.lid = self._onto(meshes.solid(lid).rotate([180, 0, 0]))
        self.base_parts = self._base_parts()
        self.lid_parts = self._lid_parts()

    def clashes(self) -> list[str]:
        """Which two things want the same place."""
        things = {"base": self.base, "lid": self.lid, **self.base_parts, **self.lid_parts}
        names = list(things)
        return [
            f"{one} and {other} share {shared:.1f} mm³"
            for index, one in enumerate(names)
            for other in names[index + 1 :]
            if not _one_part(one, other) and (shared := _shared(things[one], things[other])) > CLASH_MM3
        ]

    def closing(self) -> list[str]:
        """What is in the way when the lid, with all that it carries, is put on straight."""
        still = {"base": self.base, **self.base_parts}
        moving = {"lid": self.lid, **self.lid_parts}
        tilt = radians(self.values["tilt"])
        found = {}
        for lift in LIFTS:
            way = [0.0, -lift * sin(tilt), lift * cos(tilt)]
            for name, thing in moving.items():
                lifted = thing.translate(way)
                for other, place in still.items():
                    if not _one_part(name, other) and _shared(lifted, place) > CLASH_MM3:
                        found[name, other] = lift
        return [f"{name} meets {other}, {lift:g} mm before the lid is on" for (name, other), lift in found.items()]

    def hidden(self) -> list[str]:
        """What of the box stands in the reader's field of view, up to FAR_MM."""
        view = self._onto(self.view())
        things = {"base": self.base, "lid": self.lid, **self.base_parts}
        things |= {name: part for name, part in self.lid_parts.items() if not name.startswith(("reader", "pane"))}
        return [
            f"{name} stands in the reader's view ({shared:.1f} mm³)"
            for name, part in things.items()
            if (shared := _shared(view, part)) > CLASH_MM3
        ]

    def loose(self) -> list[str]:
        """What is not held: the reader must not slip sideways, the board must rest on its standoffs."""
        faults = []
        reader = self.lid_parts["reader"]
        for name, way in {"sideways": [1.0, 0, 0], "upwards": [0, 1.0, 0]}.items():
            for sign in (1, -1):
                moved = reader.translate([sign * part for part in self._turned(way)])
                if _shared(moved, self.lid) <= CLASH_MM3:
                    faults.append(f"nothing keeps the reader from slipping {name}")
        sunk = self.base_parts["perfboard"].translate([0, 0, -2 * TOLERANCE])
        if _shared(sunk, self.base) <= CLASH_MM3:
            faults.append("the perfboard rests on nothing")
        return sorted(set(faults))

    def screws(self) -> list[str]:
        """Whether each screw finds its way through the lid to its insert, and the insert something to hold in."""
        faults = []
        long, deep = self.values["lid_screw_long"], self.values["lid_insert_deep"]
        for index, (x, v) in enumerate(self._bosses(), 1):
            screw = _rod(self.values["lid_screw"], long).translate([x, v, -long])
            hole = _rod(self.values["lid_insert"] - 0.1, deep - 0.2).translate([x, v, -LID - deep + 0.1])
            around = _rod(self.values["lid_insert"] + 2, deep - 0.2).translate([x, v, -LID - deep + 0.1]) - hole
            if _shared(self._onto(screw + hole), self.base) + _shared(self._onto(screw), self.lid) > CLASH_MM3:
                faults.append(f"lid screw {index} does not find its hole")
            if _shared(self._onto(around), self.base) < 0.9 * around.volume():
                faults.append(f"the insert of lid screw {index} has too little around it")
            driver = _rod(8, 45).translate([x, v, 0.1]) + _rod(26, 100).translate([x, v, 45])
            if _shared(self._onto(driver), self.base) > CLASH_MM3:
                faults.append(f"a screwdriver does not reach lid screw {index}")
        return faults

    def view(self) -> "Manifold":
        """The field of view in the lid's room: what the reader sees between itself and FAR_MM before the lid."""
        from manifold3d import Manifold

        across, up = self.view_deg
        x, v = self.values["reader_x"], self.values["reader_v"]
        start = -(FRAME + PANE)
        points = []
        for w in (start, FAR_MM):
            grown = w - start
            wide = LENS_MM / 2 + grown * tan(radians(across / 2))
            high = LENS_MM / 2 + grown * tan(radians(up / 2))
            points += [[x + sx * wide, v + sv * high, w] for sx in (1, -1) for sv in (1, -1)]
        return Manifold.hull_points(points)

    def _bosses(self) -> list[tuple[float, float]]:
        """Where box.scad puts the four screws, computed anew."""
        values, tilt = self.values, radians(self.values["tilt"])
        low = (WALL + 0.35 - LID * sin(tilt)) / cos(tilt) + 5.4
        high = (values["high"] - 3 - 0.35 - (LID + 3) * sin(tilt)) / cos(tilt) - 5
        return [(side * (values["wide"] / 2 - WALL - 3.6), v) for side in (-1, 1) for v in (low, high)]

    def _base_parts(self) -> "dict[str, Manifold]":
        values = self.values
        perf, board = values["perf"], values["board"]
        on = BACK + STANDOFF
        stack = values["perf_header"] + values["perf_gap"]
        usb = on + perf[2] + stack + 1.6 + 1.5
        flat = {
            "perfboard": _box(perf).translate([0, 0, on + TOLERANCE]),
            "perfboard's joints": _box([perf[0] - 13, perf[1] - 4, 3]).translate([0, 0, on - 3]),
            "perfboard's parts": _box([perf[0] - 8, perf[1] - 8, BESIDE]).translate([0, 0, on + perf[2] + 0.3]),
            "board": _box([board[0], board[1], stack + board[2]]).translate(
                [0, values["perf_shift"], on + perf[2] + 0.3]
            ),
            "USB plug": _box([12, 25, 8]).translate([0, values["perf_shift"] - board[1] / 2 - 13, usb - 4]),
        }
        turn = 0 if values["perf_upright"] else 90
        placed = {
            name: part.rotate([0, 0, turn]).translate([values["perf_x"], values["perf_y"], 0])
            for name, part in flat.items()
        }
        gland = _rod(values["gland_bore"] - 0.3, 9).translate([0, 0, -9]) + _rod(values["gland_nut"], 5).translate(
            [0, 0, -WALL - 5.1]
        )
        gland += _rod(values["gland_flange"], values["gland_outside"]).translate([0, 0, 0.1])
        placed["gland"] = gland.rotate([90, 0, 0]).translate([values["gland_x"], 0, values["gland_z"]])
        for side in (-1, 1):
            head = _rod(values["wall_head"], 3.5).translate([0, 0, BACK + 0.1]) + _rod(
                values["wall_screw"], BACK + 2
            ).translate([0, 0, -1])
            placed[f"wall screw {side:+d}"] = head.translate([side * values["key_x"], values["key_y"] + KEY_UP, 0])
            driver = _rod(values["wall_head"], 120).translate([side * values["key_x"], values["low_y"], BACK + 0.1])
            placed[f"screwdriver {side:+d}"] = driver ^ _box([500, 500, 25]).translate([0, 0, BACK])
        return placed

    def _lid_parts(self) -> "dict[str, Manifold]":
        values = self.values
        reader = values["reader"]
        front = -(FRAME + PANE + FOAM)
        at = {
            "pane": self._inward([reader[0] + 0.4, reader[1] + 0.4, PANE - 0.1], "reader", -FRAME - 0.05),
            "reader": self._inward([reader[0] + 2 * TOLERANCE, reader[1] + 2 * TOLERANCE, reader[2]], "reader", front),
            "reader's cable": self._inward([reader[0] - 4, reader[1] - 4, CABLE], "reader", front - reader[2]),
        }
        rod = _rod(values["light_rod"], values["light_rod_long"])
        seat = _rod(values["light_seat"], values["light_seat_deep"] + 6)
        at["light"] = rod.translate([0, 0, -values["light_rod_long"]]) + seat.translate(
            [0, 0, -values["light_rod_long"] - values["light_seat_deep"] - 6.1]
        )
        body = _rod(values["button_body"], values["button_behind"]).translate(
            [0, 0, -LID - 0.1 - values["button_behind"]]
        )
        nut = _rod(values["button_nut"], values["button_nut_high"]).translate(
            [0, 0, -LID - 0.1 - values["button_nut_high"]]
        )
        cap = _rod(values["button_cap"], values["button_cap_high"]).translate([0, 0, 0.1])
        at["button"] = body + nut + cap + _rod(values["button_bore"] - 0.3, LID + 1).translate([0, 0, -LID - 0.5])
        high = values["buzzer_high"] + 5
        at["buzzer"] = _rod(values["buzzer"], high).translate([0, 0, -LID - high - 0.1])
        placed = {
            name: self._onto(part.translate([values[f"{key}_x"], values[f"{key}_v"], 0]))
            for name, part in at.items()
            for key in [name if f"{name}_x" in values else "reader"]
        }
        return placed | (self._display() if values["with_display"] else {})

    def _display(self) -> "dict[str, Manifold]":
        values = self.values
        size, up = values["display"], values["display_up"]
        board = -LID - values["display_gap"] - 0.1
        pane = values["display_pane"]
        solids = {
            "display": _box([size[0] + 2 * TOLERANCE, size[1] + 2 * TOLERANCE, 1.2]).translate([0, 0, board - 1.2])
            + _box([*self.panel, 1.5]).translate([0, 0, board]),
            "pane of the display": _box([pane[0] - 0.4, pane[1] - 0.4, PANE]).translate([0, up, -FRAME - PANE - 0.05]),
            "display's plugs": _box([12, 4, 14]).translate([0, size[1] / 2 - 2.2, board - 15.3]),
        }
        return {
            name: self._onto(part.translate([values["display_x"], values["display_v"], 0]))
            for name, part in solids.items()
        }

    def _inward(self, size: list[float], key: str, front: float) -> "Manifold":
        """A block on the lid whose front is at w = `front`, moved to its place by _lid_parts."""
        return _box(size).translate([0, 0, front - size[2]])

    def _onto(self, part: "Manifold") -> "Manifold":
        """From the lid's room into the base's."""
        return part.rotate([self.values["tilt"], 0, 0]).translate([0, 0, self.values["deep"]])

    def _turned(self, way: list[float]) -> list[float]:
        tilt = radians(self.values["tilt"])
        return [way[0], way[1] * cos(tilt) - way[2] * sin(tilt), way[1] * sin(tilt) + way[2] * cos(tilt)]


def _one_part(one: str, other: str) -> bool:
    """A screwdriver and a plug are there one after the other; what belongs together may touch."""
    passing = ("USB plug", "screwdriver")
    if one.startswith(passing) and other not in ("base", "board", "gland", "perfboard"):
        return True
    if other.startswith(passing) and one not in ("base", "board", "gland", "perfboard"):
        return True
    return {one, other} == {"board", "perfboard's parts"} or one.split("'")[0] == other.split("'")[0]


def _shared(one: "Manifold", other: "Manifold") -> float:
    return float((one ^ other).volume())


def _box(size: list[float]) -> "Manifold":
    """Standing on z = 0, its middle above the origin."""
    from manifold3d import Manifold

    return Manifold.cube(size, True).translate([0, 0, size[2] / 2])


def _rod(across: float, long: float) -> "Manifold":
    from manifold3d import Manifold

    return Manifold.cylinder(long, across / 2, across / 2, 48)
