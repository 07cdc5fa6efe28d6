"""What the pages say of a look."""

import pytest

from gateway.panel import views
from gateway.panel.types import BoxState, Cell, Day, LastScan, Occupancy, Outcome, Rules
from gateway.panel.words import Phrases
from tests.gateway.panel.rig import NOW_MS, market

VI, EN = Phrases("vi"), Phrases("en")


@pytest.mark.parametrize(
    "inside, words",
    [
        (Occupancy(5, 5, 5), "đúng theo các lượt quét"),
        (Occupancy(2, 5, 9), "trong khoảng 2 đến 9"),
        (Occupancy(2, 5, None), "ít nhất 2"),
        (Occupancy(1_200, 1_500, 2_000), "trong khoảng 1.200 đến 2.000"),
    ],
)
def test_how_many_are_inside_is_said_with_its_bounds(inside, words):
    assert views.bound(inside, VI) == words


def test_why_it_is_not_certain_is_said():
    look = market()._replace(inside=Occupancy(0, 5, None, False, 2, 3, 1_500))
    assert views.doubts(look, VI) == [
        "Không có cổng ra nào để quét: chỉ tính người vào trong 2 giờ qua.",
        "Có hộp mất liên lạc, chưa biết hộp còn giữ bao nhiêu lượt.",
        "2 người quên quét khi ra.",
        "3 người ra mà không thấy quét vào.",
        "Trạm khởi động giữa ngày, theo dõi người ra vào từ 09:16.",
    ]
    assert views.doubts(look._replace(inside=Occupancy(5, 5, 5)), VI) == []
    since_yesterday = look._replace(inside=Occupancy(5, 5, 5, remembers_s=36_000))
    assert views.doubts(since_yesterday, VI) == []
    assert len(views.doubts(since_yesterday._replace(utc_ms=None), VI)) == 1
    assert views.doubts(look._replace(inside=None), VI) == []


@pytest.mark.parametrize(
    "best, high, state, words",
    [
        (0, 0, "well", "còn chỗ cho 100 người"),
        (89, 99, "well", "còn chỗ cho 11 người"),
        (90, 99, "near", "còn chỗ cho 10 người"),
        (50, 100, "maybe", "có thể đã đủ: nhiều nhất là 100 người"),
        (99, None, "near", "còn chỗ cho 1 người"),
        (100, 120, "full", "đã đủ người"),
        (103, None, "full", "vượt quá 3 người"),
    ],
)
def test_how_near_the_capacity_is(best, high, state, words):
    made = views.capacity(Rules(100), Occupancy(0, best, high), VI)
    assert (made.state, made.text) == (state, words)
    assert 0 <= made.filled <= 100
    assert 0 <= made.reach <= 100


def test_no_rule_and_no_number_say_nothing_of_room():
    assert views.capacity(Rules(), Occupancy(1, 1, 1), VI) is None
    assert views.capacity(Rules(5), None, VI) is None


def test_the_quota_is_said_in_words():
    assert views.quota(Rules(), VI) == ""
    assert views.quota(Rules(0, 2, 1), VI) == "tối đa 2 lượt vào mỗi ngày"
    assert views.quota(Rules(0, 2, 7), EN) == "at most 2 in 7 days"


def test_hours_of_running_time_are_no_hours_of_the_day():
    day = Day(None, [Cell("a", 3, 2, 1)], hour_now=9)
    assert views.hours(day) == {}
    assert views.hour_rows(day, VI) == [("chưa rõ giờ", 2, 1, 0)]
    assert views.sums(day) == (2, 1, 0)


def test_boxes_stand_with_the_troubled_ones_first_and_their_reason():
    shown = views.boxes(market(), VI)
    assert [one.box_id for one in shown[:2]] == ["b-02", "b-04"]
    first = shown[0]
    assert (first.state, first.word, first.reason, first.since) == (
        "gone",
        "Mất liên lạc",
        "hộp mất điện hoặc mất Wi-Fi",
        "từ 09:15",
    )
    assert first.more == ["còn giữ 14 lượt quét", "quét gần nhất lúc 09:14"]
    assert shown[-1].reason == ""


def test_a_reason_with_values_is_said_whole_in_the_language_of_the_page():
    box = BoxState("a", "silent", "box_silent 63")
    assert views.boxes(market()._replace(boxes=[box]), VI)[0].reason.endswith("đã 63 giây không trả lời trạm")
    assert views.boxes(market()._replace(boxes=[box]), EN)[0].reason == "no answer to the gateway's beacon for 63 s"
    bare = BoxState("a", "mute", "")
    assert views.boxes(market()._replace(boxes=[bare]), VI)[0].reason == "đầu đọc mã không trả lời, hãy xem lại dây"


@pytest.mark.parametrize(
    "outcome, sign, text, is_now",
    [
        (Outcome("stored", "", 0.2), "stored", "Đã lưu", True),
        (Outcome("stored", "", 6.1), "stored", "Đã lưu", False),
        (Outcome("repeat", "repeat", 1), "repeat", "Vừa quét rồi", True),
        (Outcome("refused", "wrong_kind", 1), "no", "Không nhận mã này", True),
        (Outcome("refused", "truncated", 1), "no", "Chưa đọc được, hãy quét lại", True),
        (Outcome("not_kept", "disk_full", 1), "no", "Chưa lưu được, hãy quét lại", True),
        (Outcome("new_word", "", 1), "no", "new_word", True),
    ],
)
def test_what_came_of_a_code_at_a_wired_reader_is_shown_as_long_as_somebody_stands_there(outcome, sign, text, is_now):
    look = market()._replace(boxes=[BoxState("a", "ok", device="/dev/ttyACM0", outcome=outcome), BoxState("b", "ok")])
    (one,) = views.wall_readers(look, VI)
    assert (one.read.sign, one.read.text, one.read.is_now) == (sign, text, is_now)
    assert one.more == ["cắm tại /dev/ttyACM0"]
    assert [two.read for two in views.boxes(look, VI) if two.box_id == "b"] == [None]


def test_what_was_set_aside_is_counted_by_what_it_means():
    assert views.aside(market()._replace(aside={}), VI) == ""
    assert views.aside(market()._replace(aside={"crc": 0}), VI) == ""
    found = {"header": 3, "word": 1, "other_box": 1_200, "<b>": 2}
    assert views.aside(market()._replace(aside=found), VI) == (
        "Tin phải để riêng: 1.206 (mang tên hộp khác 1.200, sai mẫu 4, <b> 2)."
    )


def test_a_state_and_a_reason_without_words_are_shown_as_they_are():
    shown = views.boxes(market()._replace(boxes=[BoxState("a", "melting", "too hot")]), VI)[0]
    assert (shown.state, shown.word, shown.reason) == ("unknown", "melting", "too hot")


def test_a_scan_shows_who_when_and_what_was_refused():
    shown = views.scans(market(), VI)
    assert (shown[0].who, shown[0].when, shown[0].outcome) == ("T.T.B.N. 1999", "09:40:58", "")
    assert (shown[1].outcome, shown[1].is_refused) == ("đã hết lượt", True)
    assert shown[3].when == "09:40:29"
    assert len({one.key for one in shown}) == 4


def test_no_more_scans_are_shown_than_fit():
    many = [LastScan(1, "other")] * 100
    assert len(views.scans(market()._replace(scans=many), VI)) == views.MOST_SCANS


def test_hours_without_a_time_are_counted_and_said():
    day = Day("2026-11-22", [Cell("a", 8, 2, 1), Cell("a", None, 5, 0), Cell("b", 8, 1, 0)], hour_now=9)
    assert views.sums(day) == (8, 1, 0)
    rows = views.hour_rows(day, VI)
    assert rows[-1] == ("chưa rõ giờ", 5, 0, 0)
    assert ("8h–9h", 3, 1, 0) in rows
    assert views.gate_rows(day, VI) == [("a", 7, 1, 0), ("b", 1, 0, 0)]
    assert views.busiest(day).hour == 8
    assert views.busiest(Day("2026-11-22", [])) is None


@pytest.mark.parametrize(
    "seconds, words",
    [
        (0, "chưa đầy 1 phút"),
        (59, "chưa đầy 1 phút"),
        (60, "1 phút"),
        (7_199, "119 phút"),
        (7_200, "2 giờ"),
        (999_999, "11 ngày"),
    ],
)
def test_ages_are_short(seconds, words):
    assert views.age(seconds, VI) == words


def test_times_of_day_where_the_clock_is_known_and_ages_where_not():
    assert views.since_of(None, NOW_MS, VI) == ""
    assert views.since_of(60, NOW_MS, VI) == "từ 09:40"
    assert views.since_of(60, None, VI) == "1 phút nay"
    assert views.since_of(36_000, NOW_MS, VI) == "từ 23:41 21/11"
    assert views.since_of(7_300, NOW_MS, VI, with_age=True) == "từ 07:39 (2 giờ)"
    assert views.ago(10, None, VI) == "vừa xong"
    assert views.ago(600, None, EN) == "10 min ago"
    assert views.clock_time(10**18, NOW_MS) == ""
