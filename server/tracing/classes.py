"""How sure contacts are: three classes, what each means for whoever asked, and how many of an answer are in each.

1. A contact is of the class of the surest of its meetings. A meeting's class is the bound of its overlap by which it
   counts: the least, the best guess, the most.
2. An answer is in the order of degree, class, and the time together: whoever is called first stands first.
3. All three classes are told with every answer, also those that nobody is in, and whether the rules count by them.
   Where they do not, nobody knows how many there are: `nearly` is how many of them were come across.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from server.tracing.rules import RuleSet
from server.tracing.types import CERTAINTIES, LIKELY, POSSIBLE, SURE, Contact


class Means(NamedTuple):
    """A class in both languages: its name, and what it means."""

    vi: str
    en: str
    vi_means: str
    en_means: str

    @property
    def both(self) -> str:
        """Its name, for a cell."""
        return f"{self.vi} / {self.en}"


MEANS: Mapping[str, Means] = {
    SURE: Means(
        "chắc chắn",
        "sure",
        "là tiếp xúc kể cả khi mỗi người đến muộn nhất và về sớm nhất có thể."
        " Nơi ít người quét lúc ra, rất ít ai vào được loại này: không có ở đây không có nghĩa là không gặp.",
        "a contact even where each came as late and left as early as they can have."
        " Where few scan on leaving very few can be in this class: not to be in it does not mean not met.",
    ),
    LIKELY: Means(
        "nhiều khả năng",
        "likely",
        "là tiếp xúc theo ước đoán tốt nhất về giờ đến và giờ về."
        " Có người ở đây đã không gặp, và có người đã gặp mà không ở đây.",
        "a contact by the best guess of when each came and left."
        " Some of these did not meet, and some who did are not here.",
    ),
    POSSIBLE: Means(
        "có thể",
        "possible",
        "chỉ là tiếp xúc nếu mỗi người đến sớm nhất và về muộn nhất có thể."
        " Nhiều người ở đây, thường quá nửa, đã không gặp: họ chỉ chưa được loại trừ.",
        "a contact only where each came as early and left as late as they can have."
        " Many of these, often more than half, did not meet: they are only not ruled out.",
    ),
}
NOT_COUNTED = (
    "bộ quy tắc này không tính loại này; đã thấy {nearly} người thuộc những loại không tính, có thể còn nữa",
    "these rules do not count by this class; {nearly} persons of such classes were come across, there may be more",
)


class ToldClass(NamedTuple):
    """A class as it is told with an answer. `contacts` None: the answer is of a time when nobody counted them."""

    code: str
    contacts: int | None
    is_counted: bool
    vi: str
    en: str
    vi_means: str
    en_means: str

    @property
    def lines(self) -> tuple[str, str]:
        """What is said of it in a line, in Vietnamese and English: `3 người; …`."""
        if self.contacts is None:
            return self.vi_means, self.en_means
        return f"{self.contacts} người; {self.vi_means}", f"{self.contacts} persons; {self.en_means}"


def numbers(contacts: Iterable[Contact]) -> dict[str, int]:
    """How many are in each class, the surest first."""
    found = dict.fromkeys(CERTAINTIES, 0)
    for one in contacts:
        found[one.certainty] += 1
    return found


def counted(sets: Iterable[RuleSet]) -> list[str]:
    """The classes that some of these rule sets count by, the surest first."""
    last = max((CERTAINTIES.index(one.certainty) for one in sets), default=-1)
    return list(CERTAINTIES[: last + 1])


def told(summary: Mapping[str, Any] | None) -> list[ToldClass]:
    """The three classes of an answer, by its summary; none where there is no answer."""
    if not summary:
        return []
    found, counts_by = summary.get("by_certainty", {}), summary.get("counted", CERTAINTIES)
    return [_told(code, found.get(code), code in counts_by, summary.get("nearly", 0)) for code in CERTAINTIES]


def _told(code: str, number: int | None, is_counted: bool, nearly: int) -> ToldClass:
    vi, en, vi_means, en_means = MEANS[code]
    if not is_counted:
        not_vi, not_en = (said.format(nearly=nearly) for said in NOT_COUNTED)
        vi_means, en_means = f"{vi_means} Chú ý: {not_vi}.", f"{en_means} Note: {not_en}."
    return ToldClass(code, number, is_counted, vi, en, vi_means, en_means)
