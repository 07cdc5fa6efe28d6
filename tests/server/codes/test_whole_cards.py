"""A whole citizen card is read by one look, and exactly as the long way reads it."""

import random

import pytest

from firmware.codes import kind_of
from scripts.fuzzing.harms import harmed
from server.codes import citizen
from server.codes.errors import CodeError
from tests.server.people import citizen_2021, citizen_2024, people

AT_MS = 1_640_000_000_000
COUNT = 10_000
TOWN = people(seed=8, count=400)
CARD = "079199001234|334012345|Trần Thị Mẫu|01021999|Nữ|Số 1, Phường Bến Nghé|05062021".encode()


def the_long_way(code):
    """The card as it is read field by field; None: it is none, or is refused."""
    kind = kind_of(code)
    if kind not in citizen.KINDS:
        return None
    try:
        return citizen.read(code, kind, AT_MS)
    except CodeError:
        return None


@pytest.mark.parametrize("encode", [citizen_2021, citizen_2024])
@pytest.mark.parametrize("is_harmed", [False, True])
def test_what_one_look_reads_the_long_way_reads_alike(encode, is_harmed) -> None:
    draw = random.Random(3)
    at_once = 0
    for at in range(COUNT):
        code = encode(TOWN[at % len(TOWN)])
        code = harmed(draw, code).strip(b" \t\r\n\0") if is_harmed else code
        found = citizen.read_whole(code, AT_MS)
        if found is not None:
            at_once += 1
            assert found == the_long_way(code)
    assert at_once > (COUNT / 20 if is_harmed else COUNT * 0.9)


def test_a_card_of_each_generation_is_read_at_once() -> None:
    assert citizen.read_whole(CARD, AT_MS) == the_long_way(CARD)
    assert citizen.read_whole(CARD + b"|more|$x", AT_MS) == the_long_way(CARD + b"|more|$x")
    assert citizen.read_whole(CARD.replace(b"334012345", b""), AT_MS).documents[1:] == ()


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("Trần Thị Mẫu", "Tran Thi Mau?"),
        ("Trần Thị Mẫu", "Tra\u0302\u0300n Thị Mẫu"),  # not composed
        ("Trần Thị Mẫu", "Trần &#7883; Mẫu"),
        ("Trần Thị Mẫu", "Trần Thị\u200b Mẫu"),
        ("Trần Thị Mẫu", "テスト"),
        ("Trần Thị Mẫu", "Lam Sãín"),
        ("Bến Nghé", "Hãá VuÃÉ"),
        ("Trần Thị Mẫu", "ầ" * 101),
        ("Trần Thị Mẫu", "  "),
        ("334012345", "000000000"),
        ("334012345", "3340123456"),
        ("01021999", "31021999"),
        ("01021999", "32021999"),
        ("01021999", "01022199"),
        ("01021999", "0102199"),
        ("Nữ", "nữ"),
        ("Nữ", "X"),
        ("05062021", "05132021"),
        ("05062021", ""),
        ("Bến Nghé", "Bến\u202e Nghé"),
        ("05062021", "05062021|more|$"),
        ("05062021", "05062021" + "|" * 18),
    ],
)
def test_what_is_odd_in_a_card_is_left_to_the_long_way(was, now) -> None:
    odd = CARD.decode().replace(was, now).encode()
    assert odd != CARD
    assert citizen.read_whole(odd, AT_MS) is None


@pytest.mark.parametrize(
    "spoilt", [CARD[:40] + b"\xff" + CARD[40:], b"", CARD[:-1], CARD[1:], CARD + b"\n", b" " + CARD]
)
def test_what_is_no_whole_card_is_left_to_the_long_way(spoilt) -> None:
    assert citizen.read_whole(spoilt, AT_MS) is None
