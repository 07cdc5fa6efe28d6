"""The power budget of a build: what is drawn at once at most, what reaches the box through its cable, and what is left.

1. At the worst moment Wi-Fi sends, the reader reads, the light is white and the buzzer sounds: all peaks at once.
2. The supply gives the least that its standard allows; cable, contacts and fuse take their part by Ohm's law.
3. A linear regulator takes as much current as it gives; a switching one the power, by its efficiency.
4. A need is met where the volts that arrive lie at least MARGIN_V above what it wants.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.drawing.builds import Build, cable_ohm

MARGIN_V = 0.2
CORE_V = 3.3
CORE_TOLERANCE = 0.02
TRANSISTOR_DROP_V = 0.2
SUPPLY_SHARE = 0.7  # of what the supply may give: cheap ones give less than is printed on them
LENGTHS_M = (1.0, 2.0, 3.0, 5.0)


@dataclass(frozen=True)
class Draw:
    """What one part draws, in mA at its rail ("5V", "3V3" from the board, "reader_3v3")."""

    part: str
    rail: str
    peak: float
    mean: float
    source: str


@dataclass(frozen=True)
class Need:
    """The least volts that a part on the 5 V wants."""

    part: str
    least_v: float


@dataclass(frozen=True)
class Regulator:
    """Currents in mA; `heat_w` at the mean, at the most that the supply gives."""

    name: str
    peak: float
    limit: float
    heat_w: float
    heat_limit_w: float


@dataclass(frozen=True)
class Budget:
    """`peak` and `mean` in mA at 5 V; `rail_v` is the least and the most that arrives at the box."""

    draws: tuple[Draw, ...]
    peak: float
    mean: float
    loop_ohm: float
    rail_v: tuple[float, float]
    needs: tuple[Need, ...]
    regulators: tuple[Regulator, ...]

    def margin_v(self, need: Need) -> float:
        return self.rail_v[0] - need.least_v

    @property
    def least_margin_v(self) -> float:
        return min(self.margin_v(need) for need in self.needs)


def colour_ma(build: Build, volts: float) -> dict[str, float]:
    """Of a light of three diodes: what flows in each at so many volts."""
    part, drop = build.light_part, build.light_drive["small_drop_v"]
    ohm = build.light["resistor_ohm"]
    return {name: (volts - drop - forward) / ohm[name] * 1000 for name, forward in part["forward_v"].items()}


def buzzer_ma(build: Build, volts: float) -> float:
    """At the height of its wave."""
    drop = build.buzzer_drive.get("drop_v", TRANSISTOR_DROP_V)
    return float((volts - drop) / (build.buzzer_part["ohm"] + build.buzzer["series_ohm"]) * 1000)


def draws(build: Build) -> list[Draw]:
    most_v = build.supply["volts"][1]
    light = build.light_part
    light_peak = light["peak"] if light["kind"] == "ws2812" else sum(colour_ma(build, most_v).values())
    found = [
        Draw(build.board_part["part"], "3V3", build.chip["peak"], build.chip["mean"], build.chip["source"]),
        Draw(
            build.reader_part["part"], build.reader["rail"], build.reader_part["peak"], build.reader_part["mean"],
            build.reader_part["source"],
        ),
        Draw(light["part"], "5V", light_peak, light["mean"], light["source"]),
        Draw(
            build.buzzer_part["part"], "5V", buzzer_ma(build, most_v), build.buzzer_part["mean"],
            build.buzzer_part["source"],
        ),
    ]  # fmt: skip
    if light["kind"] == "ws2812":
        drive = build.light_drive
        found.append(Draw(drive["part"], "5V", drive["peak"], drive["mean"], drive["source"]))
    if build.display and build.display_part:
        shown = build.display_part
        found.append(Draw(shown["part"], build.display["rail"], shown["peak"], shown["mean"], shown["source"]))
    return found


def budget(build: Build, root: Path, awg: int | None = None, length_m: float | None = None) -> Budget:
    """With another cable than the build's where one is given."""
    found = draws(build)
    ohm_per_m, contacts = cable_ohm(root)
    loop = 2 * ohm_per_m[awg or build.awg] * (length_m or build.length_m) + contacts + build.fuse["ohm"]
    least_v, most_v = build.supply["volts"]
    peak = _at_five(build, found, "peak", least_v - 1.0)  # a switching regulator draws more the less arrives
    mean = _at_five(build, found, "mean", least_v)
    return Budget(
        tuple(found), peak, mean, loop, (least_v - peak / 1000 * loop, most_v), tuple(_needs(build)),
        tuple(_regulators(build, found, most_v)),
    )  # fmt: skip


def on_board(found: list[Draw], which: str) -> float:
    """What the board's own regulator gives, in mA at 3.3 V."""
    return float(sum(getattr(draw, which) for draw in found if draw.rail == "3V3"))


def _at_five(build: Build, found: list[Draw], which: str, volts: float) -> float:
    regulator = build.board_part["regulator"]
    core = on_board(found, which)
    if regulator["kind"] == "switching":
        core *= CORE_V / (volts * regulator["efficiency"])
    return core + float(sum(getattr(draw, which) for draw in found if draw.rail != "3V3"))


def _needs(build: Build) -> Iterator[Need]:
    own = build.board_part["regulator"]
    yield Need(own["name"], own["least_v"] if own["kind"] == "switching" else CORE_V + own["dropout_v"])
    if build.reader["rail"] == "5V":
        yield Need(build.reader_part["part"], build.reader_part["supply_v"][0])
    if build.regulator:
        yield Need(build.regulator["part"], build.regulator["out_v"] + build.regulator["dropout_v"])
    if build.light_part["kind"] == "ws2812":
        yield Need(build.light_part["part"], build.light_part["supply_v"][0])
        yield Need(build.light_drive["part"], build.light_drive["supply_v"][0])


def _regulators(build: Build, found: list[Draw], most_v: float) -> Iterator[Regulator]:
    own = build.board_part["regulator"]
    mean = on_board(found, "mean") / 1000
    if own["kind"] == "linear":
        heat_w = (most_v - CORE_V) * mean
    else:
        heat_w = CORE_V * mean * (1 / own["efficiency"] - 1)
    yield Regulator(own["name"], on_board(found, "peak"), own["limit"], heat_w, own["heat_w"])
    if build.regulator:
        given = build.regulator
        fed = [draw for draw in found if draw.rail == "reader_3v3"]
        heat_w = (most_v - given["out_v"]) * sum(draw.mean for draw in fed) / 1000
        yield Regulator(given["part"], sum(draw.peak for draw in fed), given["limit"], heat_w, given["heat_w"])


def cables(build: Build, root: Path) -> dict[int, dict[float, float]]:
    """Gauge -> length in m -> the least margin in V over all needs."""
    gauges = sorted(cable_ohm(root)[0])
    return {awg: {m: budget(build, root, awg, m).least_margin_v for m in LENGTHS_M} for awg in gauges}
