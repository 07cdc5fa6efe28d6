"""`sheet`: what is printed can be read back, and no code is printed whose content nobody has published."""

import io
from functools import cache
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageFilter

from scripts.tram.reader import sheet, table
from tests.tram.reader.modules import at_home, people, tram

pytestmark = pytest.mark.usefixtures("at_home")
__all__ = ["at_home"]
DPI = 300


@cache
def page(model: str) -> Image.Image:
    paper = sheet.drawn(table.model(model))
    assert paper.pages == 1
    return Image.open(io.BytesIO(paper.png(DPI)))


def codes(image: Image.Image) -> list[str]:
    return sorted(found.text for found in zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode))


@pytest.mark.parametrize("model", sorted(table.names()))
def test_what_is_printed_for_a_module_is_its_published_codes_and_those_to_measure_with(model: str) -> None:
    published = [code.content for code in table.model(model).codes]
    assert codes(page(model)) == sorted([*published, *[sheet.TEST_CODE] * len(sheet.MODULES_MM)])


def test_only_the_one_code_that_somebody_has_published_is_printed() -> None:
    assert {name: [code.content for code in table.model(name).codes] for name in table.names()} == {
        **{name: [] for name in table.names()},
        "m5qr": ["<AW>424000"],
    }


@pytest.mark.parametrize("degrees, blur", [(7, 0.0), (90, 1.0), (180, 1.5), (0, 2.0)])
def test_a_published_code_is_read_turned_and_blurred(degrees: int, blur: float) -> None:
    corner = (0, 0, *(round(side_mm / 25.4 * DPI) for side_mm in (70, 85)))
    image = page("m5qr").convert("L").crop(corner).filter(ImageFilter.GaussianBlur(blur))
    assert codes(image.rotate(degrees, expand=True, fillcolor=255)) == ["<AW>424000"]


def test_the_smallest_code_to_measure_with_has_the_modules_that_it_says() -> None:
    image = page("gm65")
    found = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    widths = sorted((code.position.top_right.x - code.position.top_left.x) / DPI * 25.4 for code in found)
    for width, module_mm in zip(widths, sheet.MODULES_MM):
        assert width == pytest.approx((sheet._MODULES - 8) * module_mm, rel=0.08)


@pytest.mark.parametrize("name", ["gm65.pdf", "gm65.png"])
def test_a_sheet_is_written_without_a_module_being_there(tmp_path: Path, name: str) -> None:
    said = tram("sheet", "gm65", "--out", tmp_path / name)
    assert (said.code, said["files"]) == (0, [str(tmp_path / name)])
    assert (tmp_path / name).stat().st_size > 5_000


@pytest.mark.parametrize(
    "words, code", [(("gm99",), 2), (("../gm65",), 2), (("gm65", "--out", "x.doc"), 2), (("gm65", "--out", "x"), 2)]
)
def test_a_sheet_that_cannot_be_made_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    assert tram("sheet", *words).code == code
    assert not [file for file in tmp_path.iterdir() if file.is_file()]


def test_it_says_that_a_makers_codes_are_not_public(tmp_path: Path) -> None:
    _, text, _ = people("sheet", "gm65", "--out", tmp_path / "gm65.pdf", lang="vi")
    assert "không được công bố" in text


def test_the_commands_of_a_module_are_on_its_sheet() -> None:
    lines = [command for _, command in sheet._commands(table.model("de2120"))]
    assert "^_^SCMCNT." in lines
    assert "7E 00 09 01 00 00 00 DE C8" in [command for _, command in sheet._commands(table.model("gm861"))]
