"""Reasons: what is put into them comes out in words, and what nobody knows comes through unchanged."""

import re
import unicodedata

import pytest

from gateway import reasons
from gateway.reasons import REASONS, key_of, of, of_code, sentence, span

PLACES = re.compile(r"{(\w+)}")
SAMPLE = {"reason": "reader_absent /dev/ttyACM0", "detail": "no route to host", "names": "box-a, box-b"}


def sample(key: str) -> str:
    values = [SAMPLE.get(name, "7" if name.endswith(("_s", "_ms")) else "3") for name in REASONS[key][0].split()]
    return of(key, *values)


@pytest.mark.parametrize("key", REASONS)
def test_each_is_said_in_both_languages_with_all_its_values(key):
    names, vi, en = REASONS[key]
    places = set(names.split())
    assert set(PLACES.findall(en)) | {"detail"} >= places >= set(PLACES.findall(en))
    assert set(PLACES.findall(vi)) == places - {"detail"}, "what a library said in English stays out of Vietnamese"
    assert unicodedata.is_normalized("NFC", vi)
    for lang in reasons.LANGS:
        said = sentence(sample(key), lang)
        assert said
        assert "{" not in said
        assert key not in said
        assert said == said.strip(" :")


@pytest.mark.parametrize("key", REASONS)
def test_a_reason_is_one_line_that_gives_its_key_and_values_again(key):
    said = sample(key)
    assert key_of(said) == key
    assert list(reasons.values_of(said)) == REASONS[key][0].split()
    assert re.fullmatch(r"[a-z]+(_[a-z]+)+", key), "an ordinary sentence does not begin with a key"


@pytest.mark.parametrize(
    "reason, vi, en",
    [
        (of("box_silent", 63), "hộp còn nối mạng nhưng đã 63 giây không trả lời trạm", "for 63 s"),
        (of("clock_ahead", 2_500), "nhanh hơn máy chủ 2,5 giây", "2.5 s ahead"),
        (of("storage_saved", 12_345), "12.345 bản ghi", "12,345"),
        (of("sending_unreachable", ""), "không có mạng, hoặc máy chủ không trả lời", "unreachable"),
        (
            of("box_restarts", 4, ""),
            "khởi động lại 4 lần trong một giờ, hãy xem nguồn điện",
            "hour: 4; look at its power",
        ),
        (of("reader_no_permission", "/dev/my tty", "dialout"), "/dev/my_tty", "group dialout"),
        (of("readers_more", 2, of("reader_absent", "/dev/x")), "chưa thấy /dev/x (và 2 đầu đọc khác)", "/dev/x is not"),
        (of("keeping_other", "odd", "a\nb  c"), "không ghi được (odd)", "odd: a b c"),
    ],
)
def test_values_are_written_as_people_write_them(reason, vi, en):
    assert "\n" not in reason
    assert vi in sentence(reason, "vi")
    assert en in sentence(reason, "en")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no route to host",
        "box_unheard_of 7",
        "boxes_many 3",
        "reader_no_permission",
        "box-silent 63",
        "disk_full: no room",
        "BOX_SILENT 63",
        " box_silent 63",
        "không kết nối được",
    ],
)
def test_what_is_none_of_ours_is_shown_as_it_is(text):
    assert key_of(text) == ""
    assert [sentence(text, lang) for lang in reasons.LANGS] == [text, text]


@pytest.mark.parametrize("value", ["soon", "-", "1e999", "nan", "{n}", "63 s", "９"])
def test_a_value_that_is_no_number_breaks_nothing(value):
    for lang in reasons.LANGS:
        assert isinstance(sentence(f"box_silent {value}", lang), str)
        assert isinstance(sentence(f"box_worn {value}", lang), str)


def test_reasons_in_reasons_end():
    said = "readers_more 1 " * 40 + "reader_absent /dev/x"
    assert "/dev/x" in sentence(said, "vi")


@pytest.mark.parametrize("key, values", [("no_such_key", ()), ("box_silent", ()), ("box_away", (1,))])
def test_a_reason_that_is_wrong_is_found_where_it_is_made(key, values):
    with pytest.raises((KeyError, ValueError)):
        of(key, *values)


@pytest.mark.parametrize(
    "said, reason",
    [
        ("unreachable: https://a: errno 5", "sending_unreachable https://a: errno 5"),
        ("hunting", "sending_other hunting"),
        ("odd: x: y", "sending_other odd x: y"),
        ("grows: x", "sending_other grows x"),
    ],
)
def test_a_code_with_its_detail_becomes_a_reason(said, reason):
    assert of_code("sending", said) == reason


@pytest.mark.parametrize(
    "seconds, words",
    [
        (0.04, "0 giây"),
        (2.5, "2,5 giây"),
        (119, "119 giây"),
        (120, "2 phút"),
        (7_199, "120 phút"),
        (7_200, "2 giờ"),
        (172_800, "2 ngày"),
        (1e9, "11.574 ngày"),
    ],
)
def test_times_are_short(seconds, words):
    assert span(seconds, "vi") == words
