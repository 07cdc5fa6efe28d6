"""Paper: what is drawn is there, at its place, in both languages, and codes can be read again."""

import io
import random
import unicodedata

import pypdfium2
import pytest
from PIL import Image, ImageChops

from scripts.tram.paper import Paper
from tests.tram.paper.eye import codes, opened, worn

VIETNAMESE = "ĂÂĐÊÔƠƯ ăâđêôơư ẤẦẨẪẬ ỚỜỞỠỢ ỨỪỬỮỰ ếềểễệ ỷỹỵỳý – “Chợ Bình Tây”"


def text_of(paper, page=0):
    with pypdfium2.PdfDocument(paper.pdf()) as document:
        return document[page].get_textpage().get_text_range()


def ink(paper, dpi=100, page=0):
    """Where something is drawn: (left, top, right, bottom) in millimetres."""
    picture = opened(paper.png(dpi, page))
    box = ImageChops.invert(picture).point(lambda dot: 255 if dot > 64 else 0).getbbox()
    return tuple(round(at * 25.4 / dpi, 1) for at in box) if box else None


def test_every_vietnamese_letter_is_in_the_font_in_both_weights():
    paper = Paper(210, 50)
    paper.text(10, 10, VIETNAMESE, 12)
    paper.text(10, 30, VIETNAMESE, 12, bold=True)
    assert text_of(paper).count(VIETNAMESE) == 2


def test_a_letter_whose_mark_comes_apart_is_drawn_as_one():
    paper = Paper(100, 20)
    paper.text(5, 5, unicodedata.normalize("NFD", "Trạm ở chợ"))
    assert "Trạm ở chợ" in text_of(paper)


@pytest.mark.parametrize("text", ["日本", "😀", "\x07", "ก"])
def test_a_letter_that_the_font_does_not_have_is_seen_to_be_missing(text):
    paper = Paper(100, 20)
    paper.text(5, 5, f"a{text}b")
    assert f"a{'[?]' * len(text)}b" in text_of(paper)


def test_text_is_wrapped_within_its_width_and_says_how_high_it_is():
    paper = Paper(100, 100)
    height = paper.text(20, 10, "một hai ba bốn năm sáu bảy tám chín mười " * 4, 10, width=40)
    left, top, right, bottom = ink(paper)
    assert left >= 20
    assert right <= 60.3
    assert top >= 10
    assert bottom <= 10 + height + 0.3


@pytest.mark.parametrize("align, at", [("left", 20), ("right", 60), ("center", 40)])
def test_text_is_aligned(align, at):
    paper = Paper(100, 20)
    paper.text(20, 5, "III", 12, width=40, align=align)
    left, _, right, _ = ink(paper)
    where = {"left": left, "right": right, "center": (left + right) / 2}[align]
    assert where == pytest.approx(at, abs=0.6)


def test_a_word_that_is_wider_than_its_width_is_broken_and_all_of_it_is_there():
    paper = Paper(100, 100)
    paper.text(10, 10, "a" * 100, 10, width=30)
    assert text_of(paper).replace("\r\n", "").replace("\n", "").count("a") == 100
    assert ink(paper)[2] <= 40.3


def test_the_size_that_fits_is_the_largest():
    paper = Paper(100, 100)
    size = paper.fitting("Chợ Bình Tây", 40, 8, 30, 4)
    assert paper.height_of("Chợ Bình Tây", size, width=40) <= 8
    assert paper.height_of("Chợ Bình Tây", size + 0.25, width=40) > 8
    assert paper.fitting("x" * 200, 10, 3, 8, 6) is None


def draws(seed):
    draw = random.Random(seed)
    return [draw.randbytes(length) for length in (1, 14, 100, 700)]


@pytest.mark.parametrize(
    "data",
    [
        b"box-a0b1c2d3e4f5",
        b"12345678901234567890",
        b"HTTPS://A.VN/X",
        bytes(range(256)),
        "日本語".encode("shift_jis"),
        *draws(5),
    ],
    ids=lambda data: f"{len(data)}-{data[:4].hex()}",
)
@pytest.mark.parametrize("error", ["l", "h"])
def test_a_code_is_read_back_byte_for_byte(data, error):
    paper = Paper(90, 90)
    paper.code(5, 5, 80, data, error)
    assert codes(opened(paper.png(200))) == [data]


@pytest.mark.parametrize("turn", [0, 13, 90, 171])
@pytest.mark.parametrize("blur", [0, 1.5])
def test_a_code_is_read_turned_blurred_and_pale(turn, blur):
    paper = Paper(40, 40)
    module = paper.code(5, 5, 30, b"box-a0b1c2d3e4f5")
    blur_dots = blur * 0.3 * module * 200 / 25.4
    assert codes(worn(opened(paper.png(200)), turn, blur_dots, grey=60)) == [b"box-a0b1c2d3e4f5"]


def test_a_code_stays_within_its_side_with_its_quiet_zone():
    paper = Paper(60, 60)
    module = paper.code(10, 10, 40, "box-a0b1c2d3e4f5")
    left, top, right, bottom = ink(paper, 400)
    assert left == top == pytest.approx(10 + 4 * module, abs=0.1)
    assert right == bottom == pytest.approx(50 - 4 * module, abs=0.1)


@pytest.mark.parametrize("dpi", [203, 300])
def test_a_module_is_a_whole_number_of_a_printers_dots(dpi):
    paper = Paper(60, 30, dpi=dpi)
    module = paper.code(3.3, 3.7, 22, "box-a0b1c2d3e4f5")
    dots = module * dpi / 25.4
    assert dots == pytest.approx(round(dots), abs=1e-6)
    picture = opened(paper.png(dpi))
    grey = sum(picture.histogram()[32:224])
    assert grey == 0  # no dot is half black: a thermal printer has no grey


def test_no_hairline_runs_through_a_code():
    paper = Paper(30, 30)
    paper.code(0, 0, 30, b"\x00" * 40, "l")
    picture = opened(paper.png(300))
    module = picture.width / 37
    corner = picture.crop([round(at * module) for at in (4.2, 4.2, 10.8, 4.8)])
    assert corner.getextrema()[1] < 64


@pytest.mark.parametrize("data, side, dpi", [(b"x" * 3000, 80, None), (b"x" * 800, 5, 203)])
def test_a_code_that_cannot_be_drawn_is_refused(data, side, dpi):
    with pytest.raises(ValueError):
        Paper(90, 90, dpi=dpi).code(0, 0, side, data)


def test_pages_follow_each_other_and_are_pictures_one_by_one():
    paper = Paper(50, 30)
    paper.text(5, 5, "một")
    paper.next_page()
    paper.text(5, 5, "hai")
    assert paper.pages == 2
    assert ("một" in text_of(paper, 0), "hai" in text_of(paper, 1)) == (True, True)
    picture = Image.open(io.BytesIO(paper.png(254, 1)))
    assert picture.size == (500, 300)


def test_a_picture_keeps_its_shape():
    file = io.BytesIO()
    Image.new("RGB", (40, 20), "black").save(file, "PNG")
    paper = Paper(60, 60)
    assert paper.picture(10, 10, 20, file.getvalue()) == 10
    assert ink(paper, 254) == pytest.approx((10, 10, 30, 20), abs=0.2)


def test_shapes_are_where_they_were_put():
    paper = Paper(60, 60)
    paper.box(10, 20, 30, 15, fill="#c00", color=None)
    assert ink(paper, 254) == pytest.approx((10, 20, 40, 35), abs=0.2)
    paper = Paper(60, 60)
    paper.circle(30, 30, 5, "#0a0")
    paper.line(30, 30, 30, 50, 1)
    assert ink(paper, 254) == pytest.approx((25, 25, 35, 50), abs=0.2)


def test_the_same_calls_give_the_same_bytes():
    def made():
        paper = Paper(50, 50, title="Trạm")
        paper.text(5, 5, VIETNAMESE, width=40)
        paper.code(5, 20, 25, "box-1")
        return paper.pdf(), paper.png(100)

    assert made() == made()
