"""Pictures: what is drawn is what is seen."""

import random
from pathlib import Path

import pytest

from scripts.sim import people, pictures
from scripts.sim.reader_eye import PictureError, codes_in

CATALOGUE = pictures.catalogue(7)


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_every_picture_is_seen_bit_for_bit(tmp_path: Path, name: str) -> None:
    assert codes_in(pictures.draw_codes(CATALOGUE[name], tmp_path / "code.png")) == CATALOGUE[name]


def test_binary_codes_of_all_lengths_are_seen_bit_for_bit(tmp_path: Path) -> None:
    draw = random.Random(1)
    for length in [*range(1, 120, 7), *range(120, 2901, 173), 2900]:
        code = draw.randbytes(length)
        assert codes_in(pictures.draw_codes([code], tmp_path / "code.png")) == [code], length


def test_a_hundred_cards_are_seen_bit_for_bit(tmp_path: Path) -> None:
    draw = random.Random(2)
    for _ in range(100):
        kind, code = people.any_code(draw)
        assert codes_in(pictures.draw_codes([code], tmp_path / "code.png")) == [code], kind


def test_the_same_seed_draws_the_same_pictures() -> None:
    assert pictures.catalogue(7) == CATALOGUE
    assert pictures.catalogue(8) != CATALOGUE


def test_a_picture_without_a_code_shows_none(tmp_path: Path) -> None:
    assert codes_in(pictures.draw_codes([b"x"], tmp_path / "tiny.png", scale=1)) in ([], [b"x"])
    from PIL import Image

    Image.new("L", (200, 200), 255).save(tmp_path / "white.png")
    assert codes_in(tmp_path / "white.png") == []


@pytest.mark.parametrize("name, code", [("missing.png", "no_file"), ("text.png", "no_picture"), (".", "no_picture")])
def test_what_is_no_picture_is_named(tmp_path: Path, name: str, code: str) -> None:
    (tmp_path / "text.png").write_text("not a picture")
    with pytest.raises(PictureError) as error:
        codes_in(tmp_path / name)
    assert error.value.code == code
