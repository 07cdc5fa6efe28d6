"""A finding in words, and what becomes of findings from one look to the next.

1. Raised once: what is found again is the same finding, with its evidence as it is now, also where a person has
   settled it. What is not found any more is gone; if it comes back after that, it is raised anew.
2. `silent` that becomes `dead` is another finding: the first is gone, the second begins when the silence began.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from server.places.forms import local
from server.places.silence import CLOCK, DEAD, NEVER, NOON, SAME_PERSON, SILENT, Finding

Key = tuple[str, str, str, str]
WORDS: dict[str, tuple[str, str]] = {
    SILENT: (
        "Nobody has been read since {since}; about {expected} were expected by now.",
        "Không có lượt quét nào từ {since}; lẽ ra đến nay phải có khoảng {expected} lượt.",
    ),
    DEAD: (
        "Nobody has been read since {since}, and for three days or more.",
        "Không có lượt quét nào từ {since}, đã từ ba ngày trở lên.",
    ),
    NOON: (
        "Nobody is read between {from_hour}:00 and {to_hour}:00, though people are before and after.",
        "Không có lượt quét nào từ {from_hour} giờ đến {to_hour} giờ, dù trước và sau đó vẫn có.",
    ),
    SAME_PERSON: (
        "Of {readings} readings within a day {most} are of one person.",
        "Trong {readings} lượt quét của một ngày có {most} lượt là của cùng một người.",
    ),
    CLOCK: (
        "The box's clock is {minutes} minutes away from the gateway's.",
        "Đồng hồ của hộp quét lệch {minutes} phút so với trạm.",
    ),
    NEVER: (
        "It was given its place on {since}, and nobody has ever been read there.",
        "Hộp được lắp từ {since} nhưng chưa từng có lượt quét nào.",
    ),
}


class There(NamedTuple):
    """A finding that is kept and not gone."""

    id: int
    key: Key


class Changes(NamedTuple):
    """What is to be written: new findings, those found again, and the ids of those that are gone."""

    raised: list[Finding]
    again: list[tuple[int, Finding]]
    gone: list[int]


def reconcile(there: Iterable[There], found: Iterable[Finding]) -> Changes:
    """What one look changes."""
    by_key: Mapping[Key, int] = {one.key: one.id for one in there}
    now = {one.key: one for one in found}
    return Changes(
        [one for key, one in now.items() if key not in by_key],
        [(by_key[key], one) for key, one in now.items() if key in by_key],
        sorted(number for key, number in by_key.items() if key not in now),
    )


def said(finding: Finding) -> tuple[str, str]:
    """(English, Vietnamese), one sentence each."""
    values = {
        **finding.evidence,
        "since": local(finding.since_ms)[:16],
        "minutes": round(abs(float(finding.evidence.get("offset_ms", 0))) / 60_000),
    }
    english, vietnamese = WORDS[finding.code]
    return english.format(**values), vietnamese.format(**values)
