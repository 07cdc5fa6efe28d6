"""Set-up codes on paper: a page each, so that each can be taken along, used and destroyed by itself."""

from collections.abc import Sequence
from typing import NamedTuple

from scripts.tram.paper import Paper

_LEFT, _WIDTH = 20.0, 170.0
_SIDE = 64.0
"""A reader of 648 × 488 dots that sees 35° × 28° (GM65-S manual V1.2, 1.2) has a code of this size whole in its picture
from 15 cm on, and up to 20 cm three dots and more for each module of a usual code. A larger one would have to be held
farther away than such readers see sharp."""
_GREY = "#444"
_ARROWS = {"in": ("chỉ vào", "in"), "out": ("chỉ ra", "out"), "both": ("vào và ra", "in and out")}
_STEPS = (
    "1. Cắm điện cho hộp. Đèn trắng nháy chậm: “Hộp chưa cài đặt, mời đưa mã cài đặt”.",
    "2. Đưa mã này trước đầu đọc, cách một gang tay (15 đến 20 cm), giữ yên. Đèn xanh dương: đã nhận.",
    "3. Chờ đến “Đã cài đặt xong”. Nếu sai Wi-Fi hay trạm, chữ trên màn hình sẽ nói.",
    "4. Xong thì hủy tờ này. Mỗi mã chỉ dùng cho một hộp, một lần.",
    "Hộp đã dùng ở nơi khác: giữ nút trên hộp trong lúc đưa mã.",
)
_STEPS_EN = (
    "Power the box (white, slow). Show it this code from 15 to 20 cm and hold still (blue: taken). Wait for “Set up "
    "and ready”. A box that had a place before: hold its button while the code is shown. Then destroy this paper. "
    "A code is good for one box, once."
)


class Page(NamedTuple):
    """What stands on a page. `expires`: in words."""

    text: str
    title: str
    place: str
    gate: str
    direction: str
    box: str | None
    gateway: str
    wifi: Sequence[str]
    expires: str


def drawn(pages: Sequence[Page]) -> Paper:
    """All of them, A4."""
    paper = Paper(210, 297, title=f"Trạm: mã cài đặt ({len(pages)})")
    for number, page in enumerate(pages):
        if number:
            paper.next_page()
        _draw(paper, page, f"{number + 1} / {len(pages)}" if len(pages) > 1 else "")
    return paper


def _draw(paper: Paper, page: Page, number: str) -> None:
    y = 15.0
    paper.text(_LEFT, y, number, 10, width=_WIDTH, align="right", color=_GREY)
    y += paper.text(_LEFT, y, "Mã cài đặt hộp quét", 24, bold=True)
    y += paper.text(_LEFT, y, "Set-up code of a box", 12, color=_GREY) + 1
    title = page.title or f"{page.place} · {page.gate}"
    size_pt = paper.fitting(title, _WIDTH, 16, 18, 9, bold=True) or 9
    y += paper.text(_LEFT, y, title, size_pt, bold=True, width=_WIDTH) + 0.5
    vietnamese, english = _ARROWS[page.direction]
    wifi = ", ".join(page.wifi) or "không / none"
    way = f"{vietnamese} ({english})"
    facts = (
        f"Địa điểm / place: {page.place}      Cổng / gate: {page.gate}      Chiều / direction: {way}",
        f"Hộp / box: {page.box or 'bất kỳ / any'}      Trạm / gateway: {page.gateway}      Wi-Fi: {wifi}",
    )
    for fact in facts:
        y += paper.text(_LEFT, y, fact, 11, width=_WIDTH)
    y += 6
    paper.code((210 - _SIDE) / 2, y, _SIDE, page.text, error="l")
    y += _SIDE + 6
    paper.box(_LEFT, y, _WIDTH, 14, width_mm=0.6, radius_mm=2)
    text = f"Dùng được đến {page.expires}. Trong mã có mật khẩu Wi-Fi: không chụp, không để lại."
    paper.text(_LEFT, y + 1.6, text, 11.5, bold=True, width=_WIDTH, align="center")
    english_text = f"Good until {page.expires}. The Wi-Fi password is in it: take no picture, leave it nowhere."
    paper.text(_LEFT, y + 7.6, english_text, 9.5, width=_WIDTH, align="center", color=_GREY)
    y += 20
    for step in _STEPS:
        y += paper.text(_LEFT, y, step, 13.5, width=_WIDTH) + 2
    paper.text(_LEFT, y + 2, _STEPS_EN, 10.5, width=_WIDTH, color=_GREY)


def card(text: str, verb: str) -> Paper:
    """A keeper's card with a control code: A6, to be laminated and kept in a pocket."""
    vietnamese, english = {
        "in": ("Chỉ đếm lượt VÀO", "Count people IN"),
        "out": ("Chỉ đếm lượt RA", "Count people OUT"),
        "default": ("Trở lại như thường", "Back to the usual"),
    }[verb]
    paper = Paper(105, 148, title=f"Trạm: {verb}")
    y = 8.0
    y += paper.text(8, y, vietnamese, 22, bold=True, width=89, align="center")
    y += paper.text(8, y, english, 13, width=89, align="center", color=_GREY) + 2
    paper.code((105 - 62) / 2, y, 62, text)
    y += 66
    said = "Đưa trước đầu đọc. Hộp tự trở lại sau một lúc. Thẻ này của người trực cổng: không cho ai chụp."
    y += paper.text(8, y, said, 10.5, width=89, align="center") + 1
    english_said = (
        "Show it to the reader; the box comes back by itself. For the attendant alone: let nobody photograph it."
    )
    paper.text(8, y, english_said, 8.5, width=89, align="center", color=_GREY)
    return paper
