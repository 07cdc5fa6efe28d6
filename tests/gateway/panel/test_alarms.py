"""What somebody should do something about: said once, the gravest first, and nothing left out."""

import pytest

from gateway.panel import alarms
from gateway.panel.types import BoxState, Part, Rules
from gateway.panel.words import Phrases
from tests.gateway.panel.rig import market

VI = Phrases("vi")


def alarm_texts(**changes):
    look = market()._replace(**({"parts": (), "boxes": (), "rules": Rules(), "certificate_days": None} | changes))
    return [(one.grade, one.text, one.more) for one in alarms.alarms(look, VI)]


def test_when_all_is_well_there_is_no_alarm():
    assert alarm_texts(parts=[Part("broker", "ok", "fine"), Part("new part", "ok")]) == []


def test_a_full_disk_is_an_alarm_and_stands_before_what_can_wait():
    found = alarm_texts(
        parts=[Part("sending", "waiting", "no route"), Part("keeping", "stopped", "keeping_disk_full no room")]
    )
    assert [grade for grade, _, _ in found] == ["alarm", "warning"]
    assert found[0][1].startswith("Thẻ nhớ đã đầy")
    assert found[0][2] == ""
    assert found[1][2] == "no route"


@pytest.mark.parametrize(
    "part, text",
    [
        (Part("storage", "damaged", "x"), "Một phần dữ liệu trên thẻ nhớ bị hỏng"),
        (Part("keeping", "stopped", "something"), "Trạm không ghi thêm được"),
        (Part("sending", "waiting", "odd: x"), "Chưa gửi được về máy chủ"),
        (Part("broker", "down", "refused"), "Trạm không nhận được tin từ hộp quét"),
        (Part("clock", "unknown", "UTC is not known"), "Trạm chưa biết giờ"),
        (Part("keeping", "strange", "words"), "Ghi lượt quét: strange"),
        (Part("what is new", "odd", "words"), "what is new: odd"),
    ],
)
def test_whatever_is_wrong_is_said_known_or_not(part, text):
    (_, said, more) = alarm_texts(parts=[part])[0]
    assert said.startswith(text)
    assert more == ("" if part.part == "clock" else part.reason)


@pytest.mark.parametrize(
    "days, texts",
    [
        (None, []),
        (30.0, []),
        (29.9, [("warning", "Chứng chỉ của trạm còn 29 ngày là hết hạn.", "")]),
        (-0.1, [("alarm", "Chứng chỉ của trạm đã hết hạn. Hãy gọi kỹ thuật.", "")]),
    ],
)
def test_a_certificate_that_ends_is_told_in_time(days, texts):
    assert alarm_texts(certificate_days=days) == texts


@pytest.mark.parametrize(
    "part, grade, text",
    [
        (Part("keeping", "stopped", "keeping_disk_full no space"), "alarm", "Thẻ nhớ đã đầy"),
        (Part("keeping", "stopped", "keeping_io x"), "alarm", "Thẻ nhớ ghi lỗi"),
        (Part("sending", "waiting", "sending_unreachable https://x: errno"), "warning", "Không có mạng"),
        (Part("sending", "waiting", "sending_denied 401"), "alarm", "Máy chủ từ chối trạm này"),
        (Part("sending", "waiting", "sending_certificate x"), "alarm", "Trạm không tin được chứng chỉ"),
    ],
)
def test_a_reason_that_has_words_of_its_own_is_said_in_them(part, grade, text):
    ((found, said, more),) = alarm_texts(parts=[part])
    assert (found, more) == (grade, "")
    assert said.startswith(text)


def test_a_reason_stands_beside_the_sentence_of_its_part_in_the_words_of_the_page():
    part = Part("broker", "not_delivering", "broker_no_echo 63")
    assert alarm_texts(parts=[part])[0][2] == "broker nhận tin nhưng không chuyển đi, đã 63 giây"
    part = Part("readers", "absent", "readers_more 2 reader_absent /dev/ttyACM0")
    assert alarm_texts(parts=[part])[0][2] == "chưa thấy /dev/ttyACM0 (và 2 đầu đọc khác)"


def test_a_certificate_is_told_of_once():
    part = Part("certificate", "expiring", "12 days left")
    assert len(alarm_texts(parts=[part], certificate_days=12.0)) == 1
    assert alarm_texts(parts=[part])[0][:2] == ("warning", "Chứng chỉ của trạm sắp hết hạn.")


def test_a_full_place_is_an_alarm_and_a_nearly_full_one_a_note():
    assert alarm_texts(rules=Rules(300))[0][:2] == ("alarm", "Đã đủ người: 341 trên 300.")
    assert alarm_texts(rules=Rules(350))[0][0] == "warning"
    assert alarm_texts(rules=Rules(390))[0][1] == "Có thể đã đủ 390 người: con số chưa chắc chắn."
    assert alarm_texts(rules=Rules(3_000)) == []


def test_boxes_that_are_not_well_are_told_once():
    boxes = [BoxState("a", "ok"), BoxState("b", "gone"), BoxState("c", "revoked")]
    assert [text for _, text, _ in alarm_texts(boxes=boxes)] == ["1 trên 3 hộp quét cần kiểm tra"]
    assert len(alarm_texts(boxes=boxes, parts=[Part("boxes", "gone", "b")])) == 1
