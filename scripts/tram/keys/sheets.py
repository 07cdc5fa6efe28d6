"""A share on paper: who keeps it knows what it is, and what to do with it, in ten years too."""

from scripts.provisioning.backup import Backup
from scripts.tram.paper import Paper

_LEFT, _WIDTH = 18.0, 174.0
_COLUMNS = 4
_GREY = "#444"


def sheet(backup: Backup, number: int, share: str) -> Paper:
    """One A4 page."""
    paper = Paper(210, 297, title=f"Trạm: {number}/{backup.of}")
    y = 16.0
    y += paper.text(_LEFT, y, f"Tờ số {number} trong {backup.of} · Khóa của hệ thống Trạm", 20, bold=True, width=_WIDTH)
    y += (
        paper.text(_LEFT, y, f"Sheet {number} of {backup.of} · the fleet's key of Trạm", 12, width=_WIDTH, color=_GREY)
        + 3
    )
    y = _words(paper, y, share.split())
    y = _meaning(paper, y + 4, backup)
    _code(paper, y + 3, backup)
    _keeper(paper, 262)
    return paper


def _words(paper: Paper, y: float, words: list[str]) -> float:
    rows = -(-len(words) // _COLUMNS)
    height = rows * 9.0 + 6
    paper.box(_LEFT, y, _WIDTH, height, width_mm=0.6, radius_mm=2)
    step = _WIDTH / _COLUMNS
    for at, word in enumerate(words):
        column, row = divmod(at, rows)
        x, top = _LEFT + 5 + column * step, y + 4.5 + row * 9.0
        paper.text(x, top + 0.9, str(at + 1), 9, width=6, align="right", color=_GREY)
        paper.text(x + 8, top, word, 14, bold=True)
    return y + height


def _meaning(paper: Paper, y: float, backup: Backup) -> float:
    fleet = " ".join(backup.fleet[at : at + 4] for at in range(0, 32, 4))
    facts = f"Bộ số / set: {backup.set_number}      Ngày / made: {backup.made}      Khóa / key: {fleet} …"
    y += paper.text(_LEFT, y, facts, 9.5, width=_WIDTH) + 2
    vietnamese = (
        f"Cần {backup.need} tờ bất kỳ trong {backup.of} tờ để lấy lại khóa. Ít hơn {backup.need} tờ thì không ai biết "
        "được gì, nên mất một tờ chưa phải là mất khóa. Cất nơi khô ráo, có khóa, xa các tờ kia. Không chụp "
        "các chữ, không đánh máy, không gửi qua mạng. Ai làm mất hoặc nghi bị xem trộm: báo ngay để làm bộ khác."
    )
    english = (
        f"Any {backup.need} of the {backup.of} sheets give the key back; fewer tell nothing, so one lost sheet is "
        "not a lost key. Keep it dry and locked, away from the others. Do not photograph, type or send the words. "
        "If it is lost or was seen: say so at once, and a new set is made."
    )
    y += paper.text(_LEFT, y, vietnamese, 11, width=_WIDTH) + 1.5
    return y + paper.text(_LEFT, y, english, 9.5, width=_WIDTH, color=_GREY)


def _code(paper: Paper, y: float, backup: Backup) -> None:
    side = 78.0
    paper.code(_LEFT - 4, y, side, backup.text(), error="m")
    x = _LEFT + side
    steps = (
        ("Lấy lại khóa", True, 12.0, "#000"),
        ("1. Cài công cụ tram trên một máy tính không nối mạng.", False, 10.5, "#000"),
        ("2. Chạy: tram keys restore fleet-backup.txt", False, 10.5, "#000"),
        ("    Không còn tệp đó: chụp mã vuông này, đưa ảnh thay cho tệp.", False, 10.5, "#000"),
        ("3. Gõ 20 chữ của từng tờ, theo thứ tự số. Bốn chữ cái đầu của mỗi chữ là đủ.", False, 10.5, "#000"),
        ("Mã vuông không bí mật: không có đủ tờ thì không mở được.", False, 10.5, "#000"),
        ("To get it back: on a computer without a network, run tram keys restore with fleet-backup.txt, or with a "
         "photograph of this code, and type the words of each sheet in order; the first four letters of each will do. "
         "The square code is no secret: without enough sheets nothing opens it.", False, 9.0, _GREY),
    )  # fmt: skip
    top = y + 4
    for text, bold, size_pt, color in steps:
        top += paper.text(x, top, text, size_pt, bold=bold, width=_LEFT + _WIDTH - x, color=color) + 1


def _keeper(paper: Paper, y: float) -> None:
    for at, text in ((0.0, "Người giữ / kept by"), (90.0, "Nơi cất / where")):
        paper.text(_LEFT + at, y, text, 9, color=_GREY)
        paper.line(_LEFT + at, y + 12, _LEFT + at + 80, y + 12)
    paper.text(
        _LEFT,
        y + 16,
        "In xong thì xóa tệp này. / Delete the file once it is printed.",
        8.5,
        color=_GREY,
    )
