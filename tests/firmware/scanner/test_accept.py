"""Accept rules, as properties. Examples stand in tests/vectors/gm65/accept.json."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.codes import KINDS, TAKEABLE, TAKEN, kind_of
from firmware.scanner.accept import HOLD_WINDOWS, KEPT, Accept

WINDOW_MS = 3000
PAYMENT = b"00020101021138570010A00000072701270006970403011300110123456780208QRIBFTTA53037045802VN63049E6F"
POSTER = b"https://tokhaiyte.vn/?page=Group.checkin&groupId=0123456789abcdef01234567"
CARD = b"084301012345||TRAN THI MAU|05082001|Nu|Ap Cho|20052021"
CONTROL = b"TRAMC1:in:0123456789abcdef0123456789abcdef"
PROVISION = b"TRAM1:eyJ2IjoxfQ.AAAA"
OTHERS = st.binary(min_size=1, max_size=8).filter(lambda code: kind_of(code) == "other")
GAPS_MS = st.lists(st.integers(0, 5000), max_size=60)


@given(GAPS_MS)
def test_a_code_counts_again_after_a_window_without_it_and_at_the_latest_after_ten_windows(gaps_ms: list[int]) -> None:
    accept = Accept(WINDOW_MS)
    now_ms = scanned_ms = seen_ms = 0
    assert accept.judge(b"code", 0) == "accepted"
    for gap_ms in gaps_ms:
        now_ms += gap_ms
        is_new = now_ms - seen_ms >= WINDOW_MS or now_ms - scanned_ms >= WINDOW_MS * HOLD_WINDOWS
        assert accept.judge(b"code", now_ms) == ("accepted" if is_new else "repeat")
        seen_ms = now_ms
        scanned_ms = now_ms if is_new else scanned_ms


@given(st.lists(OTHERS, unique=True, max_size=60))
def test_a_code_never_shown_before_is_always_accepted(codes: list[bytes]) -> None:
    accept = Accept(WINDOW_MS)
    assert [accept.judge(code, at) for at, code in enumerate(codes)] == ["accepted"] * len(codes)


@given(st.lists(st.binary(min_size=1, max_size=200), max_size=200))
def test_no_more_is_remembered_than_there_is_room_for(codes: list[bytes]) -> None:
    accept = Accept(WINDOW_MS)
    for code in codes:
        accept.judge(code, 0)
    assert len(accept._recent) <= KEPT


@given(st.binary(min_size=1, max_size=3072).filter(lambda code: kind_of(code) in TAKEN))
def test_what_could_not_be_stored_may_be_shown_again_at_once(code: bytes) -> None:
    accept = Accept(WINDOW_MS)
    assert accept.judge(code, 0) == "accepted"
    accept.forget(code)
    assert accept.judge(code, 1) == "accepted"


@pytest.mark.parametrize("window_ms, low, high", [(-1, 1, 9), (3_600_001, 1, 9), (0, 0, 9), (0, 5, 4), (0, 1, 3073)])
def test_limits_that_make_no_sense_are_refused(window_ms: int, low: int, high: int) -> None:
    with pytest.raises(ValueError):
        Accept(window_ms, low, high)


@pytest.mark.parametrize("take", [["vietqr"], ["other", "control"], ["provision"], ["citizen_card"], ["Other"], [""]])
def test_a_gate_cannot_be_set_to_take_payments_or_what_is_no_kind(take: list[str]) -> None:
    with pytest.raises(ValueError):
        Accept(0, take=take)


@pytest.mark.parametrize("kind", TAKEABLE)
def test_a_gate_takes_the_kinds_that_are_set_and_no_other(kind: str) -> None:
    shown = {"citizen_card_2021": CARD, "place": POSTER, "other": b"token"}
    accept = Accept(WINDOW_MS, take=[kind])
    for other, code in shown.items():
        assert accept.judge(code, 0) == ("accepted" if other == kind else "wrong_kind")
        assert accept.kind == other


def test_a_payment_code_and_a_poster_are_refused_where_nothing_is_set() -> None:
    accept = Accept(WINDOW_MS)
    assert [accept.judge(code, 0) for code in (PAYMENT, POSTER, CARD)] == ["wrong_kind", "wrong_kind", "accepted"]


def test_a_wrong_code_is_refused_as_often_as_it_is_read_and_counted_once_while_it_is_held() -> None:
    accept = Accept(WINDOW_MS)
    for now_ms in (0, 1000, 2500, 5400):
        assert accept.judge(PAYMENT, now_ms) == "wrong_kind"
    assert accept.stats() == {"refused_vietqr": 1}
    assert accept.judge(PAYMENT, 8400) == "wrong_kind"
    assert accept.judge(POSTER, 8500) == "wrong_kind"
    assert accept.stats() == {"refused_vietqr": 2, "refused_place": 1}


@given(st.lists(st.sampled_from([PAYMENT, PAYMENT + b" ", PAYMENT[:60], POSTER, CONTROL, PROVISION]), max_size=40))
def test_wrong_codes_make_nobody_forgotten_and_are_not_kept(codes: list[bytes]) -> None:
    accept = Accept(WINDOW_MS)
    accept.judge(CARD, 0)
    for code in codes:
        assert accept.judge(code, 1) != "accepted"
    assert accept.judge(CARD, 2) == "repeat"
    assert len(accept._refused) <= 1
    kept = repr(accept.__dict__).encode()
    assert not any(code in kept for code in [CARD, *codes])


@pytest.mark.parametrize("code, verdict", [(CONTROL, "control"), (PROVISION, "provision"), (b"TRAM1:", "provision")])
def test_what_is_for_the_box_is_told_each_time_and_never_counted(code: bytes, verdict: str) -> None:
    accept = Accept(WINDOW_MS)
    assert [accept.judge(code, 0), accept.judge(code, 1)] == [verdict, verdict]
    assert accept.stats() == {}


def test_the_limits_come_before_the_kind() -> None:
    accept = Accept(WINDOW_MS, 10, 60)
    assert accept.judge(PAYMENT, 0) == "too_long"
    assert accept.judge(b"TRAM1:", 0) == "too_short"
    assert accept.stats() == {}
    assert accept.kind == "other"


def test_what_is_counted_is_counted_by_kind() -> None:
    accept = Accept(WINDOW_MS)
    for code in (CARD, CARD, b"one", b"two", b"one", PAYMENT, CONTROL):
        accept.judge(code, 0)
    assert accept.stats() == {
        "accepted_citizen_card_2021": 1,
        "repeat_citizen_card_2021": 1,
        "accepted_other": 2,
        "repeat_other": 1,
        "refused_vietqr": 1,
    }


@pytest.mark.parametrize("window_ms", [0, WINDOW_MS])
def test_what_could_not_be_stored_is_not_counted_as_accepted(window_ms: int) -> None:
    accept = Accept(window_ms)
    accept.judge(CARD, 0)
    accept.forget(CARD)
    assert accept.stats() == {}
    assert accept.judge(CARD, 1) == "accepted"
    assert accept.stats() == {"accepted_citizen_card_2021": 1}


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=100))
def test_counters_are_bounded_whatever_is_shown(codes: list[bytes]) -> None:
    accept = Accept(WINDOW_MS)
    for code in [*codes, PAYMENT, POSTER, CARD]:
        accept.judge(code, 0)
    assert {name.split("_", 1)[1] for name in accept.stats()} <= set(KINDS)
    assert len(accept.stats()) <= 3 * len(KINDS)
