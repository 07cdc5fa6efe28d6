"""The pictures of what a box shows say what the firmware's own table and words say."""

import re
import xml.etree.ElementTree as ET

import pytest

from firmware.face.table import signal_of
from firmware.face.texts import words_of
from scripts.drawing import faces
from scripts.firmware_build import ROOT

SVG = "{http://www.w3.org/2000/svg}"
POINTS = 2 * 2  # a point of the display is this many square pixels


def rects(outcome: str) -> tuple[ET.Element, list[ET.Element]]:
    root = ET.fromstring(faces.picture(outcome))
    return root, root.findall(f"{SVG}rect")


@pytest.mark.parametrize("outcome", faces.outcomes())
def test_a_picture_flashes_as_often_within_its_three_seconds_as_the_box_does(outcome: str) -> None:
    _, _, on_ms, off_ms, times, _, _ = signal_of(outcome)
    begins = list(range(0, 3000, on_ms + off_ms))[: times or None]
    root, found = rects(outcome)
    lit = [one for one in found if one.get("stroke") and one.get("height") == "18"]
    assert len(lit) == len(begins)
    assert root.findtext(f"{SVG}title") == " / ".join(words_of(outcome))


@pytest.mark.parametrize("outcome", faces.outcomes())
def test_every_letter_that_the_display_shows_is_in_the_picture(outcome: str) -> None:
    root, _ = rects(outcome)
    drawn = sum(
        2 * int(run) for path in root.findall(f"{SVG}path") for run in re.findall(r"h(\d+)v2", path.get("d", ""))
    )
    lit = sum(bin(byte).count("1") for page in faces._pages(outcome) for byte in faces.render(page))
    assert drawn == lit * POINTS
    assert lit > 200


def test_the_guide_for_technicians_shows_every_face() -> None:
    guide = (ROOT / "docs" / "technician.md").read_text(encoding="utf-8")
    assert [outcome for outcome in faces.outcomes() if f"pictures/faces/{outcome}.svg" not in guide] == []
