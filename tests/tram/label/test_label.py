"""Labels: whatever the size and the id, the code is read again, also worn, and as a cheap reader sees it."""

import io
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

from scripts.tram import exits
from scripts.tram.label.draw import LEAST_MODULE_MM, Label, drawn
from scripts.tram.label.sizes import SIZES
from tests.tram.desk import Desk
from tests.tram.paper.eye import codes, held, opened, worn

LENGTHS = range(3, 33)
PLACE = "Chợ Bình Tây, cổng Tháp Mười, quầy số 3"
SINGLE = [name for name, size in SIZES.items() if size.sheet is None]


def box_id(length):
    return ("box-" + "e6614103e7452d2f0123456789abcdef")[:length].rstrip("-").ljust(length, "w")


@cache
def paper(size):
    return drawn([Label(box_id(length), "ESP32-S3", "2026-11-22", PLACE) for length in LENGTHS], SIZES[size])


@cache
def picture(size, length):
    return opened(paper(size).png(SIZES[size].dpi, LENGTHS.index(length)))


@pytest.fixture
def tram(tmp_path, monkeypatch):
    return Desk(tmp_path / "home", monkeypatch)


@pytest.mark.parametrize("size", SINGLE)
def test_every_id_is_read_from_a_label_as_it_is_printed_blurred_and_turned(size):
    for length in LENGTHS:
        printed = picture(size, length)
        printed = printed.crop((0, 0, printed.height, printed.height))  # the code's half: it is read sooner
        wanted = [box_id(length).encode()]
        assert codes(printed) == wanted, length
        if length % 3 == 2:
            assert codes(worn(printed, turn=(length * 37) % 360, blur=1.6, grey=50)) == wanted, length


@pytest.mark.parametrize("size", SINGLE)
@pytest.mark.parametrize("distance_mm", [60, 100, 150])
def test_a_cheap_reader_sees_the_longest_and_the_usual_ids(size, distance_mm):
    for length in (16, 20, 32):
        seen = held(
            picture(size, length), SIZES[size].dpi, distance_mm, (SIZES[size].height / 2, SIZES[size].height / 2)
        )
        assert box_id(length).encode() in codes(seen)


def test_all_labels_of_a_sheet_are_read_and_those_used_up_stay_empty():
    labels = [Label(box_id(length), "Pico 2 W", "2026-11-22", PLACE) for length in LENGTHS]
    paper = drawn(labels, SIZES["a4-63x38"], skip=5)
    assert paper.pages == 2
    found = [one.decode() for page in range(2) for one in codes(opened(paper.png(200, page)))]
    assert sorted(found) == sorted(label.box_id for label in labels)
    first = opened(paper.png(60))
    assert first.crop((0, 0, first.width, round(52 * 60 / 25.4))).getextrema() == (255, 255)


@pytest.mark.parametrize("size", SIZES)
def test_no_code_is_finer_than_readers_resolve(size):
    from scripts.tram.paper import Paper

    modules = []
    drawing = Paper.code
    try:
        Paper.code = lambda *given: modules.append(drawing(*given)) or modules[-1]
        drawn([Label("b" * 32)], SIZES[size])
    finally:
        Paper.code = drawing
    assert min(modules) >= 0.5 > LEAST_MODULE_MM > 0.2


@pytest.mark.parametrize("length", [3, 14, 16, 26, 32])
def test_the_smallest_code_that_is_ever_drawn_is_read_at_its_limit(length):
    """A module of 0.25 mm, three dots of a 300 dpi printer: 8.3 mm for a usual id, seen by a reader at 5 cm."""
    from scripts.tram.paper import Paper

    paper = Paper(20, 20, dpi=300)
    counted = 33 if length <= 26 else 37
    module = paper.code(2, 2, counted * 0.2541, box_id(length))
    assert module >= LEAST_MODULE_MM
    middle = 2 + counted * 0.127
    seen = held(opened(paper.png(600)), 600, 50, (middle, middle), turn=9)
    assert codes(seen) == [box_id(length).encode()]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("length", [3, 16, 32])
def test_nothing_of_a_label_is_outside_of_what_can_be_printed(size, length):
    chosen = SIZES[size]
    label = Label(box_id(length), "esp32-s3-wroom-1-n16r8", "22/11/2026 10:00", "Bến xe " * 17)
    image = opened(drawn([label], chosen).png(200))
    if chosen.sheet is not None:
        return_to = 25.4 / 200
        left, top = (round(at / return_to) for at in (chosen.sheet.left, chosen.sheet.top))
        right, bottom = (
            round(at / return_to) for at in (chosen.sheet.left + chosen.width, chosen.sheet.top + chosen.height)
        )
        edge = Image.new("L", image.size, 255)
        edge.paste(image)
        edge.paste(255, (left, top, right, bottom))
    else:
        dots = round(chosen.margin * 200 / 25.4) - 2
        edge = Image.new("L", image.size, 255)
        edge.paste(image)
        edge.paste(255, (dots, dots, image.width - dots, image.height - dots))
    assert edge.getextrema() == (255, 255)


def test_the_same_label_gives_the_same_bytes():
    assert drawn([Label("box-1")], SIZES["dymo-54x25"]).pdf() == drawn([Label("box-1")], SIZES["dymo-54x25"]).pdf()


# The command


def test_labels_are_written_as_one_pdf_or_a_picture_each(tram, tmp_path):
    said = tram("label", "box-1", "box-2", "--size", "dymo-89x28", "--out", tmp_path / "l.png", "--place", PLACE)
    assert said.code == exits.OK
    assert [Path(file).name for file in said.end["files"]] == ["l-1.png", "l-2.png"]
    assert [codes(opened(Path(file).read_bytes())) for file in said.end["files"]] == [[b"box-1"], [b"box-2"]]
    assert tram("label", "box-1", "--out", tmp_path / "l.pdf").end["files"] == [str(tmp_path / "l.pdf")]
    assert Image.open(io.BytesIO((tmp_path / "l-1.png").read_bytes())).info["dpi"][0] == pytest.approx(300, abs=1)


def test_the_list_that_flash_wrote_becomes_labels(tram, tmp_path):
    (tmp_path / "serials.csv").write_text(
        "time,box,board,version\n2026-11-22T10:00Z,box-a0b1c2d3e4f5,esp32s3,7\n,box-222,pico2_w,7\n"
    )
    said = tram("label", "--csv", tmp_path / "serials.csv", "--out", tmp_path / "l.pdf")
    assert (said.code, said.end["boxes"]) == (exits.OK, ["box-a0b1c2d3e4f5", "box-222"])


@pytest.mark.parametrize(
    "words, code",
    [
        ([], "no_box"),
        (["BOX-1"], "box_id_wrong"),
        (["--", "-b1"], "box_id_wrong"),
        (["ab"], "box_id_wrong"),
        (["b" * 33], "box_id_wrong"),
        (["hộp-1"], "box_id_wrong"),
        (["box-1", "box 2"], "box_id_wrong"),
        (["box-1", "--size", "a5"], "size_unknown"),
        (["box-1", "--out", "l.docx"], "format_unknown"),
        (["box-1", "--out", "label"], "format_unknown"),
        (["box-1", "--out", "."], "format_unknown"),
        (["--csv", "none.csv"], "not_there"),
        (["box-1", "--skip", "-1"], "usage"),
    ],
)
def test_a_label_that_cannot_be_made_is_told(tram, tmp_path, monkeypatch, words, code):
    monkeypatch.chdir(tmp_path)
    said = tram("label", *words)
    assert said.code != exits.OK
    assert said.trouble == code
    assert list(tmp_path.glob("*.*")) == []


@pytest.mark.parametrize("content", ["board\nesp32\n", "", "box\nBOX 1\n", b"\xff\xfe\x00"])
def test_a_list_that_is_none_is_told(tram, tmp_path, content):
    file = tmp_path / "x.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert tram("label", "--csv", file, "--out", tmp_path / "l.pdf").trouble in ("csv_wrong", "box_id_wrong")
    assert not (tmp_path / "l.pdf").exists()
