"""Every word on the pages, in Vietnamese and English. Vietnamese comes first wherever nothing else is asked for."""

from gateway import reasons
from gateway.panel.trouble import TROUBLE

LANGS = ("vi", "en")

WORDS: dict[str, tuple[str, str]] = TROUBLE | {
    "home": ("Hôm nay", "Today"),
    "big": ("Màn hình lớn", "Big screen"),
    "log_in": ("Đăng nhập", "Sign in"),
    "log_out": ("Thoát", "Sign out"),
    "name": ("Tên người dùng", "User name"),
    "password": ("Mật khẩu", "Password"),
    "no_password": (
        "Quên mật khẩu? Người phụ trách kỹ thuật đặt lại được ngay tại trạm.",
        "Password forgotten? The technician can set a new one at the gateway.",
    ),
    "wrong": ("Tên hoặc mật khẩu không đúng.", "The name or the password is not right."),
    "wait": ("Nhập sai nhiều lần. Xin chờ {n} giây rồi thử lại.", "Too many wrong tries. Please wait {n} s."),
    "busy": ("Trạm đang bận. Xin thử lại sau ít giây.", "The gateway is busy. Please try again in a few seconds."),
    "other_site": ("Yêu cầu đến từ một trang khác.", "The request came from another site."),
    "menu": ("Các trang", "Pages"),
    "language": ("English", "Tiếng Việt"),
    "skip": ("Đến nội dung chính", "Skip to content"),
    "live": ("Trực tiếp", "Live"),
    "connecting": ("Đang kết nối…", "Connecting…"),
    "offline": ("Mất kết nối, đang thử lại…", "Connection lost, trying again…"),
    "still": ("Tải lại trang để xem số mới.", "Reload the page for new numbers."),
    "ins": ("Vào", "In"),
    "outs": ("Ra", "Out"),
    "both": ("Hai chiều", "Both ways"),
    "ins_today": ("Vào hôm nay", "In today"),
    "outs_today": ("Ra hôm nay", "Out today"),
    "both_today": ("Ở cổng hai chiều", "At two-way gates"),
    "inside": ("Đang ở trong", "Inside now"),
    "people": ("người", "people"),
    "person": ("người", "person"),
    "inside_sure": ("đúng theo các lượt quét", "exact, by the scans"),
    "inside_between": ("trong khoảng {low} đến {high}", "between {low} and {high}"),
    "inside_at_least": ("ít nhất {low}", "{low} or more"),
    "inside_unknown": ("chưa tính được", "not known"),
    "inside_unknown_more": ("Trạm chưa tính được.", "The gateway cannot tell yet."),
    "doubt_no_exit": (
        "Không có cổng ra nào để quét: chỉ tính người vào trong 2 giờ qua.",
        "Nobody scans on the way out: these are the people of the last 2 hours.",
    ),
    "doubt_box_away": (
        "Có hộp mất liên lạc, chưa biết hộp còn giữ bao nhiêu lượt.",
        "A box is away, and nobody knows how many scans it holds.",
    ),
    "doubt_forgotten": ("{n} người quên quét khi ra.", "{n} forgot to scan on the way out."),
    "doubt_unseen": ("{n} người ra mà không thấy quét vào.", "{n} went out without having been seen to come in."),
    "doubt_restart": (
        "Trạm khởi động giữa ngày, theo dõi người ra vào {since}.",
        "The gateway was started during the day and follows people {since}.",
    ),
    "hours": ("Theo giờ", "By hour"),
    "chart_label": (
        "Biểu đồ lượt vào và ra theo giờ. Đông nhất {hour}: {ins} vào, {outs} ra. Có bảng số ngay bên dưới.",
        "Chart of people in and out by hour. Busiest {hour}: {ins} in, {outs} out. The numbers are in the table below.",
    ),
    "chart_empty": ("Hôm nay chưa có lượt quét nào.", "No scans yet today."),
    "chart_table": ("Xem dạng bảng", "Show as a table"),
    "hour": ("Giờ", "Hour"),
    "hour_unknown": ("chưa rõ giờ", "hour unknown"),
    "hour_name": ("{n}h", "{n}:00"),
    "hour_span": ("{n}h–{next}h", "{n}:00–{next}:00"),
    "whole_day": ("Cả ngày", "Whole day"),
    "gates": ("Theo cổng", "By gate"),
    "gate": ("Cổng", "Gate"),
    "all_gates": ("Tất cả các cổng", "All gates"),
    "gate_unnamed": ("cổng chưa đặt tên", "unnamed gate"),
    "repeats": (
        "Trong đó có {n} lượt quét lặp lại của cùng một người.",
        "Repeated scans of the same person among them: {n}.",
    ),
    "chart_no_clock": (
        "Trạm chưa biết giờ nên chưa vẽ được biểu đồ.",
        "The gateway does not know the time yet, so there is no chart.",
    ),
    "boxes": ("Hộp quét", "Boxes"),
    "no_boxes": ("Chưa có hộp quét nào liên lạc với trạm.", "No box has been heard of yet."),
    "boxes_well": ("{n} hộp quét, tất cả đều tốt", "Boxes: {n}, all well"),
    "boxes_not_well": ("{bad} trên {n} hộp quét cần kiểm tra", "Boxes that need a look: {bad} of {n}"),
    "dir_in": ("chiều vào", "in"),
    "dir_out": ("chiều ra", "out"),
    "dir_both": ("vào và ra", "in and out"),
    "box_waiting": ("còn giữ {n} lượt quét", "scans held: {n}"),
    "box_last_scan": ("quét gần nhất {since}", "last scan {since}"),
    "plugged_in": ("cắm tại {device}", "plugged in at {device}"),
    "read_stored": ("Đã lưu", "Stored"),
    "read_repeat": ("Vừa quét rồi", "Just scanned"),
    "read_refused": ("Không nhận mã này", "This code is not taken"),
    "read_torn": ("Chưa đọc được, hãy quét lại", "Not read, please scan again"),
    "read_not_kept": ("Chưa lưu được, hãy quét lại", "Not stored, please scan again"),
    "aside": (
        "Tin phải để riêng: {n} ({reasons}).",
        "Messages set aside: {n} ({reasons}).",
    ),
    "none_aside": ("Không có tin nào phải để riêng.", "Nothing had to be set aside."),
    "aside_conflict": ("trùng số", "same number twice"),
    "aside_header": ("sai mẫu", "wrong form"),
    "aside_field": ("sai mẫu", "wrong form"),
    "aside_word": ("sai mẫu", "wrong form"),
    "aside_json": ("sai mẫu", "wrong form"),
    "aside_length": ("sai độ dài", "wrong length"),
    "aside_crc": ("sai tổng kiểm tra", "wrong checksum"),
    "aside_too_long": ("quá dài", "too long"),
    "aside_version": ("phiên bản lạ", "unknown version"),
    "aside_topic": ("sai chủ đề", "wrong topic"),
    "aside_other_box": ("mang tên hộp khác", "in another box's name"),
    "aside_fault": ("không xử lý được", "a fault of ours"),
    "scans": ("Lượt quét mới nhất", "Latest scans"),
    "scans_note": ("Chỉ hiện chữ cái đầu của tên và năm sinh.", "Only initials and year of birth are shown."),
    "scans_counts_only": (
        "Trạm đang ở chế độ chỉ đếm: không giữ thông tin cá nhân nào.",
        "The gateway only counts: it keeps no personal data.",
    ),
    "no_scans": ("Chưa có lượt quét nào.", "No scans yet."),
    "somebody": ("không hiện tên", "no name shown"),
    "outcome_welcome": ("mời vào", "welcome"),
    "outcome_place_full": ("đã đủ người", "place full"),
    "outcome_quota": ("đã hết lượt", "no visits left"),
    "outcome_revoked": ("thẻ không còn hiệu lực", "card no longer valid"),
    "rules": ("Quy định tại chỗ", "Rules of the place"),
    "capacity": ("Sức chứa", "Capacity"),
    "capacity_of": ("{best} trên {capacity} người", "{best} of {capacity} people"),
    "room_left": ("còn chỗ cho {n} người", "room for {n} more"),
    "room_none": ("đã đủ người", "full"),
    "room_over": ("vượt quá {n} người", "{n} too many"),
    "room_maybe_none": (
        "có thể đã đủ: nhiều nhất là {high} người",
        "may be full: it may be {high} people",
    ),
    "no_capacity": ("Không giới hạn số người.", "No limit of people."),
    "quota": ("Số lượt mỗi người", "Visits per person"),
    "quota_day": ("tối đa {visits} lượt vào mỗi ngày", "at most {visits} a day"),
    "quota_days": ("tối đa {visits} lượt vào trong {days} ngày", "at most {visits} in {days} days"),
    "refused_today": ("Hôm nay đã từ chối", "Turned away today"),
    "times": ("{n} lượt", "{n}"),
    "sending": ("Gửi về máy chủ", "Sending to the server"),
    "all_sent": ("Đã gửi hết.", "Everything is sent."),
    "waiting": ("{n} lượt quét đang chờ gửi", "Scans waiting to be sent: {n}"),
    "waiting_since": ("lâu nhất {since}", "the oldest {since}"),
    "waiting_safe": (
        "Các lượt này nằm an toàn trong trạm và sẽ tự gửi đi.",
        "They are safe in the gateway and will go up by themselves.",
    ),
    "parked": ("{n} bản ghi máy chủ chưa nhận, sẽ gửi lại sau.", "Records set aside, to be sent again later: {n}."),
    "download": ("Tải số liệu", "Download"),
    "download_help": (
        "Số lượt theo giờ và cổng, mở được bằng Excel. Không có thông tin cá nhân.",
        "Counts by hour and gate, for Excel. No personal data.",
    ),
    "which_day": ("Ngày", "Day"),
    "today_is": ("{date} (hôm nay)", "{date} (today)"),
    "separator": ("Dấu ngăn cột", "Columns apart by"),
    "sep_comma": ("dấu phẩy", "comma"),
    "sep_semicolon": ("dấu chấm phẩy", "semicolon"),
    "sep_help": (
        "Nếu Excel dồn tất cả vào một cột, hãy chọn dấu chấm phẩy.",
        "If Excel puts everything into one column, choose the semicolon.",
    ),
    "download_button": ("Tải tệp CSV", "Download CSV"),
    "sheet_day": ("Ngày", "Day"),
    "sheet_hour": ("Giờ", "Hour"),
    "sheet_gate": ("Cổng", "Gate"),
    "sheet_ins": ("Vào", "In"),
    "sheet_outs": ("Ra", "Out"),
    "sheet_both": ("Hai chiều", "Both ways"),
    "parts": ("Tình trạng của trạm", "State of the gateway"),
    "failures": ("{n} lần đăng nhập sai", "Failed sign-ins: {n}"),
    "failures_last": ("gần nhất {since}, từ {address}", "the last {since}, from {address}"),
    "no_failures": ("Không có lần đăng nhập sai nào.", "No failed sign-ins."),
    "footer": ("Giờ Việt Nam (UTC+7)", "Vietnam time (UTC+7)"),
    "footer_no_clock": ("Trạm chưa biết giờ", "The gateway does not know the time"),
    "signed_in": ("Người dùng: {name}", "Signed in: {name}"),
    "since_clock": ("từ {time}", "since {time}"),
    "since_clock_age": ("từ {time} ({age})", "since {time} ({age})"),
    "since_age": ("{age} nay", "for {age}"),
    "ago_clock": ("lúc {time}", "at {time}"),
    "ago_age": ("{age} trước", "{age} ago"),
    "now": ("vừa xong", "just now"),
    "age_s": ("chưa đầy 1 phút", "less than a minute"),
    "age_min": ("{n} phút", "{n} min"),
    "age_h": ("{n} giờ", "{n} h"),
    "age_d": ("{n} ngày", "{n} d"),
    "no_look": ("Trạm chưa trả lời được. Xin tải lại sau ít giây.", "The gateway cannot tell just now. Please reload."),
    "not_found": ("Không có trang này.", "There is no such page."),
    "no_day": ("Trạm không giữ số liệu của ngày đó.", "Nothing is kept of that day."),
    "wrong_host": ("Địa chỉ này không phải của trạm.", "This address is not the gateway's."),
    "fault": ("Có lỗi ở trạm.", "Something went wrong."),
    "back": ("Về trang chính", "To the first page"),
    "kind_citizen_card_2021": ("Căn cước công dân", "Citizen card of 2021"),
    "kind_citizen_card_2024": ("Thẻ căn cước", "Citizen card of 2024"),
    "kind_personal_1405": ("Mã QR cá nhân", "Personal code"),
    "kind_health_insurance_new": ("Thẻ bảo hiểm y tế", "Health insurance card"),
    "kind_health_insurance_old": ("Thẻ BHYT mẫu cũ", "Health insurance card, older form"),
    "kind_hc1": ("Chứng nhận y tế", "Health certificate"),
    "kind_shc": ("Thẻ sức khỏe", "Health card"),
    "kind_place": ("Mã địa điểm", "Place code"),
    "kind_vietqr": ("Mã thanh toán", "Payment code"),
    "kind_control": ("Mã điều khiển", "Control code"),
    "kind_provision": ("Mã cài đặt", "Set-up code"),
    "kind_other": ("Mã khác", "Other code"),
    "kind_": ("Chỉ đếm", "Counted only"),
}


def choose(*asked: str) -> str:
    """The first that is one of ours; Vietnamese where none is, whatever language the telephone was bought in."""
    return next((lang for lang in asked if lang in LANGS), LANGS[0])


class Phrases:
    """The words of one language: `say("boxes")`, `say("waiting", n=3)`."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.other = LANGS[1 - LANGS.index(lang)]
        self._at = LANGS.index(lang)

    def __call__(self, key: str, **facts: object) -> str:
        text = WORDS[key][self._at]
        shown = {name: self.number(value) if isinstance(value, int) else value for name, value in facts.items()}
        return text.format(**shown) if facts else text

    def knows(self, key: str) -> bool:
        return key in WORDS

    def reason(self, reason: str) -> str:
        """What it says; what is none of ours as it was reported."""
        return reasons.sentence(reason, self.lang)

    def knows_reason(self, reason: str) -> bool:
        return bool(reasons.key_of(reason))

    def number(self, value: int) -> str:
        """1.024 in Vietnamese, 1,024 in English."""
        text = f"{value:,}"
        return text.replace(",", ".") if self.lang == "vi" else text
