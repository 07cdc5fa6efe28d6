"""An answer as rows of a sheet for health staff: one row for each meeting, headers in Vietnamese and English.

1. Times are those of Asia/Ho_Chi_Minh, as `2026-06-07 19:30:05`.
2. What people wrote or showed is only ever text. In CSV a cell that a spreadsheet would take for a formula gets a `'`
   before it (OWASP, CSV injection); in XLSX it is written as a string. Control characters are left out of both.
3. The holes belong to the answer: a section of their own in CSV, a sheet of their own in XLSX.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from server.tracing.classes import MEANS
from server.tracing.holes import LOCAL
from server.tracing.told import ToldContact, ToldStay

Cell = str | int
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")
MOST_CELL = 32_000

HEADERS: tuple[tuple[str, str], ...] = (
    ("Mã tiếp xúc", "Contact"),
    ("Bậc", "Degree"),
    ("Qua ai", "Through"),
    ("Mã địa điểm", "Place"),
    ("Tên địa điểm", "Name of the place"),
    ("Cổng vào", "Gate in"),
    ("Cổng ra", "Gate out"),
    ("Khu", "Zone"),
    ("Gần đến mức", "How near"),
    ("Vào lúc", "In"),
    ("Vào sớm nhất", "In, earliest"),
    ("Vào muộn nhất", "In, latest"),
    ("Ra lúc", "Out"),
    ("Ra sớm nhất", "Out, earliest"),
    ("Ra muộn nhất", "Out, latest"),
    ("Giờ biết từ đâu", "How the times are known"),
    ("Phút trùng ít nhất", "Overlap min, low"),
    ("Phút trùng ước tính", "Overlap min, best"),
    ("Phút trùng nhiều nhất", "Overlap min, high"),
    ("Mức chắc chắn", "Certainty"),
    ("Mức của người này", "Certainty of this person"),
    ("Loại giấy tờ", "Document"),
    ("Liên lạc", "Route"),
    ("Khai hộ", "On behalf"),
    ("Phiên bản quy tắc", "Rule set"),
)
IDENTITY_HEADERS: tuple[tuple[str, str], ...] = (
    ("Họ tên", "Name"),
    ("Năm sinh", "Born"),
    ("Giới tính", "Sex"),
    ("Số giấy tờ", "Documents"),
    ("Điện thoại", "Phone"),
    ("Người khai hộ", "Guardian"),
)
HOLE_HEADERS: tuple[tuple[str, str], ...] = (
    ("Loại", "Code"),
    ("Mã địa điểm", "Place"),
    ("Hộp quét", "Box"),
    ("Từ", "From"),
    ("Đến", "To"),
    ("Che khuất nhiều nhất (lượt)", "Hides at most (scans)"),
    ("Giải thích", "In Vietnamese"),
    ("", "In English"),
)
GONE = "không còn biết / not known any more"
SAID: dict[str, str] = {
    "measured": "đo được / measured",
    "bounded": "suy ra / bounded",
    "assumed": "giả định / assumed",
    **{code: means.both for code, means in MEANS.items()},
    "gate": "cùng cổng / gate",
    "zone": "cùng khu / zone",
    "place": "cùng địa điểm / place",
    "phone": "có điện thoại / phone",
    "none": "không có / none",
}


class Person(NamedTuple):
    """Who a contact is, for a row; each part joined into one text."""

    name: str = ""
    born: str = ""
    sex: str = ""
    documents: str = ""
    phone: str = ""
    guardian: str = ""

    def __repr__(self) -> str:
        return "Person()"


def headers(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """One line: Vietnamese / English."""
    return [f"{vi} / {en}" if vi else en for vi, en in pairs]


def rows(contact: ToldContact, names: dict[str, str], person: Person | None = None) -> list[list[Cell]]:
    """The rows of a contact. `names`: of places."""
    return [_row(contact, one, names.get(one.place_id, ""), person) for one in contact.meetings]


def _row(contact: ToldContact, stay: ToldStay, name: str, person: Person | None) -> list[Cell]:
    in_low, in_at, in_high = (local(one) for one in stay.in_ms)
    out_low, out_at, out_high = (local(one) for one in stay.out_ms)
    found: list[Cell] = [
        contact.pseudonym,
        contact.degree,
        " ".join(contact.via),
        stay.place_id,
        name,
        stay.gate_in,
        stay.gate_out,
        stay.zone,
        SAID[stay.where],
        *(in_at, in_low, in_high, out_at, out_low, out_high),
        SAID.get(stay.label, stay.label),
        *stay.overlap_min,
        SAID[stay.certainty],
        SAID[contact.certainty],
        stay.kind,
        SAID[contact.route],
        "có / yes" if contact.on_behalf else "",
        stay.rule_set,
    ]
    return [clean(one) for one in [*found, *(person or ())]]


def hole_row(hole: dict[str, object]) -> list[Cell]:
    """A row of what is not known; `hole` as it is kept."""
    most = hole["most_scans"]
    found: list[Cell] = [
        str(hole["code"]),
        str(hole["place_id"]),
        str(hole["box_id"]),
        local(_ms(hole["from_ms"])),
        local(_ms(hole["to_ms"])),
        "không rõ / not known" if most is None else _ms(most),
        str(hole["vi"]),
        str(hole["en"]),
    ]
    return [clean(one) for one in found]


def local(at_ms: int) -> str:
    """An instant of Asia/Ho_Chi_Minh."""
    return datetime.fromtimestamp(at_ms / 1000, LOCAL).strftime("%Y-%m-%d %H:%M:%S")


def clean(cell: Cell) -> Cell:
    """Without control characters and what turns the direction of writing; not longer than a cell may be."""
    if isinstance(cell, int):
        return cell
    kept = (one if unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else " " for one in cell)
    return "".join(kept)[:MOST_CELL]


def inert(row: Sequence[Cell]) -> list[Cell]:
    """As it stands in CSV: nothing in it is taken for a formula."""
    return [f"'{one}" if isinstance(one, str) and one.lstrip().startswith(FORMULA) else one for one in row]


def _ms(value: object) -> int:
    return value if isinstance(value, int) else 0
