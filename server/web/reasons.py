"""What gateways give as the reason of a state (SPEC §16): a key with its values, or words of their own.

1. A key that is known here is said in the reader's language. Whatever else comes is shown as it is: a gateway may know
   more keys than this server.
2. Values are parted by spaces; the last one may have spaces in it, or be empty. What a value is, its name says: `…_s`
   and `…_ms` are times, `reason` is a reason by itself, `n`, `known`, `days` and `months` are numbers, the rest is
   shown as it is. `detail` is in English, and is said in English only.

The sentences are those of gateway/reasons.py; a test holds the two together.
"""

LANGS = ("vi", "en")
_NUMBERS = ("n", "known", "days", "months")

REASONS: dict[str, tuple[str, str, str]] = {
    # key: (names of its values, tiếng Việt, English)
    "broker_down": ("detail", "trạm chưa nối được với broker của chính nó", "no connection to the broker: {detail}"),
    "broker_no_echo": (
        "age_s",
        "broker nhận tin nhưng không chuyển đi, đã {age_s}",
        "the broker takes messages, and has brought none back for {age_s}",
    ),
    "broker_shared": (
        "",
        "một trạm khác dùng cùng tài khoản broker, hai bên ngắt kết nối của nhau: hãy tắt trạm kia",
        "another gateway comes in under this one's name, and each cuts the other off: stop one of the two",
    ),
    "keeping_disk_full": ("detail", "thẻ nhớ đã đầy", "disk_full: {detail}"),
    "keeping_io": ("detail", "ghi vào thẻ nhớ bị lỗi", "io: {detail}"),
    "keeping_other": ("code detail", "không ghi được ({code})", "{code}: {detail}"),
    "keeping_message_waits": (
        "age_s",
        "có tin chờ ghi đã {age_s}",
        "a message has been waiting to be kept for {age_s}",
    ),
    "keeping_writer_silent": (
        "age_s",
        "bộ phận ghi đã {age_s} không trả lời",
        "the buffer's writer has not answered for {age_s}",
    ),
    "storage_given_up": (
        "n",
        "số tệp phải bỏ vì thẻ nhớ ghi lỗi: {n}; hãy sao lưu thẻ, thẻ có thể sắp hỏng",
        "files given up after an error of the disk: {n}; copy the card, it may be dying",
    ),
    "storage_slow": (
        "age_s",
        "một lần ghi mất {age_s}, thẻ nhớ có thể đã yếu",
        "one commit took {age_s}; the card may be worn",
    ),
    "storage_saved": (
        "n",
        "có tệp bị hỏng, đã cứu được {n} bản ghi",
        "files were found damaged; records saved: {n}",
    ),
    "sending_unreachable": ("detail", "không có mạng, hoặc máy chủ không trả lời", "unreachable: {detail}"),
    "sending_name": ("detail", "không tìm thấy tên của máy chủ", "name: {detail}"),
    "sending_certificate": ("detail", "không tin được chứng chỉ của máy chủ", "certificate: {detail}"),
    "sending_expired": ("detail", "chứng chỉ của máy chủ đã hết hạn", "expired: {detail}"),
    "sending_clock": ("detail", "chứng chỉ của máy chủ chưa đến hạn: đồng hồ của trạm sai", "clock: {detail}"),
    "sending_tls": ("detail", "không lập được kết nối TLS với máy chủ", "tls: {detail}"),
    "sending_slow_down": ("detail", "máy chủ yêu cầu gửi chậm lại", "slow_down: {detail}"),
    "sending_busy": ("detail", "máy chủ đang bận", "busy: {detail}"),
    "sending_denied": ("detail", "máy chủ từ chối trạm này", "denied: {detail}"),
    "sending_misplaced": ("detail", "địa chỉ máy chủ không đúng", "misplaced: {detail}"),
    "sending_too_large": ("detail", "máy chủ cho rằng gói gửi quá lớn", "too_large: {detail}"),
    "sending_rejected": ("detail", "máy chủ không nhận gói gửi", "rejected: {detail}"),
    "sending_failed": ("detail", "máy chủ đang bị lỗi", "failed: {detail}"),
    "sending_cut": ("detail", "đường mạng đứt giữa chừng", "cut: {detail}"),
    "sending_bad_answer": ("detail", "máy chủ trả lời không hợp lệ", "bad_answer: {detail}"),
    "sending_other": ("code detail", "chưa gửi được ({code})", "{code}: {detail}"),
    "sending_grows": (
        "",
        "máy chủ có trả lời, nhưng lượng chờ gửi vẫn tăng",
        "the server answers, and the backlog grows all the same",
    ),
    "sending_backlog": (
        "",
        "máy chủ có trả lời, nhưng vẫn còn lượt quét chờ gửi",
        "the server answers, but there is a backlog",
    ),
    "certificate_over": (
        "days",
        "đã hết hạn {days} ngày: hộp nào biết giờ sẽ không nối vào",
        "ended {days} days ago: boxes that know the time stay away",
    ),
    "certificate_left": ("days", "còn {days} ngày", "{days} days left"),
    "clock_ahead": (
        "by_ms",
        "đồng hồ của trạm nhanh hơn máy chủ {by_ms} mà vẫn báo là đúng",
        "this machine's clock is {by_ms} ahead of the server's, and says that it is right",
    ),
    "clock_behind": (
        "by_ms",
        "đồng hồ của trạm chậm hơn máy chủ {by_ms} mà vẫn báo là đúng",
        "this machine's clock is {by_ms} behind the server's, and says that it is right",
    ),
    "clock_no_utc": (
        "service",
        "chưa biết giờ chuẩn; dịch vụ giờ: {service}",
        "UTC is not known; time service: {service}",
    ),
    "clock_no_utc_alone": (
        "",
        "chưa biết giờ chuẩn, và máy không có dịch vụ giờ nào",
        "UTC is not known; time service: none that is known",
    ),
    "clock_set_forwards": ("by_ms", "vừa chỉnh nhanh lên {by_ms}", "set forwards by {by_ms}"),
    "clock_set_backwards": ("by_ms", "vừa chỉnh lùi lại {by_ms}", "set backwards by {by_ms}"),
    "clock_server_only": (
        "service",
        "chỉ biết giờ qua máy chủ; dịch vụ giờ: {service}",
        "UTC is known through the server only; time service: {service}",
    ),
    "clock_server_only_alone": (
        "",
        "chỉ biết giờ qua máy chủ, và máy không có dịch vụ giờ nào",
        "UTC is known through the server only; time service: none that is known",
    ),
    "wishes_unread": ("detail", "không đọc hoặc ghi được tệp", "files cannot be read or written: {detail}"),
    "wishes_files": ("files", "không đọc được: {files}", "cannot be read: {files}"),
    "wishes_refusals": ("what", "bị từ chối: {what}", "refused: {what}"),
    "enrolled_closed": ("detail", "cổng mạng để ghi danh không mở được", "address: {detail}"),
    "enrolled_unheard": (
        "n",
        "đã báo broker {n} lần mà không được, hộp vừa ghi danh chưa vào được: sudo systemctl restart tram-broker",
        "the broker was told {n} times who may come in, and does not hear: boxes that have just enrolled stay out until"
        " sudo systemctl restart tram-broker",
    ),
    "enrolled_files": (
        "files",
        "không đọc được, phải ghi danh lại: {files}",
        "cannot be read, enrol again: {files}",
    ),
    "panel_no_password_file": ("detail", "không đọc được tệp mật khẩu", "no_password_file: {detail}"),
    "panel_no_token_file": ("detail", "không đọc được tệp mã cho /metrics", "no_token_file: {detail}"),
    "panel_port_in_use": ("detail", "cổng mạng đã bị dùng", "port_in_use: {detail}"),
    "panel_address": ("detail", "không mở được địa chỉ mạng", "address: {detail}"),
    "panel_certificate": ("detail", "thiếu chứng chỉ", "certificate: {detail}"),
    "panel_failed": ("detail", "trang gặp lỗi", "failed: {detail}"),
    "panel_other": ("code detail", "trang gặp lỗi ({code})", "{code}: {detail}"),
    "program_late": (
        "lag_s",
        "chương trình chạy trễ {lag_s}: máy đang quá tải",
        "its tasks come {lag_s} late: the machine has too much to do",
    ),
    "boxes_many": ("n known names", "{n} trên {known} hộp cùng lúc: {names}", "{n} of {known} at once: {names}"),
    "boxes_back": ("", "các hộp đã trở lại", "they are back"),
    # --- a box
    "box_away": ("", "hộp mất điện hoặc mất Wi-Fi", "it has lost its power or its Wi-Fi"),
    "box_silent": (
        "age_s",
        "hộp còn nối mạng nhưng đã {age_s} không trả lời trạm",
        "no answer to the gateway's beacon for {age_s}",
    ),
    "box_holding": (
        "n age_s oldest_s",
        "còn {n} lượt quét chưa gửi, đã {age_s} không gửi thêm được lượt nào; lượt cũ nhất đã {oldest_s}",
        "scans that have not come: {n}, none of them for {age_s}; the oldest is {oldest_s} old",
    ),
    "box_reader_mute": (
        "",
        "đầu đọc mã không trả lời, hãy xem lại dây",
        "its reader does not answer: look at the cable",
    ),
    "box_reader_dead": ("", "không thấy đầu đọc mã, hãy xem lại dây", "its reader is not there: look at the cable"),
    "box_reader_flooding": (
        "",
        "đầu đọc mã gửi tín hiệu lạ không ngừng, hãy thay đầu đọc",
        "its reader sends waste without end: replace the reader",
    ),
    "box_queue_full": ("", "bộ nhớ của hộp đã đầy, hộp ngừng nhận", "its memory is full, it takes nothing more"),
    "box_queue_fault": ("", "bộ nhớ của hộp bị lỗi, hãy thay hộp", "its memory has a fault: replace the box"),
    "box_queue_rescue": (
        "",
        "bộ nhớ của hộp bị lỗi, hộp chỉ còn gửi những gì đang giữ; hãy thay hộp",
        "its memory has a fault, it only gives out what it holds: replace the box",
    ),
    "box_queue_damaged": (
        "",
        "một phần bộ nhớ của hộp bị hỏng, hãy thay hộp",
        "a part of its memory is damaged: replace the box",
    ),
    "box_restarts": (
        "n detail",
        "khởi động lại {n} lần trong một giờ, hãy xem nguồn điện",
        "restarts within the hour: {n}; look at its power ({detail})",
    ),
    "box_worn": (
        "months",
        "bộ nhớ của hộp sắp mòn: dùng được chừng {months} tháng nữa",
        "its memory is nearly worn out: months left at this pace: {months}",
    ),
    # --- a reader on a wire
    "reader_no_permission": (
        "path group",
        "chưa được phép mở {path}: hãy thêm người dùng của chương trình vào nhóm {group}",
        "{path} may not be opened: add this program's user to the group {group}",
    ),
    "reader_in_use": (
        "path",
        "một chương trình khác đang dùng {path}",
        "another program has {path} open (ModemManager, a terminal, a second gateway?)",
    ),
    "reader_no_port": ("path", "{path} không phải là cổng nối tiếp", "{path} is no serial port"),
    "reader_no_keyboard": ("path", "{path} không phải là bàn phím", "{path} is no keyboard"),
    "reader_fault": ("path detail", "không mở được {path}", "{path}: {detail}"),
    "reader_absent": ("path", "chưa thấy {path}", "{path} is not there"),
    "reader_unplugged": ("path", "{path} đã bị rút ra", "{path} is not plugged in"),
    "reader_gps": ("", "đây là máy thu định vị, không phải đầu đọc mã", "it sends positions: a satellite receiver"),
    "reader_modem": ("", "đây là modem, không phải đầu đọc mã", "it answers like a modem"),
    "reader_echo": ("", "thiết bị chỉ gửi trả lại những gì nhận được", "it sends back what it is asked"),
    "reader_lacks": ("what", "chưa cài đặt được: {what}", "not as it should be set: {what}"),
    "reader_twin": (
        "",
        "có một đầu đọc khác trùng số sê-ri: phân biệt bằng cổng cắm",
        "another one has the same serial number: it is told by its port",
    ),
    "reader_disk_full": ("detail", "thẻ nhớ của trạm đã đầy", "the gateway's disk is full: {detail}"),
    "reader_not_kept": ("code detail", "trạm không ghi được ({code})", "the gateway keeps nothing: {code}: {detail}"),
    "readers_more": ("n reason", "{reason} (và {n} đầu đọc khác)", "{reason} (and more readers: {n})"),
}

_UNITS = ((120, 1, ("giây", "s")), (7_200, 60, ("phút", "min")), (172_800, 3_600, ("giờ", "h")))
_DAYS = ("ngày", "days")


def known(reason: str) -> bool:
    """Whether this server has words for it."""
    return _values(reason) is not None


def sentence(reason: str, lang: str) -> str:
    """What it says in that language."""
    values = _values(reason)
    if values is None:
        return reason
    text = REASONS[reason.partition(" ")[0]][1 + LANGS.index(lang)]
    shown = {name: _shown(name, value, lang) for name, value in values.items()}
    return text.format(**shown).removesuffix(" ()").rstrip(": ")


def _values(reason: str) -> dict[str, str] | None:
    key = reason.partition(" ")[0]
    if key not in REASONS:
        return None
    names = REASONS[key][0].split()
    found = reason.split(" ", len(names))[1:]
    return dict(zip(names, [*found, ""])) if len(found) >= len(names) - 1 else None


def _shown(name: str, value: str, lang: str) -> str:
    if name == "reason":
        return sentence(value, lang)
    try:
        if name.endswith(("_s", "_ms")):
            return _span(float(value) / (1000 if name.endswith("_ms") else 1), LANGS.index(lang))
        return _number(float(value), LANGS.index(lang)) if name in _NUMBERS else value
    except (ValueError, OverflowError):
        return value


def _span(seconds: float, at: int) -> str:
    for limit, unit_s, words in _UNITS:
        if seconds < limit:
            digits = 1 if unit_s == 1 and seconds < 10 else None
            return f"{_number(round(seconds / unit_s, digits), at)} {words[at]}"
    return f"{_number(round(seconds / 86_400), at)} {_DAYS[at]}"


def _number(value: float, at: int) -> str:
    text = f"{value:,.1f}".removesuffix(".0")
    return text.translate(str.maketrans(",.", ".,")) if at == 0 else text
