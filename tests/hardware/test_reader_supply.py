"""What the readers' own pages say of their supply is what the power budget is computed with."""

import re
import tomllib
from pathlib import Path

import pytest

from scripts.firmware_build import ROOT

SUPPLY = re.compile(r"([A-Z0-9, -]+): ([0-9.]+)(?:–([0-9.]+))? V")
_READERS = tomllib.loads((ROOT / "hardware" / "parts.toml").read_text(encoding="utf-8"))["readers"]
PARTS = {one["part"]: one["supply_v"] for one in _READERS.values()}


def told(file: Path) -> dict[str, tuple[float, float]]:
    """Model -> least and most volts, or the nominal value twice."""
    text = tomllib.loads(file.read_text(encoding="utf-8"))["reader"]["supply"]
    found = {}
    for names, least, most in SUPPLY.findall(text):
        for name in names.split(", "):
            found[name.strip()] = (float(least), float(most or least))
    return found


def differing(told_v: tuple[float, float], part_v: list[float]) -> bool:
    least, most = told_v
    if least == most:
        return not part_v[0] <= least <= part_v[1]
    return [least, most] != part_v


@pytest.mark.parametrize("file", sorted((ROOT / "hardware" / "readers").glob("gm*.toml")), ids=lambda file: file.stem)
def test_a_readers_volts_are_those_of_the_power_budget(file: Path) -> None:
    both = {name: volts for name, volts in told(file).items() if name in PARTS}
    assert {name: volts for name, volts in both.items() if differing(volts, PARTS[name])} == {}


def test_every_reader_of_a_build_is_told_of_in_its_own_page() -> None:
    pages = {name for file in (ROOT / "hardware" / "readers").glob("*.toml") for name in told(file)}
    assert {name for name in PARTS if name.startswith("GM")} <= pages


@pytest.mark.parametrize(
    ("told_v", "part_v"), [((4.3, 6.0), [4.2, 6.0]), ((5.0, 5.0), [3.1, 3.5]), ((3.0, 3.6), [3.1, 3.5])]
)
def test_a_difference_is_seen(told_v: tuple[float, float], part_v: list[float]) -> None:
    assert differing(told_v, part_v)
