"""What an answer says of how it was counted, where somebody could take it for something else. In both languages."""

from collections.abc import Iterable
from typing import NamedTuple

from server.tracing.rules import RuleSet
from server.tracing.types import MINUTE_MS, Question

WINDOW_SHORT = "window_short"
WORDS = {
    WINDOW_SHORT: (
        "Khoảng thời gian được hỏi ({window} phút) ngắn hơn mức tối thiểu của bộ quy tắc ({least} phút): tính là tiếp "
        "xúc người đã ở đó suốt khoảng ấy. Hỏi khoảng dài hơn để thấy cả người chỉ ở đó một phần.",
        "The window asked for ({window} min) is shorter than the minimum of the rule set ({least} min): a contact is "
        "who was there for all of it. Ask for a longer window to see who was there for a part.",
    ),
}


class Note(NamedTuple):
    """One thing that is said."""

    code: str
    vi: str
    en: str


def told(question: Question, sets: Iterable[RuleSet]) -> list[Note]:
    """What has to be said of this question under these rule sets."""
    window_ms = question.window.to_ms - question.window.from_ms
    least_min = max((one.min_overlap_min for one in sets), default=0)
    if not question.place_id or question.gate_id or window_ms >= least_min * MINUTE_MS:
        return []
    vi, en = (one.format(window=_minutes(window_ms), least=least_min) for one in WORDS[WINDOW_SHORT])
    return [Note(WINDOW_SHORT, vi, en)]


def _minutes(lasts_ms: int) -> str:
    return f"{lasts_ms / MINUTE_MS:.1f}".removesuffix(".0")
