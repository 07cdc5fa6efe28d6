"""What an answer does not know, put into words.

1. A hole says where and when, and how many scans at most it may hide, where that can be known. Nothing is left out
   because it is awkward: a hole that nobody can size has no number, and says so.
2. Holes of the places and times that were looked into come first, then those of everything else in the window, by time.
3. There may be very many of them; beyond MOST_HOLES the answer says that there are more.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from server.tracing.types import Gap, Hole

MOST_HOLES = 500
LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
MISSING, WAITING, LOST, LOST_UNKNOWN, QUARANTINED = "missing", "waiting", "lost", "lost_unknown", "quarantined"
SILENT, WIDE, NO_TIME, UNREAD, COUNTED = "silent", "wide_clock", "no_time", "unread", "counted_only"
COUNTS_ONLY, PROBABLE, AMBIGUOUS, DESTROYED = "counts_only_period", "probable_link", "ambiguous_document", "destroyed"
NOON, COUNTS_ELSEWHERE = "noon", "counts_only_elsewhere"
UNREAD_ELSEWHERE, SILENT_ELSEWHERE = "unread_elsewhere", "silent_elsewhere"
WRONG_CLOCK, SAME_PERSON = "wrong_clock", "same_person"
NO_BOX_HERE, UNSEEN = "no_box_here", "document_not_seen"
NO_BOX, NOT_SEEN, OUTSIDE, BEHIND, SLIPS = "no_box", "person_not_seen", "outside_area", "deriving_behind", "slips"

WORDS: dict[str, tuple[str, str]] = {
    MISSING: (
        "Hộp quét {box}: thiếu {count} lượt quét chưa rõ ở đâu, trong khoảng {when}.",
        "Box {box}: {count} scans are missing and nobody knows where they are, within {when}.",
    ),
    WAITING: (
        "Hộp quét {box}: còn {count} lượt quét đang chờ gửi về, trong khoảng {when}.",
        "Box {box}: {count} scans still wait to be sent, within {when}.",
    ),
    LOST: (
        "Hộp quét {box}: {count} lượt quét đã báo mất, trong khoảng {when}.",
        "Box {box}: {count} scans were declared lost, within {when}.",
    ),
    LOST_UNKNOWN: (
        "Hộp quét {box}: đã báo mất một số lượt quét, không rõ bao nhiêu, trong khoảng {when}.",
        "Box {box}: scans were declared lost, nobody knows how many, within {when}.",
    ),
    QUARANTINED: (
        "Hộp quét {box}: {count} bản ghi nằm trong khu cách ly, chưa dùng được, trong khoảng {when}.",
        "Box {box}: {count} records are in quarantine and not used, within {when}.",
    ),
    SILENT: (
        "Hộp quét {box} tại {place} không hoạt động trong khoảng {when}: không rõ ai đã đi qua.",
        "Box {box} at {place} was silent within {when}: who passed is not known.",
    ),
    WIDE: (
        "Tại {place}, {when}: {count} lượt vào ra có giờ không đủ chính xác cho quy tắc này.",
        "At {place}, {when}: the clocks of {count} stays are less exact than this rule set needs.",
    ),
    NO_TIME: (
        "Tại {place}: {count} lượt quét không rõ được quét lúc nào (nhận đến {when}).",
        "At {place}: {count} scans of which the time is not known (received {when}).",
    ),
    UNREAD: (
        "Hộp quét {box} tại {place}, {when}: {count} mã không đọc được nội dung.",
        "Box {box} at {place}, {when}: {count} codes could not be read.",
    ),
    COUNTED: (
        "Hộp quét {box} tại {place}, {when}: {count} lượt quét chỉ được đếm, không giữ thông tin người.",
        "Box {box} at {place}, {when}: {count} scans were counted only, nothing of people was kept.",
    ),
    COUNTS_ONLY: (
        "{place} chỉ đếm lượt, không giữ thông tin người, trong khoảng {when}.",
        "{place} only counted, and kept nothing of people, within {when}.",
    ),
    COUNTS_ELSEWHERE: (
        "{count} địa điểm khác chỉ đếm lượt trong khoảng {when}; nếu người này đến đó thì không thấy.",
        "{count} other places only counted within {when}; a visit there would not be seen.",
    ),
    UNREAD_ELSEWHERE: (
        "{count} mã ở nơi khác, giờ khác không đọc được ({when}); nếu là mã của người này thì không thấy.",
        "{count} codes at other places or times could not be read ({when}); one of this person would not be seen.",
    ),
    SILENT_ELSEWHERE: (
        "{count} hộp quét ở nơi khác, giờ khác đã có lúc ngừng ({when}); nếu người này đi qua thì không thấy.",
        "{count} boxes at other places or times were away for a time ({when}); this person passing would not be seen.",
    ),
    WRONG_CLOCK: (
        "Đồng hồ của hộp quét {box} tại {place} bị sai trong khoảng {when}: giờ vào ra ở đó có thể lệch nhiều phút, "
        "có thể thiếu hoặc thừa người tiếp xúc.",
        "The clock of box {box} at {place} was wrong within {when}: times there may be off by many minutes, "
        "contacts may be missing or false.",
    ),
    SAME_PERSON: (
        "Hộp quét {box} tại {place}: trong khoảng {when}, phần lớn lượt quét là cùng một mã; "
        "không rõ ai đã đi qua bằng mã đó.",
        "Box {box} at {place}: within {when} most scans were of one code; who passed with it is not known.",
    ),
    NOON: (
        "Hộp quét {box} tại {place} không quét ai vào buổi trưa, từ {when}.",
        "Box {box} at {place} reads nobody in the middle of the day, {when}.",
    ),
    PROBABLE: (
        "Có {count} liên kết chỉ là có thể (số bị che một phần) với người được hỏi; không truy theo.",
        "{count} links to the person asked for are only probable (masked numbers) and were not followed.",
    ),
    AMBIGUOUS: (
        "Giấy tờ được hỏi là của nhiều người; không thể truy theo một mình nó.",
        "The document asked for is of several persons; it alone cannot be followed.",
    ),
    DESTROYED: (
        "Dữ liệu {when} đã hủy theo thời hạn lưu giữ.",
        "The data of {when} was destroyed when its time was over.",
    ),
    NO_BOX: (
        "{count} địa điểm trong địa bàn của vụ việc không có hộp quét nào trong khoảng {when}.",
        "{count} places of the case's area have no box within {when}.",
    ),
    NO_BOX_HERE: (
        "{place} không có hộp quét nào trong khoảng {when}: không rõ ai đã ở đó.",
        "{place} has no box within {when}: who was there is not known.",
    ),
    UNSEEN: (
        "Giấy tờ thứ {count} trong câu hỏi chưa được thấy ở hộp quét nào: kiểm tra lại số đó.",
        "Document {count} of the question was never seen by any box: look at that number again.",
    ),
    NOT_SEEN: (
        "Không thấy người này ở hộp quét nào trong khoảng {when}.",
        "No box has seen this person within {when}.",
    ),
    OUTSIDE: (
        "{count} lượt ghé nơi ngoài địa bàn của vụ việc, không truy theo ({when}).",
        "{count} stays at places outside the area of the case were not looked into ({when}).",
    ),
    BEHIND: (
        "Còn {count} lượt quét đã nhận nhưng chưa xử lý xong (nhận {when}).",
        "{count} scans were received and are not worked out yet (received {when}).",
    ),
    SLIPS: (
        "Tại {place}, {when}: {count} phiếu giấy chưa nhập.",
        "At {place}, {when}: {count} paper slips are not entered yet.",
    ),
}


def told(gaps: Iterable[Gap], near: Collection[str] = ()) -> tuple[list[Hole], bool]:
    """Holes in words, in order, and whether there are more than are told. `near`: the places that were looked into."""
    found = sorted(_gathered(gaps), key=lambda one: (one.place_id not in near, one.from_ms, *one))
    return [_hole(one) for one in found[:MOST_HOLES]], len(found) > MOST_HOLES


def _gathered(gaps: Iterable[Gap]) -> list[Gap]:
    outside: Gap | None = None
    found = set()
    for one in gaps:
        if one.code != OUTSIDE:
            found.add(one)
        elif outside is None:
            outside = one
        else:
            ends = min(outside.from_ms, one.from_ms), max(outside.to_ms, one.to_ms)
            outside = outside._replace(from_ms=ends[0], to_ms=ends[1], number=outside.number + one.number)
    return [*found, outside] if outside else list(found)


def _hole(gap: Gap) -> Hole:
    values = {
        "place": gap.place_id or "–",
        "box": gap.box_id or "–",
        "count": gap.number,
        "when": f"{shown(gap.from_ms)} – {shown(gap.to_ms)}",
    }
    vi, en = (one.format(**values) for one in WORDS[gap.code])
    return Hole(gap.code, gap.place_id, gap.box_id, gap.from_ms, gap.to_ms, gap.most_scans, vi, en)


def shown(at_ms: int) -> str:
    """An instant for people: 19:30 07/06/2026, in Asia/Ho_Chi_Minh."""
    return datetime.fromtimestamp(at_ms / 1000, LOCAL).strftime("%H:%M %d/%m/%Y")
